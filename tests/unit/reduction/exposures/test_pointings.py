"""Exposures of object and sky are told apart by where they point, whatever the signs."""

import numpy as np
import pytest

from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import InputError
from soxs_pipeline.reduction.exposures.pointings import neighbours_in_time, pointings_of
from tests.support.optics import SETUP


def frames(cards):
    return [
        RawFrame(
            data=np.zeros((2, 2), np.float32),
            header=Header({"MJD-OBS": 60000.0 + 0.01 * k, "EXPTIME": 600.0, **one}),
            setup=SETUP,
            name=f"f{k}",
        )
        for k, one in enumerate(cards)
    ]


def kinds(cards, **options):
    found = pointings_of(frames(cards), **{"least_throw": 12.0, **options})
    return "".join("S" if one.of_sky else "O" for one in found)


def fixed(*values):
    return [{"ESO SEQ FIXOFF RA": value, "ESO SEQ FIXOFF DEC": 0.0} for value in values]


@pytest.mark.parametrize("throw", [30.0, -30.0])
def test_the_way_there_and_back_whatever_its_sign(throw):
    assert kinds(fixed(-throw, throw, -throw, throw)) == "OSOS"


@pytest.mark.parametrize("throw", [30.0, -30.0])
def test_places_that_are_zero_at_the_object(throw):
    assert kinds(fixed(0.0, throw, throw, 0.0)) == "OSSO"
    assert kinds(fixed(throw, 0.0, throw, 0.0)) == "SOSO"


def test_the_same_throw_in_all_goes_to_and_fro():
    assert kinds(fixed(30.0, 30.0, 30.0, 30.0)) == "OSOS"


def test_totals_of_any_list():
    cards = [
        {"ESO SEQ CUMOFF RA": ra, "ESO SEQ CUMOFF DEC": dec}
        for ra, dec in [(0, 0), (3, -4), (60, 0), (0, -80), (2, 2)]
    ]
    assert kinds(cards) == "OOSSO"


def test_steps_are_added_up():
    cards = [
        {"ESO SEQ RELOFF RA": step, "ESO SEQ RELOFF DEC": 0.0} for step in (99.0, 40, -40, 40, -40)
    ]
    assert kinds(cards) == "OSOSO"


def test_the_telescope_itself_tells_and_outranks_the_template():
    cards = [{"RA": 359.99999, "DEC": -60.0}, {"RA": 0.02, "DEC": -60.0}]
    assert kinds(cards) == "OS"
    assert kinds([{**a, **b} for a, b in zip(cards, fixed(0.0, 0.0), strict=True)]) == "OS"


def test_right_ascension_is_measured_on_the_sky():
    """20 arcsec of RA at declination -60 are ten on the sky."""
    cards = [{"RA": 100.0, "DEC": -60.0}, {"RA": 100.0 + 20 / 3600, "DEC": -60.0}]
    assert kinds(cards) == "OO"
    assert kinds(cards, least_throw=8.0) == "OS"


def test_a_word_outranks_offsets():
    cards = fixed(0.0, 30.0)
    cards[0]["ESO DPR TYPE"] = "SKY"
    cards[1]["ESO DPR TYPE"] = "OBJECT"
    assert kinds(cards) == "SO"


def test_the_first_may_be_of_the_sky():
    assert kinds(fixed(30.0, -30.0, 30.0, -30.0), first="sky") == "SOSO"


def test_the_object_is_where_the_total_offset_is_zero():
    cards = [
        {"ESO SEQ CUMOFF X": x, "ESO SEQ CUMOFF Y": y}
        for x, y in ((54.8, -2.6), (0.0, 0.0), (0.0, 0.0), (-30.0, 20.0))
    ]
    assert kinds(cards) == "SOOS"
    assert kinds(cards, first="sky") == "SOOS"


def test_one_exposure_alone_is_of_the_object():
    assert kinds([{}]) == "O"


def test_nothing_told_is_one_clear_error():
    with pytest.raises(InputError, match="where the telescope pointed"):
        kinds([{}, {}])


def test_no_throw_at_all_is_nothing_told():
    with pytest.raises(InputError):
        kinds(fixed(0.0, 0.0))


def test_neighbours_share_by_time():
    found = pointings_of(frames(fixed(30, -30, -30, 30, -30)), least_throw=12.0, first="sky")
    assert "".join("S" if one.of_sky else "O" for one in found) == "SOOSO"
    around = neighbours_in_time(found, "f1")
    assert [(one.raw.name, pytest.approx(w)) for one, w in around] == [
        ("f0", 2 / 3), ("f3", 1 / 3),
    ]  # fmt: skip
    assert [(one.raw.name, w) for one, w in neighbours_in_time(found, "f4")] == [("f3", 1.0)]


def test_no_exposure_of_the_sky_leaves_no_neighbour():
    cards = [{"RA": 10.0, "DEC": 0.0}, {"RA": 10.001, "DEC": 0.0}]
    found = pointings_of(frames(cards), least_throw=12.0)
    assert neighbours_in_time(found, "f0") == ()


def test_the_steps_of_a_narrow_scan_are_all_of_the_object():
    cards = [{"ESO SEQ CUMOFF X": x, "ESO SEQ CUMOFF Y": 0.0} for x in (-0.5, 0.0, 0.5)]
    assert kinds(cards) == "OOO"
