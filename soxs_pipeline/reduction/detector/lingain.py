"""Gain, read noise and linearity of a detector from a series of exposures of a steady lamp."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import InputError
from soxs_pipeline.numerics.noise import read_noise_of_difference
from soxs_pipeline.numerics.photontransfer import (
    PairPoints,
    Transfer,
    fit_transfer,
    linearity_of_pixels,
    points_of_pair,
)

__all__ = ["Linearity", "LinearityOptions", "measure_linearity"]

Floats = NDArray[np.float64]

#: Pixels looked at together, and those from which the common law is found.
_CHUNK, _SAMPLE = 400_000, 200_000
#: Pixels that never reach this share of the highest level used tell nothing of their linearity.
_LIT = 0.1
#: Frames of less than this share of the usual light in a second were taken with the lamp off.
_OFF = 0.1


@dataclass(frozen=True)
class LinearityOptions:
    """What a user may set.

    Parameters
    ----------
    highest_adu
        Counts above which nothing is used.
    sigma, least_departure
        Significance and size of a departure from the common law that make a pixel bad.
    """

    highest_adu: float
    sigma: float
    least_departure: float


@dataclass(frozen=True, eq=False)
class Linearity:
    """What a series tells.

    Parameters
    ----------
    transfer
        Gain and read noise of the photon-transfer curve.
    read_noise_pair
        Read noise in electrons of a pair without light, by the gain measured; NaN without one.
    bend
        Relative change of the response per count, of most pixels.
    flags
        `Quality.NON_LINEAR` where a pixel departs from the others, shape of the detector.
    judged
        Number of pixels that had enough light.
    levels
        Number of exposure times used.
    points
        Of the photon-transfer curve.
    """

    transfer: Transfer
    read_noise_pair: float
    bend: float
    flags: NDArray[np.uint32]
    judged: int
    levels: int
    points: tuple[PairPoints, ...]

    @property
    def curve(self) -> tuple[list[Floats], list[Floats], list[Floats]]:
        """Signal, variance and its error of all pairs."""
        return (
            [one.signal for one in self.points],
            [one.variance for one in self.points],
            [one.error for one in self.points],
        )


def measure_linearity(frames: Sequence[Frame], options: LinearityOptions) -> Linearity:
    """Measure gain, read noise and linearity.

    Parameters
    ----------
    frames
        Of one setup, offset removed, in electrons of the nominal gain; at least two for each of
        three exposure times. Darks of these times may be among them: they are known by their
        lack of light and taken off the others before the law of a pixel is looked for.
    options
        Limits.

    Raises
    ------
    InputError
        If there are fewer exposure times than that.
    """
    gain = frames[0].setup.gain_e_per_adu
    on, off = _by_lamp(frames)
    groups, darks = _groups(on), _groups(off)
    lit = {t: group for t, group in groups.items() if t > 0 and len(group) > 1}
    if len(lit) < 3:
        raise InputError(
            f"the series has {len(lit)} exposure times with two frames or more",
            wanted="at least three exposure times of a steady lamp, two frames each",
            remedy="add the missing frames of the template to the set",
        )
    points = tuple(_points(lit, gain))
    transfer = fit_transfer(list(points), highest=options.highest_adu)
    flags, judged, bend = _odd_pixels(lit, darks, gain, options)
    return Linearity(
        transfer=transfer,
        read_noise_pair=_read_noise(groups, gain, transfer),
        bend=bend,
        flags=flags,
        judged=judged,
        levels=len(lit),
        points=points,
    )


def _by_lamp(frames: Sequence[Frame]) -> tuple[list[Frame], list[Frame]]:
    """Part the frames into those of the lamp or of no exposure time, and darks among them."""
    timed = [frame for frame in frames if frame.exposure_s > 0]
    rates = [_brightest(frame) / frame.exposure_s for frame in timed]
    # A series has fewer darks than lamp frames, and the longest of these may be saturated.
    least = _OFF * float(np.median(rates)) if rates else 0.0
    dark = {id(frame) for frame, rate in zip(timed, rates, strict=True) if rate < least}
    return (
        [frame for frame in frames if id(frame) not in dark],
        [frame for frame in frames if id(frame) in dark],
    )


def _brightest(frame: Frame) -> float:
    """Return what the brightest tenth of the pixels exceed, hot pixels not being so many."""
    # Saturated ones are flagged, and bright all the same.
    told = frame.data[np.isfinite(frame.data)]
    return float(np.percentile(told, 90.0)) if told.size else 0.0


def _points(lit: dict[float, list[Frame]], gain: float) -> Iterator[PairPoints]:
    """Yield the points of every pair, its pixels sorted by their brightness in other exposures."""
    for t, group in lit.items():
        others = [frame for time, frames in lit.items() if time != t for frame in frames]
        # Brighter exposures tell more; what is saturated there is bright in any case.
        brightness = np.sum([frame.data for frame in others], axis=0)
        for first, second in zip(group[::2], group[1::2], strict=False):
            yield points_of_pair(
                first.data.astype(float) / gain,
                second.data.astype(float) / gain,
                ~(first.bad | second.bad),
                brightness,
            )


def _groups(frames: Sequence[Frame]) -> dict[float, list[Frame]]:
    groups: dict[float, list[Frame]] = {}
    for frame in sorted(frames, key=lambda frame: frame.exposure_s):
        groups.setdefault(round(frame.exposure_s, 3), []).append(frame)
    return groups


def _read_noise(groups: dict[float, list[Frame]], gain: float, transfer: Transfer) -> float:
    """Return the read noise of a pair without light, in electrons of the gain measured."""
    dark = groups.get(0.0, [])
    if len(dark) < 2:
        return float("nan")
    found = read_noise_of_difference(dark[0].data, dark[1].data, bad=dark[0].bad | dark[1].bad)
    return found / gain * transfer.gain


def _odd_pixels(
    lit: dict[float, list[Frame]],
    darks: dict[float, list[Frame]],
    gain: float,
    options: LinearityOptions,
) -> tuple[NDArray[np.uint32], int, float]:
    times = np.array(list(lit))
    shape = next(iter(lit.values()))[0].shape
    size = shape[0] * shape[1]
    levels = np.empty((times.size, size), np.float32)
    noise2, usable = np.empty_like(levels), np.empty(levels.shape, bool)
    for k, (time, group) in enumerate(lit.items()):
        dark = darks.get(time, [])
        bad = np.any([frame.bad for frame in (*group, *dark)], axis=0)
        mean, noise = _mean(group, gain)
        usable[k] = (~bad & (mean < options.highest_adu)).ravel()
        if dark:
            charge, its_noise = _mean(dark, gain)
            mean, noise = mean - charge, noise + its_noise
        levels[k], noise2[k] = mean.ravel(), noise.ravel()
    top = np.where(usable, levels, 0.0).max(axis=0)
    enough = (top > _LIT * options.highest_adu) & (usable.sum(axis=0) >= 3)
    chosen = np.flatnonzero(enough)
    flags = np.zeros(size, np.uint32)
    if not chosen.size:
        return flags.reshape(shape), 0, float("nan")
    sample = chosen[:: max(1, chosen.size // _SAMPLE)]
    bend = linearity_of_pixels(
        levels[:, sample].astype(float), times, noise2[:, sample].astype(float), usable[:, sample]
    )[2]
    for start in range(0, chosen.size, _CHUNK):
        part = chosen[start : start + _CHUNK]
        departure, error, _ = linearity_of_pixels(
            levels[:, part].astype(float), times, noise2[:, part].astype(float), usable[:, part],
            bend,
        )  # fmt: skip
        odd = np.abs(departure) > np.maximum(options.sigma * error, options.least_departure)
        flags[part[odd]] = np.uint32(Quality.NON_LINEAR)
    return flags.reshape(shape), int(chosen.size), bend


def _mean(group: list[Frame], gain: float) -> tuple[Floats, Floats]:
    """Return mean counts and their variance."""
    mean = np.mean([frame.data for frame in group], axis=0) / gain
    known = np.mean([frame.variance for frame in group], axis=0) / len(group) / gain**2
    return mean, known
