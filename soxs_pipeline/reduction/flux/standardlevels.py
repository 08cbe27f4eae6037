"""How bright standard stars come out against each other.

Clouds, and light lost beside the slit, dim a star in all wavelengths alike. Taken together, the
stars of a night tell the shape of the response however they were dimmed, and its level as well
as they agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Levels", "find_levels"]

Floats = NDArray[np.float64]

#: Width in ln(wavelength) of the bins in which exposures are compared.
_BIN = 0.01
_ROUNDS = 10


@dataclass(frozen=True, eq=False)
class Levels:
    """Level of every exposure in ln, zero for the middle one of the stars.

    Parameters
    ----------
    exposures
        Shape ``(n_exposures,)``; NaN for an exposure that cannot be compared.
    stars
        Mean level of each star.
    spread
        Standard deviation of the stars, NaN for one.
    error
        One sigma of the middle level; 0 where only one exposure tells.
    """

    exposures: Floats
    stars: dict[str, float]
    spread: float
    error: float


def find_levels(x: Sequence[Floats], y: Sequence[Floats], names: Sequence[str]) -> Levels:
    """Compare what exposures say of one curve.

    Parameters
    ----------
    x
        ln(wavelength), an array for each exposure.
    y
        ln(sensitivity) there.
    names
        Star of each exposure.
    """
    first = min((float(v.min()) for v in x if v.size), default=0.0)
    last = max((float(v.max()) for v in x if v.size), default=0.0)
    binned = np.full((len(x), int((last - first) / _BIN) + 1), np.nan)
    for row, (places, values) in enumerate(zip(x, y, strict=True)):
        at = ((places - first) / _BIN).astype(int)
        for one in np.unique(at):
            binned[row, one] = np.median(values[at == one])
    level = np.full(len(x), np.nan)
    seen = np.isfinite(binned).any(axis=1)
    binned = binned[:, np.isfinite(binned).any(axis=0)]
    if seen.any():
        level[seen] = 0.0
        for _ in range(_ROUNDS):
            curve = np.nanmedian(binned[seen] - level[seen, None], axis=0)
            level[seen] = np.nanmedian(binned[seen] - curve, axis=1)
    return _judged(level, names)


def _judged(level: Floats, names: Sequence[str]) -> Levels:
    owners = np.array(names)
    known = np.isfinite(level)
    stars = {
        name: float(np.mean(level[known & (owners == name)]))
        for name in dict.fromkeys(names)
        if (known & (owners == name)).any()
    }
    middle = float(np.median(list(stars.values()))) if stars else 0.0
    told = np.array(list(stars.values())) if len(stars) > 1 else level[known]
    scatter = float(np.std(told, ddof=1)) if told.size > 1 else 0.0
    return Levels(
        exposures=level - middle,
        stars={name: value - middle for name, value in stars.items()},
        spread=scatter if len(stars) > 1 else float("nan"),
        error=scatter / float(np.sqrt(max(told.size, 1))),
    )
