import numpy as np
import pytest

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.reduction.flat.moved import with_slit_moved
from tests.support.sky_scene import NOISY, make_geometry

GEOMETRY = make_geometry()
MOVED = {11: 1.2, 12: -0.7}
NOW = GEOMETRY.moved_across(MOVED).pixel_map
SHAPE = GEOMETRY.pixel_map.order.shape


def slit_light(slit):
    """A slope and a nick."""
    return (1.0 + 0.02 * slit) * (1.0 - 0.1 * np.exp(-0.5 * ((slit - 2.0) / 0.35) ** 2))


def flat_with(slit, quality=None):
    pixels = 1.0 + 0.01 * np.random.default_rng(3).standard_normal(SHAPE)
    data = np.where(np.isfinite(slit), pixels * slit_light(np.nan_to_num(slit)), 1.0)
    quality = np.zeros(SHAPE, np.uint32) if quality is None else quality
    return Frame(data, np.full(SHAPE, 1e-6), quality, "", Header({}), NOISY)


def test_the_nick_moves_and_the_pixels_stay():
    then = GEOMETRY.pixel_map.slit_arcsec
    now = NOW.slit_arcsec
    moved = with_slit_moved(flat_with(then), GEOMETRY.pixel_map, NOW)
    right = flat_with(now)
    inner = np.abs(np.nan_to_num(now, nan=9.0)) < 5.0
    apart = moved.data[inner] / right.data[inner] - 1.0
    assert np.abs(apart).max() < 0.02
    assert np.abs(apart).std() < 0.003
    # It did matter.
    assert np.abs(flat_with(then).data[inner] / right.data[inner] - 1.0).max() > 0.04


def test_flagged_pixels_and_those_off_the_slit_are_left_alone():
    quality = np.zeros(SHAPE, np.uint32)
    quality[60] = np.uint32(Quality.DEAD)
    flat = flat_with(GEOMETRY.pixel_map.slit_arcsec, quality)
    moved = with_slit_moved(flat, GEOMETRY.pixel_map, NOW)
    assert moved.data[60] == pytest.approx(flat.data[60])
    off = GEOMETRY.pixel_map.order == 0
    assert (moved.data[off] == flat.data[off]).all()


def test_without_a_motion_the_flat_is_the_same():
    flat = flat_with(GEOMETRY.pixel_map.slit_arcsec)
    assert with_slit_moved(flat, GEOMETRY.pixel_map, GEOMETRY.pixel_map) is flat
