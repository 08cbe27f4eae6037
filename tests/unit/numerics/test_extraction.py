import numpy as np
import pytest

from soxs_pipeline.numerics.extraction import (
    lagrange_weights,
    optimal_weights,
    take_samples,
    weighted_median,
)

WIDTH, BINS, ROWS = 60, 20, 9


def samples(slope=0.0):
    """Samples that drift by part of a pixel from row to row; the row shifts halfway."""
    bins = np.arange(BINS)
    first = 10 + (bins > 10).astype(int)
    rows = first[:, None] + np.arange(ROWS)
    x = 20.0 + bins[:, None] + 0.23 * (rows - 14) + slope
    return take_samples(rows, x, WIDTH)


def as_matrix(found, weight, shape):
    """Return the linear map from the image to the bins by feeding it unit images."""
    matrix = np.zeros((BINS, shape[0] * shape[1]))
    for pixel in range(matrix.shape[1]):
        unit = np.zeros(shape).ravel()
        unit[pixel] = 1.0
        matrix[:, pixel] = (weight * found(unit.reshape(shape))).sum(axis=1)
    return matrix


def test_polynomials_are_interpolated_exactly():
    place = np.linspace(2.0, 3.0, 5)
    for degree in range(6):
        values = lagrange_weights(place, 6).T @ np.arange(6.0) ** degree
        assert values == pytest.approx(place**degree, rel=1e-9)


def test_variance_and_covariance_are_exact():
    rng = np.random.default_rng(1)
    found = samples()
    shape = (24, WIDTH)
    weight, variance = rng.uniform(0.0, 1.0, (BINS, ROWS)), rng.uniform(1.0, 3.0, shape)
    matrix = as_matrix(found, weight, shape)
    covariance = (matrix * variance.ravel()) @ matrix.T
    assert found.variance(variance, weight) == pytest.approx(np.diag(covariance))
    assert found.covariance(variance, weight)[:-1] == pytest.approx(np.diag(covariance, 1))


def test_the_share_of_bad_pixels_is_told():
    found, bad = samples(), np.zeros((24, WIDTH), bool)
    assert (found.lost(bad) == 0.0).all()
    bad[14] = True
    lost = found.lost(bad)
    assert (lost[found.rows == 14] >= 1.0).all()
    assert (lost[found.rows != 14] == 0.0).all()


def test_optimal_weights_give_flux_without_bias_and_the_least_variance():
    rng = np.random.default_rng(2)
    profile = rng.uniform(0.0, 1.0, (1, 50, 11))
    profile /= profile.sum(axis=2, keepdims=True)
    precision = rng.uniform(0.5, 2.0, (50, 11))
    weights, information = optimal_weights(profile, precision)
    assert (weights * profile[0]).sum(axis=1) == pytest.approx(1.0)
    assert (weights**2 / precision).sum(axis=1) == pytest.approx(1.0 / information)


def test_a_neighbour_is_taken_out():
    rng = np.random.default_rng(3)
    x = np.arange(21.0)
    both = np.array([np.exp(-0.5 * ((x - c) / 1.5) ** 2) for c in (8.0, 12.0)])[:, None, :]
    weights, _ = optimal_weights(both, np.ones((1, 21)))
    image = 100.0 * both[0] + rng.uniform(500, 900) * both[1]
    assert (weights * image).sum() == pytest.approx(100.0)


def test_bins_without_data_have_no_weight():
    weights, information = optimal_weights(np.ones((1, 2, 3)), np.array([[0.0] * 3, [1.0] * 3]))
    assert (weights[0] == 0.0).all()
    assert information[0] == 0.0


def test_the_weighted_median_ignores_what_has_no_weight():
    values = np.array([[1.0, 2.0, 900.0], [5.0, 6.0, 7.0], [1.0, 1.0, 1.0]])
    weight = np.array([[1.0, 1.0, 0.0], [0.1, 0.1, 1.0], [0.0, 0.0, 0.0]])
    assert weighted_median(values, weight) == pytest.approx([1.0, 7.0, 0.0])
