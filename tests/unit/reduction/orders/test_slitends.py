import numpy as np
import pytest
from scipy.special import ndtr

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.reduction.orders.slitends import measure_slit_ends
from tests.support.sky_scene import NOISY, READ_NOISE, make_geometry

TABLE = make_geometry().order_table
SHAPE = make_geometry().pixel_map.order.shape


def frame_of(light, seed=1):
    rng = np.random.default_rng(seed)
    data = rng.poisson(light) + rng.normal(0.0, READ_NOISE, light.shape)
    data = data.astype(np.float32)
    return Frame(
        data, np.float32(READ_NOISE**2) + np.maximum(data, 0), np.zeros(data.shape, np.uint32),
        "electron", Header({"EXPTIME": 600.0}), NOISY,
    )  # fmt: skip


def slit_of_light(moved, *, sky=30.0, blur=0.9, slope=0.0, star=0.0):
    """The sky through a slit whose ends lie so many pixels above those of the table."""
    rows, columns = np.arange(SHAPE[0])[:, None], np.arange(SHAPE[1])
    light = np.zeros(SHAPE)
    for order in TABLE.orders:
        low, high = (f(int(order), columns) + moved for f in (TABLE.lower, TABLE.upper))
        u = 2.0 * (rows - low) / (high - low) - 1.0
        # A pixel averages the step: a tenth of a pixel at a time.
        parts = np.arange(-0.45, 0.5, 0.1)
        inside = sum(ndtr((rows + p - low) / blur) * ndtr((high - rows - p) / blur) for p in parts)
        brightness = sky * (1.0 + 4.0 * (columns % 37 == 0)) * (1.0 + slope * u)
        beside = star * np.exp(-0.5 * ((rows - low - 5.0) / 2.0) ** 2)
        light += 0.1 * inside * (brightness + beside)
    return light


def usable(frame):
    return np.ones(frame.shape, bool)


@pytest.mark.parametrize("moved", [-2.3, -0.4, 0.0, 0.7, 1.6])
def test_the_motion_is_measured_and_its_error_is_right(moved):
    pulls = []
    for seed in range(6):
        frame = frame_of(slit_of_light(moved), seed)
        ends = measure_slit_ends(frame, TABLE, usable(frame))
        assert list(ends.orders) == list(TABLE.orders)
        assert (ends.error_px < 0.08).all()
        pulls += list((ends.moved_px - moved) / ends.error_px)
    assert abs(np.mean(pulls)) < 1.0
    assert np.max(np.abs(pulls)) < 4.0


def test_a_slope_of_the_sky_and_a_sharper_end_do_not_matter():
    frame = frame_of(slit_of_light(0.6, slope=0.15, blur=0.6, sky=100.0))
    ends = measure_slit_ends(frame, TABLE, usable(frame))
    assert ends.moved_px == pytest.approx(0.6, abs=0.06)


def test_a_star_at_one_end_does_not_pass_for_a_motion():
    frame = frame_of(slit_of_light(0.0, star=400.0))
    ends = measure_slit_ends(frame, TABLE, usable(frame))
    assert (np.abs(ends.moved_px) < 0.12).all()


def test_without_light_nothing_is_told():
    frame = frame_of(slit_of_light(0.5, sky=0.02))
    assert measure_slit_ends(frame, TABLE, usable(frame)).orders.size == 0


def test_flagged_pixels_do_not_count():
    light = slit_of_light(0.5)
    frame = frame_of(light)
    data, good = frame.data.copy(), usable(frame)
    struck = np.random.default_rng(5).random(SHAPE) < 0.02
    data[struck], good[struck] = 5e4, False
    ends = measure_slit_ends(frame.with_data(data, frame.variance), TABLE, good)
    assert ends.moved_px == pytest.approx(0.5, abs=0.12)
