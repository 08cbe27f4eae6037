"""Tie the counts of a camera image to the magnitudes of catalogue stars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.camera import Catalogue, PhotometricTie
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.numerics.photometry import fit_zero_point
from soxs_pipeline.numerics.photosystems import BandStars, stars_in_band
from soxs_pipeline.numerics.starfit import StarShape
from soxs_pipeline.reduction.camera.astrometry import Placed
from soxs_pipeline.reduction.camera.sources import Measured

__all__ = ["Tied", "instrumental", "limits", "nominal", "tie_magnitudes"]

Floats = NDArray[np.float64]

#: Expected zero points of the telescope with the camera, and their error.
_NOMINAL = {"u": 23.6, "g": 25.8, "r": 25.9, "i": 25.6, "z": 25.0, "y": 24.0, "V": 25.7}
_NOMINAL_ERROR = 0.5
_LEAST_SNR = 10.0
#: Least error of a star; more scatter than that is measured.
_FLOOR_MAG = 0.001
#: Fits with the errors that go with the colour term found before.
_SLOPE_ROUNDS = 2
#: Error of a zero point that only one to three stars carry.
_FEW_MAG = 0.03


@dataclass(frozen=True, eq=False)
class Tied:
    """What the tie to the catalogue gave; arrays run over the pairs of `Placed`."""

    tie: PhotometricTie
    magnitude: Floats
    colour: Floats
    difference: Floats
    error: Floats
    used: NDArray[np.bool_]


def instrumental(flux: Floats) -> Floats:
    """Return -2.5 log10 of a flux, NaN where it is not positive."""
    positive = flux > 0
    return np.where(positive, -2.5 * np.log10(np.where(positive, flux, 1.0)), np.nan)


def nominal(band: str) -> PhotometricTie:
    """Return the zero point that is expected, with its large error."""
    known = _NOMINAL.get(band, float(np.mean(list(_NOMINAL.values()))))
    error = _NOMINAL_ERROR if band in _NOMINAL else 2.0 * _NOMINAL_ERROR
    return PhotometricTie(band or "unknown", _system(band), known, error, tied=False)


def _system(band: str) -> str:
    return "VEGA" if band == "V" else "AB"


def tie_magnitudes(
    sources: Measured, placed: Placed, catalogue: Catalogue, band: str, *, colour_term: bool
) -> Tied | None:
    """Tie counts to magnitudes; None if the catalogue has no star that can be used.

    The zero point and a colour term are fitted by inverse variance to stars that are neither
    flagged nor blended; stars that vary are left out. With less than four stars it is their mean.

    Parameters
    ----------
    sources, placed
        Sources of the image, and which catalogue stars they are.
    catalogue
        Stars.
    band
        Of the filter.
    colour_term
        Fit one.
    """
    stars = stars_in_band(catalogue.magnitudes, catalogue.errors, band)
    if stars is None:
        return None
    flux = sources.fits.flux[placed.source]
    snr = flux / sources.fits.flux_error[placed.source]
    magnitude, colour = stars.magnitude[placed.star], stars.colour[placed.star]
    difference = magnitude - instrumental(flux)
    own = np.hypot(1.0857 / np.maximum(snr, 1e-3), _FLOOR_MAG)

    def sigma_of(slope: float) -> Floats:
        return np.hypot(own, stars.error_of(slope)[placed.star])

    sigma = sigma_of(0.0)
    usable = (sources.quality[placed.source] & np.uint32(FATAL)) == 0
    usable &= sources.isolated[placed.source] & (snr > _LEAST_SNR)
    usable &= np.isfinite(difference) & np.isfinite(colour) & np.isfinite(sigma)
    tie, used = _fit(difference, sigma_of, colour, usable, stars, band, colour_term=colour_term)
    if tie is None:
        return None
    measured = instrumental(flux) + tie.zero_point + tie.colour_term * (colour - tie.pivot)
    error_of_residual = sigma_of(tie.colour_term)
    return Tied(tie, magnitude, colour, measured - magnitude, error_of_residual, used)


def _fit(
    difference: Floats,
    sigma_of: Callable[[float], Floats],
    colour: Floats,
    usable: NDArray[np.bool_],
    stars: BandStars,
    band: str,
    *,
    colour_term: bool,
) -> tuple[PhotometricTie | None, NDArray[np.bool_]]:
    count = int(usable.sum())
    if count == 0:
        return None, usable
    system, sigma = _system(band), sigma_of(0.0)
    if count < 4:
        weight = sigma[usable] ** -2.0
        value = float(np.average(difference[usable], weights=weight))
        spread = float(np.ptp(difference[usable])) / 2.0 if count > 1 else 0.0
        error = float(np.sqrt(1.0 / weight.sum() + _FEW_MAG**2 + spread**2 / count))
        error = float(np.hypot(error, stars.system_error))
        pivot = float(np.average(colour[usable], weights=weight))
        return PhotometricTie(
            band, system, value, error, tied=True, colour=stars.colour_name, pivot=pivot,
            stars=count, colour_error=0.1,
        ), usable  # fmt: skip
    where = np.where(usable, difference, np.nan)
    steady = colour_term and np.ptp(colour[usable]) > 0.3 and count >= 6
    shade = colour if steady else np.zeros_like(colour)
    found = fit_zero_point(where, sigma, shade)
    for _ in range(_SLOPE_ROUNDS if steady else 0):
        found = fit_zero_point(where, sigma_of(found.slope), shade)
    pivot = found.pivot if steady else float(np.median(colour[usable]))
    slope = (found.slope, found.slope_error) if steady else (0.0, 0.1)
    return PhotometricTie(
        band,
        system,
        found.value,
        # What all stars share does not average out.
        float(np.hypot(found.error, stars.system_error)),
        tied=True,
        colour=stars.colour_name,
        colour_term=slope[0],
        colour_error=slope[1],
        pivot=pivot,
        stars=int(found.used.sum()),
        scatter=found.scatter,
    ), np.asarray(found.used)


def limits(
    tie: PhotometricTie, frame: Frame, shape: StarShape, sky: float, saturation: float
) -> tuple[float, float]:
    """Return the magnitudes of a point source of S/N 5 and of one that saturates.

    Parameters
    ----------
    tie
        The zero point.
    frame
        In electrons per second, its variance that of the background.
    shape
        Profile of the stars.
    sky, saturation
        Background and level of saturation in electrons per second and pixel.
    """
    half = int(np.ceil(2.0 * shape.fwhm))
    grid = np.arange(-half, half + 1, dtype=float)
    profile = shape(grid[None, :], grid[:, None])
    good = ~frame.bad
    noise2 = float(np.median(frame.variance[good])) if good.any() else float("nan")
    faintest = 5.0 * np.sqrt(noise2 / float((profile**2).sum()))
    brightest = (saturation - sky) / float(profile.max())
    inst = instrumental(np.array([faintest, brightest])) + tie.zero_point
    return float(inst[0]), float(inst[1])
