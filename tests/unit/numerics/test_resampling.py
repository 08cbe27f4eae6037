import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soxs_pipeline.numerics.resampling import bin_edges, overlap_matrix, rebin_density, rebin_means


@given(st.integers(3, 40), st.integers(1, 60), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_the_integral_is_conserved(old, new, seed):
    rng = np.random.default_rng(seed)
    old_edges = np.cumsum(rng.uniform(0.2, 2.0, old + 1))
    new_edges = np.linspace(old_edges[0] - 1, old_edges[-1] + 1, new + 1)
    density = rng.normal(size=old)
    result = rebin_density(
        overlap_matrix(old_edges, new_edges),
        density,
        np.ones(old),
        np.zeros(old),
        np.ones(old, dtype=bool),
        np.diff(new_edges),
    )
    covered = np.nan_to_num(result.value) * result.coverage * np.diff(new_edges)
    assert covered.sum() == pytest.approx((density * np.diff(old_edges)).sum(), abs=1e-9)


def test_variance_and_covariance_are_those_of_many_realisations():
    rng = np.random.default_rng(5)
    old_edges, new_edges = np.linspace(0, 20, 21), np.linspace(0, 20, 28)
    overlap = overlap_matrix(old_edges, new_edges)
    valid = np.ones(20, dtype=bool)
    # Neighbours correlated by 0.4: a moving average of white noise.
    white = rng.normal(size=(4000, 21))
    draws = (white[:, 1:] + 0.5 * white[:, :-1]) / np.sqrt(1.25)
    arguments = (np.ones(20), np.full(20, 0.4), valid, np.diff(new_edges))
    values = np.array([rebin_density(overlap, d, *arguments).value for d in draws])
    predicted = rebin_density(overlap, draws[0], *arguments)
    assert values.var(axis=0) == pytest.approx(predicted.variance, rel=0.12)
    measured = np.mean(values[:, 1:] * values[:, :-1], axis=0)
    assert measured == pytest.approx(predicted.covariance[:-1], abs=0.06)


def test_invalid_bins_lower_the_coverage():
    edges = np.linspace(0, 10, 11)
    valid = np.arange(10) != 4
    result = rebin_density(
        overlap_matrix(edges, np.linspace(0, 10, 6)),
        np.arange(10.0),
        np.ones(10),
        np.zeros(10),
        valid,
        np.full(5, 2.0),
    )
    assert result.coverage[2] == pytest.approx(0.5)
    assert result.value[2] == pytest.approx(5.0)


def test_edges_lie_between_the_centres():
    assert bin_edges(np.array([1.0, 2.0, 4.0]), np.array([1.0, 1.5, 2.0])).tolist() == [
        0.5,
        1.5,
        3.0,
        5.0,
    ]


def test_means_alone_are_the_values_with_errors():
    rng = np.random.default_rng(2)
    overlap = overlap_matrix(np.linspace(0, 20, 21), np.linspace(-2, 23, 31))
    density, valid = rng.normal(size=20), rng.random(20) > 0.2
    full = rebin_density(overlap, density, np.ones(20), np.zeros(20), valid, np.full(30, 25 / 30))
    np.testing.assert_array_equal(rebin_means(overlap, density, valid), full.value)
