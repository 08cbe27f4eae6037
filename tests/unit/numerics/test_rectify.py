"""Rectification against truth: light is conserved, errors and covariances are right."""

import numpy as np
import pytest

from soxs_pipeline.numerics.rectify import Grid, cell_shares, rectify


def tilted(shape=(40, 60), tilt=0.3, bend=0.002, scale=1.0):
    """A detector whose rows are tilted and curved lines of the plane."""
    j, i = np.indices(shape, dtype=float)
    x = scale * (i + tilt * j)
    y = 0.5 * (j + bend * (i - 30) ** 2)
    one = np.ones(shape)
    slopes = (scale * one, scale * tilt * one, bend * (i - 30), 0.5 * one)
    area = np.abs(slopes[0] * slopes[3] - slopes[1] * slopes[2])
    return [part.ravel() for part in (x, y, *slopes, area)]


def on_grid(values, variance=None, good=None, grid=None, **form):
    x, y, x_i, x_j, y_i, y_j, area = tilted(**form)
    grid = grid or Grid(-3.0, 1.3, 70, -3.0, 0.7, 40)
    shares = cell_shares(x, y, (x_i, x_j, y_i, y_j), grid)
    variance = np.ones(x.size) if variance is None else variance
    good = np.ones(x.size, bool) if good is None else good
    return rectify(shares, values, variance, area, good, grid), grid


def test_all_light_arrives():
    values = np.random.default_rng(1).exponential(100.0, 2400)
    found, grid = on_grid(values)
    total = (found.value * found.coverage).sum() * grid.x_step * grid.y_step
    assert total == pytest.approx(values.sum(), rel=1e-9)


def test_an_even_brightness_stays_even():
    area = tilted()[-1]
    found, _ = on_grid(7.0 * area)
    inner = found.coverage > 0.99
    np.testing.assert_allclose(found.value[inner], 7.0, rtol=1e-6)
    assert inner.sum() > 200


def test_a_slope_is_kept():
    x, y, *_, area = tilted()
    found, grid = on_grid((5.0 + 0.2 * x + 0.4 * y) * area)
    inner = found.coverage > 0.99
    wanted = 5.0 + 0.2 * grid.x[None, :] + 0.4 * grid.y[:, None]
    np.testing.assert_allclose(found.value[inner], wanted[inner], rtol=0.02)


def test_errors_and_covariances_are_those_of_many_trials():
    rng = np.random.default_rng(2)
    sigma = rng.uniform(1.0, 3.0, 2400)
    trials = np.array([on_grid(sigma * rng.normal(size=2400))[0].value for _ in range(400)])
    found, _ = on_grid(np.zeros(2400), sigma**2)
    inner = found.coverage > 0.9
    ratio = trials.var(axis=0)[inner] / found.variance[inner]
    assert ratio.mean() == pytest.approx(1.0, abs=0.01)
    along = (trials[:, :, :-1] * trials[:, :, 1:]).mean(axis=0)
    both = inner[:, :-1] & inner[:, 1:]
    assert along[both].sum() == pytest.approx(found.x_covariance[:, :-1][both].sum(), rel=0.05)
    across = (trials[:, :-1] * trials[:, 1:]).mean(axis=0)
    both = inner[:-1] & inner[1:]
    assert across[both].sum() == pytest.approx(found.y_covariance[:-1][both].sum(), rel=0.05)


def test_a_bad_pixel_takes_no_part():
    area = tilted()[-1]
    values, good = 7.0 * area, np.ones(2400, bool)
    values[1230], good[1230] = 1e9, False
    found, _ = on_grid(values, good=good)
    assert found.value.max() < 7.1
    whole, _ = on_grid(7.0 * area)
    lost = whole.coverage - found.coverage
    assert lost.sum() * 1.3 * 0.7 == pytest.approx(area[1230], rel=1e-6)
