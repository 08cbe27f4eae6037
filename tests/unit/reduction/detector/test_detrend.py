from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.detector import DetectorSetup, Window
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.reduction.detector.detrend import detrend, detrend_all, equal_exposure
from soxs_pipeline.reduction.detector.prepare import PRESCAN_LEVEL

CCD = DetectorSetup(
    "A", 1.0, 3.0, 65000.0, Window((0, 200), (50, 210)), Window((0, 200), (0, 50)), read_mode="1"
)
INFRARED = DetectorSetup("B", 1.0, 7.0, 65000.0, Window((0, 160), (0, 160)), offset_method="dark")


def raw(light=0.0, setup=CCD, *, level=0.0, exposure_s=10.0, seed=1, name="sci.fits"):
    rng = np.random.default_rng(seed)
    shape = (setup.science.rows[1], setup.science.columns[1])
    data = level + rng.normal(0.0, setup.read_noise_e, shape)
    rows, columns = (slice(*part) for part in (setup.science.rows, setup.science.columns))
    data[rows, columns] += rng.poisson(light, setup.shape)
    header = Header({"EXPTIME": exposure_s})
    return RawFrame(data.astype(np.float32), header, setup, name)


def master(setup, level, variance, *, exposure_s=10.0, read_noise=None, **cards):
    data = np.full(setup.shape, level, dtype=np.float32)
    known = setup if read_noise is None else setup.with_read_noise(read_noise)
    header = Header({"EXPTIME": exposure_s, **cards})
    quality = np.zeros(setup.shape, dtype=np.uint32)
    quality[5, 5] = Quality.HOT
    return Frame(data, np.full(setup.shape, variance), quality, "electron", header, known)


def bias(level=600.0, **more):
    return master(CCD, level, 0.5, read_noise=3.1, **{PRESCAN_LEVEL: level}, **more)


def test_the_bias_goes_and_the_level_follows_the_prescan():
    frame, remarks = detrend(raw(50.0, level=620.0), DetectorCalibration(master_bias=bias()))
    assert frame.data.mean() == pytest.approx(50.0, abs=0.3)
    assert "bias level moved by" in remarks[0]
    assert frame.quality[5, 5] == Quality.HOT
    assert frame.setup.read_noise_e == 3.1
    assert frame.setup.read_noise_source == "measured"


def test_the_variance_of_the_data_has_all_its_parts():
    frame, _ = detrend(raw(400.0, level=600.0), DetectorCalibration(master_bias=bias()))
    assert frame.variance.mean() == pytest.approx(400.0 + 3.1**2 + 0.5, rel=0.01)


def test_a_prescan_far_off_is_not_believed():
    data = raw(level=600.0).data.copy()
    data[:, :50] += 5000.0
    spoiled = replace(raw(), data=data)
    frame, remarks = detrend(spoiled, DetectorCalibration(master_bias=bias()))
    assert "to be believed" in remarks[0]
    assert abs(frame.data.mean()) < 0.5


def test_without_a_bias_the_prescan_stands_in():
    frame, remarks = detrend(raw(30.0, level=600.0), DetectorCalibration())
    assert frame.data.mean() == pytest.approx(30.0, abs=0.5)
    assert "no master bias" in remarks[0]
    wrong = replace(raw(30.0, level=600.0), setup=CCD.with_read_noise(4.5))
    frame, _ = detrend(wrong, DetectorCalibration())
    assert frame.setup.read_noise_e == pytest.approx(3.0, rel=0.03)
    assert frame.variance.mean() == pytest.approx(30.0 + 9.0, rel=0.02)
    with pytest.raises(InputError, match="no master bias"):
        detrend(raw(setup=replace(CCD, prescan=None)), DetectorCalibration())


def test_a_bias_of_another_setup_is_refused_by_name():
    other = replace(bias(ARCFILE="old.fits"), setup=replace(CCD, read_mode="2"))
    with pytest.raises(InputError, match=r"sci\.fits.*old\.fits.*mode"):
        detrend(raw(), DetectorCalibration(master_bias=other))


def test_lamp_off_frames_come_before_the_dark():
    off = [raw(100.0, INFRARED, seed=s, name=f"off{s}.fits") for s in (2, 3, 4)]
    dark = master(INFRARED, 5.0, 0.1)
    frame, remarks = detrend(
        raw(1100.0, INFRARED), DetectorCalibration(master_dark=dark, lamp_off=off)
    )
    assert frame.data.mean() == pytest.approx(1000.0, abs=1.0)
    assert remarks == []
    # Read noise and signal of the frame, and next to nothing of the three lamp-off frames.
    assert frame.variance.mean() == pytest.approx(1100.0 + 49.0, rel=0.02)


def test_lamp_off_frames_of_another_exposure_give_way_to_the_dark():
    off = [raw(100.0, INFRARED, exposure_s=30.0, seed=2)]
    dark = master(INFRARED, 5.0, 0.1, read_noise=6.5)
    frame, _ = detrend(raw(105.0, INFRARED), DetectorCalibration(master_dark=dark, lamp_off=off))
    assert frame.data.mean() == pytest.approx(100.0, abs=0.5)
    assert frame.setup.read_noise_e == 6.5


def test_a_longer_dark_is_scaled_whole():
    dark = master(INFRARED, 40.0, 4.0, exposure_s=40.0)
    frame, remarks = detrend(raw(10.0, INFRARED), DetectorCalibration(master_dark=dark))
    assert frame.data.mean() == pytest.approx(0.0, abs=0.3)
    assert "scaled by 0.25" in remarks[0]


def test_a_shorter_dark_does_not_multiply_its_noise():
    rng = np.random.default_rng(6)
    dark = master(INFRARED, 0.0, 0.2, exposure_s=1.0)
    values = rng.normal(0.0, 0.45, INFRARED.shape)
    values[80, 80] = 300.0
    dark = dark.with_data(values, dark.variance)
    frame, _ = detrend(raw(0.0, INFRARED), DetectorCalibration(master_dark=dark))
    assert frame.data.std() < 1.3 * 7.0 + 30.0
    assert frame.data[80, 80] == pytest.approx(-3000.0, abs=40.0)
    others = np.delete(frame.data.ravel(), 80 * 160 + 80)
    assert others.std() == pytest.approx(7.0, rel=0.03)


def test_without_any_dark_the_frame_stands_with_a_remark():
    frame, remarks = detrend(raw(20.0, INFRARED), DetectorCalibration())
    assert frame.data.mean() == pytest.approx(20.0, abs=0.3)
    assert "no dark was subtracted" in remarks[0]


def test_of_several_frames_those_without_data_are_left_out():
    good = raw(100.0, level=600.0)
    empty = replace(good, data=np.full_like(good.data, np.nan), name="empty.fits")
    frames, remarks = detrend_all([good, empty], DetectorCalibration(master_bias=bias()))
    assert len(frames) == 1
    assert "empty.fits" in remarks[0]
    with pytest.raises(UnprocessableDataError, match="empty"):
        detrend_all([empty, empty], DetectorCalibration(master_bias=bias()))


def test_several_frames_are_each_as_one_alone():
    off = [raw(100.0, INFRARED, seed=s) for s in (2, 3)]
    detector = DetectorCalibration(lamp_off=off)
    raws = [raw(500.0, INFRARED, seed=s) for s in (7, 8)]
    together, _ = detrend_all(raws, detector)
    for one, many in zip(raws, together, strict=True):
        np.testing.assert_array_equal(detrend(one, detector)[0].data, many.data)


def test_exposure_times_agree_within_a_per_cent():
    assert equal_exposure(10.0, 10.05)
    assert not equal_exposure(10.0, 10.5)
    assert equal_exposure(float("nan"), 10.0)
    assert equal_exposure(0.0, 0.0)


def test_the_noise_of_frame_and_dark_does_not_weigh_the_pixels():
    """Then a mean weighted by what is left of the variance without the light is not off."""
    rng = np.random.default_rng(3)
    dark = master(INFRARED, 6.0, 4.0)
    noisy = dark.with_data(dark.data + rng.normal(0.0, 2.0, dark.shape), dark.variance)
    frame, _ = detrend(
        raw(6.0, INFRARED),
        DetectorCalibration(master_dark=replace(noisy, quality=0 * dark.quality)),
    )
    weight = 1.0 / frame.floor
    off = (weight * frame.data).sum() / weight.sum() - frame.data.mean()
    assert abs(off) < 0.005
    assert frame.floor.mean() == pytest.approx(49.0 + 6.0 + 4.0, rel=0.02)
