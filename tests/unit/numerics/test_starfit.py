import numpy as np
import pytest

from soxs_pipeline.numerics.starfit import StarShape, cutouts, fit_shape, fit_stars

SHAPE = StarShape(xx=0.12, yy=0.09, xy=0.02, beta=3.0)
HALF = 12


def drawn(dx, dy, flux, shape=SHAPE, over=9):
    """Draw stars on a fine grid and sum it to pixels."""
    fine = (np.arange((2 * HALF + 1) * over) + 0.5) / over - HALF - 0.5
    stamps = []
    for x, y, light in zip(dx, dy, flux, strict=True):
        a, b = fine[None, :] - x, fine[:, None] - y
        r2 = shape.xx * a * a + 2 * shape.xy * a * b + shape.yy * b * b
        norm = (shape.beta - 1) / np.pi * np.sqrt(shape.xx * shape.yy - shape.xy**2)
        profile = norm * (1 + r2) ** -shape.beta
        cells = profile.reshape(2 * HALF + 1, over, 2 * HALF + 1, over)
        stamps.append(light * cells.sum(axis=(1, 3)) / over**2)
    return np.array(stamps)


def test_shape_tells_its_width_and_light():
    grid = np.arange(-60, 61, dtype=float)
    assert SHAPE(grid[None, :], grid[:, None]).sum() == pytest.approx(1.0, abs=2e-3)
    round_one = StarShape(0.25, 0.25, 0.0, 2.5)
    alpha = 2.0
    assert round_one.fwhm == pytest.approx(2 * alpha * np.sqrt(2**0.4 - 1))
    assert round_one.ellipticity == pytest.approx(0.0, abs=1e-12)
    near = np.hypot(*np.meshgrid(grid, grid)) <= 6
    light = round_one(grid[None, :], grid[:, None])
    assert round_one.share_within(6.0) == pytest.approx(light[near].sum(), abs=0.01)


def test_slopes_are_derivatives():
    x, y = np.array([0.7]), np.array([-1.3])
    value, slope_x, slope_y = SHAPE.with_slopes(x, y)
    h = 1e-5
    assert value == pytest.approx(SHAPE(x, y))
    # With respect to the centre: the other way round.
    assert slope_x == pytest.approx((SHAPE(x - h, y) - SHAPE(x + h, y)) / (2 * h), rel=1e-6)
    assert slope_y == pytest.approx((SHAPE(x, y - h) - SHAPE(x, y + h)) / (2 * h), rel=1e-6)


def test_pulls_of_flux_and_place():
    rng = np.random.default_rng(5)
    n, noise = 400, 4.0
    dx, dy = rng.uniform(-0.5, 0.5, (2, n))
    flux = rng.uniform(800, 8000, n)
    light = drawn(dx, dy, flux)
    stamps = light + rng.normal(0, noise, light.shape) + 20.0
    found = fit_stars(stamps, np.full(stamps.shape, noise**-2), np.zeros(n), np.zeros(n), SHAPE)
    assert found.good.mean() > 0.99
    pull = ((found.flux - flux) / found.flux_error)[found.good]
    assert abs(pull.mean()) < 0.2
    assert 0.9 < pull.std() < 1.1
    shift = ((found.x - dx) / found.x_error)[found.good]
    assert abs(shift.mean()) < 0.2
    assert 0.9 < shift.std() < 1.12
    assert np.median(found.chi2) == pytest.approx(1.0, abs=0.05)


def test_shape_is_found_from_stars():
    rng = np.random.default_rng(9)
    dx, dy = rng.uniform(-0.5, 0.5, (2, 10))
    flux = rng.uniform(2e4, 1e5, 10)
    light = drawn(dx, dy, flux)
    stamps = light + rng.normal(0, 1, light.shape) * np.sqrt(25 + light)
    found = fit_shape(stamps, 1 / (25 + light), dx, dy, 5.0)
    assert found.fwhm == pytest.approx(SHAPE.fwhm, rel=0.01)
    assert found.beta == pytest.approx(SHAPE.beta, rel=0.06)
    assert found.ellipticity == pytest.approx(SHAPE.ellipticity, abs=0.01)


def test_noise_alone_is_no_star():
    rng = np.random.default_rng(2)
    stamps = rng.normal(0, 1, (50, 2 * HALF + 1, 2 * HALF + 1))
    found = fit_stars(stamps, np.ones_like(stamps), np.zeros(50), np.zeros(50), SHAPE)
    real = found.good & (found.flux > 5 * found.flux_error)
    assert real.sum() <= 2


def test_cutouts_fill_beyond_the_rim():
    image = np.arange(100.0).reshape(10, 10)
    found = cutouts(image, np.array([0.2, 5.0]), np.array([0.0, 5.0]), 1, -1.0)
    assert found[0].tolist() == [[-1, -1, -1], [-1, 0, 1], [-1, 10, 11]]
    assert found[1, 1, 1] == 55


def test_cutouts_of_places_beyond_the_image():
    image = np.arange(12.0).reshape(3, 4)
    beyond = cutouts(image, np.array([4.0, -1.0, 90.0]), np.array([1.0, -1.0, -90.0]), 1, -5.0)
    assert beyond[0].tolist() == [[3.0, -5.0, -5.0], [7.0, -5.0, -5.0], [11.0, -5.0, -5.0]]
    assert beyond[1].tolist() == [[-5.0, -5.0, -5.0], [-5.0, -5.0, -5.0], [-5.0, -5.0, 0.0]]
    assert (beyond[2] == -5.0).all()
