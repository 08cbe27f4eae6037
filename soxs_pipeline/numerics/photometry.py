"""Tie instrumental magnitudes to those of a catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

__all__ = ["ZeroPoint", "fit_zero_point"]

Floats = NDArray[np.float64]

#: Median of the absolute pull of a normal distribution.
_MEDIAN_PULL = 0.6745
#: Stars that a slope and a scatter ask for.
_FEWEST = 4


@dataclass(frozen=True)
class ZeroPoint:
    """Zero point and colour term.

    Parameters
    ----------
    value, error
        Zero point at the pivot colour and its standard error, mag.
    slope, slope_error
        Colour term and its standard error, mag per mag.
    pivot
        Colour at which `value` holds, mag: the weighted mean colour of the stars.
    scatter
        Scatter of the stars beyond their stated errors, mag.
    used
        Stars that entered the fit, shape (n,).
    """

    value: float
    error: float
    slope: float
    slope_error: float
    pivot: float
    scatter: float
    used: NDArray[np.bool_]


def fit_zero_point(
    difference: Floats, error: Floats, colour: Floats, *, clip: float = 4.0
) -> ZeroPoint:
    """Fit difference = value + slope * (colour - pivot) by inverse variance.

    Stars further than `clip` from the median leave first (variables, blends), in units of their
    errors with the scatter that half of the stars show beyond them. What is left beyond the errors
    is what makes chi square equal to its degrees of freedom (Paule & Mandel 1982, J. Res. NBS 87,
    377).

    Parameters
    ----------
    difference
        Catalogue minus instrumental magnitude, shape (n,).
    error
        Standard error of `difference`, mag, shape (n,).
    colour
        Catalogue colour, mag, shape (n,).
    clip
        Rejection threshold.

    Raises
    ------
    ValueError
        With fewer than four usable stars, too few for a slope and a scatter.
    """
    good = np.isfinite(difference) & np.isfinite(colour) & np.isfinite(error) & (error > 0)
    if good.sum() < _FEWEST:
        message = f"{int(good.sum())} usable stars, at least {_FEWEST} needed for a zero point"
        raise ValueError(message)
    scatter = 0.0
    for _ in range(10):
        fit = _solve(difference[good], np.hypot(error[good], scatter), colour[good])
        residual = difference - fit[0] - fit[1] * (colour - fit[2])
        residual -= np.median(residual[good])
        scatter = _usual_scatter(residual[good], error[good])
        kept = good & (np.abs(residual) <= clip * np.hypot(error, scatter))
        # Of the last few none is an outlier: what they scatter is in the error.
        if np.array_equal(kept, good) or kept.sum() < _FEWEST:
            break
        good = kept
    return _with_errors(difference, error, colour, good)


def _usual_scatter(residual: Floats, error: Floats) -> float:
    """Return the scatter beyond the errors for which half of the pulls are as small as usual."""

    def excess(scatter: float) -> float:
        pull = np.abs(residual) / np.hypot(error, scatter)
        return float(np.median(pull)) - _MEDIAN_PULL

    top = 10.0 * float(np.abs(residual).max(initial=0.0)) + 1e-6
    return float(brentq(excess, 0.0, top)) if excess(0.0) > 0 > excess(top) else 0.0


def _solve(y: Floats, sigma: Floats, colour: Floats) -> tuple[float, float, float]:
    weight = 1.0 / sigma**2
    pivot = float(np.average(colour, weights=weight))
    spread = float(np.sum(weight * (colour - pivot) ** 2))
    slope = float(np.sum(weight * (colour - pivot) * y)) / spread if spread > 0 else 0.0
    return float(np.average(y, weights=weight)), slope, pivot


def _with_errors(
    difference: Floats, error: Floats, colour: Floats, good: NDArray[np.bool_]
) -> ZeroPoint:
    y, sigma, c = difference[good], error[good], colour[good]

    def excess(scatter: float) -> float:
        total = np.hypot(sigma, scatter)
        value, slope, pivot = _solve(y, total, c)
        return float(np.sum(((y - value - slope * (c - pivot)) / total) ** 2) - (len(y) - 2))

    top = 10.0 * float(np.ptp(y)) + 1e-6
    scatter = float(brentq(excess, 0.0, top)) if excess(0.0) > 0 > excess(top) else 0.0
    total = np.hypot(sigma, scatter)
    value, slope, pivot = _solve(y, total, c)
    weight = 1.0 / total**2
    spread = float(np.sum(weight * (c - pivot) ** 2))
    slope_error = spread**-0.5 if spread > 0 else np.inf
    return ZeroPoint(value, np.sum(weight) ** -0.5, slope, slope_error, pivot, scatter, good)
