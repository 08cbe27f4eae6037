"""Columns, width and velocity come back with errors that hold."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from soxs_pipeline.numerics.telluric import Absorption, Prior, fit_absorption

C = 299792.458
STEP = 3.0 / C
TRUTH = np.array([np.log(1.3), np.log(25.0), 4.0])


def lines(seed=5, count=60):
    """Optical depths of narrow lines between 900 and 960 nm; 1 where they are deepest."""
    rng = np.random.default_rng(seed)
    grid = np.arange(np.log(890), np.log(970), STEP)
    depth = np.zeros(grid.size)
    depth[rng.integers(3000, grid.size - 3000, count)] = rng.uniform(4, 40, count)
    return Absorption(float(grid[0]), STEP, gaussian_filter1d(depth, 3.0)[None])


def spectrum(absorption, snr=80.0, seed=1):
    wave = np.exp(np.arange(np.log(900), np.log(960), 15.0 / C))
    # The truth by another way: a plain convolution on a grid twice as fine.
    fine = np.exp(np.arange(np.log(895), np.log(965), STEP / 2))
    place = (np.log(fine / (1 + TRUTH[2] / C)) - absorption.ln_first) / STEP
    passed = np.exp(-np.exp(TRUTH[0]) * np.interp(place, np.arange(absorption.depth.shape[1]),
                                                  absorption.depth[0]))  # fmt: skip
    kernel = np.exp(-0.5 * (np.arange(-150, 151) * 1.5 / np.exp(TRUTH[1])) ** 2)
    seen = np.interp(wave, fine, np.convolve(passed, kernel / kernel.sum(), "same"))
    above = 100.0 * (1 + 0.2 * np.sin(np.log(wave) * 60))
    sigma = np.full(wave.size, 100.0 / snr)
    rng = np.random.default_rng(seed)
    return wave, above * seen + rng.normal(0, sigma), sigma, seen


WIDE = Prior(np.array([0.0, np.log(28.0), 0.0]), np.array([0.7, 0.3, 10.0]))


def test_the_parameters_come_back_within_their_errors():
    absorption = lines()
    pulls = []
    for seed in range(12):
        wave, flux, sigma, _ = spectrum(absorption, seed=seed)
        fit = fit_absorption(wave, flux, sigma, np.ones(wave.size, bool), absorption, WIDE)
        assert fit.converged
        pulls.append((fit.parameters - TRUTH) / np.sqrt(np.diag(fit.covariance)))
    assert np.abs(np.mean(pulls, axis=0)).max() < 1.2
    assert np.std(pulls) < 1.3
    assert abs(fit.parameters[0] - TRUTH[0]) < 0.05


def test_the_transmission_is_that_of_the_truth():
    absorption = lines()
    wave, flux, sigma, truth = spectrum(absorption, snr=300.0)
    fit = fit_absorption(wave, flux, sigma, np.ones(wave.size, bool), absorption, WIDE)
    made = absorption.transmission(wave, fit.parameters)
    assert np.std(made - truth) < 0.004
    assert (fit.errors(absorption, wave)[truth < 0.9] > 0).all()


def test_lines_of_the_source_are_left_out():
    absorption = lines()
    wave, flux, sigma, truth = spectrum(absorption)
    flux = flux + 400.0 * np.exp(-0.5 * ((wave - 930.0) / 0.15) ** 2)
    fit = fit_absorption(wave, flux, sigma, np.ones(wave.size, bool), absorption, WIDE)
    assert not fit.used[np.abs(wave - 930.0) < 0.1].any()
    assert fit.used.mean() > 0.95
    assert np.std(absorption.transmission(wave, fit.parameters) - truth) < 0.02


def test_a_saturated_line_stays_saturated_however_blurred():
    depth = np.zeros((1, 4000))
    depth[0, 1990:2010] = 50.0
    absorption = Absorption(np.log(900.0), STEP, depth)
    wave = 900.0 * np.exp(STEP * np.arange(1500, 2500))
    narrow = absorption.transmission(wave, np.array([0.0, np.log(20.0), 0.0]))
    doubled = absorption.transmission(wave, np.array([np.log(2.0), np.log(20.0), 0.0]))
    np.testing.assert_allclose(narrow, doubled, atol=1e-6)
    assert (1 - narrow).sum() == pytest.approx(20, rel=0.01)


def test_noise_alone_gives_back_what_was_assumed():
    absorption = lines()
    wave, _, sigma, _ = spectrum(absorption)
    flux = np.random.default_rng(3).normal(0, 1, wave.size)
    fit = fit_absorption(wave, flux, sigma, np.ones(wave.size, bool), absorption, WIDE)
    assert np.all(np.abs(fit.parameters - WIDE.mean) < 3 * WIDE.sigma)
    assert fit.covariance[0, 0] > 0.3**2


def test_too_few_bins_are_said_not_fitted():
    absorption = lines()
    wave, flux, sigma, _ = spectrum(absorption)
    use = np.zeros(wave.size, bool)
    use[:10] = True
    fit = fit_absorption(wave, flux, sigma, use, absorption, WIDE)
    assert not fit.converged
    np.testing.assert_array_equal(fit.parameters, WIDE.mean)


def test_beyond_the_grid_all_light_passes():
    absorption = lines()
    np.testing.assert_allclose(absorption.transmission(np.array([400.0, 401.0]), WIDE.mean), 1.0)
