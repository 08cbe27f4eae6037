"""What fraction of a source's light falls into each pixel along the slit."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.profiles import blurred_fraction, moffat_cumulative

__all__ = ["HasProfile", "light_share"]

Floats = NDArray[np.float64]

#: Wavelengths at which the profile is worked out, and step of its table in arcsec.
_NODES, _STEP = 5, 0.01
#: Least part of a source's light that must be on the slit.
_LEAST_INSIDE = 0.05


class HasProfile(Protocol):
    """Anything with a trace and a profile: a source, found or being fitted."""

    @property
    def beta(self) -> float:
        """Exponent of the Moffat profile."""

    @property
    def blur_px(self) -> float:
        """Full width at half maximum of the instrument's blur in pixels."""

    def position(self, wavelength_nm: Floats) -> Floats:
        """Return the slit position in arcsec."""

    def fwhm(self, wavelength_nm: Floats) -> Floats:
        """Return the full width at half maximum of the Moffat profile in arcsec."""


def light_share(
    source: HasProfile,
    wavelength_nm: Floats,
    slit_arcsec: Floats,
    height_arcsec: Floats,
    slit: tuple[float, float],
) -> Floats:
    """Return the fraction of a source's light on the slit that falls into pixels.

    The profile, blurred and integrated over a pixel, is tabulated at a few wavelengths and
    interpolated: it changes slowly.

    Parameters
    ----------
    source
        The source.
    wavelength_nm, slit_arcsec, height_arcsec
        Wavelength, slit position and extent along the slit of the pixels, of one shape.
    slit
        Ends of the slit.

    Returns
    -------
    ndarray
        Of that shape; all the light on the slit is one.
    """
    low, high = float(wavelength_nm.min()), float(wavelength_nm.max())
    nodes = np.linspace(low, high, _NODES)
    heights = _heights(nodes, wavelength_nm, height_arcsec)
    reach = slit[1] - slit[0] + 1.0
    grid = np.arange(-reach, reach + _STEP, _STEP)
    width = np.maximum(source.fwhm(nodes), 0.05)
    table = blurred_fraction(
        grid, heights[:, None], width[:, None], source.beta, source.blur_px * heights[:, None]
    )
    centre = source.position(nodes)
    inside = moffat_cumulative(slit[1] - centre, width, source.beta) - moffat_cumulative(
        slit[0] - centre, width, source.beta
    )
    table /= (np.maximum(inside, _LEAST_INSIDE) * heights)[:, None]
    distance = slit_arcsec - source.position(wavelength_nm)
    column = np.clip((distance + reach) / _STEP, 0.0, grid.size - 1.001)
    row = (wavelength_nm - low) * ((_NODES - 1) / max(high - low, 1e-12))
    row = np.clip(row, 0.0, _NODES - 1.001)
    return _interpolate(table, row, column) * height_arcsec


def _heights(nodes: Floats, wavelength_nm: Floats, height_arcsec: Floats) -> Floats:
    sample = slice(None, None, max(1, wavelength_nm.size // 5000))
    wave, height = wavelength_nm.ravel()[sample], height_arcsec.ravel()[sample]
    middle, span = 0.5 * (nodes[0] + nodes[-1]), float(np.ptp(nodes))
    if span <= 0.0:
        return np.full(nodes.shape, float(np.mean(height)))
    series = np.polynomial.polynomial.polyfit((wave - middle) / span, height, 2)
    return np.asarray(np.polynomial.polynomial.polyval((nodes - middle) / span, series))


def _interpolate(table: Floats, row: Floats, column: Floats) -> Floats:
    """Return a table at fractional rows and columns, bilinearly."""
    i, j = row.astype(np.int32), column.astype(np.int32)
    f, g = row - i, column - j
    flat, place = table.ravel(), i * table.shape[1] + j
    below = flat[place] + g * (flat[place + 1] - flat[place])
    place += table.shape[1]
    above = flat[place] + g * (flat[place + 1] - flat[place])
    return below + f * (above - below)
