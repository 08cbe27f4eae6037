"""Images of galaxies: exponential discs under any tilt, blurred by the seeing, cut by a slit."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.simulator.optics import moffat_alpha

__all__ = ["disc_along_slit"]

Array = NDArray[np.floating]

#: Cells of the image in arcsec, how many along and across the slit, and parts of a cell.
_CELL_ARCSEC, _CELLS, _PARTS = 0.05, (1024, 512), 5


def disc_along_slit(
    offsets_arcsec: Array,
    fwhm_arcsec: Array,
    beta: float,
    width_arcsec: float,
    *,
    scale_arcsec: float,
    axis_ratio: float = 1.0,
    angle_deg: float = 0.0,
    across_arcsec: float = 0.0,
) -> Array:
    """Light of an exponential disc along a slit: summed over the slit's width and no further.

    The disc is drawn in two dimensions (Freeman 1970, ApJ 160, 811) and convolved with the
    seeing.

    Parameters
    ----------
    offsets_arcsec
        Distances from the nucleus along the slit, shape ``(m,)``, either sign.
    fwhm_arcsec
        Of the seeing, shape ``(n,)``.
    beta
        Exponent of the seeing.
    width_arcsec
        Of the slit.
    scale_arcsec, axis_ratio, angle_deg
        Scale length along the major axis, minor over major axis, and the angle of the major axis
        with the slit.
    across_arcsec
        Where the nucleus is across the slit's width.

    Returns
    -------
    numpy.ndarray
        Share of all the light per arcsec, shape ``(n, m)``.
    """
    disc = _disc(scale_arcsec, axis_ratio, angle_deg)
    y = _axis(_CELLS[0])
    edges = np.array([-0.5, 0.5]) * width_arcsec - across_arcsec
    result = []
    for fwhm in fwhm_arcsec:
        image = np.fft.irfft2(disc * _seeing(round(float(fwhm), 3), beta), s=_CELLS)
        # The slit cuts cells.
        summed = np.concatenate([np.zeros((y.size, 1)), np.cumsum(image, axis=1)], axis=1)
        place = edges / _CELL_ARCSEC + _CELLS[1] // 2 + 0.5
        low, part = np.floor(place).astype(int), place % 1.0
        upto = summed[:, low] + part * (summed[:, low + 1] - summed[:, low])
        result.append(np.interp(offsets_arcsec, y, (upto[:, 1] - upto[:, 0]) / _CELL_ARCSEC))
    return np.array(result)


def _axis(count: int) -> Array:
    return (np.arange(count) - count // 2) * _CELL_ARCSEC


@lru_cache(maxsize=4)
def _disc(scale: float, ratio: float, angle_deg: float) -> NDArray[np.complexfloating]:
    """Return the transform of the disc, whose light is one; its cusp is averaged over cells."""
    total = np.zeros(_CELLS)
    along, across = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    steps = ((np.arange(_PARTS) + 0.5) / _PARTS - 0.5) * _CELL_ARCSEC
    for dy in steps:
        for dx in steps:
            y, x = _axis(_CELLS[0])[:, None] + dy, _axis(_CELLS[1]) + dx
            major, minor = y * along + x * across, x * along - y * across
            total += np.exp(-np.hypot(major, minor / ratio) / scale)
    light = total / (2 * np.pi * scale**2 * ratio) * (_CELL_ARCSEC / _PARTS) ** 2
    return np.asarray(np.fft.rfft2(light))


@lru_cache(maxsize=64)
def _seeing(fwhm: float, beta: float) -> NDArray[np.complexfloating]:
    """Return the transform of the seeing disc, its middle in the first cell."""
    alpha2 = moffat_alpha(np.array(fwhm), beta) ** 2
    radius2 = _axis(_CELLS[0])[:, None] ** 2 + _axis(_CELLS[1]) ** 2
    image = np.fft.ifftshift((1 + radius2 / alpha2) ** -beta)
    return np.asarray(np.fft.rfft2(image * (_CELL_ARCSEC**2 * (beta - 1) / (np.pi * alpha2))))
