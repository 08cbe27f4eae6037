"""How smooth a spectrum may be taken to be, decided by its own data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d

__all__ = ["choose_lengths", "strength_of_length"]

Floats = NDArray[np.float64]

#: Widths in knots over which a departure from the smooth curve is looked for.
_WIDTHS = (3, 6, 12, 24)


def strength_of_length(density: Floats, length_knots: Floats) -> Floats:
    """Return the penalty on squared third differences that smooths over a length.

    A wave of ``2 pi length`` knots is damped to one half.

    Parameters
    ----------
    density
        Inverse variance gathered by each coefficient, shape ``(n,)``.
    length_knots
        Length in knots at each coefficient, shape ``(n,)``.

    Returns
    -------
    ndarray
        Shape ``(n - 3,)``.
    """
    strength = density * length_knots**6
    return np.min([strength[i : strength.size - 3 + i] for i in range(4)], axis=0)


def choose_lengths(
    fine: Floats, smooth: list[tuple[float, Floats]], density: Floats, *, sigma: float, reach: int
) -> Floats:
    """Choose for each coefficient the longest smoothing that the data do not contradict.

    Each smooth solution is compared with the fine one over windows of several widths
    (Lepski 1991, Theory Probab. Appl. 35, 454): where their weighted mean difference is more
    than ``sigma`` times its error, the spectrum has structure and is left alone.

    Parameters
    ----------
    fine
        Coefficients of the fine solution, shape ``(n,)``.
    smooth
        Pairs of length in knots and coefficients, shortest first.
    density
        Inverse variance gathered by each coefficient.
    sigma
        Significance of structure.
    reach
        How many knots around structure are left alone too.

    Returns
    -------
    ndarray
        Length in knots at each coefficient; 0 where none is allowed.
    """
    lengths = np.zeros(fine.size)
    allowed = np.ones(fine.size, bool)
    for length, coef in smooth:
        difference = (fine - coef) * density
        structured = np.zeros(fine.size, bool)
        for width in _WIDTHS:
            mean = uniform_filter1d(difference, width, mode="constant") * width
            error = np.sqrt(uniform_filter1d(density, width, mode="constant") * width)
            structured |= np.abs(mean) > sigma * error + 1e-30
        allowed &= minimum_filter1d(~structured, 2 * reach + 1)
        lengths[allowed] = length
    return lengths
