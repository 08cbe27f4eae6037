"""Carry a response over the molecular bands, and judge by that what was found within them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.bsplines import fit_curve
from soxs_pipeline.reduction.flux.responsepoints import ENVELOPE_ERROR, Points

__all__ = ["OFFSET", "error_across", "over_bands"]

Floats = NDArray[np.float64]

#: Added to logarithms so that none is near zero, where relative errors make no sense.
OFFSET = 100.0
#: Knot spacings in ln(wavelength) of the curve that tells the ends of a band.
_STIFF = (0.16, 0.08)
#: Relative error of a straight line over a band, per unit of ln(wavelength) from its nearer end,
#: and the largest that is granted.
_ACROSS, _MOST = 0.5, 0.10
#: Points of a band that depart by more than so many sigma from the line are not believed, and
#: none of the band if these are more than that share of them.
_ODD, _ODD_SHARE = 3.0, 0.3
#: Rounds in which points beyond the last free ones are rid of stretches without a window.
_ROUNDS = 4


def error_across(x: Floats, known: Floats) -> Floats:
    """Return the relative error of what is carried over from the nearest of the known places."""
    after = np.clip(np.searchsorted(known, x), 1, known.size - 1)
    away = np.minimum(np.abs(x - known[after]), np.abs(x - known[after - 1]))
    return np.asarray(np.minimum(_ACROSS * away, _MOST))


def over_bands(points: Points) -> Points:
    """Return points of which those within bands agree with what lies on both sides of the band.

    An instrument's response changes little over a band: a straight line from end to end is its
    course, to some per cent, whatever the air did. Points within the band have a say by their
    errors, unless they contradict the line by far: then the model of the air was not that of the
    star's air, and a curve that is free to follow them would take the band for the instrument.
    Beyond the last free points nothing can be carried over; there the points stand for themselves.

    Parameters
    ----------
    points
        Sorted by ``x``.
    """
    x, y, sigma, free = points.x, points.y.copy(), points.sigma.copy(), ~points.banded
    known = x[free]
    stiff = fit_curve(known, y[free] - y[free].mean() + OFFSET, sigma[free], spacings=_STIFF)

    def course(at: Floats) -> Floats:
        return stiff(at) - OFFSET + y[free].mean()

    misfit = float(np.std(y[free] - course(known)))
    within = ~free & (x > known[0]) & (x < known[-1])
    after = np.searchsorted(known, x[within])
    low, high = known[after - 1], known[after]
    share = (x[within] - low) / (high - low)
    line = (1.0 - share) * course(low) + share * course(high)
    carried = np.hypot(error_across(x[within], known), misfit)
    odd = np.abs(y[within] - line) > _ODD * np.hypot(carried, sigma[within])
    for band in np.unique(after):
        mine = after == band
        odd[mine] |= bool(odd[mine].mean() > _ODD_SHARE)
    trust = np.where(odd, 0.0, carried**2 / (carried**2 + sigma[within] ** 2))
    y[within] = trust * y[within] + (1.0 - trust) * line
    sigma[within] = np.where(odd, carried, np.sqrt(trust) * sigma[within])
    return _without_absorbed_ends(Points(x, y, sigma, points.banded), within)


def _without_absorbed_ends(points: Points, within: NDArray[np.bool_]) -> Points:
    """Drop stretches beyond the last free points that were absorbed even at their brightest.

    These are points with the error of an envelope; what templates brought back with a smaller one
    is kept, on whichever side of the curve it lies.
    """
    certain = ~points.banded | within | (points.sigma < ENVELOPE_ERROR)
    for _ in range(_ROUNDS):
        middle = float(points.y.mean())
        curve = fit_curve(points.x, points.y - middle + OFFSET, points.sigma, spacings=_STIFF)
        kept = certain | (points.y > curve(points.x) - OFFSET + middle - points.sigma)
        if kept.all():
            break
        points, certain = points.only(kept), certain[kept]
    return points
