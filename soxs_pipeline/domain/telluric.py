"""Absorption by the air: what is known of it, and what a spectrum shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.spectra import MergedSpectrum

__all__ = [
    "ForeignTransmission",
    "TelluricBand",
    "TelluricCorrection",
    "TelluricGrid",
    "TransmissionFinder",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TelluricGrid:
    """Optical depths of the molecules of the air at the zenith.

    Parameters
    ----------
    molecules
        Their names; the first is water, for 1 mm of it, the others stand for the whole column
        above the site.
    first_nm, step_km_s
        The grid: first wavelength (vacuum) and its uniform step in velocity.
    depth
        Optical depth, shape ``(molecules, n)``.
    band_low_nm, band_high_nm
        Pieces of a spectrum that are fitted one by one, rising in wavelength.
    """

    molecules: tuple[str, ...]
    first_nm: float
    step_km_s: float
    depth: Floats
    band_low_nm: Floats
    band_high_nm: Floats


@dataclass(frozen=True, eq=False)
class TelluricBand:
    """What was found in one piece of a spectrum.

    Parameters
    ----------
    low_nm, high_nm
        Its ends.
    columns, errors
        Columns of the molecules in the direction of the target, in the grid's units, and their
        relative errors; NaN where the molecule does not absorb here.
    sigma_km_s, velocity_km_s, velocity_error_km_s
        Width of the line-spread function, and velocity of the lines.
    template_error
        Error of the model as a share of the light taken away.
    bins
        Bins that were fitted; 0 if what was assumed holds.
    """

    low_nm: float
    high_nm: float
    columns: Floats
    errors: Floats
    sigma_km_s: float
    velocity_km_s: float
    velocity_error_km_s: float
    template_error: float
    bins: int

    @property
    def measured(self) -> bool:
        """True if the spectrum told the columns."""
        return self.bins > 0


@dataclass(frozen=True, eq=False)
class TelluricCorrection:
    """The transmission of the air on the grid of a spectrum.

    Parameters
    ----------
    wavelength_nm
        Vacuum, shape ``(n,)``.
    transmission, error
        Share of the light that comes through molecules, and one sigma; shape ``(n,)``.
    molecules
        Names of the molecules.
    bands
        What was found piece by piece.
    water_mm, water_error_mm
        Water above the telescope at the zenith; the error is NaN if it was assumed.
    airmass
        Of the spectrum.
    corrector
        Who made it: ``grid`` or the name of a program.
    arms
        Labels of the arms of the spectrum.
    header
        Header of the spectrum.
    """

    wavelength_nm: Floats
    transmission: Floats
    error: Floats
    molecules: tuple[str, ...]
    bands: tuple[TelluricBand, ...]
    water_mm: float
    water_error_mm: float
    airmass: float
    corrector: str
    arms: tuple[str, ...]
    header: Header


@dataclass(frozen=True, eq=False)
class ForeignTransmission:
    """Transmission of the air as a program outside of the pipeline found it.

    Parameters
    ----------
    transmission
        In every bin of the spectrum, shape ``(n,)``; 1 where the program did not look.
    water_mm, water_error_mm
        Water above the telescope at the zenith; NaN if it was not told.
    program
        Name of the program.
    """

    transmission: Floats
    water_mm: float
    water_error_mm: float
    program: str


#: Called with a spectrum and the resolving power assumed beforehand (0 for none).
TransmissionFinder = Callable[[MergedSpectrum, float], ForeignTransmission]
