"""Master frames of what a detector shows without light: bias and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from soxs_pipeline.domain.frame import BadPixelMap, Frame, RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.numerics.pattern import Pattern, fixed_pattern
from soxs_pipeline.numerics.robust import robust_level
from soxs_pipeline.reduction.detector.badpixels import flag_offset_outliers
from soxs_pipeline.reduction.detector.combine import combine_frames, measured_read_noise
from soxs_pipeline.reduction.detector.prepare import (
    PRESCAN_LEVEL,
    PRESCAN_NOISE,
    require_one_setup,
    to_electrons,
)

__all__ = ["Master", "make_master", "pattern_of", "prepare_all"]


@dataclass(frozen=True, eq=False)
class Master:
    """A master bias or dark and what was learnt on the way.

    Parameters
    ----------
    frame
        Best estimate of the fixed pattern, to be subtracted.
    mean
        Plain mean of the frames, of which quality control speaks.
    pattern
        The pattern's parts.
    levels
        Median of each raw frame in electrons.
    read_noise
        Read noise of one raw frame in electrons.
    remarks
        What was assumed or left out.
    """

    frame: Frame
    mean: Frame
    pattern: Pattern
    levels: tuple[float, ...]
    read_noise: float
    remarks: tuple[str, ...]


def prepare_all(
    raws: Sequence[RawFrame], bad_pixels: BadPixelMap | None
) -> tuple[list[Frame], list[str]]:
    """Return raw frames of one setup in electrons; frames without data are left out.

    Raises
    ------
    InputError
        If the frames are not of one setup.
    UnprocessableDataError
        If no frame holds data.
    """
    require_one_setup(raws)
    frames, remarks = [], []
    for raw in raws:
        try:
            frames.append(to_electrons(raw, bad_pixels))
        except UnprocessableDataError as error:
            if len(raws) == 1:
                raise
            remarks.append(f"left out: {error.what}")
    if not frames:
        raise UnprocessableDataError(
            "none of the raw frames holds data: " + "; ".join(remarks),
            wanted="at least one good frame",
        )
    return frames, remarks


def make_master(
    frames: Sequence[Frame],
    *,
    clip_sigma: float,
    bad_sigma: float,
    photons: bool,
    keep_noise: bool,
) -> Master:
    """Combine frames taken without light into a master frame.

    Parameters
    ----------
    frames
        Frames of one setup in electrons.
    clip_sigma
        Rejection limit of the stack in units of the noise of one frame.
    bad_sigma
        Deviation from the surroundings, in units of the read noise of one frame, beyond
        which a pixel is flagged.
    photons
        True if the signal has Poisson noise (dark current), False if not (bias).
    keep_noise
        True to take the plain mean, False to take the fixed pattern freed of noise.

    Returns
    -------
    Master
        The setup of its frame carries the read noise measured.
    """
    levels = [robust_level(frame.data[~frame.bad]) for frame in frames]
    read_noise, remarks = _read_noise(frames, photons=photons)
    setup = frames[0].setup.with_read_noise(read_noise)
    first = replace(frames[0], setup=setup, header=_mean_prescan(frames))
    mean = combine_frames(
        [first, *frames[1:]], clip_sigma=clip_sigma, levels=levels, photons=photons
    ).frame
    frame, pattern = pattern_of(mean)
    if len(frames) == 1:
        remarks = [*remarks, "only one raw frame: its pattern was filtered in the plane"]
    chosen = mean if keep_noise and len(frames) > 1 else frame
    # A pixel of much dark current is also noisy beyond Poisson: it is flagged, not repaired.
    chosen = flag_offset_outliers(chosen, pattern.residual, bad_sigma * read_noise)
    return Master(chosen, mean, pattern, tuple(levels), read_noise, tuple(remarks))


def pattern_of(mean: Frame) -> tuple[Frame, Pattern]:
    """Return the fixed pattern that a mean frame shows, freed of its noise, and its parts."""
    pattern = fixed_pattern(mean.data, mean.variance, mean.bad)
    return replace(mean, data=pattern.data, variance=pattern.variance), pattern


def _read_noise(frames: Sequence[Frame], *, photons: bool) -> tuple[float, list[str]]:
    measured = measured_read_noise(frames, photons=photons)
    if measured is not None:
        return measured, []
    prescan = frames[0].header.number(PRESCAN_NOISE)
    if np.isfinite(prescan):
        return prescan, [f"the read noise, {prescan:.2f} e-, was measured on the prescan"]
    assumed = frames[0].setup.read_noise_e
    source = frames[0].setup.read_noise_source
    return assumed, [f"the read noise was not measured; {assumed:.2f} e- was taken ({source})"]


def _mean_prescan(frames: Sequence[Frame]) -> Header:
    header = frames[0].header
    values = [frame.header.number(PRESCAN_LEVEL) for frame in frames]
    if not np.isfinite(values).all():
        # A level known for some frames only would not be that of the mean.
        cards = {k: v for k, v in header.items() if k not in (PRESCAN_LEVEL, PRESCAN_NOISE)}
        return Header(cards)
    return header.merged({PRESCAN_LEVEL: float(np.mean(values))})
