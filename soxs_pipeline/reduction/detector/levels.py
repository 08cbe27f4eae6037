"""Levels of pixels that never see light: prescan columns and reference rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.numerics.robust import clipped_moments

__all__ = [
    "PrescanLevel",
    "prescan_level",
    "reference_drift",
    "reference_offsets",
    "slow_drift",
]

#: Scatter of dark pixels over the read noise that is believed; beyond it they are broken.
PLAUSIBLE_SCATTER = (0.2, 5.0)
#: Sigma in rows of the Gaussian that smooths the drift of the level during readout.
DRIFT_ROWS = 40.0
#: Fewest pixels of which a level is taken.
LEAST_PIXELS = 64


@dataclass(frozen=True, eq=False)
class PrescanLevel:
    """Level of the prescan pixels, in electrons.

    Parameters
    ----------
    level, scatter
        Mean and scatter of the pixels.
    drift
        Slow departure from the mean while the frame was read, one value a raw row of the
        prescan window.
    """

    level: float
    scatter: float
    drift: NDArray[np.float32]


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
    drift = slow_drift(values - mean, scatter) * gain
    return PrescanLevel(mean * gain, scatter * gain, drift.astype(np.float32))


def slow_drift(values: NDArray[np.floating], scatter: float) -> NDArray[np.float64]:
    """Return how the level of dark columns drifts from row to row, slowly.

    Parameters
    ----------
    values
        Pixels about their mean, shape ``(rows, columns)``.
    scatter
        Noise of one pixel.

    Returns
    -------
    NDArray
        Smooth drift, shape ``(rows,)``, with a mean of zero; shrunk by the part that noise
        alone would make, so to nothing where the level is steady.
    """
    clipped = np.clip(values, -4.0 * scatter, 4.0 * scatter)
    rows = clipped.mean(axis=1, dtype=np.float64)
    smooth = ndimage.gaussian_filter1d(rows, DRIFT_ROWS, mode="nearest")
    smooth -= smooth.mean()
    noise = scatter**2 / values.shape[1] / (2.0 * np.sqrt(np.pi) * DRIFT_ROWS)
    spread = float(np.mean(smooth**2))
    share = max(0.0, 1.0 - 1.5 * noise / spread) if spread > 0 else 0.0
    return np.asarray(share * smooth)


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


def reference_drift(raw: RawFrame, offsets: NDArray[np.floating]) -> NDArray[np.float64] | None:
    """Return how the level in ADU drifts from row to row, from the reference columns.

    Parameters
    ----------
    raw
        Frame in ADU.
    offsets
        Of every raw column, from `reference_offsets`.

    Returns
    -------
    NDArray or None
        Shape ``(rows,)``, zero on average in the rows that told the offsets; None if the columns
        do not look alive.
    """
    border = raw.setup.reference_border
    sides = np.r_[:border, -border:0]
    values = raw.data[:, sides] - offsets[sides]
    if not np.isfinite(values).all():
        return None
    _, scatter, _ = clipped_moments(values, clip_sigma=4.0, iterations=6)
    if not _plausible(scatter, raw):
        return None
    # The two sides belong to channels of their own, each with the error of its offset.
    drift = slow_drift(values - np.median(values, axis=0), scatter)
    return np.asarray(drift - drift[sides].mean())


def _plausible(scatter_adu: float, raw: RawFrame) -> bool:
    expected = raw.setup.read_noise_e / raw.setup.gain_e_per_adu
    low, high = PLAUSIBLE_SCATTER
    return bool(low * expected < scatter_adu < high * expected)
