"""Light of a point source that passes a slit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

__all__ = ["slit_share"]

Floats = NDArray[np.float64]

#: A disc of a smaller exponent has most of its light nowhere near.
_LEAST_EXPONENT = 1.2
#: Least and largest half width at half maximum over half the slit's width: nothing or all is lost.
_RATIOS = (0.01, 100.0)


def slit_share(width: float, fwhm: Floats, beta: float) -> Floats:
    """Return the share of the light of a centred point source that passes a slit.

    The disc is a round Moffat function ``(1 + (r / a)^2)^-b``. Summed along the slit it is one
    across it, of the exponent ``b - 1/2`` (Trujillo et al. 2001, MNRAS 328, 977), whose integral
    over the slit's width is an incomplete beta function.

    Parameters
    ----------
    width
        Of the slit, in the unit of `fwhm`.
    fwhm
        Full width at half maximum of the disc, any shape.
    beta
        Its exponent; below 1.2 it counts as that.
    """
    half_slit, exponent = 0.5 * width, max(beta, _LEAST_EXPONENT)
    half_width = np.clip(0.5 * np.asarray(fwhm, dtype=float), *(half_slit * np.array(_RATIOS)))
    edge2 = (half_slit / half_width) ** 2 * np.expm1(np.log(2.0) / exponent)
    return np.asarray(betainc(0.5, exponent - 1.0, edge2 / (1.0 + edge2)))
