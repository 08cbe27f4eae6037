"""Synthetic photometry of spectra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SyntheticMagnitude", "ab_magnitude"]

Floats = NDArray[np.float64]

#: Speed of light in Angstrom/s.
_LIGHT = 2.99792458e18
#: Zero point of AB magnitudes for flux densities in erg/s/cm2/Hz (Oke & Gunn 1983).
_AB_ZERO = -48.60


@dataclass(frozen=True)
class SyntheticMagnitude:
    """What a spectrum is worth in a passband.

    Parameters
    ----------
    magnitude, error
        AB magnitude, NaN for negative flux, and its standard error from the noise.
    covered
        Share of the passband, weighted as photons of a flat spectrum, with good bins.
    """

    magnitude: float
    error: float
    covered: float


def ab_magnitude(
    wavelength_nm: Floats,
    width_nm: Floats,
    flux: Floats,
    variance: Floats,
    good: NDArray[np.bool_],
    passband: tuple[Floats, Floats],
) -> SyntheticMagnitude:
    """Return the magnitude of a spectrum as a detector that counts photons sees it.

    Bessell & Murphy 2012, PASP 124, 140, equation A15. Bins that are not good are left out of
    numerator and denominator alike: they are taken to be like the mean of the others.

    Parameters
    ----------
    wavelength_nm, width_nm
        Centres and widths of the bins, shape ``(n,)``.
    flux, variance
        Flux density in erg/s/cm2/Angstrom and its variance.
    good
        Bins to be used.
    passband
        Wavelengths in nm and response for each photon.
    """
    at, response = passband
    seen = np.interp(wavelength_nm, at, response, left=0.0, right=0.0)
    counted = seen * wavelength_nm * width_nm
    usable = good & np.isfinite(flux) & np.isfinite(variance)
    whole = float(np.trapezoid(response / at, at))
    mine = float((seen * width_nm / wavelength_nm)[usable].sum())
    covered = mine / whole if whole > 0 else 0.0
    if mine <= 0:
        return SyntheticMagnitude(float("nan"), float("nan"), 0.0)
    signal = float((counted * np.where(usable, flux, 0.0)).sum())
    noise = float(np.sqrt(((counted * counted) * np.where(usable, variance, 0.0)).sum()))
    # Wavelengths in nm: ten Angstrom each, twice in the numerator, none left in the denominator.
    mean_f_nu = 100.0 * signal / (_LIGHT * mine)
    if not mean_f_nu > 0:
        return SyntheticMagnitude(float("nan"), float("nan"), covered)
    magnitude = -2.5 * np.log10(mean_f_nu) + _AB_ZERO
    return SyntheticMagnitude(float(magnitude), 1.0857 * noise / signal, covered)
