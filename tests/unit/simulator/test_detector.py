"""The detector's noise, flaws and levels are those it was given."""

import numpy as np
import pytest

from soxs_pipeline.simulator.detector import cosmic_rays, make_detector


@pytest.fixture(scope="module")
def visible():
    return make_detector("VIS", 1, shape=(2048, 808))


@pytest.fixture(scope="module")
def infrared():
    return make_detector("NIR", 1)


def test_the_same_seed_gives_the_same_flaws(visible):
    again = make_detector("VIS", 1, shape=(2048, 808))
    assert np.array_equal(again.response, visible.response)
    assert not np.array_equal(make_detector("VIS", 2, shape=(2048, 808)).dead, visible.dead)


def test_pixels_differ_by_one_per_cent_and_a_few_are_dead(visible, infrared):
    for detector in (visible, infrared):
        assert detector.response[~detector.dead].std() == pytest.approx(0.01, rel=0.1)
        assert 0.0008 < detector.dead.mean() < 0.003
    assert infrared.hot.mean() == pytest.approx(0.003, rel=0.05)


def test_a_bias_has_level_noise_and_prescan(visible):
    rng = np.random.default_rng(3)
    frames = [visible.expose(None, 0.0, rng) for _ in range(2)]
    assert frames[0].shape == (2048, 858)
    assert np.median(frames[0]) * 1.1 == pytest.approx(640, abs=8)
    difference = (frames[0] - frames[1]) * 1.1
    # Rounding to whole ADU adds a little.
    assert difference.std() / np.sqrt(2) == pytest.approx(3.3, abs=0.15)


def test_photon_noise_follows_the_gain(visible):
    rng = np.random.default_rng(4)
    light = np.full(visible.response.shape, 20000.0, np.float32)
    one, two = (visible.expose(light, 1.0, rng) for _ in range(2))
    inner = (slice(None), slice(100, 850))
    level = one[inner].mean() - one[:, 5:45].mean()
    variance = (one[inner] - two[inner]).var() / 2
    assert level / variance == pytest.approx(1.1, rel=0.02)
    assert level * 1.1 == pytest.approx(20000, rel=0.01)


def test_the_visible_detector_saturates(visible):
    light = np.full(visible.response.shape, 3e5, np.float32)
    raw = visible.expose(light, 1.0, np.random.default_rng(5))
    assert raw.max() == 65535
    assert raw[:, :50].max() < 1000


@pytest.mark.parametrize("binning", [(2, 1), (2, 2)])
def test_binning_sums_charge(visible, binning):
    light = np.full(visible.response.shape, 1000.0, np.float32)
    raw = visible.expose(light, 1.0, np.random.default_rng(6), binning=binning)
    assert raw.shape == (2048 // binning[1], 858 // binning[0])
    signal = np.median(raw[:, 30:]) - np.median(raw[:, 3:22])
    assert signal * 1.1 == pytest.approx(1000 * binning[0] * binning[1], rel=0.02)


def test_the_infrared_border_sees_no_light(infrared):
    light = np.full(infrared.response.shape, 5000.0, np.float32)
    raw = infrared.expose(light, 1.0, np.random.default_rng(7))
    assert raw.shape == (2048, 2048)
    border = np.concatenate([raw[:4].ravel(), raw[-4:].ravel()])
    assert abs(np.median(border)) < 5
    assert np.median(raw[4:-4, 4:-4]) * 2.3 == pytest.approx(5000, rel=0.01)


def test_channels_of_the_infrared_detector_drift_together_with_their_border(infrared):
    raw = infrared.expose(None, 2.0, np.random.default_rng(8))
    border = np.concatenate([raw[:4], raw[-4:]]).reshape(8, 32, 64).mean(axis=(0, 2))
    inside = np.median(raw[4:-4].reshape(2040, 32, 64), axis=(0, 2))
    assert np.std(border) > 0.5
    assert np.corrcoef(border, inside)[0, 1] > 0.9


def test_cosmic_rays_come_with_time():
    rng = np.random.default_rng(9)
    short, long = (cosmic_rays((1000, 800), "VIS", t, rng) for t in (60.0, 1200.0))
    assert (long > 0).sum() > 8 * (short > 0).sum() > 0
    assert 500 < np.median(long[long > 300]) < 5000
