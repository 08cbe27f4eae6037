"""Refractive index of air: conversion between air and vacuum wavelengths.

Ciddor 1996, Applied Optics 35, 1566, for dry air at 15 degC, 101325 Pa and 450 ppm of CO2: the
convention of NIST's air wavelengths to a few parts in 1e9. Below 200 nm the two are the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["air_of_vacuum", "vacuum_of_air"]


def _index(vacuum_nm: NDArray[np.float64]) -> NDArray[np.float64]:
    sigma2 = (1e3 / vacuum_nm) ** 2  # squared wavenumber in vacuum, 1/um^2
    return 1.0 + 1e-8 * (5792105.0 / (238.0185 - sigma2) + 167917.0 / (57.362 - sigma2))


def air_of_vacuum(vacuum_nm: ArrayLike) -> NDArray[np.float64]:
    """Return the wavelength in standard air (nm) of a wavelength in vacuum (nm)."""
    vacuum = np.asarray(vacuum_nm, float)
    return vacuum / _index(vacuum)


def vacuum_of_air(air_nm: ArrayLike) -> NDArray[np.float64]:
    """Return the wavelength in vacuum (nm) of a wavelength in standard air (nm)."""
    air = np.asarray(air_nm, float)
    vacuum = air * 1.00028
    for _ in range(4):  # contracts by a factor of about 1e-5 a step
        vacuum = air * _index(vacuum)
    return vacuum
