import numpy as np
import pytest

from soxs_pipeline.numerics.peaks import find_spots, fit_spots, recentre
from tests.support.optics import add_spots


@pytest.fixture
def rng():
    return np.random.default_rng(20261122)


def make_image(rng, x, y, flux, read_noise=5.0, shape=(120, 300)):
    truth = np.zeros(shape)
    add_spots(truth, x, y, flux)
    noisy = rng.poisson(truth) + rng.normal(0, read_noise, shape)
    return noisy, truth + read_noise**2, np.zeros(shape, dtype=bool)


def test_centres_are_unbiased_and_their_errors_true(rng):
    grid = np.mgrid[10:110:10, 10:290:10].reshape(2, -1).astype(float)
    y, x = grid + rng.uniform(-0.5, 0.5, grid.shape)
    data, variance, bad = make_image(rng, x, y, np.full(x.size, 3000.0))
    fits = fit_spots(data, variance, bad, np.rint(x), np.rint(y), half_x=4, half_y=4,
                     start_sigma_px=0.8)  # fmt: skip
    assert fits.good.mean() > 0.99
    for pull in ((fits.x - x) / fits.x_error, (fits.y - y) / fits.y_error,
                 (fits.flux - 3000.0) / fits.flux_error):  # fmt: skip
        assert abs(pull[fits.good].mean()) < 0.25
        assert 0.85 < pull[fits.good].std() < 1.15


def test_neighbours_do_not_pull_one_another(rng):
    y = np.array([40.0, 44.1, 48.2])
    x = np.array([100.2, 101.1, 102.0])
    data, variance, bad = make_image(rng, x, y, np.array([4e4, 2e5, 4e4]))
    fits = fit_spots(data, variance, bad, np.rint(x), np.rint(y), half_x=4, half_y=2,
                     start_sigma_px=0.75, rounds=4)  # fmt: skip
    assert np.abs(fits.x - x).max() < 0.02
    assert np.abs(fits.y - y).max() < 0.02


def test_hot_pixels_are_not_spots(rng):
    data, variance, bad = make_image(rng, [50.3], [60.1], [5000.0])
    data[20, 200] += 5000.0
    x, y, significance = find_spots(data, variance, bad, threshold_sigma=8.0,
                                    kernel_sigma_px=0.75, sharpest=0.65)  # fmt: skip
    assert list(zip(x, y, strict=True)) == [(50.0, 60.0)]
    assert significance[0] > 50


def test_bad_pixels_are_ignored(rng):
    data, variance, bad = make_image(rng, [50.3], [60.1], [20000.0])
    data[61, 51], bad[61, 51] = 1e6, True
    fits = fit_spots(data, variance, bad, np.array([50.0]), np.array([60.0]), half_x=4, half_y=4,
                     start_sigma_px=0.75)  # fmt: skip
    assert abs(fits.x[0] - 50.3) < 5 * fits.x_error[0]
    assert fits.good[0]


def test_recentre_goes_to_the_brightest_pixel(rng):
    data, _, bad = make_image(rng, [52.0], [60.0], [20000.0])
    x, y = recentre(data, bad, np.array([50.0]), np.array([61.0]), radius_x=3, radius_y=2)
    assert (x[0], y[0]) == (52.0, 60.0)


def test_an_empty_place_is_not_a_good_spot(rng):
    data, variance, bad = make_image(rng, [], [], [])
    fits = fit_spots(data, variance, bad, np.array([100.0]), np.array([50.0]), half_x=4, half_y=4,
                     start_sigma_px=0.75)  # fmt: skip
    assert not fits.good[0] or fits.flux[0] < 5 * fits.flux_error[0]
