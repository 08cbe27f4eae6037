"""Correct the profile of a bright source piece by piece along an order.

The model of the source has one shape for the whole arm. A bright source shows where it departs
from it: wavelength by wavelength its width, its wings and its place may differ by more than the
noise. Medians over pieces of the order tell how much, untouched by cosmic rays.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from soxs_pipeline.domain.objects import Sources
from soxs_pipeline.reduction.extraction.bins import Bins
from soxs_pipeline.reduction.extraction.planes import NativePixels, Planes, sample_precision

__all__ = ["local_profile", "measured_profile"]

Floats = NDArray[np.float64]

#: Pieces of an order, and the grid of distances from the trace in units of the width.
_PIECES = 12
_REACH = 3.0
_STEP = 0.125
#: Step of the grid for a whole order.
_FINER_STEP = 0.1
#: Least samples of a cell, least signal to noise ratio of a sample that tells anything.
_LEAST_SAMPLES = 12
_LEAST_SNR = 2.0


def local_profile(
    planes: Planes,
    sources: Sources,
    bins: Bins,
    native: NativePixels,
    profiles: Floats,
    spectra: Floats,
    noise2: Floats,
) -> tuple[Floats, NativePixels]:
    """Correct the first source's profile by what is measured of it.

    Parameters
    ----------
    planes, bins, native
        The frame and the pixels of the order.
    sources
        The target first.
    profiles
        Share of each source's light in each sample, shape ``(sources, bins, k)``.
    spectra
        Robust first spectra, shape ``(sources, bins)``.
    noise2
        Variance of the pixels at the samples, shape ``(bins, k)``.

    Returns
    -------
    profiles, native
        With the first source's shares corrected; its light within the slit stays the same.
        A faint source keeps the model's profile.
    """
    source = sources.sources[0]
    width = source.fwhm(bins.wavelength_nm)[:, None]
    distance = (bins.slit_arcsec - source.position(bins.wavelength_nm)[:, None]) / width
    others = np.einsum("aj,ajk->jk", spectra[1:], profiles[1:])
    template = spectra[0][:, None] * profiles[0]
    precision = sample_precision(planes, bins, noise2)
    ratio = (bins.samples(planes.data) - others) / np.where(template > 0, template, 1.0) - 1.0
    told = (template * np.sqrt(precision) > _LEAST_SNR) & (np.abs(distance) < _REACH)
    grid = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    factors = 1.0 + _excess(ratio, told, distance, grid)
    if not (factors != 1.0).any():
        return profiles, native
    centres = (np.arange(_PIECES) + 0.5) * bins.x.size / _PIECES
    along = np.arange(bins.x.size, dtype=float)
    place = np.interp(native.wave, bins.wavelength_nm, along)
    far = (native.slit - source.position(native.wave)) / source.fwhm(native.wave)
    return _corrected(
        bins,
        native,
        profiles,
        _look_up(factors, grid, centres, along[:, None], distance),
        _look_up(factors, grid, centres, place, far),
    )


def measured_profile(
    planes: Planes,
    sources: Sources,
    bins: Bins,
    native: NativePixels,
    profiles: Floats,
    spectra: Floats,
    precision: Floats,
) -> tuple[Floats, NativePixels]:
    """Correct the first source's profile in a whole order by what is measured of it.

    The correction is a smooth factor of the distance in units of the width, as far as it is
    significant; the light within the slit stays one.

    Parameters
    ----------
    planes, sources, bins, native, profiles
        As in `local_profile`.
    spectra
        Spectra, shape ``(sources, bins)``.
    precision
        Inverse variance of the samples, 0 to leave them out, shape ``(bins, k)``.
    """
    source = sources.sources[0]
    width = source.fwhm(bins.wavelength_nm)[:, None]
    distance = (bins.slit_arcsec - source.position(bins.wavelength_nm)[:, None]) / width
    others = np.einsum("aj,ajk->jk", spectra[1:], profiles[1:])
    light = bins.samples(planes.data) - others
    template = spectra[0][:, None] * profiles[0]
    count = int(2 * _REACH / _FINER_STEP) + 1
    place = np.rint((distance + _REACH) / _FINER_STEP).astype(int)
    use = (place >= 0) & (place < count) & (precision > 0)
    top = np.bincount(place[use], (template * light * precision)[use], count)
    bottom = np.bincount(place[use], (template**2 * precision)[use], count)
    top, bottom = gaussian_filter1d(top, 1.0), gaussian_filter1d(bottom, 1.0)
    excess = top / np.maximum(bottom, 1e-300) - 1.0
    # Noise looks like a departure too: keep what stands out of it.
    factor = 1.0 + np.clip(excess, -0.5, 0.5) / (1.0 + 4.0 / np.maximum(bottom * excess**2, 1e-12))
    grid = (np.arange(count) - count // 2) * _FINER_STEP
    factor[[0, -1]] = 1.0
    far = (native.slit - source.position(native.wave)) / source.fwhm(native.wave)
    return _corrected(
        bins,
        native,
        profiles,
        np.interp(distance, grid, factor, left=1.0, right=1.0),
        np.interp(far, grid, factor, left=1.0, right=1.0),
    )


def _corrected(
    bins: Bins, native: NativePixels, profiles: Floats, at_samples: Floats, at_pixels: Floats
) -> tuple[Floats, NativePixels]:
    """Multiply the first source's shares by factors; its light within the slit stays the same."""
    changed = profiles[0] * at_samples
    scale = profiles[0].sum(axis=1) / np.maximum(changed.sum(axis=1), 1e-9)
    changed *= scale[:, None]
    share = native.shares[0] * at_pixels * np.interp(native.wave, bins.wavelength_nm, scale)
    return (
        np.concatenate((changed[None], profiles[1:])),
        replace(native, shares=np.concatenate((share[None], native.shares[1:]))),
    )


def _excess(ratio: Floats, told: NDArray[np.bool_], distance: Floats, grid: Floats) -> Floats:
    """Return the significant relative departure in each piece and cell of distance."""
    rows = np.arange(ratio.shape[0]) * _PIECES // ratio.shape[0]
    cell = np.rint((distance + _REACH) / _STEP).astype(int)
    excess = np.zeros((_PIECES, grid.size))
    error = np.full_like(excess, np.inf)
    for piece in range(_PIECES):
        mine = told & (rows == piece)[:, None]
        values, cells = ratio[mine], cell[mine]
        rank = np.argsort(cells, kind="stable")
        bounds = np.searchsorted(cells[rank], np.arange(grid.size + 1))
        for k, (first, last) in enumerate(pairwise(bounds)):
            if last - first < _LEAST_SAMPLES:
                continue
            part = values[rank[first:last]]
            middle = float(np.median(part))
            spread = 1.4826 * float(np.median(np.abs(part - middle)))
            excess[piece, k] = middle
            error[piece, k] = 1.25 * spread / np.sqrt(last - first) + 1e-6
    smooth = gaussian_filter1d(excess, 1.0, axis=1, mode="nearest")
    smooth[~np.isfinite(error)] = 0.0
    # Noise looks like a departure too: keep what stands out of it.
    size = np.maximum((smooth / error) ** 2, 1e-12)
    return np.clip(smooth, -0.8, 2.0) / (1.0 + 4.0 / size)


def _look_up(
    factors: Floats, grid: Floats, centres: Floats, along: Floats, distance: Floats
) -> Floats:
    """Interpolate the factors linearly along the order and in distance; 1 beyond the reach."""
    along, distance = np.broadcast_arrays(along, distance)
    at = np.clip((along - centres[0]) / (centres[1] - centres[0]), 0.0, centres.size - 1.0)
    cell = np.clip((distance - grid[0]) / _STEP, 0.0, grid.size - 1.0)
    low = np.minimum(at.astype(int), centres.size - 2)
    left = np.minimum(cell.astype(int), grid.size - 2)
    up, right = at - low, cell - left
    value = (
        (1 - up) * ((1 - right) * factors[low, left] + right * factors[low, left + 1])
        + up * ((1 - right) * factors[low + 1, left] + right * factors[low + 1, left + 1])
    )  # fmt: skip
    return np.where(np.abs(distance) < _REACH, value, 1.0)
