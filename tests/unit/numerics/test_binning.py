"""Coarse bins against truth: means, errors with correlated neighbours, gaps."""

import numpy as np
import pytest

from soxs_pipeline.numerics.binning import bin_coarsely


def test_a_straight_line_stays_one():
    wave = np.arange(400.0, 500.0, 0.05)
    flux = 2.0 + 0.01 * wave
    ones = np.ones_like(wave)
    centre, mean, _ = bin_coarsely(wave, flux, ones, 0 * ones, ones > 0, 1.0)
    np.testing.assert_allclose(mean, 2.0 + 0.01 * centre, rtol=1e-12)
    assert centre.size == 100


def test_pulls_have_width_one_with_correlated_neighbours():
    rng = np.random.default_rng(4)
    wave = np.arange(400.0, 4400.0, 0.05)
    white = rng.normal(size=wave.size + 1)
    rho = 0.3
    # A moving average of two has this correlation with the next value and none beyond.
    a = np.sqrt(0.5 * (1 + np.sqrt(1 - 4 * rho**2)))
    noise = a * white[1:] + rho / a * white[:-1]
    sigma = 1.0 + 0.5 * np.sin(wave / 7.0)
    centre, mean, error = bin_coarsely(
        wave, 5.0 + sigma * noise, sigma**2, np.full(wave.size, rho), np.ones(wave.size, bool), 1.0
    )
    pulls = (mean - 5.0) / error
    assert abs(pulls.mean()) < 4 / np.sqrt(centre.size)
    assert pulls.std() == pytest.approx(1.0, abs=0.06)


def test_bad_bins_and_gaps_are_left_out():
    wave = np.arange(400.0, 410.0, 0.1)
    flux = np.where(wave < 405.0, 1.0, np.nan)
    flux[3] = 1e9
    valid = np.ones(wave.size, bool)
    valid[3] = False
    centre, mean, _ = bin_coarsely(wave, flux, 0 * wave + 1, 0 * wave, valid, 1.0)
    np.testing.assert_allclose(mean, 1.0)
    assert centre.max() < 405.0


def test_nothing_valid_gives_nothing():
    wave = np.arange(5.0)
    empty = bin_coarsely(wave, wave, wave, wave, np.zeros(5, bool), 1.0)
    assert [part.size for part in empty] == [0, 0, 0]
