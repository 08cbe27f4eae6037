"""Gauss-Hermite functions: how a profile departs from the one it is nearest to."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["hermite_bumps", "hermite_sum"]

Floats = NDArray[np.float64]


def hermite_bumps(u: Floats, count: int) -> Floats:
    """Return Gauss-Hermite functions of the degrees from one on.

    ``He_n(u) exp(-u^2 / 2) / sqrt(2 pi n!)`` (van der Marel and Franx 1993, ApJ 407, 525, with the
    polynomials of probability theory, so that each has an integral of zero): the first shifts a
    profile, the second changes its width, the third makes it skew, the fourth takes from the
    flanks what it gives to middle and wings.

    Parameters
    ----------
    u
        Distance from the centre over the standard deviation of the profile, any shape.
    count
        How many.

    Returns
    -------
    ndarray
        Shape ``(count, *u.shape)``.
    """
    before = np.exp(-0.5 * u**2) / math.sqrt(2.0 * math.pi)
    here = u * before
    found = []
    # With the square root of the factorial in the recurrence nothing grows beyond bounds.
    for n in range(1, count + 1):
        found.append(here)
        before, here = here, (u * here - math.sqrt(n) * before) / math.sqrt(n + 1.0)
    return np.array(found).reshape(count, *u.shape)


def hermite_sum(coefficients: Floats, u: Floats) -> Floats:
    """Return the sum of these multiples of `hermite_bumps` at any distances."""
    bumps = hermite_bumps(u, coefficients.size)
    return np.asarray(np.tensordot(coefficients, bumps, axes=1))
