from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from soxs_pipeline.cascade import load
from soxs_pipeline.cascade.spec import DataItem, Group, Slot, Task, bundled
from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.errors import CascadeError, InputError
from soxs_pipeline.instruments import load as load_instrument
from soxs_pipeline.parameters import ParameterSet
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.runtime.binding import bind, kind_of
from soxs_pipeline.runtime.jobs import Source
from tests.support.tiny_frames import write_bias, write_biases

INSTRUMENT = load_instrument("SOXS")
RAW = next(item for item in load("SOXS").items if item.tag == "BIAS")
ITEM = DataItem("THING", "Thing", Group.PRODUCT)


@dataclass(frozen=True)
class Products:
    nothing: None


def soxs_fake(
    raw: Sequence[RawFrame], detector: DetectorCalibration, flat: Frame | None, *,
    parameters: ParameterSet,
) -> Outcome[Products]:  # fmt: skip
    """Do nothing."""
    return Outcome(Products(None), ())


RECIPE = Recipe(soxs_fake, ParameterSet, Products, ())
TASK = Task(
    "fake", "soxs_fake", "Do", Slot("raw", RAW, most=None),
    (*bundled("detector", Slot("lamp_off", RAW, least=0, most=None),
              Slot("master_bias", ITEM, least=0)), Slot("flat", ITEM, least=0)),
)  # fmt: skip


def sources(paths):
    return tuple(Source(path, "BIAS_VIS", raw=True) for path in paths)


def test_files_become_what_the_arguments_are_declared_as(tmp_path):
    paths = write_biases(tmp_path, 2)
    found, remarks = bind(
        RECIPE, TASK, {"raw": sources(paths), "lamp_off": sources(paths[:1])}, INSTRUMENT
    )
    assert [frame.name for frame in found["raw"]] == ["SOXS.0.fits", "SOXS.1.fits"]
    assert isinstance(found["detector"], DetectorCalibration)
    assert len(found["detector"].lamp_off) == 1
    assert found["detector"].master_bias is None
    assert found["flat"] is None
    assert remarks == []


def test_a_file_that_cannot_be_read_is_left_out_of_what_is_combined(tmp_path):
    paths = write_biases(tmp_path, 2)
    paths[0].write_bytes(b"junk")
    found, remarks = bind(RECIPE, TASK, {"raw": sources(paths)}, INSTRUMENT)
    assert len(found["raw"]) == 1
    assert "left out: SOXS.0.fits is not a FITS file" in remarks[0]


def test_a_helper_frame_that_cannot_be_read_stops_nothing(tmp_path):
    """Given a nodded exposure, when a partner is damaged, then it goes on without it."""

    def soxs_paired(
        raw: RawFrame, partners: Sequence[RawFrame], *, parameters: ParameterSet
    ) -> Outcome[Products]:
        """Do nothing."""
        return Outcome(Products(None), ())

    task = Task("paired", "soxs_paired", "Do", Slot("raw", RAW),
                (Slot("partners", RAW, least=0, most=None),))  # fmt: skip
    recipe = Recipe(soxs_paired, ParameterSet, Products, ())
    paths = write_biases(tmp_path, 2)
    paths[1].write_bytes(b"junk")
    inputs = {"raw": sources(paths[:1]), "partners": sources(paths)}
    found, remarks = bind(recipe, task, inputs, INSTRUMENT)
    assert [frame.name for frame in found["partners"]] == ["SOXS.0.fits"]
    assert "left out: SOXS.1.fits" in remarks[0]


def test_if_none_can_be_read_the_first_error_is_told(tmp_path):
    path = write_bias(tmp_path / "a.fits")
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"a\.fits is empty"):
        bind(RECIPE, TASK, {"raw": sources([path])}, INSTRUMENT)


def test_nothing_given_is_an_error():
    with pytest.raises(InputError, match="nothing is given for raw"):
        bind(RECIPE, TASK, {}, INSTRUMENT)


def test_a_raw_frame_in_place_of_a_product_is_an_error(tmp_path):
    path = write_bias(tmp_path / "a.fits")
    inputs = {"raw": sources([path]), "flat": (Source(path, "MASTER_FLAT_VIS"),)}
    with pytest.raises(InputError, match=r"a\.fits"):
        bind(RECIPE, TASK, inputs, INSTRUMENT)


def test_map_and_recipe_that_disagree_are_found_out():
    task = Task("fake", "soxs_fake", "Do", Slot("frames", RAW, most=None))
    with pytest.raises(CascadeError, match="no slot raw"):
        bind(RECIPE, task, {}, INSTRUMENT)


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (Frame, (Frame, False, False)),
        (Frame | None, (Frame, False, True)),
        (Sequence[RawFrame], (RawFrame, True, False)),
        (tuple[RawFrame, ...], (RawFrame, True, False)),
        (Sequence[RawFrame] | None, (RawFrame, True, True)),
    ],
)
def test_hints_tell_kind_number_and_whether_it_may_be_missing(hint, expected):
    assert kind_of(hint) == expected
