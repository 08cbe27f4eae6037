import numpy as np
import pytest

from soxs_pipeline.numerics.shrinkage import shrunken_fit

X = np.linspace(-1.0, 1.0, 30)
LINE = np.column_stack([np.ones_like(X), X])
CURVES = np.column_stack([X**2, X**3])
GUESSES = [width**2 * np.eye(4) for width in (0.0, 0.1, 1.0, 10.0)]


def data(size, noise, seed=0, n_axes=2):
    rng = np.random.default_rng(seed)
    further = size * rng.normal(size=(2, n_axes))
    clean = LINE @ rng.normal(size=(2, n_axes)) + CURVES @ further
    return clean + rng.normal(0.0, noise, clean.shape), clean, further


def fitted(values, noise, guesses=GUESSES):
    return shrunken_fit(LINE, CURVES, values, np.full(30, noise), guesses)


def test_one_sure_guess_is_the_posterior_mean():
    values, _, _ = data(1.0, 0.3)
    prior = np.diag([0.5, 2.0, 0.1, 1.0])
    found = fitted(values, 0.3, [prior])
    # All coefficients at once, the free ones with next to no prior.
    whole = np.column_stack([LINE, CURVES])
    for axis in (0, 1):
        near = np.diag([1e-12, 1e-12, *1.0 / np.diag(prior)[2 * axis : 2 * axis + 2]])
        mean = np.linalg.solve(whole.T @ whole / 0.09 + near, whole.T @ values[:, axis] / 0.09)
        assert found.free[:, axis] == pytest.approx(mean[:2], rel=1e-6)
        assert found.shrunken[:, axis] == pytest.approx(mean[2:], rel=1e-6)


def test_guess_that_foretells_the_data_wins():
    for size, noise in ((0.0, 0.5), (1.0, 0.01)):
        values, _, further = data(size, noise)
        found = fitted(values, noise)
        assert np.abs(found.shrunken - further).max() < (0.15 if size == 0.0 else 0.05)
        assert (found.terms < 6.0) if size == 0.0 else (found.terms > 7.9)


def test_few_noisy_points_are_fitted_better_than_by_all_terms_or_none():
    rules = ("shrunken", "all", "none")
    wrong = {rule: [] for rule in rules}
    for seed in range(200):
        values, clean, _ = data((0.0, 0.3, 3.0)[seed % 3], 1.0, seed)
        found = fitted(values, 1.0)
        models = (
            LINE @ found.free + CURVES @ found.shrunken,
            np.column_stack([LINE, CURVES])
            @ np.linalg.lstsq(np.column_stack([LINE, CURVES]), values, rcond=None)[0],
            LINE @ np.linalg.lstsq(LINE, values, rcond=None)[0],
        )
        for rule, model in zip(rules, models, strict=True):
            wrong[rule].append(np.mean((model - clean) ** 2))
    assert np.mean(wrong["shrunken"]) < min(np.mean(wrong["all"]), np.mean(wrong["none"]))


def test_no_guess_but_zero_leaves_the_terms_out():
    values, _, _ = data(1.0, 0.1)
    found = fitted(values, 0.1, [np.zeros((4, 4))])
    assert not found.shrunken.any()
    assert found.terms == 4.0
    assert found.free == pytest.approx(np.linalg.lstsq(LINE, values, rcond=None)[0])
