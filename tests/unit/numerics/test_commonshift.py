import numpy as np
import pytest

from soxs_pipeline.numerics.commonshift import common_shift


def made(seed, spread=0.0, jitter=0.0, wild=0):
    rng = np.random.default_rng(seed)
    true = 0.4 + spread * rng.normal(size=5)
    group = np.repeat([0, 1, 2, 3], [3, 8, 15, 40])
    error = rng.uniform(0.01, 0.03, group.size)
    value = true[group] + np.hypot(error, jitter) * rng.normal(size=group.size)
    value[rng.choice(group.size, wild, replace=False)] += 1.5
    return true, value, error, group


@pytest.mark.parametrize(("spread", "jitter", "wild"), [(0, 0, 0), (0.1, 0, 4), (0.05, 0.03, 6)])
def test_estimates_and_their_errors_are_right(spread, jitter, wild):
    pulls, common, unseen = [], [], []
    for seed in range(150):
        true, value, error, group = made(seed, spread, jitter, wild)
        found = common_shift(value, error, group, 5, expected_spread=0.05)
        pulls.append((found.group - true)[:4] / found.error[:4])
        common.append((found.common - 0.4) / found.common_error)
        unseen.append((found.group[4] - true[4]) / found.error[4])
    assert abs(np.mean(pulls)) < 0.2
    assert 0.7 < np.std(pulls) < 1.25
    # A spread told from four groups is itself uncertain.
    assert np.std(common) < 1.3
    assert np.std(unseen) < 1.6


def test_wild_values_are_not_used():
    _, value, error, group = made(3, wild=5)
    found = common_shift(value, error, group, 5, expected_spread=0.05)
    assert not found.used[value > 1.2].any()
    assert found.used.mean() > 0.85


def test_nothing_is_no_estimate():
    found = common_shift(
        np.array([np.nan]), np.array([0.1]), np.array([0]), 2, expected_spread=0.05
    )
    assert np.isnan(found.common)
    assert np.isinf(found.error).all()
