"""The wing of the pinholes' images on arc frames of a toy spectrograph."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.numerics.slitprofile import NO_WING
from soxs_pipeline.reduction.wavelength.lines import measure_spots, predict_spots
from soxs_pipeline.reduction.wavelength.pinholeimages import core_and_wing
from tests.support.optics import PINHOLES, make_arc, make_format, make_lines

TOY = make_format()
WINGED = (0.75, 0.94), (1.5, 0.06)


def arc(parts, seed=5):
    rng = np.random.default_rng(seed)
    lines = make_lines(rng)
    return make_arc(TOY.solution, lines, PINHOLES, rng, parts=parts), lines


def measured(frame, lines):
    spots = predict_spots(
        TOY.solution, TOY, lines, PINHOLES, margin_px=4.0, most_lines=100, worst_blend_px=0.1
    )
    return measure_spots(frame, spots, search_px=(0, 0), half_px=(4, 2), least_snr=8.0)


def test_the_wing_of_an_arc_is_found():
    frame, lines = arc(WINGED)
    core, wing = core_and_wing(frame, measured(frame, lines))
    assert wing.share == pytest.approx(0.06, abs=0.015)
    assert wing.stretch == pytest.approx(2.0, rel=0.15)
    # What was measured is the width of core and wing together.
    assert 0.93 < core < 0.995


def test_bad_pixels_are_left_out():
    frame, lines = arc(WINGED)
    spots = measured(frame, lines)
    rng = np.random.default_rng(2)
    bad = rng.random(frame.shape) < 0.02
    data = np.where(bad, 6e4, frame.data)
    quality = np.where(bad, np.uint32(Quality.HOT), np.uint32(0)).astype(np.uint32)
    _, wing = core_and_wing(replace(frame, data=data, quality=quality), spots)
    assert wing.share == pytest.approx(0.06, abs=0.02)


def test_where_no_wing_stands_out_there_is_none():
    frame, lines = arc(((0.75, 1.0),))
    spots = measured(frame, lines)
    assert core_and_wing(frame, spots) == (1.0, NO_WING)
    nothing = replace(spots, used=np.zeros_like(spots.used))
    assert core_and_wing(frame, nothing) == (1.0, NO_WING)


def test_a_single_pinhole_tells_nothing():
    rng = np.random.default_rng(5)
    lines = make_lines(rng)
    frame = make_arc(TOY.solution, lines, [0.0], rng, parts=WINGED)
    spots = measured(frame, lines)
    only = replace(spots, used=spots.used & (spots.slit_arcsec == 0.0))
    assert core_and_wing(frame, only) == (1.0, NO_WING)
