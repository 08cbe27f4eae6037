import numpy as np
import pytest

from soxs_pipeline.numerics.bsplines import fit_curve

SPACINGS = (512.0, 256.0, 128.0, 64.0, 32.0)


def series(rng, relative=0.003):
    x = np.arange(2000.0)
    true = 1e4 * np.exp(-(((x - 900) / 700) ** 2)) * (1 + 0.1 * np.tanh((x - 1500) / 40))
    sigma = relative * true + 1.0
    return x, true, true + rng.normal(0, 1, x.size) * sigma, sigma


def test_a_smooth_curve_is_found_with_its_error():
    x, true, y, sigma = series(np.random.default_rng(1))
    curve = fit_curve(x, y, sigma, spacings=SPACINGS)
    pull = (curve(x) - true) / (curve.relative_error * true)
    assert np.sqrt(np.mean(pull**2)) < 1.5
    assert np.std((curve(x) - true)[100:1700] / true[100:1700]) < 0.001


def test_outliers_are_rejected():
    x, true, y, sigma = series(np.random.default_rng(2))
    y[500:505] *= 3.0
    curve = fit_curve(x, y, sigma, spacings=SPACINGS)
    assert np.all(curve.weight[500:505] == 0.0)
    assert abs(curve(502.0) / true[502] - 1) < 0.005


def test_a_gap_is_bridged_and_the_ends_are_kept():
    x, true, y, sigma = series(np.random.default_rng(3))
    sigma[700:900] = np.inf
    y[700:900] = np.nan
    curve = fit_curve(x, y, sigma, spacings=SPACINGS)
    assert abs(curve(800.0) / true[800] - 1) < 0.03
    assert curve(-50.0) == pytest.approx(float(curve(0.0)))


def test_few_points_are_refused():
    with pytest.raises(ValueError, match="too few"):
        fit_curve(np.arange(5.0), np.ones(5), np.ones(5), spacings=(10.0,))
