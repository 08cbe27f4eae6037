import numpy as np
import pytest

from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.reduction.detector.combine import combine_frames, measured_read_noise
from tests.support.toy_slit import frame_of


def frames(n, signal, read_noise=5.0, seed=1):
    rng = np.random.default_rng(seed)
    return [frame_of(np.full((120, 150), signal), rng, read_noise=read_noise) for _ in range(n)]


def test_the_mean_has_its_variance():
    combined = combine_frames(frames(5, 300.0), clip_sigma=6.0)
    pull = (combined.frame.data - 300.0) / np.sqrt(combined.frame.variance)
    assert pull.std() == pytest.approx(1.0, abs=0.03)
    assert combined.rejected < 1e-4


def test_levels_that_drift_are_brought_together():
    given = [
        frame.with_data(frame.data + shift, frame.variance)
        for frame, shift in zip(frames(3, 0.0), (0.0, 30.0, 60.0), strict=True)
    ]
    combined = combine_frames(given, clip_sigma=5.0, levels=(0.0, 30.0, 60.0), photons=False)
    assert combined.frame.data.mean() == pytest.approx(30.0, abs=0.2)
    assert combined.rejected < 1e-4


def test_flags_hold_if_all_frames_have_them():
    first, second, third = frames(3, 10.0)
    where = np.zeros(first.shape, dtype=bool)
    where[4, 4] = True
    mixed = combine_frames([first.flagged(where, Quality.COSMIC_RAY), second, third], clip_sigma=6)
    assert not mixed.frame.bad.any()
    hot = [frame.flagged(where, Quality.HOT) for frame in (first, second, third)]
    flags = combine_frames(hot, clip_sigma=6).frame.quality
    assert flags[4, 4] == Quality.HOT | Quality.NO_DATA


def test_the_read_noise_is_free_of_the_photons():
    given = frames(4, 60.0, read_noise=7.0)
    assert measured_read_noise(given, photons=True) == pytest.approx(7.0, rel=0.03)
    expected = np.sqrt(49.0 + 60.0)
    assert measured_read_noise(given, photons=False) == pytest.approx(expected, rel=0.03)


def test_one_frame_tells_no_read_noise():
    assert measured_read_noise(frames(1, 0.0), photons=True) is None
