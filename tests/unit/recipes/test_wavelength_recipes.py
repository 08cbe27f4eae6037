"""The two dispersion recipes and the merging recipe on a toy spectrograph."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.numerics.slitprofile import NO_WING
from soxs_pipeline.recipes import soxs_disp_solution, soxs_merge, soxs_spatial_solution
from tests.support.optics import (
    PINHOLES,
    SETUP,
    make_arc,
    make_format,
    make_lines,
    make_open_order_table,
)

NOTHING = DetectorCalibration()


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def make_raw(frame):
    setup = replace(SETUP, offset_method="dark")
    header = Header({"EXPTIME": 15.0, "ESO SEQ ARM": "TOY"})
    return RawFrame(np.asarray(frame.data), header, setup, "arc.fits")


def run(recipe, *inputs, **values):
    return recipe.RECIPE.run(*inputs, parameters=recipe.RECIPE.parameters(**values))


def value(outcome, key):
    return next(q.value for q in outcome.qc if q.definition.key == key and q.order is None)


def first_solution(rng, lines, toy):
    raw = make_raw(make_arc(toy.solution, lines, [0.0], rng))
    return run(soxs_disp_solution, raw, NOTHING, lines, toy)


def test_the_first_solution_finds_the_lines_and_says_how_many(rng):
    toy, lines = make_format(), make_lines(rng)
    outcome = first_solution(rng, lines, toy)
    assert value(outcome, "DETLINES FRAC") > 0.9
    assert value(outcome, "X RES RMS") < 0.05
    assert outcome.products.dispersion.n_lines.min() > 10


def test_fewer_than_nine_pinholes_still_make_a_map(rng):
    toy, lines = make_format(), make_lines(rng)
    first = first_solution(rng, lines, toy).products.dispersion
    raw = make_raw(make_arc(toy.solution, lines, PINHOLES[[0, 1, 2, 4, 5, 7, 8]], rng))
    table = make_open_order_table(toy.solution, 400)
    outcome = run(soxs_spatial_solution, raw, NOTHING, table, first, lines, toy)
    assert any("2 of 9 pinholes unseen" in said for said in outcome.remarks)
    assert value(outcome, "PINHOLE COUNT MIN") == 7
    wave = outcome.products.pixel_map.wavelength_nm
    x, y = toy.solution.detector_position(11, 1150.0, -4.125)
    assert wave[round(float(y)), round(float(x))] == pytest.approx(1150.0, abs=0.3)
    spots = outcome.products.pixel_map.spot_fwhm_px
    assert set(spots) == set(outcome.products.dispersion.orders.tolist())
    assert list(spots.values()) == pytest.approx([2.3548 * 0.75] * len(spots), rel=0.03)
    # These images are Gaussian: no wing is made up.
    assert outcome.products.pixel_map.spot_wing == NO_WING
    assert value(outcome, "PIN WING FRAC") == 0.0


def test_the_wing_of_the_pinholes_images_is_measured(rng):
    toy, lines = make_format(), make_lines(rng)
    first = first_solution(rng, lines, toy).products.dispersion
    parts = (0.75, 0.95), (1.6, 0.05)
    raw = make_raw(make_arc(toy.solution, lines, PINHOLES, rng, parts=parts))
    table = make_open_order_table(toy.solution, 400)
    outcome = run(soxs_spatial_solution, raw, NOTHING, table, first, lines, toy)
    wing = outcome.products.pixel_map.spot_wing
    assert wing.share == pytest.approx(0.05, abs=0.015)
    assert wing.stretch == pytest.approx(1.6 / 0.75, rel=0.15)
    assert value(outcome, "PIN WING FRAC") == wing.share
    # The width is that of the core, which a Gaussian fitted to all of it would overrate.
    spots = list(outcome.products.pixel_map.spot_fwhm_px.values())
    assert spots == pytest.approx([2.3548 * 0.75] * len(spots), rel=0.02)


def test_a_saturated_arc_has_no_lines_to_offer(rng):
    toy, lines = make_format(), make_lines(rng)
    raw = make_raw(make_arc(toy.solution, lines, [0.0], rng))
    lit = replace(raw, data=np.full_like(raw.data, 70000.0))
    with pytest.raises(UnprocessableDataError):
        run(soxs_disp_solution, lit, NOTHING, lines, toy)


def test_merging_nothing_is_an_input_error():
    with pytest.raises(InputError, match="nothing to merge"):
        run(soxs_merge, [])
