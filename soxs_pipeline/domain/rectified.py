"""Rectified two-dimensional spectra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.header import Header

__all__ = ["Axis", "RectifiedSpectrum"]


@dataclass(frozen=True)
class Axis:
    """A linear axis.

    Parameters
    ----------
    first, step
        Centre of the first cell and distance of cells, nm or arcsec.
    size
        Number of cells.
    """

    first: float
    step: float
    size: int

    @property
    def centres(self) -> NDArray[np.float64]:
        """Centres of all cells."""
        return np.asarray(self.first + self.step * np.arange(self.size), float)


@dataclass(frozen=True, eq=False)
class RectifiedSpectrum:
    """All orders of an arm on one grid of wavelength and slit position.

    Neighbouring cells share pixels, so their noise is correlated: the noise of a sum over many
    cells is larger than that of independent ones by the factors given.

    Parameters
    ----------
    wavelength, slit
        Axes: vacuum nm along the rows, arcsec along the columns.
    data, variance
        Brightness and its variance, shape ``(slit.size, wavelength.size)``; NaN where unknown.
    quality
        Bits of `Quality`.
    unit
        ``electron/s/nm/arcsec`` or ``erg/s/cm2/Angstrom/arcsec``.
    noise_factor_wave, noise_factor_slit
        Factors by which the noise of a sum along either axis exceeds that of independent cells;
        their squares are the correlation lengths in cells.
    arm, header, exposures
        Arm, header and raw exposures.
    """

    wavelength: Axis
    slit: Axis
    data: NDArray[np.float32]
    variance: NDArray[np.float64]
    quality: NDArray[np.uint32]
    unit: str
    noise_factor_wave: float
    noise_factor_slit: float
    arm: str
    header: Header
    exposures: tuple[Exposure, ...] = ()
