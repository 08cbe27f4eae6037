"""What fraction of a source's light falls into each pixel along the slit."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.gausshermite import hermite_sum
from soxs_pipeline.numerics.logspline import LogSpline
from soxs_pipeline.numerics.slitprofile import Wing, look_up, passed_between, profile_table

__all__ = ["HasProfile", "light_share", "smooth_along", "spread_of"]

Floats = NDArray[np.float64]

#: Wavelengths at which the profile is worked out.
_NODES = 5
#: Least part of a source's light that must be on the slit.
_LEAST_INSIDE = 0.05
#: Distances, in units of the spread, at which departures from the disc are worked out.
_DEPARTING = np.linspace(-8.0, 8.0, 1601)
#: Places, in parts of the slit's length, over which the light of a host is summed.
_ON_SLIT = (np.arange(240) + 0.5) / 240
_FWHM_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))


class HasProfile(Protocol):
    """Anything with a trace and a profile: a source, found or being fitted."""

    @property
    def beta(self) -> float:
        """Exponent of the disc."""

    @property
    def slit_width_arcsec(self) -> float:
        """Width of the slit that cuts the disc; 0 if unknown."""

    @property
    def blur_wing(self) -> Wing:
        """Wing of the instrument's blur."""

    @property
    def departure(self) -> Floats:
        """How the profile departs from the disc, as in `domain.objects.Source`."""

    @property
    def outline(self) -> LogSpline | None:
        """Profile of a host, as in `domain.objects.Source`."""

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
    distance = slit_arcsec - source.position(wavelength_nm)
    if source.outline is not None:
        length = slit[1] - slit[0]
        places = slit[0] + length * _ON_SLIT - source.position(nodes)[:, None]
        total = length * source.outline(places).mean(axis=1)
        return source.outline(distance) * height_arcsec / np.interp(wavelength_nm, nodes, total)
    heights = smooth_along(nodes, wavelength_nm, height_arcsec)
    width = np.maximum(source.fwhm(nodes), 0.05)
    disc = (source.beta, source.slit_width_arcsec)
    table = profile_table(width, *disc, heights, source.blur(nodes) * heights, source.blur_wing)
    centre = source.position(nodes)
    inside = passed_between(slit[0] - centre, slit[1] - centre, width, *disc)
    inside = np.maximum(inside, _LEAST_INSIDE)
    table /= (inside * heights)[:, None]
    row = (wavelength_nm - low) * ((_NODES - 1) / max(high - low, 1e-12))
    density = look_up(table, row, distance)
    if source.departure.size:
        spread = np.interp(wavelength_nm, nodes, spread_of(source, nodes, heights))
        part = np.interp(wavelength_nm, nodes, inside) * spread
        moved = hermite_sum(source.departure, _DEPARTING)
        density += np.interp(distance / spread, _DEPARTING, moved, left=0.0, right=0.0) / part
    return density * height_arcsec


def spread_of(source: HasProfile, wavelength_nm: Floats, height_arcsec: Floats) -> Floats:
    """Return the standard deviation of a source's profile in arcsec, as that of a Gaussian.

    Parameters
    ----------
    source
        The source.
    wavelength_nm, height_arcsec
        Wavelengths, and the extent of a pixel along the slit there.
    """
    width = np.hypot(source.fwhm(wavelength_nm), source.blur(wavelength_nm) * height_arcsec)
    return np.asarray(np.maximum(width, 0.05) / _FWHM_SIGMA)


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
