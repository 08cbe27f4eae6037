from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.detector import DetectorSetup, Window
from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.recipes.soxs_mbias import MbiasParameters, soxs_mbias
from soxs_pipeline.reduction.detector.prepare import PRESCAN_LEVEL

SETUP = DetectorSetup(
    "A",
    1.1,
    3.8,
    65000.0,
    Window((0, 240), (50, 210)),
    Window((0, 240), (0, 50)),
    transposed=True,
    read_mode="slow",
)
TRUE_NOISE = 3.3
PATTERN = np.random.default_rng(100).normal(0.0, 1.0, 210) + 580.0


def raw(number, *, drift=0.0, setup=SETUP, name=None):
    rng = np.random.default_rng(number)
    data = np.round(PATTERN + drift + rng.normal(0.0, TRUE_NOISE / 1.1, (240, 210)))
    data[120, 100] += 300.0
    header = Header({"EXPTIME": 0.0})
    return RawFrame(data.astype(np.float32), header, setup, name or f"bias{number}.fits")


def run(raws, **parameters):
    return soxs_mbias(raws, DetectorCalibration(), parameters=MbiasParameters(**parameters))


def value(outcome, key):
    return next(q.value for q in outcome.qc if q.keyword == f"ESO QC {key}")


def true_pattern():
    return np.broadcast_to(1.1 * PATTERN[50:, None], SETUP.shape)


def test_the_master_is_the_pattern_with_little_noise():
    outcome = run([raw(k, drift=k) for k in range(5)])
    master = outcome.products.master_bias
    good = ~master.bad
    apart = (master.data - true_pattern())[good]
    assert np.std(apart) < 0.4
    # Given drifts of 0 to 4 ADU, the master has their mean level and knows its prescan's.
    assert np.mean(apart) == pytest.approx(2.2, abs=0.1)
    assert master.header.number(PRESCAN_LEVEL) == pytest.approx(1.1 * 582.0, abs=0.5)
    assert master.setup.read_noise_e == pytest.approx(
        np.hypot(TRUE_NOISE, 1.1 / 12**0.5), rel=0.02
    )
    assert master.setup.read_noise_source == "measured"


def test_the_plain_mean_can_be_kept():
    outcome = run([raw(k) for k in range(5)], keep_noise=True)
    master = outcome.products.master_bias
    noise = np.hypot(TRUE_NOISE, 1.1 / 12**0.5) / np.sqrt(5)
    assert np.std((master.data - true_pattern())[~master.bad]) == pytest.approx(noise, rel=0.05)
    np.testing.assert_allclose(np.median(master.variance), noise**2, rtol=0.05)


def test_hot_pixels_are_flagged():
    quality = run([raw(k) for k in range(3)]).products.master_bias.quality
    assert quality[50, 120] == Quality.HOT
    assert np.count_nonzero(quality) == 1


def test_quality_control_has_the_official_names():
    outcome = run([raw(k, drift=2.0 * k) for k in range(4)])
    assert value(outcome, "MBIAS MEDIAN") == pytest.approx(1.1 * 583.0, abs=0.5)
    assert value(outcome, "RAW RON") == pytest.approx(TRUE_NOISE, rel=0.03)
    assert value(outcome, "MASTER RON") == pytest.approx(np.hypot(TRUE_NOISE / 2, 1.1), rel=0.15)
    assert value(outcome, "LEVEL DRIFT") == pytest.approx(6.6, abs=0.4)
    assert value(outcome, "STRUCTY") == pytest.approx(1.1, rel=0.25)
    assert value(outcome, "STRUCTX") < 0.3
    assert value(outcome, "BADPIX NUM") == 1
    assert 0.1 < value(outcome, "FPN FRACMAX") < 0.5


def test_one_bias_is_enough_and_said():
    outcome = run([raw(1)])
    master = outcome.products.master_bias
    assert np.std((master.data - true_pattern())[~master.bad]) < 0.8
    assert any("only one raw frame" in remark for remark in outcome.remarks)
    assert any("prescan" in remark for remark in outcome.remarks)


def test_a_cosmic_ray_in_one_of_two_does_not_get_through():
    raws = [raw(1), raw(2)]
    data = raws[1].data.copy()
    data[60, 150] += 2000.0
    master = run([raws[0], replace(raws[1], data=data)]).products.master_bias
    assert abs(master.data[100, 60] - true_pattern()[100, 60]) < 15.0


def test_a_frame_without_data_is_left_out():
    spoiled = replace(raw(9), data=np.full((240, 210), np.nan, dtype=np.float32))
    outcome = run([raw(1), spoiled, raw(2)])
    assert value(outcome, "RAW NUM") == 2
    assert "bias9.fits" in outcome.remarks[0]
    with pytest.raises(UnprocessableDataError, match="bias9"):
        run([spoiled, spoiled])


def test_mixed_setups_are_refused():
    other = raw(2, setup=replace(SETUP, read_mode="fast"), name="fast.fits")
    with pytest.raises(InputError, match=r"bias1\.fits and fast\.fits"):
        run([raw(1), other])
