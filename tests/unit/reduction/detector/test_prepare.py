from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.detector import DetectorSetup, Window
from soxs_pipeline.domain.frame import BadPixelMap, RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.reduction.detector.prepare import (
    PRESCAN_LEVEL,
    PRESCAN_NOISE,
    require_one_setup,
    to_electrons,
)

CCD = DetectorSetup(
    "A",
    1.1,
    3.3,
    65000.0,
    Window((0, 300), (50, 130)),
    Window((0, 300), (0, 50)),
    transposed=True,
    read_mode="slow",
)
INFRARED = DetectorSetup(
    "B",
    2.3,
    7.3,
    65000.0,
    Window((4, 124), (4, 124)),
    reference_border=4,
    reference_channels=4,
    offset_method="dark",
)


def raw(data, setup=CCD, name="one.fits"):
    return RawFrame(np.asarray(data, dtype=np.float32), Header({"EXPTIME": 1.0}), setup, name)


def ccd(level=600.0, seed=1):
    return np.random.default_rng(seed).normal(level, 3.0, (300, 130))


def infrared(seed=1, rows=128):
    return np.random.default_rng(seed).normal(0.0, 7.3 / 2.3, (rows, 128))


def test_a_frame_is_trimmed_turned_and_in_electrons():
    data = ccd()
    data[20, 70] = 1000.0
    frame = to_electrons(raw(data), None)
    assert frame.shape == CCD.shape == (80, 300)
    assert frame.data[20, 20] == pytest.approx(1100.0, abs=1.5)
    assert frame.unit == "electron"
    np.testing.assert_allclose(frame.variance, 3.3**2, rtol=1e-6)


def test_the_level_of_the_prescan_is_noted_not_removed():
    frame = to_electrons(raw(ccd(600.0)), None)
    assert np.median(frame.data) == pytest.approx(660.0, abs=0.2)
    assert frame.header.number(PRESCAN_LEVEL) == pytest.approx(660.0, abs=0.1)
    assert frame.header.number(PRESCAN_NOISE) == pytest.approx(3.3, rel=0.05)


def test_a_drift_during_readout_is_removed():
    rows = np.arange(300)
    data = ccd() + 4.0 * np.sin(rows / 100.0)[:, None]
    frame = to_electrons(raw(data), None)
    columns = frame.data.mean(axis=0)
    assert columns.std() < 0.6
    assert (1.1 * data[:, 50:]).mean(axis=1).std() > 1.0


def test_a_steady_level_is_left_alone():
    data = ccd()
    frame = to_electrons(raw(data), None)
    assert np.abs(frame.data - 1.1 * data[:, 50:].T.astype(np.float32)).max() < 0.2


@pytest.mark.parametrize("spoil", [0.0, np.nan, "light"])
def test_a_prescan_that_is_dead_or_sees_light_is_not_believed(spoil):
    data = ccd()
    if spoil == "light":
        data[:, :50] += np.random.default_rng(2).uniform(0, 200, (300, 50))
    else:
        data[:, :50] = spoil
    frame = to_electrons(raw(data), None)
    assert PRESCAN_LEVEL not in frame.header


def test_channel_offsets_go_by_the_reference_rows():
    offsets = np.repeat([30.0, -20.0, 55.0, 3.0], 32)
    frame = to_electrons(raw(infrared() + offsets, INFRARED), None)
    assert np.abs(frame.data.reshape(120, -1).mean(axis=0)).max() < 5.0
    levels = [frame.data[:, k * 32 : k * 32 + 28].mean() for k in range(4)]
    np.testing.assert_allclose(levels, 0.0, atol=1.5)


def test_reference_pixels_put_no_stripes_where_there_are_none():
    data = infrared()
    frame = to_electrons(raw(data, INFRARED), None)
    moved = frame.data - 2.3 * data[4:124, 4:124]
    assert np.ptp(moved) < 1.0


def test_a_slow_drift_along_the_infrared_rows_is_removed():
    tall = replace(INFRARED, science=Window((4, 1020), (4, 124)))
    drift = 10.0 * np.sin(np.arange(1024) / 150.0)[:, None]
    frame = to_electrons(raw(infrared(rows=1024) + drift, tall), None)
    steady = to_electrons(raw(infrared(rows=1024), tall), None)
    assert steady.data.mean(axis=1).std() < 0.8
    assert frame.data.mean(axis=1).std() < 1.5
    assert abs(frame.data.mean()) < 1.5


def test_the_sides_do_not_tell_a_drift_where_they_are_dead():
    data = infrared()
    data[:, :4] = data[:, -4:] = 0.0
    frame = to_electrons(raw(data, INFRARED), None)
    assert np.ptp(frame.data - 2.3 * data[4:124, 4:124]) < 1.0


def test_dead_reference_pixels_are_ignored():
    data = infrared() + 100.0
    data[:4] = data[-4:] = 0.0
    frame = to_electrons(raw(data, INFRARED), None)
    assert np.median(frame.data) == pytest.approx(230.0, abs=1.0)


def test_saturated_pixels_bleed_along_the_columns_of_a_ccd():
    data = ccd()
    data[100, 80] = 65535.0
    frame = to_electrons(raw(data), None)
    flagged = np.argwhere(frame.quality & np.uint32(Quality.SATURATED)).tolist()
    assert flagged == [[30, 99], [30, 100], [30, 101]]
    data = infrared()
    data[50, 60] = 65535.0
    assert np.count_nonzero(to_electrons(raw(data, INFRARED), None).quality) == 1


def test_what_is_not_finite_is_flagged_and_zero():
    data = ccd()
    data[10, 60], data[11, 61] = np.nan, np.inf
    frame = to_electrons(raw(data), None)
    assert frame.quality[10, 10] & Quality.NOT_FINITE
    assert frame.quality[11, 11] & Quality.NOT_FINITE
    assert np.isfinite(frame.data).all()
    assert frame.data[10, 10] == 0.0


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (np.full((300, 130), np.nan), "not finite"),
        (np.full((300, 130), 650.0), "constant"),
        (np.full((300, 130), 65535.0), "saturated"),
    ],
)
def test_a_frame_without_data_is_named(data, word):
    with pytest.raises(UnprocessableDataError, match=rf"one\.fits.*{word}"):
        to_electrons(raw(data), None)


def test_a_frame_that_is_too_small_is_refused():
    with pytest.raises(InputError, match="shape"):
        to_electrons(raw(np.zeros((10, 10))), None)


def test_known_bad_pixels_are_added_and_must_fit():
    quality = np.zeros(CCD.shape, dtype=np.uint32)
    quality[3, 4] = Quality.DEAD
    frame = to_electrons(raw(ccd()), BadPixelMap(quality))
    assert frame.quality[3, 4] == Quality.DEAD
    with pytest.raises(InputError, match="bad-pixel map"):
        to_electrons(raw(ccd()), BadPixelMap(quality.T))


@pytest.mark.parametrize(
    ("change", "word"),
    [({"arm": "C"}, "arm"), ({"binning": (2, 2)}, "binning"), ({"read_mode": "fast"}, "mode")],
)
def test_frames_of_several_setups_are_refused_by_name(change, word):
    other = raw(ccd(), replace(CCD, **change), "two.fits")
    with pytest.raises(InputError, match=rf"one\.fits and two\.fits.*{word}"):
        require_one_setup([raw(ccd()), other])


def test_an_untold_readout_mode_is_not_compared():
    require_one_setup([raw(ccd()), raw(ccd(), replace(CCD, read_mode=""))])


def test_no_frame_at_all_is_refused():
    with pytest.raises(InputError, match="no raw frame"):
        require_one_setup([])
