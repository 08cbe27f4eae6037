"""A straightened two-dimensional spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.header import Header

__all__ = ["RectifiedSpectrum"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RectifiedSpectrum:
    """Wavelength along axis 1, slit along axis 0, all orders of an arm merged.

    Parameters
    ----------
    wavelength_nm
        Centres of the columns, shape ``(nw,)``, vacuum, evenly spaced.
    slit_arcsec
        Centres of the rows, shape ``(ns,)``, evenly spaced.
    flux, variance
        Shape ``(ns, nw)``, in ``unit`` and its square.
    quality
        Bits of `Quality`, shape ``(ns, nw)``.
    correlation_px
        Correlation length of the noise along wavelength and along the slit, in pixels: the sum
        of the correlation coefficients of a pixel with its neighbours along that axis.
    unit
        Flux density per arcsec along the slit, or electrons likewise without a response.
    arm
        Label of the arm.
    header
        Header of the first exposure.
    exposures
        The raw exposures.
    """

    wavelength_nm: Floats
    slit_arcsec: Floats
    flux: Floats
    variance: Floats
    quality: NDArray[np.uint32]
    correlation_px: tuple[float, float]
    unit: str
    arm: str
    header: Header
    exposures: tuple[Exposure, ...] = ()
