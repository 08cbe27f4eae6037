"""The light along the slit as it is, whatever the object: extended, several, or none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, median_filter

from soxs_pipeline.reduction.slit.pixels import SlitPixels

__all__ = ["light_share"]

Floats = NDArray[np.float64]

#: Columns over which the profile is taken for constant, and bins along the slit.
_BLOCK_PX, _SLIT_BINS = 24, 44
#: Smoothing along the dispersion and along the slit, in blocks and bins.
_SMOOTHING = (1.5, 0.7)
#: Least light that shapes a profile, in noise of a pixel: about the error of a median.
_LEAST_LIGHT = 0.1


def light_share(pixels: SlitPixels, light: Floats) -> Floats:
    """Return the share of a column's light in each pixel, as the data themselves show it.

    Medians over blocks of columns, one bin of the slit after the other, smoothed along both axes:
    lines of the object and cosmic rays are too narrow to shape them.

    Parameters
    ----------
    pixels
        Of one order.
    light
        Electrons without sky, shape ``(n,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n,)``, never negative, sum over a whole column about one. Without light the
        share of every pixel is the same.
    """
    column = pixels.w - np.floor(pixels.w.min())
    blocks = max(int(column.max() // _BLOCK_PX) + 1, 2)
    block = np.minimum((column // _BLOCK_PX).astype(int), blocks - 1)
    across = np.clip((pixels.u + 1.0) * 0.5, 0.0, 1.0) * _SLIT_BINS - 0.5
    bin_of = np.clip(np.rint(across).astype(int), 0, _SLIT_BINS - 1)
    grid = _medians(bin_of * blocks + block, light, pixels.usable, (_SLIT_BINS, blocks))
    grid = median_filter(grid, (1, min(5, blocks)), mode="nearest")
    grid = gaussian_filter(grid, (_SMOOTHING[1], _SMOOTHING[0]), mode="nearest")
    at = np.vstack((across, column / _BLOCK_PX - 0.5))
    smooth = np.maximum(map_coordinates(grid, at, order=1, mode="nearest"), 0.0)
    whole = np.floor(column).astype(int)
    count = np.maximum(np.bincount(whole), 1)
    # A floor makes the share even where there is nothing but noise.
    smooth = smooth + _LEAST_LIGHT * np.sqrt(np.median(pixels.floor))
    mean = np.bincount(whole, smooth) / count
    # The tilted ends of an order hold a part of the slit only, and so a part of the light.
    return np.asarray(smooth / mean[whole] / np.median(count))


def _medians(
    place: NDArray[np.int64], values: Floats, usable: NDArray[np.bool_], shape: tuple[int, int]
) -> Floats:
    """Return medians of usable values by place; gaps are filled from along the dispersion."""
    chosen = np.flatnonzero(usable)
    rank = chosen[np.lexsort((values[chosen], place[chosen]))]
    sorted_place, sorted_values = place[rank], values[rank]
    size = shape[0] * shape[1]
    first = np.searchsorted(sorted_place, np.arange(size))
    last = np.searchsorted(sorted_place, np.arange(size), side="right")
    filled = last > first
    grid = np.full(size, np.nan)
    low, high = (
        first[filled] + (last - first - 1)[filled] // 2,
        first[filled] + ((last - first)[filled] // 2),
    )
    grid[filled] = 0.5 * (sorted_values[low] + sorted_values[high])
    grid = grid.reshape(shape)
    columns = np.arange(shape[1])
    for row in grid:
        known = np.isfinite(row)
        row[:] = np.interp(columns, columns[known], row[known]) if known.any() else 0.0
    return grid
