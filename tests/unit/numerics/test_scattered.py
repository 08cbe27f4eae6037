import numpy as np

from soxs_pipeline.numerics.scattered import smooth_surface


def test_the_surface_has_no_holes_under_the_orders():
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:300, :600]
    true = 40.0 + 20.0 * np.exp(-(((y - 150) / 90) ** 2)) * (1 + 0.3 * x / 600)
    data = true + rng.normal(0, 4.0, true.shape)
    use = np.ones(true.shape, dtype=bool)
    for centre in (70, 150, 230):
        inside = np.abs(y - centre - 0.02 * x) < 20
        use &= ~inside
        data += 5000.0 * inside
    surface = smooth_surface(data, use, sigma=4.0, cell=(12, 64), knot_px=(70.0, 200.0))
    assert np.abs(surface - true).max() < 3.0
    assert np.std((surface - true)[~use]) < 0.7


def test_hot_pixels_and_leaking_light_do_not_lift_it():
    rng = np.random.default_rng(2)
    data = 10.0 + rng.normal(0, 4.0, (200, 400))
    use = np.ones(data.shape, dtype=bool)
    data[rng.integers(0, 200, 500), rng.integers(0, 400, 500)] += 3000.0
    data[90:110, 128:192] += 300.0
    surface = smooth_surface(data, use, sigma=4.0, cell=(12, 64), knot_px=(70.0, 200.0))
    assert abs(np.median(surface) - 10.0) < 0.5
    assert surface.max() < 40.0


def test_without_gaps_nothing_is_subtracted():
    data = np.full((50, 50), 99.0)
    use = np.zeros(data.shape, dtype=bool)
    surface = smooth_surface(data, use, sigma=4.0, cell=(12, 64), knot_px=(70.0, 200.0))
    np.testing.assert_array_equal(surface, 0.0)
