"""Linearity series of a small detector against truth, and the map as other recipes use it."""

import numpy as np
import pytest

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.detector import DetectorSetup, Window
from soxs_pipeline.domain.frame import BadPixelMap, RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import InputError
from soxs_pipeline.recipes.soxs_lingain import LingainParameters, soxs_lingain
from soxs_pipeline.reduction.detector.detrend import detrend

SHAPE = (300, 400)
GAIN, NOISE, NOMINAL = 1.25, 6.0, 1.2
SETUP = DetectorSetup("B", NOMINAL, 7.0, 65000.0, Window((0, 300), (0, 400)),
                      offset_method="dark")  # fmt: skip


def series(times=(0.0, 1.0, 2.0, 4.0, 8.0, 12.0), *, repeats=2, seed=1, odd_share=0.01):
    rng = np.random.default_rng(seed)
    rate = 3000.0 + 1500.0 * np.sin(np.linspace(0, 6, SHAPE[1]))[None, :] * np.ones((SHAPE[0], 1))
    rate[:60] = 0.0
    rate *= 1.0 + 0.01 * rng.normal(size=SHAPE)
    odd = rng.random(SHAPE) < odd_share
    own = np.where(odd, rng.choice([-1, 1], SHAPE) * rng.uniform(0.08, 0.2, SHAPE), 0.0)
    raws = []
    for t in times:
        for k in range(repeats):
            charge = rng.poisson(np.maximum(rate, 0) * t).astype(float)
            charge *= 1.0 + (own - 0.02) * charge / 60000.0
            adu = (charge + rng.normal(0.0, NOISE, SHAPE)) / GAIN
            header = Header({"EXPTIME": t, "MJD-OBS": 61000.0 + t * 1e-3 + k * 1e-5})
            raws.append(RawFrame(adu.astype(np.float32), header, SETUP, f"lin_{t}_{k}.fits"))
    return raws, odd, rate


def dark(seconds, k):
    """Two electrons a second in most pixels and 3000 in some, but no light."""
    rng = np.random.default_rng(90 + k)
    rate = np.where(np.random.default_rng(3).random(SHAPE) < 0.01, 3000.0, 2.0)
    adu = (rng.poisson(rate * seconds) + rng.normal(0.0, NOISE, SHAPE)) / GAIN
    header = Header({"EXPTIME": seconds, "MJD-OBS": 61000.5 + k * 1e-5})
    return RawFrame(adu.astype(np.float32), header, SETUP, f"dark_{seconds}_{k}.fits"), rate


def run(raws, **parameters):
    return soxs_lingain(raws, DetectorCalibration(), parameters=LingainParameters(**parameters))


def value(outcome, key):
    return next(q.value for q in outcome.qc if q.definition.key == key)


def test_gain_read_noise_and_odd_pixels():
    raws, odd, rate = series()
    outcome = run(raws)
    assert value(outcome, "GAIN") == pytest.approx(GAIN, rel=0.01)
    assert value(outcome, "GAIN RATIO") == pytest.approx(GAIN / NOMINAL, rel=0.01)
    assert value(outcome, "RON") == pytest.approx(NOISE, rel=0.03)
    assert value(outcome, "NONLIN") < 0
    flags = outcome.products.nonlinear.quality != 0
    judged = rate > 2500.0
    assert flags[odd & judged].mean() > 0.95
    assert flags[~odd].mean() < 0.001
    assert not flags[:60].any()


def test_without_dark_frames_the_curve_gives_the_read_noise():
    raws, _, _ = series(times=(0.05, 1.0, 2.0, 4.0, 8.0))
    assert value(run(raws), "RON") == pytest.approx(NOISE, rel=0.05)


@pytest.mark.parametrize(("times", "repeats"), [((1.0, 2.0), 2), ((1.0, 2.0, 4.0, 8.0), 1)])
def test_too_short_a_series_is_one_clear_error(times, repeats):
    raws, _, _ = series(times=times, repeats=repeats)
    with pytest.raises(InputError, match="exposure times"):
        run(raws)


def test_a_level_of_which_a_part_is_saturated_is_none_of_darks():
    raws, odd, _ = series(times=(0.0, 1.0, 2.0, 4.0, 8.0, 12.0, 20.0))
    raws = [
        RawFrame(np.minimum(raw.data, 65535.0).astype("f4"), raw.header, SETUP, raw.name)
        for raw in raws
    ]
    outcome = run(raws)
    assert value(outcome, "LEVEL NUM") == 6
    assert value(outcome, "GAIN") == pytest.approx(GAIN, rel=0.01)
    flags = outcome.products.nonlinear.quality != 0
    assert flags[~odd].mean() < 0.001


def test_an_empty_series_is_one_clear_error():
    with pytest.raises(InputError, match="empty"):
        run([])


def test_no_light_measures_no_gain_and_says_so():
    raws, _, _ = series(times=(0.001, 0.002, 0.003))
    outcome = run(raws)
    assert any("no gain was measured" in remark for remark in outcome.remarks)
    assert not outcome.products.nonlinear.quality.any()


def test_the_map_is_applied_by_what_detrends_frames():
    raws, _, _ = series(times=(1.0,))
    flags = np.zeros(SHAPE, np.uint32)
    flags[10, 20] = np.uint32(Quality.NON_LINEAR)
    other = np.zeros(SHAPE, np.uint32)
    other[11, 21] = np.uint32(Quality.DEAD)
    frame, _ = detrend(
        raws[0],
        DetectorCalibration(bad_pixels=BadPixelMap(other), nonlinear=BadPixelMap(flags)),
    )
    assert frame.bad[10, 20]
    assert frame.bad[11, 21]
    alone, _ = detrend(raws[0], DetectorCalibration(nonlinear=BadPixelMap(flags)))
    assert alone.bad.sum() == 1


def test_darks_of_the_series_are_no_levels_of_the_lamp_and_are_taken_off():
    times = (1.0, 2.0, 4.0, 8.0, 12.0)
    raws, odd, rate = series()
    added = []
    for k, seconds in enumerate(times):
        one, current = dark(seconds, k)
        added.append(one)
        charge = (current * seconds / GAIN).astype(np.float32)
        raws = [
            RawFrame(raw.data + charge, raw.header, SETUP, raw.name)
            if raw.header.number("EXPTIME") == seconds
            else raw
            for raw in raws
        ]
    outcome = run(raws + added)
    assert value(outcome, "LEVEL NUM") == len(times)
    # Their signal is known without noise in this scene, so the variance is that of the light.
    flags = outcome.products.nonlinear.quality != 0
    judged = rate > 2500.0
    assert flags[odd & judged].mean() > 0.95
    assert flags[~odd].mean() < 0.002
