import numpy as np
import pytest
from numpy.polynomial import chebyshev
from scipy.special import erf

from soxs_pipeline.numerics.traces import fit_correction, fit_profiles, ridge_offset


def profiles(centre, flux, sigma, level, rng, read_noise=4.0):
    position = np.broadcast_to(np.arange(-7, 8), (len(centre), 15)).astype(float)
    high, low = ((position + side - centre[:, None]) / sigma / 2**0.5 for side in (0.5, -0.5))
    model = flux[:, None] * 0.5 * (erf(high) - erf(low)) + level
    return position, rng.poisson(model) + rng.normal(0, read_noise, model.shape)


def fitted(position, values, use=None):
    flags = np.ones(values.shape, dtype=bool) if use is None else use
    return fit_profiles(
        position, values, flags, read_variance=16.0, start=np.zeros(len(values)), sigma=0.8,
        sigma_error=0.4,
    )  # fmt: skip


def test_centres_are_unbiased_with_the_right_errors():
    rng = np.random.default_rng(1)
    n = 2000
    centre = rng.uniform(-1.5, 1.5, n)
    result = fitted(*profiles(centre, np.full(n, 4000.0), 0.72, 12.0, rng))
    assert result.good.all()
    apart = result.centre - centre
    assert abs(apart.mean()) < 0.002
    # The model error allows for imperfect profiles: errors are safe, not tight.
    assert 0.7 < np.std(apart / result.error) < 1.05


def test_empty_windows_are_not_good():
    position = np.broadcast_to(np.arange(-7, 8), (3, 15)).astype(float)
    result = fitted(position, np.zeros((3, 15)), np.zeros((3, 15), dtype=bool))
    assert not result.good.any()


def test_the_ridge_is_found_off_the_prediction_among_cosmic_rays():
    rng = np.random.default_rng(2)
    straight = rng.normal(20.0, 5.0, (25, 300))
    straight[17] += 60.0
    straight[3, ::40] = 5000.0
    straight[:, 50] = np.nan
    offset, significance = ridge_offset(straight, least_sigma=5.0)
    assert offset == pytest.approx(5.0, abs=0.3)
    assert significance > 20


def test_there_is_no_ridge_in_noise():
    straight = np.random.default_rng(3).normal(20.0, 5.0, (25, 300))
    assert np.isnan(ridge_offset(straight, least_sigma=5.0)[0])


def test_the_degree_is_as_high_as_the_data_need_and_no_higher():
    rng = np.random.default_rng(4)
    t = np.linspace(-1, 1, 400)
    error = np.full(400, 0.02)
    flat = fit_correction(t, 1.5 + rng.normal(0, 0.02, 400), error, most_degree=6, floor=0.005)
    assert len(flat.coef) == 1
    true = chebyshev.chebval(t, [0.3, -0.2, 0.1, 0.08])
    values = true + rng.normal(0, 0.02, 400)
    values[::25] += 3.0
    cubic = fit_correction(t, values, error, most_degree=6, floor=0.005)
    assert len(cubic.coef) == 4
    assert np.abs(chebyshev.chebval(t, cubic.coef) - true).max() < 0.01
    assert not cubic.used[::25].any()


def test_samples_that_cover_little_get_a_low_degree():
    t = np.linspace(-1.0, -0.7, 50)
    values = 5.0 * t**5
    fit = fit_correction(t, values, np.full(50, 0.01), most_degree=6, floor=0.005)
    assert len(fit.coef) <= 2


def test_nothing_to_fit_is_an_error():
    with pytest.raises(ValueError, match="no samples"):
        fit_correction(np.zeros(0), np.zeros(0), np.zeros(0), most_degree=2, floor=0.01)
