"""Combine equal exposures into one frame."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.numerics.noise import read_noise_of_difference
from soxs_pipeline.numerics.robust import robust_level
from soxs_pipeline.numerics.stack import combine_stack

__all__ = ["CombinedFrame", "combine_frames", "measured_read_noise"]


@dataclass(frozen=True, eq=False)
class CombinedFrame:
    """Equal exposures combined.

    Parameters
    ----------
    frame
        The mean; flags are those common to all exposures.
    rejected
        Fraction of values rejected as outliers.
    """

    frame: Frame
    rejected: float


def measured_read_noise(frames: Sequence[Frame], *, photons: bool) -> float | None:
    """Return the read noise of one frame from the differences of successive ones.

    Parameters
    ----------
    frames
        Equal exposures in electrons without much signal.
    photons
        True if their level has Poisson noise, which is then taken off.

    Returns
    -------
    float or None
        Median over the pairs in electrons; None with less than two frames.
    """
    values = []
    for first, second in itertools.pairwise(frames):
        bad = first.bad | second.bad
        values.append(read_noise_of_difference(first.data, second.data, bad=bad))
    usable = [value for value in values if np.isfinite(value) and value > 0]
    if not usable:
        return None
    measured = float(np.median(usable))
    level = float(np.median([robust_level(frame.data[~frame.bad]) for frame in frames]))
    signal = max(level, 0.0) if photons else 0.0
    # A level that explains all of the scatter would be a wrong gain.
    return float(np.sqrt(max(measured**2 - signal, 0.25 * measured**2)))


def combine_frames(
    frames: Sequence[Frame],
    *,
    clip_sigma: float,
    factors: Sequence[float] | None = None,
    levels: Sequence[float] | None = None,
    photons: bool = True,
) -> CombinedFrame:
    """Return the mean of equal exposures, outliers rejected by the noise model.

    Parameters
    ----------
    frames
        Frames of one setup in one unit; their read noise is that of the first one's setup.
    clip_sigma
        Rejection limit in units of the expected noise.
    factors
        Factor each frame is multiplied by first, 1 by default.
    levels
        Level of each frame, if they drift: each frame is moved to their mean.
    photons
        False if the signal is an electronic level, without Poisson noise.

    Returns
    -------
    CombinedFrame
        Header and setup are those of the first frame.
    """
    scale = np.ones(len(frames)) if factors is None else np.asarray(factors, dtype=float)
    stack = np.stack([frame.data for frame in frames])
    for k, factor in enumerate(scale):
        if factor != 1.0:
            stack[k] *= np.float32(factor)
    if levels is not None:
        for k, level in enumerate(levels):
            stack[k] += np.float32(np.mean(levels) - level)
    bad = np.stack([frame.bad for frame in frames])
    combined = combine_stack(
        stack,
        bad,
        read_noise=frames[0].setup.read_noise_e,
        gain_factor=scale,
        clip_sigma=clip_sigma,
        photons=photons,
    )
    flags = functools.reduce(np.bitwise_and, (frame.quality for frame in frames))
    flags = np.array(flags)
    flags[combined.count == 0] |= np.uint32(Quality.NO_DATA)
    frame = Frame(
        data=combined.mean,
        variance=combined.variance,
        quality=flags,
        unit=frames[0].unit,
        header=frames[0].header,
        setup=frames[0].setup,
    )
    return CombinedFrame(frame, float(combined.rejected.sum(dtype=np.int64)) / stack.size)
