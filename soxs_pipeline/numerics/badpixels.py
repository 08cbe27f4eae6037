"""Find pixels that differ from their surroundings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["isolated_outliers"]


def isolated_outliers(
    values: NDArray[np.floating],
    sigma: NDArray[np.floating],
    bad: NDArray[np.bool_],
    *,
    limit: float,
    window: int,
) -> NDArray[np.bool_]:
    """Return True where a pixel lies far from the median of its neighbours along a row.

    Parameters
    ----------
    values, sigma
        Pixel values and their one-sigma errors, shape ``(ny, nx)``.
    bad
        True for pixels not to be judged.
    limit
        Deviation in sigma.
    window
        Number of neighbours along axis 1, itself included; odd.

    Returns
    -------
    NDArray
        Shape ``(ny, nx)``.
    """
    median = ndimage.median_filter(values, size=(1, window), mode="nearest")
    return (np.abs(values - median) > limit * sigma) & ~bad
