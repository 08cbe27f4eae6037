"""The light of a point source along the slit: a Moffat profile integrated over pixels."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["moffat_cumulative", "moffat_fraction"]

Floats = NDArray[np.float64]

_NODES = 4001


def moffat_cumulative(distance: ArrayLike, fwhm: ArrayLike, beta: float) -> Floats:
    """Return the fraction of light below a distance from the centre of a Moffat profile.

    The profile along the slit is ``(1 + (r / a)^2)^-beta`` (Moffat 1969, A&A 3, 455) with ``a``
    set by the full width at half maximum; large ``beta`` is a Gaussian.

    Parameters
    ----------
    distance
        Signed distance from the centre.
    fwhm
        Full width at half maximum in the same unit.
    beta
        Exponent, above 0.5 for the integral to exist.

    Returns
    -------
    ndarray
        Between 0 and 1.
    """
    scale = 2.0 * np.sqrt(np.expm1(np.log(2.0) / beta))
    # With r / a = tan(phi) the integral becomes one over a finite range of phi.
    phi = np.arctan(np.asarray(distance, float) * scale / np.asarray(fwhm, float))
    place = (phi + 0.5 * np.pi) * ((_NODES - 1) / np.pi)
    table, slope = _table(float(beta))
    low = np.minimum(place.astype(np.int32), _NODES - 2)
    return np.asarray(table[low] + (place - low) * slope[low])


def moffat_fraction(
    distance: ArrayLike, height: ArrayLike, fwhm: ArrayLike, beta: float
) -> Floats:
    """Return the fraction of the light that falls into pixels along the slit.

    Parameters
    ----------
    distance
        Signed distance of the pixel centres from the source.
    height
        Extent of the pixels along the slit.
    fwhm, beta
        As in `moffat_cumulative`.
    """
    distance = np.asarray(distance, float)
    half = 0.5 * np.asarray(height, float)
    return moffat_cumulative(distance + half, fwhm, beta) - moffat_cumulative(
        distance - half, fwhm, beta
    )


@lru_cache(maxsize=64)
def _table(beta: float) -> tuple[Floats, Floats]:
    phi = np.linspace(-0.5 * np.pi, 0.5 * np.pi, _NODES)
    middle = 0.5 * (phi[1:] + phi[:-1])
    power = 2.0 * beta - 2.0

    def density(angle: Floats) -> Floats:
        cosine = np.maximum(np.cos(angle), 1e-300)
        return np.exp(power * np.log(cosine))

    # Simpson's rule in each interval.
    step = (density(phi[:-1]) + 4.0 * density(middle) + density(phi[1:])) / 6.0
    table = np.concatenate(([0.0], np.cumsum(step)))
    table /= table[-1]
    return table, np.diff(table)
