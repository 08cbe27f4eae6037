from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import InputError
from soxs_pipeline.reduction.flat.flatfield import divide_flat
from tests.support.toy_slit import frame_of


@pytest.fixture
def science():
    return frame_of(np.full((60, 70), 500.0), np.random.default_rng(1))


def flat_like(frame, level=2.0, variance=0.0):
    data = np.full(frame.shape, level)
    quality = np.zeros(frame.shape, dtype=np.uint32)
    quality[3, 3] = Quality.LOW_SENSITIVITY
    return replace(frame, data=data, variance=np.full(frame.shape, variance), quality=quality)


def test_values_errors_and_flags_are_divided(science):
    divided = divide_flat(science, flat_like(science))
    np.testing.assert_allclose(divided.data, science.data / 2.0)
    np.testing.assert_allclose(divided.variance, science.variance / 4.0)
    assert divided.quality[3, 3] == Quality.LOW_SENSITIVITY


def test_the_error_of_the_flat_counts(science):
    """Given many flats with noise, the scatter of the quotient is what its variance says."""
    rng = np.random.default_rng(2)
    flat = flat_like(science, 1.0, 0.02**2)
    noisy = replace(flat, data=rng.normal(1.0, 0.02, flat.shape))
    divided = divide_flat(science, noisy)
    pull = (divided.data - 500.0) / np.sqrt(divided.variance)
    assert pull.std() == pytest.approx(1.0, abs=0.05)


def test_a_flat_without_value_does_not_spoil_the_frame(science):
    divided = divide_flat(science, flat_like(science, 0.0))
    assert np.isfinite(divided.data).all()


def test_a_flat_of_another_binning_is_refused_but_not_of_another_readout(science):
    fast = replace(science, setup=replace(science.setup, read_mode="fast"))
    slow = flat_like(replace(science, setup=replace(science.setup, read_mode="slow")))
    divide_flat(fast, slow)
    binned = replace(slow, setup=replace(science.setup, binning=(2, 2)))
    with pytest.raises(InputError, match="binning"):
        divide_flat(science, binned)
