"""How far faint neighbours pull the fitted centre of a line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["blend_shift"]

Floats = NDArray[np.float64]

#: Neighbours looked at on either side of a line in a sorted list.
_NEIGHBOURS = 40


def blend_shift(
    position: Floats, intensity: Floats, *, sigma_px: float, exponents: Sequence[float]
) -> tuple[Floats, Floats]:
    """Predict the shift of each line's fitted centre by its neighbours.

    To first order in the flux ratio ``f`` a neighbour at distance ``d`` moves the centre of a
    least-squares Gaussian of width ``sigma`` by ``f d exp(-d^2 / 4 sigma^2)``: the overlap of
    the neighbour with the derivative of the line, over the norm of that derivative. Lamps
    differ in their line ratios, so the shift is computed for several powers of the listed
    intensities; their mean is the prediction and their spread its uncertainty.

    Parameters
    ----------
    position
        Positions along the dispersion in pixels, in any order, shape ``(n,)``.
    intensity
        Listed intensities, shape ``(n,)``.
    sigma_px
        Gaussian width of a line.
    exponents
        Powers of the intensities to try.

    Returns
    -------
    shift, uncertainty
        In pixels, shape ``(n,)``. The first-order formula overstates neighbours as bright as
        the line itself; such lines get a large uncertainty, which is what they deserve.
    """
    rank = np.argsort(position)
    where, light = position[rank], np.clip(intensity[rank], 1e-12, None)
    count = len(where)
    shifts = np.zeros((len(exponents), count))
    for step in range(1, min(_NEIGHBOURS, count - 1) + 1):
        distance = where[step:] - where[:-step]
        if distance.min() > 6.0 * sigma_px:
            break
        pull = distance * np.exp(-(distance**2) / (4.0 * sigma_px**2))
        for row, exponent in zip(shifts, exponents, strict=True):
            ratio = (light[step:] / light[:-step]) ** exponent
            row[:-step] += ratio * pull
            row[step:] -= pull / ratio
    mean, spread = shifts.mean(axis=0), 0.5 * np.ptp(shifts, axis=0)
    back = np.empty(count, dtype=np.int64)
    back[rank] = np.arange(count)
    return mean[back], np.hypot(spread, 0.3 * np.abs(mean))[back]
