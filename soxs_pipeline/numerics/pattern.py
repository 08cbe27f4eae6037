"""Tell the fixed pattern of a detector from the noise of the few frames that show it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from soxs_pipeline.numerics.robust import mad_sigma

__all__ = ["Pattern", "fixed_pattern"]

Float32 = NDArray[np.float32]

#: Side of the blocks of the smooth part, and of the window of the local scatter, in pixels.
BLOCK = 32
WINDOW = 15
#: Excess of a local scatter over the noise that chance makes in a window of this size.
CHANCE = 1.2
#: Deviation in sigma beyond which a pixel keeps its own value.
OWN_VALUE_SIGMA = 4.5


@dataclass(frozen=True, eq=False)
class Pattern:
    """A fixed pattern with its parts; arrays of shape ``(ny, nx)`` if not said otherwise.

    Parameters
    ----------
    data, variance
        Best estimate of the pattern and its variance.
    residual
        What the measured mean has beyond the smooth parts of the pattern.
    columns, rows
        Mean pattern of the columns ``(nx,)`` and of the rows ``(ny,)``.
    """

    data: Float32
    variance: Float32
    residual: Float32
    columns: NDArray[np.float64]
    rows: NDArray[np.float64]


def fixed_pattern(mean: Float32, variance: Float32, bad: NDArray[np.bool_]) -> Pattern:
    """Return the best estimate of a fixed pattern from a mean frame of known noise.

    To subtract the mean of n frames adds 1/n of their variance to every pixel ever reduced
    with it: 20 per cent for five biases. Most of that is noise, not pattern. The mean is
    therefore taken apart into a level, a column and a row pattern, a smooth surface, and
    what is left of each pixel; the last is multiplied by the share of its local variance
    that noise does not explain (a Wiener filter, applied in the plane of the pixels). Where
    there is a pattern, it stays; where there is none, no noise is subtracted.

    Parameters
    ----------
    mean, variance
        Mean of a stack and its noise variance.
    bad
        True for pixels that say nothing about their neighbours.

    Returns
    -------
    Pattern
        The estimate and its parts.
    """
    values = np.where(bad, np.nan, mean).astype(np.float32)
    level = float(np.nanmedian(values))
    values -= np.float32(level)
    columns = _significant(_median(values, 0), variance, mean.shape[0])
    values -= columns.astype(np.float32)[None, :]
    rows = _significant(_median(values, 1), variance, mean.shape[1])
    values -= rows.astype(np.float32)[:, None]
    smooth = _smooth_surface(values)
    parts = (level + smooth + columns[None, :] + rows[:, None]).astype(np.float32)
    residual = np.asarray(mean - parts, dtype=np.float32)
    kept = _kept_share(residual, variance, bad)
    data = parts + kept * residual
    # The smooth parts are means of hundreds of pixels: a per cent of the pixel's variance.
    return Pattern(data, (kept + np.float32(0.01)) * variance, residual, columns, rows)


def _median(values: Float32, axis: int) -> NDArray[np.float64]:
    """Return the median along an axis, NaN ignored, 0 where there is nothing."""
    # Sorting puts NaN last; that is faster than nanmedian by far.
    ordered = np.sort(values if axis == 1 else values.T, axis=1)
    count = np.isfinite(ordered).sum(axis=1)
    low, high = np.maximum((count - 1) // 2, 0), np.maximum(count // 2, 0)
    index = np.arange(len(ordered))
    high = np.minimum(high, ordered.shape[1] - 1)
    return np.nan_to_num(0.5 * (ordered[index, low] + ordered[index, high]).astype(np.float64))


def _significant(profile: NDArray, variance: Float32, n: int) -> NDArray[np.float64]:
    """Shrink a profile of medians by what noise alone would make of it."""
    noise = 1.57 * float(np.median(variance[::16, ::16])) / n  # variance of a median
    spread = float(mad_sigma(profile)) ** 2
    share = max(0.0, 1.0 - noise / spread) if spread > 0 else 0.0
    strong = np.abs(profile) > 5.0 * np.sqrt(noise)
    return np.where(strong, profile, share * profile)


def _smooth_surface(values: Float32) -> Float32:
    ny, nx = values.shape
    by, bx = -(-ny // BLOCK), -(-nx // BLOCK)
    padded = np.full((by * BLOCK, bx * BLOCK), np.nan, dtype=np.float32)
    padded[:ny, :nx] = values
    blocks = padded.reshape(by, BLOCK, bx, BLOCK).transpose(0, 2, 1, 3).reshape(by * bx, -1)
    grid = _median(np.ascontiguousarray(blocks), 1).reshape(by, bx)
    grid = ndimage.median_filter(grid, 3, mode="nearest")
    y = (np.arange(ny) + 0.5) / BLOCK - 0.5
    x = (np.arange(nx) + 0.5) / BLOCK - 0.5
    rows = ndimage.map_coordinates(
        grid, np.meshgrid(y, np.arange(bx), indexing="ij"), order=1, mode="nearest"
    )
    columns = ndimage.map_coordinates(
        rows, np.meshgrid(np.arange(ny), x, indexing="ij"), order=1, mode="nearest"
    )
    return np.asarray(columns, dtype=np.float32)


def _kept_share(residual: Float32, variance: Float32, bad: NDArray[np.bool_]) -> Float32:
    """Return the share of each residual that is pattern."""
    sigma = np.sqrt(np.maximum(variance, 1e-12), dtype=np.float32)
    pull = residual / sigma
    own = np.abs(pull) > OWN_VALUE_SIGMA
    # A lone hot pixel must not pass for a pattern of its neighbours.
    square = np.where(bad, np.float32(1.0), np.minimum(pull * pull, OWN_VALUE_SIGMA**2))
    local = ndimage.uniform_filter(square, WINDOW, mode="nearest")
    share = np.maximum(0.0, 1.0 - np.float32(CHANCE) / np.maximum(local, 1e-6))
    # Beyond the chance excess the full Wiener share is due again.
    share = np.where(local > 2 * CHANCE, 1.0 - 1.0 / np.maximum(local, 1e-6), share)
    return np.where(own, np.float32(1.0), share).astype(np.float32)
