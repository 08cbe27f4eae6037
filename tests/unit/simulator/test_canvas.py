"""Light is neither lost nor moved between the canvas and the pixels."""

import numpy as np
import pytest

from soxs_pipeline.simulator.canvas import Blur, Canvas

POINT = Blur(1.5)


@pytest.mark.parametrize("seed", range(5))
def test_a_point_keeps_its_light_and_its_place(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(60, 140), rng.uniform(30, 70)
    canvas = Canvas((100, 200))
    canvas.add_points(np.array([x]), np.array([y]), np.array([1000.0]))
    image = canvas.collect(POINT, POINT).astype(float)
    rows, columns = np.indices(image.shape)
    assert image.sum() == pytest.approx(1000.0, rel=2e-4)
    assert (image * columns).sum() / image.sum() == pytest.approx(x, abs=1e-3)
    assert (image * rows).sum() / image.sum() == pytest.approx(y, abs=1e-3)


def test_the_width_grows_towards_the_ends():
    canvas = Canvas((40, 1200))
    for x in (600.0, 1180.0):
        canvas.add_points(np.array([x]), np.array([20.0]), np.array([1.0]))
    image = canvas.collect(Blur(1.5, growth=0.2), POINT)
    assert image[:, 595:606].max() > 1.1 * image[:, 1175:1186].max()


def test_a_wide_slit_widens_the_line_only_along_the_dispersion():
    offsets = np.linspace(-3, 3, 25)
    wide = Blur(1.5, profile=(offsets, np.full(25, 1 / 25)))
    canvas = Canvas((60, 100))
    canvas.add_points(np.array([50.0]), np.array([30.0]), np.array([1.0]))
    image = canvas.collect(wide, POINT).astype(float)
    along, across = image.sum(axis=0), image.sum(axis=1)
    x, y = np.arange(100) - 50.0, np.arange(60) - 30.0
    assert (along * x**2).sum() == pytest.approx((across * y**2).sum() + offsets.var(), abs=0.05)


def test_light_off_the_detector_is_dropped():
    canvas = Canvas((50, 50))
    canvas.add_points(np.array([-40.0, 90.0]), np.array([20.0, 20.0]), np.array([1.0, 1.0]))
    assert canvas.collect(POINT, POINT).sum() == 0
