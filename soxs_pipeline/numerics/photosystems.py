"""Magnitudes of one photometric system from those of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BandStars", "stars_in_band"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BandStars:
    """Catalogue stars in one band; arrays of shape ``(n,)``.

    Parameters
    ----------
    magnitude
        NaN where the catalogue does not tell.
    gradient
        Change of the magnitude with that of each band of the catalogue.
    errors
        Of the catalogue's magnitudes, by band.
    own_error
        Error of the transformation for one star.
    colour
        For the colour term.
    colour_name
        As ``g-r``.
    system_error
        Error that all stars share, mag: that of the transformation's zero point. The catalogue's
        own (5 mmag for Refcat2: Tonry et al. 2018, ApJ 867, 105) is not in it.
    transformed
        True if another band's magnitudes were transformed.
    """

    magnitude: Floats
    gradient: Mapping[str, Floats | float]
    errors: Mapping[str, Floats]
    own_error: float
    colour: Floats
    colour_name: str
    system_error: float
    transformed: bool

    def error_of(self, slope: float) -> Floats:
        """Return the error of the magnitude less ``slope`` times the colour.

        Both are made of the same magnitudes, so their errors are not independent.
        """
        first, second = self.colour_name.split("-")
        total = np.full(self.colour.shape, self.own_error**2)
        for band in sorted({first, second, *self.gradient}):
            change = self.gradient.get(band, 0.0) - slope * ((band == first) - (band == second))
            error = self.errors[band]
            if band not in self.gradient:
                # Of a colour that makes little difference the error need not be known.
                error = np.nan_to_num(error)
            total = total + (change * error) ** 2
        return np.sqrt(total)

    @property
    def error(self) -> Floats:
        """Error of the magnitude."""
        return self.error_of(0.0)


_COLOURS = {"u": "g-r", "g": "g-r", "r": "g-r", "V": "g-r", "i": "r-i", "z": "r-i", "y": "r-i"}


def stars_in_band(
    magnitudes: Mapping[str, Floats], errors: Mapping[str, Floats], band: str
) -> BandStars | None:
    """Return catalogue stars in a band, transformed if the catalogue lacks it; None if it cannot.

    From Pan-STARRS magnitudes: V by Tonry et al. 2012 (ApJ 750, 99, table 6), u and y by the
    polynomials of Finkbeiner et al. 2016 (ApJ 822, 66, table 2: main-sequence stars of
    0.4 < g-i < 2.7).

    Parameters
    ----------
    magnitudes, errors
        By band, each of shape ``(n,)``.
    band
        Wanted.
    """
    first, second = _COLOURS[band].split("-")
    if first not in magnitudes or second not in magnitudes:
        return None
    colour = magnitudes[first] - magnitudes[second]
    if band in magnitudes:
        return BandStars(
            magnitudes[band], {band: 1.0}, errors, 0.0, colour, _COLOURS[band], 0.0, False
        )
    made = {"V": _johnson_v, "u": _sdss_u, "y": _y}[band](magnitudes)
    if made is None:
        return None
    magnitude, gradient, own = made
    return BandStars(magnitude, gradient, errors, own, colour, _COLOURS[band], own, True)


#: Magnitude, its change with each band, and the error of the transformation: it is as large for
#: one star as for what all stars share.
_Made = tuple[Floats, Mapping[str, Floats | float], float] | None


def _johnson_v(m: Mapping[str, Floats]) -> _Made:
    x = m["g"] - m["r"]
    slope = 0.462 + 0.026 * x
    magnitude = m["r"] + 0.005 + 0.462 * x + 0.013 * x**2
    return magnitude, {"g": slope, "r": 1.0 - slope}, 0.012


def _sdss_u(m: Mapping[str, Floats]) -> _Made:
    if "i" not in m:
        return None
    x = m["g"] - m["i"]
    # The ultraviolet depends on metallicity and gravity: 0.1 mag of scatter for stars.
    magnitude = m["g"] - np.polynomial.polynomial.polyval(
        x, (0.04438, -2.26095, -0.13387, 0.27099)
    )
    slope = 2.26 + 0.27 * x - 0.81 * x**2
    magnitude = np.where((x > 0.4) & (x < 2.7), magnitude, np.nan)
    # Between SDSS u and LSST u, and for the shape of the transformation itself.
    return magnitude, {"g": 1.0 + slope, "i": -slope}, 0.1


def _y(m: Mapping[str, Floats]) -> _Made:
    if "i" not in m or "z" not in m:
        return None
    x = m["g"] - m["i"]
    y_less_sdss_z = np.polynomial.polynomial.polyval(x, (0.08924, -0.20878, 0.10360, -0.02441))
    z_less_sdss_z = np.polynomial.polynomial.polyval(x, (-0.01062, 0.07529, -0.03592, 0.00890))
    magnitude = m["z"] + y_less_sdss_z - z_less_sdss_z
    magnitude = np.where((x > 0.4) & (x < 2.7), magnitude, np.nan)
    return magnitude, {"z": 1.0, "g": -0.2, "i": 0.2}, 0.03
