"""Fitting the shape of a source, against light made by plain summation."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.reduction.sources.shapefit import fit_shapes, unexplained
from tests.support.slit_light import BLUR_PX, WAVE, observed, start


def test_a_bright_source_comes_out_as_it_was_put_in():
    seen, light, _ = observed(np.random.default_rng(1), noise=0.02, width=0.9, beta=2.8)
    (found,) = fit_shapes(seen, [start()])
    assert found.position(WAVE) == pytest.approx(0.4, abs=0.003)
    assert np.exp(found.log_fwhm) == pytest.approx(0.9, rel=0.01)
    assert found.beta == pytest.approx(2.8, rel=0.02)
    assert found.flux_error < 0.001
    own = seen.signal - unexplained(seen, [found]).signal
    assert own.sum() / light.sum() == pytest.approx(1.0, abs=0.003)


def test_the_error_common_to_all_orders_is_what_the_shape_does_to_the_flux():
    rng, pulls, without = np.random.default_rng(7), [], []
    for _ in range(30):
        truth = {"width": np.exp(rng.normal(0.0, 0.3)), "beta": 3.2 * np.exp(rng.normal(0.0, 0.3))}
        seen, light, single = observed(rng, noise=12.0, **truth)
        (found,) = fit_shapes(seen, [start()])
        own = seen.signal - unexplained(seen, [found]).signal
        ratio = own.sum(axis=1) / light.sum(axis=1)
        weight = single**-2
        mean = (weight * ratio).sum() / weight.sum()
        of_noise = weight.sum() ** -0.5
        pulls.append((mean - 1.0) / np.hypot(found.flux_error, of_noise))
        without.append((mean - 1.0) / of_noise)
    assert np.std(without) > 1.6
    assert abs(np.mean(pulls)) < 0.5
    assert 0.7 < np.std(pulls) < 1.35


def test_a_bright_profile_tells_the_blur_whatever_was_expected():
    rng, pulls = np.random.default_rng(3), []
    for k in range(12):
        seen, _, _ = observed(rng, noise=0.1, width=0.9, beta=3.2)
        (found,) = fit_shapes(seen, [start((1.25, 0.85)[k % 2] * BLUR_PX)])
        value, error = found.blur_seen_px
        assert error < 0.1 * BLUR_PX
        pulls.append((value - BLUR_PX) / error)
    assert abs(np.mean(pulls)) < 1.0
    assert np.std(pulls) < 1.5


def test_a_faint_profile_tells_nothing_of_the_blur():
    seen, _, _ = observed(np.random.default_rng(4), noise=15.0, width=0.9, beta=3.2)
    (found,) = fit_shapes(seen, [start(1.25 * BLUR_PX)])
    assert not found.blur_seen_px[1] < 0.1 * BLUR_PX


def test_a_source_that_is_not_fitted_has_no_error():
    seen, _, _ = observed(np.random.default_rng(1), noise=1.0, width=0.9, beta=2.8)
    forced = replace(start(), forced=True)
    assert fit_shapes(seen, [forced])[0] is forced
    assert np.isnan(forced.flux_error)


def test_nothing_is_told_of_a_source_without_light():
    seen, light, _ = observed(np.random.default_rng(1), noise=0.01, width=0.9, beta=2.8)
    (found,) = fit_shapes(replace(seen, signal=-light), [start()])
    assert np.isnan(found.flux_error)
