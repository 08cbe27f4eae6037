"""What turns electrons into flux: standards, extinction and the response made from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.objects import BlurFraction

__all__ = [
    "FLUX_UNIT",
    "Extinction",
    "FluxCalibration",
    "FluxStandards",
    "MasterResponse",
    "Response",
    "ResponsePoints",
]

Floats = NDArray[np.float64]

#: Unit of calibrated flux densities.
FLUX_UNIT = "erg/s/cm2/Angstrom"


@dataclass(frozen=True, eq=False)
class FluxStandards:
    """Spectra of spectrophotometric standard stars on one grid.

    Parameters
    ----------
    names
        One for each star.
    synonyms
        Other names of each star.
    ra_deg, dec_deg
        Positions J2000, shape ``(stars,)``.
    wavelength_nm
        Vacuum, shape ``(n,)``.
    flux
        Flux density above the atmosphere in erg/s/cm2/Angstrom, shape ``(stars, n)``.
    """

    names: tuple[str, ...]
    synonyms: tuple[tuple[str, ...], ...]
    ra_deg: Floats
    dec_deg: Floats
    wavelength_nm: Floats
    flux: Floats


@dataclass(frozen=True, eq=False)
class Extinction:
    """Extinction of the site in magnitudes at airmass one; arrays of shape ``(n,)``."""

    wavelength_nm: Floats
    magnitude: Floats

    def transmission(self, wavelength_nm: Floats, airmass: float) -> Floats:
        """Return the share of the light that passes; beyond the table its ends hold."""
        at = np.interp(wavelength_nm, self.wavelength_nm, self.magnitude)
        return np.asarray(10.0 ** (-0.4 * at * airmass))


@dataclass(frozen=True, eq=False)
class MasterResponse:
    """Usual efficiency of an arm, of all orders that share a wavelength together.

    Parameters
    ----------
    wavelength_nm
        Vacuum, rising, shape ``(n,)``.
    efficiency
        Electrons for each photon on the primary mirror, atmosphere and slit losses excluded,
        shape ``(n,)``.
    error
        Relative one-sigma error, shape ``(n,)``.
    arm
        Label of the arm.
    """

    wavelength_nm: Floats
    efficiency: Floats
    error: Floats
    arm: str


@dataclass(frozen=True, eq=False)
class ResponsePoints:
    """What the stars say of a response, point by point; arrays of shape ``(n,)``.

    Parameters
    ----------
    wavelength_nm
        Vacuum.
    departure
        Measured over fitted sensitivity, in ln.
    banded
        1 within a molecular band, where a model of the air had its say; else 0.
    """

    wavelength_nm: Floats
    departure: Floats
    banded: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Response:
    """Sensitivity of every order of an arm above the atmosphere.

    Parameters
    ----------
    orders
        Diffraction orders, shape ``(m,)``.
    wavelength_nm
        Vacuum, shape ``(m, n)``, rising, NaN at the end of shorter orders.
    sensitivity
        Electrons/s/nm for one erg/s/cm2/Angstrom, shape ``(m, n)``, NaN where not known.
    error
        Relative one-sigma error of ``sensitivity``, smooth with wavelength, shape ``(m, n)``.
    efficiency
        Electrons for each photon on the primary mirror, slit losses included, ``(m, n)``.
    arm
        Label of the arm.
    standards
        Names of the stars it was made from.
    scatter
        Relative scatter of the measured points about the smooth curve.
    spread
        Relative standard deviation of the levels of the stars, NaN for one star.
    blur
        How much of a pinhole's image is blur, as the stars tell; None if none is bright enough.
    step
        Largest step between neighbouring orders that the lamp does not explain, in ln; NaN if
        no two orders overlap.
    points
        What it was fitted to; None if that is not known.
    """

    orders: NDArray[np.int64]
    wavelength_nm: Floats
    sensitivity: Floats
    error: Floats
    efficiency: Floats
    arm: str
    standards: tuple[str, ...]
    scatter: float
    spread: float = float("nan")
    blur: BlurFraction | None = None
    step: float = float("nan")
    points: ResponsePoints | None = None

    def of_order(self, order: int, wavelength_nm: Floats) -> tuple[Floats, Floats]:
        """Return sensitivity and relative error of an order; NaN where they are not known."""
        rows = np.flatnonzero(self.orders == order)
        if not rows.size:
            nothing = np.full(np.shape(wavelength_nm), np.nan)
            return nothing, nothing
        known = np.isfinite(self.wavelength_nm[rows[0]])
        wave = self.wavelength_nm[rows[0]][known]
        at = [
            np.interp(wavelength_nm, wave, values[rows[0]][known], left=np.nan, right=np.nan)
            for values in (self.sensitivity, self.error)
        ]
        return at[0], at[1]


@dataclass(frozen=True, eq=False)
class FluxCalibration:
    """What turns electrons into flux; each may be missing.

    Parameters
    ----------
    response
        Sensitivity of the orders, from standard stars.
    extinction
        Of the site.
    master
        Usual efficiency of the arm, for want of a response.
    """

    response: Response | None = None
    extinction: Extinction | None = None
    master: MasterResponse | None = None
