"""What a frame knows of its noise."""

import numpy as np
import pytest

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.header import Header
from tests.support.optics import SETUP

NOISE = 7.3
SHAPE = (400, 500)


def frame_of(expected, seed=3):
    """A frame of so many electrons a pixel, with the variance that detrending gives it."""
    rng = np.random.default_rng(seed)
    data = rng.poisson(expected, SHAPE) + rng.normal(0.0, NOISE, SHAPE)
    return Frame(
        data,
        NOISE**2 + np.maximum(data, 0.0),
        np.zeros(SHAPE, np.uint32),
        "electron",
        Header({}),
        SETUP,
    )


def test_light_that_is_taken_off_leaves_its_noise_in_every_pixel_alike():
    left = frame_of(6.0).without_light(np.full(SHAPE, 6.0))
    assert left.data.mean() == pytest.approx(0.0, abs=5 * 7.7 / np.sqrt(left.data.size))
    assert left.floor == pytest.approx(NOISE**2 + 6.0, rel=1e-5)


def test_a_mean_by_inverse_variance_is_not_drawn_by_what_was_taken_off():
    left = frame_of(8.0).without_light(np.full(SHAPE, 6.0))
    weight = 1.0 / (left.floor.astype(float) + 2.0)
    error = 1.0 / np.sqrt(weight.sum())
    assert (weight * left.data).sum() / weight.sum() == pytest.approx(2.0, abs=4 * error)


def test_taking_off_less_than_nothing_adds_no_noise():
    frame = frame_of(6.0)
    more = frame.without_light(np.full(SHAPE, -3.0))
    assert more.data == pytest.approx(frame.data + 3.0)
    assert more.floor == pytest.approx(frame.floor, rel=1e-5)
