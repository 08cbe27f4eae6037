import numpy as np
import pytest

from soxs_pipeline.numerics.photometry import fit_zero_point


def stars(seed, number=30, scatter=0.01):
    rng = np.random.default_rng(seed)
    error, colour = rng.uniform(0.005, 0.03, number), rng.uniform(0.0, 1.5, number)
    noise = rng.normal(0, np.hypot(error, scatter))
    return 25.3 + 0.04 * (colour - 0.6) + noise, error, colour


def test_pulls_of_zero_point_and_colour_term_have_width_one():
    fits = [fit_zero_point(*stars(seed)) for seed in range(400)]
    value = [(f.value - 25.3 - 0.04 * (f.pivot - 0.6)) / f.error for f in fits]
    slope = [(f.slope - 0.04) / f.slope_error for f in fits]
    assert abs(np.mean(value)) < 0.15
    assert 0.9 < np.std(value) < 1.1
    assert 0.88 < np.std(slope) < 1.12


def test_variable_stars_leave():
    difference, error, colour = stars(5)
    difference[:3] += [0.8, -0.6, 1.2]
    fit = fit_zero_point(difference, error, colour)
    assert not fit.used[:3].any()
    assert fit.value == pytest.approx(25.3 + 0.04 * (fit.pivot - 0.6), abs=0.015)


def test_four_stars_of_which_one_deviates_keep_it_and_its_doubt():
    fit = fit_zero_point(
        np.array([25.30, 25.31, 25.29, 25.9]), np.full(4, 0.005), np.array([0.2, 0.5, 0.8, 0.6])
    )
    assert fit.used.all()
    assert fit.error > 0.1
    assert abs(fit.value - 25.3) < 3.0 * fit.error


def test_three_stars_are_too_few():
    with pytest.raises(ValueError, match="at least 4"):
        fit_zero_point(np.ones(3), np.ones(3), np.arange(3.0))


def test_a_bright_star_that_varies_is_left_out_although_faint_ones_scatter_as_much():
    rng = np.random.default_rng(8)
    error = np.concatenate((np.full(10, 0.003), np.full(20, 0.03)))
    difference = 25.0 + rng.normal(0.0, error)
    difference[0] += 0.04
    found = fit_zero_point(difference, error, np.zeros(30))
    assert not found.used[0]
    assert found.used[1:].all()
    assert abs(found.value - 25.0) < 4 * found.error
    assert found.error < 0.0015
