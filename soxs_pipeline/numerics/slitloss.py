"""Light of a point source that passes a slit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betainc

__all__ = ["slit_share"]

Floats = NDArray[np.float64]

#: Nodes of the integral across the slit.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
#: Part of its peak to which a profile has fallen where two profiles shall agree, beside one half.
_LOW = 0.1
#: How much larger than the exponent along the slit that of the disc can be: by nothing in a slit
#: of no width, by a half in one of infinite width.
_EXCESS = (-0.01, 0.51)
#: Least and largest half width at half maximum over half the slit's width: nothing or all is lost.
_RATIOS = (0.01, 100.0)
#: Scales of the disc from its middle beyond which its light no longer shapes the sum.
_FAR = 15.0
#: A disc of a smaller exponent has most of its light nowhere near.
_LEAST_EXPONENT = 1.2
#: Scales of the disc at which its width along the slit is worked out, and how far they reach
#: beyond those of discs that the slit does not cut.
_N_SCALES, _BEYOND = 40, (0.5, 1.1)


def slit_share(width: float, fwhm: Floats, beta: float) -> Floats:
    """Return the share of the light of a centred point source that passes a slit.

    The disc is a round Moffat function ``(1 + (r / a)^2)^-b``. What is seen along the slit is the
    disc summed over the slit's width only: narrower than the disc summed over all its width, and
    with fainter wings. Scale and exponent of the disc are those whose sum over the slit's width
    has, like the profile seen, half its peak at `fwhm` / 2 and a tenth of it at the same place.
    The whole disc summed along the slit has the exponent ``b - 1/2`` (Trujillo et al. 2001,
    MNRAS 328, 977); its integral over the slit's width is an incomplete beta function.

    Parameters
    ----------
    width
        Of the slit, in the unit of `fwhm`.
    fwhm
        Full width at half maximum of the profile along the slit, any shape.
    beta
        Exponent of that profile, taken for a Moffat function; below 1.2 it counts as that.
    """
    half_slit = 0.5 * width
    half_width = np.clip(0.5 * np.asarray(fwhm, dtype=float), *(half_slit * np.array(_RATIOS)))
    exponent = _disc_exponent(half_slit / float(np.median(half_width)), beta)
    # The half width that a disc of every scale shows along this slit, and its inverse.
    sharp = 1.0 / np.sqrt(2.0 ** (1.0 / exponent) - 1.0)
    narrowest, widest = sharp * float(half_width.min()), sharp * float(half_width.max())
    scales = np.geomspace(_BEYOND[0] * narrowest, _BEYOND[1] * widest, _N_SCALES)
    shown = np.array([_half_width(half_slit / scale, exponent) * scale for scale in scales])
    alpha = np.exp(np.interp(np.log(half_width), np.log(shown), np.log(scales)))
    edge2 = (half_slit / alpha) ** 2
    return np.asarray(betainc(0.5, exponent - 1.0, edge2 / (1.0 + edge2)))


def _seen(place: float, half_slit: float, exponent: float) -> float:
    """Return the light along a slit at a place over that at its peak; unit is the disc's scale."""
    across = 0.5 * min(half_slit, _FAR) * (_NODES + 1.0)
    light = (1.0 + across**2 + place**2) ** -exponent @ _WEIGHTS
    return float(light / ((1.0 + across**2) ** -exponent @ _WEIGHTS))


def _half_width(half_slit: float, exponent: float) -> float:
    """Return where the light along a slit has half its peak; unit is the disc's scale."""
    widest = 4.0 / np.sqrt(exponent - 0.9)
    return float(brentq(lambda place: _seen(place, half_slit, exponent) - 0.5, 0.0, widest))


def _disc_exponent(half_slit: float, beta: float) -> float:
    """Return the exponent of the disc seen with an exponent along a slit.

    Parameters
    ----------
    half_slit
        Half the slit's width over the half width at half maximum along the slit.
    beta
        Exponent along the slit.
    """
    low = np.sqrt((_LOW ** (-1.0 / beta) - 1.0) / (2.0 ** (1.0 / beta) - 1.0))

    def excess(more: float) -> float:
        exponent = beta + more
        # Of a disc summed over no width, and of one summed over all of it, with room to spare.
        sharp = 1.0 / np.sqrt(2.0 ** (1.0 / exponent) - 1.0)
        scale = brentq(
            lambda unit: unit * _half_width(half_slit / unit, exponent) - 1.0,
            0.3 * sharp,
            1.5 * sharp,
        )
        return _seen(low / scale, half_slit / scale, exponent) - _LOW

    beta = max(beta, _LEAST_EXPONENT)
    ends = _EXCESS
    if excess(ends[0]) * excess(ends[1]) > 0.0:
        return beta + min(ends, key=lambda more: abs(excess(more)))
    return beta + float(brentq(excess, *ends, xtol=1e-4))
