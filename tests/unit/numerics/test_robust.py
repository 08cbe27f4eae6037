import numpy as np
import pytest

from soxs_pipeline.numerics.robust import (
    clipped_moments,
    mad_sigma,
    robust_level,
    row_quantiles,
    tukey_weights,
)


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def test_the_mad_stands_for_the_sigma_of_a_gaussian(rng):
    values = rng.normal(3.0, 2.0, 100_000)
    values[:1000] = 1e6
    assert mad_sigma(values) == pytest.approx(2.0, rel=0.03)


def test_the_mad_ignores_nan_and_reduces_along_an_axis(rng):
    values = rng.normal(0.0, [[1.0], [5.0]], (2, 50_000))
    values[:, ::7] = np.nan
    np.testing.assert_allclose(mad_sigma(values, axis=1), [1.0, 5.0], rtol=0.03)


@pytest.mark.parametrize("quantile", [0.0, 0.1, 0.5, 0.8, 1.0])
def test_quantiles_of_rows_are_those_of_numpy(rng, quantile):
    values, use = rng.normal(size=(40, 13)), rng.random((40, 13)) < 0.6
    use[3], use[5, 1:] = False, False
    values[7, 2] = np.nan
    kept = np.where(use, values, np.nan)
    kept[3] = 0.0
    wanted = [np.nanquantile(row, quantile) if np.isfinite(row).any() else 0.0 for row in kept]
    np.testing.assert_allclose(row_quantiles(values, use, quantile), wanted, rtol=1e-12)


def test_the_mad_of_nothing_is_nan():
    assert np.isnan(mad_sigma([np.nan, np.nan]))


def test_clipped_moments_correct_for_the_tails_they_cut(rng):
    values = rng.normal(10.0, 3.0, 400_000)
    mean, sigma, kept = clipped_moments(values, clip_sigma=2.0, iterations=10)
    assert mean == pytest.approx(10.0, abs=0.02)
    assert sigma == pytest.approx(3.0, rel=0.01)
    assert 0.93 * values.size < kept < 0.97 * values.size


def test_clipped_moments_see_through_quantisation(rng):
    values = np.round(rng.normal(0.0, 1.2, 200_000))
    _, sigma, _ = clipped_moments(values, clip_sigma=4.0, iterations=10)
    assert sigma == pytest.approx(np.sqrt(1.2**2 + 1 / 12), rel=0.01)


def test_clipped_moments_of_nothing_and_of_a_constant():
    assert clipped_moments([np.nan], clip_sigma=3.0, iterations=3)[2] == 0
    assert clipped_moments(np.full(9, 4.0), clip_sigma=3.0, iterations=3)[:2] == (4.0, 0.0)


def test_the_level_of_a_subsample_is_that_of_the_whole(rng):
    values = rng.normal(100.0, 5.0, (2000, 1000)).astype(np.float32)
    values[::3, ::5] = np.nan
    assert robust_level(values, most=100_000) == pytest.approx(100.0, abs=0.1)


def test_tukey_weights_fall_from_one_to_nothing():
    weights = tukey_weights([0.0, 1.0, 4.9, 5.0, 50.0, np.nan], cutoff=5.0)
    assert weights[0] == 1.0
    assert np.all(np.diff(weights[:4]) < 0)
    np.testing.assert_array_equal(weights[3:], 0.0)
