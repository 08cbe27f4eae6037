import numpy as np
import pytest

from soxs_pipeline.numerics.pattern import fixed_pattern

SHAPE = (180, 240)


def measured(pattern, sigma, seed=3):
    noise = np.random.default_rng(seed).normal(0.0, sigma, SHAPE)
    return (pattern + noise).astype(np.float32), np.full(SHAPE, sigma**2, dtype=np.float32)


def none_bad():
    return np.zeros(SHAPE, dtype=bool)


def test_noise_is_not_taken_for_pattern():
    """Given rows, columns and a slope under noise, the pattern is known far better than it."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    true = 600.0 + 3.0 * np.sin(x / 80.0) + y / 60.0
    true = true + rng.normal(0, 1.5, SHAPE[1]) + rng.normal(0, 1.5, SHAPE[0])[:, None]
    mean, variance = measured(true, 2.0)
    pattern = fixed_pattern(mean, variance, none_bad())
    assert np.std(pattern.data - true) < 0.25 * 2.0


def test_a_real_pattern_of_pixels_is_kept():
    true = np.random.default_rng(2).normal(0.0, 10.0, SHAPE)
    mean, variance = measured(true, 1.0)
    pattern = fixed_pattern(mean, variance, none_bad())
    assert np.std(pattern.data - true) < 1.1
    pull = (pattern.data - true) / np.sqrt(pattern.variance)
    assert pull.std() == pytest.approx(1.0, abs=0.1)


def test_single_pixels_keep_their_value():
    true = np.zeros(SHAPE)
    true[50, 60] = 200.0
    mean, variance = measured(true, 2.0)
    pattern = fixed_pattern(mean, variance, none_bad())
    assert pattern.data[50, 60] == pytest.approx(200.0, abs=8.0)
    assert pattern.residual[50, 60] > 190.0


def test_bad_pixels_say_nothing_about_their_neighbours():
    true = np.zeros(SHAPE)
    mean, variance = measured(true, 2.0)
    bad = none_bad()
    mean[100, :], bad[100, :] = 1e5, True
    pattern = fixed_pattern(mean, variance, bad)
    assert np.abs(pattern.data[~bad]).max() < 10.0
