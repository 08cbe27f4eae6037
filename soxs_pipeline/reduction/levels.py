"""Levels of pixels that never see light: prescan columns and reference rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.numerics.robust import clipped_moments

__all__ = ["PrescanLevel", "prescan_level", "reference_offsets"]

#: Scatter of dark pixels over the read noise that is believed; beyond it they are broken.
PLAUSIBLE_SCATTER = (0.2, 5.0)
#: Fewest pixels of which a level is taken.
LEAST_PIXELS = 64


@dataclass(frozen=True)
class PrescanLevel:
    """Level and scatter of the prescan pixels, in electrons."""

    level: float
    scatter: float


def prescan_level(raw: RawFrame) -> PrescanLevel | None:
    """Return the level of the prescan columns, or None if they cannot be trusted.

    Parameters
    ----------
    raw
        Frame in ADU.

    Returns
    -------
    PrescanLevel or None
        None if there is no prescan, or if its scatter is not that of the read noise.
    """
    window = raw.setup.prescan
    if window is None:
        return None
    first, last = window.columns
    edge = (last - first) // 10  # the first columns settle, the last may see the image
    values = raw.data[slice(*window.rows), first + edge : last - edge]
    if values.size < LEAST_PIXELS or not np.isfinite(values).all():
        return None
    mean, scatter, _ = clipped_moments(values, clip_sigma=4.0, iterations=6)
    if not _plausible(scatter, raw):
        return None
    gain = raw.setup.gain_e_per_adu
    return PrescanLevel(mean * gain, scatter * gain)


def reference_offsets(raw: RawFrame) -> NDArray[np.float32] | None:
    """Return the offset in ADU of every raw column, from the reference rows.

    The rows of reference pixels at the bottom and the top give one level a readout channel.
    What the channels have in common is taken whole; what sets them apart is shrunk by the
    part of it that noise alone would make, so that no stripes are put where none were.

    Parameters
    ----------
    raw
        Frame in ADU.

    Returns
    -------
    NDArray or None
        Shape ``(columns,)``; None without reference pixels, or if they do not look alive.
    """
    border, channels = raw.setup.reference_border, raw.setup.reference_channels
    rows, columns = raw.data.shape
    if border < 1 or channels < 1 or columns % channels or rows <= 2 * border:
        return None
    pixels = np.concatenate([raw.data[:border], raw.data[-border:]])
    if not np.isfinite(pixels).all():
        return None
    width = columns // channels
    in_channel = pixels.reshape(2 * border, channels, width).transpose(1, 0, 2)
    moments = [clipped_moments(part, clip_sigma=4.0, iterations=6) for part in in_channel]
    level = np.array([mean for mean, _, _ in moments])
    scatter = float(np.median([sigma for _, sigma, _ in moments]))
    if not _plausible(scatter, raw):
        return None
    common = float(np.median(level)) if channels > 2 else float(level.mean())
    apart = level - common
    noise = scatter**2 / in_channel[0].size
    spread = float(np.mean(apart**2)) if channels > 1 else 0.0
    kept = max(0.0, 1.0 - 1.5 * noise / spread) if spread > 0 else 0.0
    offsets = common + kept * apart
    return np.repeat(offsets, width).astype(np.float32)


def _plausible(scatter_adu: float, raw: RawFrame) -> bool:
    expected = raw.setup.read_noise_e / raw.setup.gain_e_per_adu
    low, high = PLAUSIBLE_SCATTER
    return bool(low * expected < scatter_adu < high * expected)
