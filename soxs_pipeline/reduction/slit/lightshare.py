"""What fraction of a source's light falls into each pixel along the slit."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.slitprofile import look_up, passed_between, profile_table

__all__ = ["HasProfile", "light_share", "smooth_along"]

Floats = NDArray[np.float64]

#: Wavelengths at which the profile is worked out.
_NODES = 5
#: Least part of a source's light that must be on the slit.
_LEAST_INSIDE = 0.05


class HasProfile(Protocol):
    """Anything with a trace and a profile: a source, found or being fitted."""

    @property
    def beta(self) -> float:
        """Exponent of the disc."""

    @property
    def slit_width_arcsec(self) -> float:
        """Width of the slit that cuts the disc; 0 if unknown."""

    def blur(self, wavelength_nm: Floats) -> Floats:
        """Return the full width at half maximum of the instrument's blur in pixels."""

    def position(self, wavelength_nm: Floats) -> Floats:
        """Return the slit position in arcsec."""

    def fwhm(self, wavelength_nm: Floats) -> Floats:
        """Return the full width at half maximum of the disc in arcsec."""


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
    heights = smooth_along(nodes, wavelength_nm, height_arcsec)
    width = np.maximum(source.fwhm(nodes), 0.05)
    disc = (source.beta, source.slit_width_arcsec)
    table = profile_table(width, *disc, heights, source.blur(nodes) * heights)
    centre = source.position(nodes)
    inside = passed_between(slit[0] - centre, slit[1] - centre, width, *disc)
    table /= (np.maximum(inside, _LEAST_INSIDE) * heights)[:, None]
    row = (wavelength_nm - low) * ((_NODES - 1) / max(high - low, 1e-12))
    return look_up(table, row, slit_arcsec - source.position(wavelength_nm)) * height_arcsec


def smooth_along(nodes: Floats, wavelength_nm: Floats, values: Floats) -> Floats:
    """Return a parabola through values against wavelength, at some nodes.

    Parameters
    ----------
    nodes
        Wavelengths, rising.
    wavelength_nm, values
        Of one shape.
    """
    sample = slice(None, None, max(1, wavelength_nm.size // 5000))
    wave, value = wavelength_nm.ravel()[sample], values.ravel()[sample]
    middle, span = 0.5 * (nodes[0] + nodes[-1]), float(np.ptp(nodes))
    if span <= 0.0:
        return np.full(nodes.shape, float(np.mean(value)))
    series = np.polynomial.polynomial.polyfit((wave - middle) / span, value, 2)
    return np.asarray(np.polynomial.polynomial.polyval((nodes - middle) / span, series))
