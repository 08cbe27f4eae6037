"""Predict how far neighbours pull the centroid of a line, in pixels of the instrument.

For a Gaussian fit to a line of unit strength, a neighbour of strength ``r`` at distance ``d``
moves the centre by ``r d exp(-d^2 / 4 s^2)`` to first order in ``r``, ``s`` being the width of the
line: the normal equation of the centre, the integral of ``g'(x) g(x - d)`` over that of ``g'^2``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

__all__ = ["SIGMA_PX", "Order", "drowned", "pull", "read_orders"]

Floats = NDArray[np.float64]

# Pinholes measured on real frames have 1.6-1.9 px FWHM; 2.1 px leaves room for a poor focus.
SIGMA_PX = 0.9
SAME_PX = 0.1  # closer entries are one line: their pull is below any threshold
FAR_SIGMA = 9.0
# Within so many pixels no line so many times as strong.
WINGS = ((4.0, 0.5), (6.0, 10.0), (15.0, 100.0))


@dataclass(frozen=True)
class Order:
    """Wavelength scale at mid-slit of one order of the predicted format."""

    number: int
    name: str
    domain: tuple[float, float]
    useful: tuple[float, float]
    coef: Floats
    n_pixels: int

    def pixel(self, wavelength_nm: Floats) -> Floats:
        """Return the position along the dispersion at mid-slit."""
        low, high = self.domain
        t = (2.0 * np.asarray(wavelength_nm) - low - high) / (high - low)
        return chebyshev.chebval2d(t, np.zeros_like(t), self.coef)

    def step(self, wavelength_nm: Floats) -> Floats:
        """Return the size of a pixel in nm."""
        half = 0.01
        return np.abs(
            2 * half / (self.pixel(wavelength_nm + half) - self.pixel(wavelength_nm - half))
        )

    def holds(self, wavelength_nm: Floats, margin_px: float = 10.0) -> NDArray[np.bool_]:
        """Return True where a line falls on the detector or within a flexure of it."""
        wavelength = np.asarray(wavelength_nm)
        inside = (wavelength >= self.domain[0]) & (wavelength <= self.domain[1])
        x = self.pixel(wavelength)
        return inside & (x > -margin_px) & (x < self.n_pixels + margin_px)


def read_orders(path: Path) -> list[Order]:
    """Read the orders of a SPECTRAL_FORMAT table."""
    with fits.open(path) as hdus:
        n_pixels = hdus[0].header["NPIXDISP"]
        return [
            Order(
                int(row["ORDER"]),
                str(row["NAME"]),
                (float(row["WAVE_LOW"]), float(row["WAVE_HIGH"])),
                (float(row["WAVE_MIN"]), float(row["WAVE_MAX"])),
                np.array(row["X_COEF"]),
                n_pixels,
            )
            for row in hdus[1].data
        ]


def pull(
    at_nm: Floats,
    strength: Floats,
    lines_nm: Floats,
    strengths: Floats,
    step_nm: Floats,
    sigma_px: float = SIGMA_PX,
) -> Floats:
    """Return the sum of the pulls of all neighbours, each taken positive, in pixels.

    Parameters
    ----------
    at_nm, strength, step_nm
        Lines to judge, and the pixel size there, shape ``(n,)``.
    lines_nm, strengths
        All lines of the lamp, sorted by wavelength, shape ``(m,)``.
    sigma_px
        Width of a line.
    """
    far = FAR_SIGMA * sigma_px
    total = np.zeros(len(at_nm))
    first = np.searchsorted(lines_nm, at_nm - far * step_nm)
    last = np.searchsorted(lines_nm, at_nm + far * step_nm)
    for k, (low, high) in enumerate(zip(first, last, strict=True)):
        distance = np.abs(lines_nm[low:high] - at_nm[k]) / step_nm[k]
        ratio = strengths[low:high] / strength[k]
        each = ratio * distance * np.exp(-((distance / (2 * sigma_px)) ** 2))
        total[k] = np.nansum(each[distance > SAME_PX])
    return total


def drowned(
    at_nm: Floats, strength: Floats, lines_nm: Floats, strengths: Floats, step_nm: Floats
) -> NDArray[np.bool_]:
    """Return True for lines beside an equal or in the wings of a stronger one, see `pull`."""
    result = np.zeros(len(at_nm), bool)
    for reach, factor in WINGS:
        first = np.searchsorted(lines_nm, at_nm - reach * step_nm)
        last = np.searchsorted(lines_nm, at_nm + reach * step_nm)
        for k, (low, high) in enumerate(zip(first, last, strict=True)):
            other = np.abs(lines_nm[low:high] - at_nm[k]) > SAME_PX * step_nm[k]
            result[k] |= bool(np.any(strengths[low:high][other] > factor * strength[k]))
    return result
