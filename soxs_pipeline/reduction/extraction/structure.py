"""Tell lines that are not spread along the slit as the continuum is from cosmic rays.

A particle leaves too much light in a few pixels. In the lines of a galaxy that rotates, or of its
nebulae, many pixels of many bins hold more light than the continuum makes them expect, or less.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

__all__ = ["in_structure"]

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

#: Least pixels of a bin that depart, and how many bins beyond them a line reaches.
_LEAST_PIXELS, _REACH = 2, 4


def in_structure(
    pull: Floats, bins: NDArray[np.int64], limit: float, *, lasting: tuple[int, int] = (3, 5)
) -> Booleans:
    """Return True for pixels whose bin is spread along the slit otherwise than its model.

    Parameters
    ----------
    pull
        Light beyond the model in units of its error; 0 where that tells nothing.
    bins
        Bin of each pixel, of the same shape.
    limit
        From which size a pull is significant.
    lasting
        How many bins must depart of how many neighbours: more, if each takes in what strikes
        pixels of the next ones.
    """
    least, neighbours = lasting
    number = np.bincount(bins[np.abs(pull) > limit], minlength=int(bins.max(initial=0)) + 1)
    share = uniform_filter1d((number >= _LEAST_PIXELS) * 1.0, neighbours, mode="constant")
    found = share > (least - 0.5) / neighbours
    wide = maximum_filter1d(found, 2 * (_REACH + neighbours // 2) + 1)
    return np.asarray(wide[bins])
