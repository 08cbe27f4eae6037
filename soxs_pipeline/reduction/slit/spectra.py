"""What the spectra of sky and sources leave to a fit along the slit.

Sky and sources have a spectrum each that is free from column to column. A fit of something else,
with these held where they are, only goes part of the way at a time: what it changes they have to
follow. Taking out of everything what they could take up themselves leaves the whole step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["products_beside_spectra"]

Floats = NDArray[np.float64]

#: Relative share added to the diagonal, so that a column without a source has a solution.
_RIDGE = 1e-9


def products_beside_spectra(rows: Floats, functions: Floats, column: NDArray[np.int64]) -> Floats:
    """Return the products of rows with one another, the best fit of free spectra taken out.

    Parameters
    ----------
    rows
        Weighted by the roots of the weights, shape ``(k, n)``.
    functions
        Shares of the spectra in the pixels, weighted alike, shape ``(s, n)``.
    column
        Column of each pixel, ascending, shape ``(n,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(k, k)``.
    """
    begins = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    size = len(functions)
    normal = np.empty((begins.size, size, size))
    shared = np.empty((begins.size, size, len(rows)))
    for i, one in enumerate(functions):
        for j in range(i + 1):
            normal[:, i, j] = normal[:, j, i] = np.add.reduceat(one * functions[j], begins)
        shared[:, i] = np.add.reduceat(one * rows, begins, axis=1).T
    index = np.arange(size)
    normal[:, index, index] += _RIDGE * normal[:, index, index] + 1e-30
    taken = np.linalg.solve(normal, shared).reshape(-1, len(rows))
    return np.asarray(rows @ rows.T - shared.reshape(-1, len(rows)).T @ taken)
