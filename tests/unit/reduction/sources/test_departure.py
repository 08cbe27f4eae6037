"""How profiles depart from a disc, against light made by plain summation."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.reduction.slit.lightshare import light_share
from soxs_pipeline.reduction.sources.departure import fit_sources
from soxs_pipeline.reduction.sources.shapefit import fit_shapes
from tests.support.slit_light import HEIGHT, WAVE, observed, start

DISC = {"width": 0.9, "beta": 3.2}
ENDS = (-60.0, 60.0)


def density_of(shape, seen):
    """Return the fraction of a source's light in an arcsec at every bin."""
    wave = np.broadcast_to(WAVE[:, None], seen.signal.shape)
    slit = np.broadcast_to(seen.slit_arcsec, wave.shape)
    return light_share(shape, wave, slit, np.full(wave.shape, HEIGHT), ENDS) / HEIGHT


def flux_over_truth(density, light):
    """Return what weighting by a profile makes of light without noise."""
    return float((density * light).sum() / (density**2).sum() / 100.0)


def test_a_profile_drawn_out_to_one_side_is_followed():
    seen, light, _ = observed(np.random.default_rng(3), noise=0.3, tail=0.4, **DISC)
    (disc,), (found,) = fit_shapes(seen, [start()]), fit_sources(seen, [start()])
    apart = [np.abs(100.0 * density_of(one, seen) - light).max() for one in (disc, found)]
    assert apart[0] > 1.0
    assert apart[1] < 0.5 * apart[0]
    assert abs(flux_over_truth(density_of(found, seen), light) - 1.0) < 0.004


def test_a_round_disc_keeps_its_profile():
    seen, light, _ = observed(np.random.default_rng(4), noise=0.3, **DISC)
    (found,) = fit_sources(seen, [start()])
    assert np.abs(found.departure).max() < 0.005
    assert flux_over_truth(density_of(found, seen), light) == pytest.approx(1.0, abs=0.004)


def test_a_faint_source_is_taken_for_a_disc():
    seen, _, _ = observed(np.random.default_rng(5), noise=30.0, tail=0.4, **DISC)
    (found,) = fit_sources(seen, [start()])
    assert np.abs(found.departure).max() < 0.02


def test_no_light_comes_or_goes_with_a_departure():
    seen, _, _ = observed(np.random.default_rng(6), noise=0.3, **DISC)
    round_ = start()
    odd = replace(round_, departure=np.array([0.05, 0.02, 0.1, -0.05, 0.02]))
    sums = [density_of(one, seen).sum(axis=1) for one in (round_, odd)]
    assert sums[1] == pytest.approx(sums[0], rel=1e-4)


def test_an_assumed_source_stays_as_it_is():
    seen, _, _ = observed(np.random.default_rng(8), noise=0.3, **DISC)
    there = replace(start(), forced=True)
    assert fit_sources(seen, [there]) == [there]
