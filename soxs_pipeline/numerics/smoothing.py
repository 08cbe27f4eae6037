"""How smooth a spectrum may be taken to be, decided by its own data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

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
    solve: Callable[[Floats], Floats],
    density: Floats,
    *,
    finest: float,
    lengths: Sequence[float],
    sigma: float,
    reach: int,
) -> Floats:
    """Choose for each coefficient the longest smoothing that the data do not contradict.

    Smooth solutions are compared with the fine one over windows of several widths (Lepski
    1991, Theory Probab. Appl. 35, 454): where their weighted mean difference is more than
    ``sigma`` times its error, the spectrum has structure and keeps its knots. Strong lines,
    found by the shortest, are left fine in all later trials, so that they do not ring into what is
    between them.

    Parameters
    ----------
    solve
        Returns the coefficients for given smoothing lengths in knots.
    density
        Inverse variance gathered by each coefficient, shape ``(n,)``.
    finest
        The length that leaves structure alone.
    lengths
        What is tried, rising.
    sigma
        Significance of structure.
    reach
        How many knots around structure are left alone too.

    Returns
    -------
    ndarray
        Length in knots at each coefficient.
    """
    fine = solve(np.full(density.size, finest))
    chosen = np.full(density.size, finest)
    free = np.ones(density.size, bool)
    for length in lengths:
        trial = np.where(free, length, chosen)
        free &= ~_structured((fine - solve(trial)) * density, density * free, sigma, reach)
        chosen = np.where(free, length, chosen)
    return chosen


def _structured(difference: Floats, density: Floats, sigma: float, reach: int) -> NDArray:
    """Return where a difference is significant over windows of some width."""
    found = np.zeros(density.size, bool)
    difference = np.where(density > 0, difference, 0.0)
    for width in _WIDTHS:
        mean = uniform_filter1d(difference, width, mode="constant") * width
        error2 = uniform_filter1d(density, width, mode="constant") * width
        significant = np.abs(mean) > sigma * np.sqrt(np.maximum(error2, 0.0)) + 1e-30
        found |= maximum_filter1d(significant, 2 * max(reach, width // 2) + 1)
    return found
