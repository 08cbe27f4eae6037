"""What is measured of the quality of frames taken without light."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.numerics.robust import clipped_moments

__all__ = [
    "flagged_fraction",
    "flagged_number",
    "level",
    "level_drift",
    "pattern_fraction",
    "scatter",
    "structure",
]

#: Pixels looked at: enough for a scatter good to a part in a thousand.
STEP = 7


def level(frame: Frame) -> float:
    """Return the median of the good pixels."""
    good = frame.data[~frame.bad]
    return float(np.median(good)) if good.size else float("nan")


def scatter(frame: Frame) -> float:
    """Return the clipped standard deviation of the good pixels."""
    good = frame.data[~frame.bad][::STEP]
    return clipped_moments(good, clip_sigma=4.0, iterations=8)[1]


def pattern_fraction(mean: Frame) -> float:
    """Return the largest fixed-pattern noise of a quadrant over the read noise of one frame.

    Parameters
    ----------
    mean
        Plain mean of the frames, with its noise variance.
    """
    ny, nx = mean.shape
    read_noise = mean.setup.read_noise_e
    worst = 0.0
    for rows in (slice(0, ny // 2), slice(ny // 2, ny)):
        for columns in (slice(0, nx // 2), slice(nx // 2, nx)):
            good = ~mean.bad[rows, columns]
            if good.sum() < 100:
                continue
            values = mean.data[rows, columns][good][::STEP]
            sigma = clipped_moments(values, clip_sigma=4.0, iterations=8)[1]
            noise2 = float(np.mean(mean.variance[rows, columns][good][::STEP]))
            worst = max(worst, float(np.sqrt(max(sigma**2 - noise2, 0.0))) / read_noise)
    return worst


def structure(profile: Sequence[float] | np.ndarray) -> float:
    """Return the clipped scatter of the mean pattern along one axis."""
    return clipped_moments(np.asarray(profile), clip_sigma=4.0, iterations=8)[1]


def level_drift(levels: Sequence[float]) -> float:
    """Return the range of the levels of the raw frames."""
    return float(max(levels) - min(levels))


def flagged_number(frame: Frame, flag: Quality) -> int:
    """Return how many pixels carry any of these flags."""
    return int(np.count_nonzero(frame.quality & np.uint32(flag)))


def flagged_fraction(frame: Frame, flag: Quality) -> float:
    """Return the fraction of pixels that carry any of these flags."""
    return flagged_number(frame, flag) / frame.data.size
