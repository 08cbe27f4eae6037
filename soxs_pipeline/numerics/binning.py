"""Bin a spectrum coarsely for the eye and for classification."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["bin_coarsely"]

Floats = NDArray[np.float64]


def bin_coarsely(
    wavelength: Floats,
    flux: Floats,
    variance: Floats,
    correlation: Floats,
    valid: NDArray[np.bool_],
    step: float,
) -> tuple[Floats, Floats, Floats]:
    """Average a spectrum in bins of equal width, weighted by inverse variance.

    Parameters
    ----------
    wavelength
        Bin centres, rising, shape ``(n,)``.
    flux, variance, correlation
        Flux density, its variance, and the correlation coefficient with the next bin.
    valid
        False for bins to be left out.
    step
        Width of the coarse bins in the unit of the wavelength.

    Returns
    -------
    wavelength, flux, error
        Weighted mean wavelength, mean flux density and one sigma of the coarse bins that hold
        any valid bin; neighbours' correlation is in the error.
    """
    good = valid & np.isfinite(flux) & np.isfinite(variance) & (variance > 0)
    if not good.any():
        return np.zeros(0), np.zeros(0), np.zeros(0)
    place = np.floor(wavelength / step).astype(np.int64)
    place -= place[good].min()
    count = int(place[good].max()) + 1
    weight = np.where(good, 1.0 / np.where(good, variance, 1.0), 0.0)

    def total(values: Floats) -> Floats:
        chosen = np.where(good, values, 0.0)
        inside = (place >= 0) & (place < count)
        return np.bincount(place[inside], chosen[inside], count).astype(np.float64)

    sums = total(weight)
    filled = sums > 0
    # Var(sum w f) = sum w^2 V + 2 sum w_i w_j C_ij over neighbours in the same coarse bin.
    squares = total(weight)
    pairs = good[:-1] & good[1:] & (place[:-1] == place[1:])
    cross = correlation[:-1] * np.sqrt(weight[:-1] * weight[1:])
    covariance = np.bincount(place[:-1][pairs], 2.0 * cross[pairs], count)
    error = np.sqrt(np.maximum(squares + covariance, 0.0)[filled]) / sums[filled]
    return (
        total(weight * wavelength)[filled] / sums[filled],
        total(weight * np.where(good, flux, 0.0))[filled] / sums[filled],
        error,
    )
