"""Light of a point source that passes a slit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

__all__ = ["slit_share"]

Floats = NDArray[np.float64]


def slit_share(width: float, fwhm: Floats, beta: float) -> Floats:
    """Return the share of the light of a centred point source that passes a slit.

    The profile is a round Moffat function. Summed along one axis it is one again with the same
    scale and an exponent that is less by a half (Trujillo et al. 2001, MNRAS 328, 977), so that
    the profile seen along the slit is also that across it. Its integral is an incomplete beta
    function.

    Parameters
    ----------
    width
        Of the slit, in the unit of `fwhm`.
    fwhm
        Full width at half maximum along the slit, any shape.
    beta
        Exponent of the profile along the slit, larger than a half.
    """
    alpha = np.asarray(fwhm, dtype=float) / (2.0 * np.sqrt(2.0 ** (1.0 / beta) - 1.0))
    edge2 = (0.5 * width / np.maximum(alpha, 1e-12)) ** 2
    return np.asarray(betainc(0.5, beta - 0.5, edge2 / (1.0 + edge2)))
