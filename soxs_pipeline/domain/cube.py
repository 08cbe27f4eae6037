"""Maps of the sky: brightness over scan position, slit position and wavelength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.rectified import Axis

__all__ = ["SpectralCube"]


@dataclass(frozen=True, eq=False)
class SpectralCube:
    """A cube of one arm.

    Parameters
    ----------
    scan, slit, wavelength
        Axes: arcsec across and along the slit, relative to the object; vacuum nm.
    data, variance
        Brightness and its variance, shape ``(wavelength.size, slit.size, scan.size)``; NaN where
        nothing was seen.
    coverage
        Number of exposures in each place of the map, shape ``(slit.size, scan.size)``.
    unit
        ``electron/s/nm/arcsec2`` or ``erg/s/cm2/Angstrom/arcsec2``.
    arm, header, exposures
        Arm, header and raw exposures.
    """

    scan: Axis
    slit: Axis
    wavelength: Axis
    data: NDArray[np.float32]
    variance: NDArray[np.float64]
    coverage: NDArray[np.float32]
    unit: str
    arm: str
    header: Header
    exposures: tuple[Exposure, ...] = ()
