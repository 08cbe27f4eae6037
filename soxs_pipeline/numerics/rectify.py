"""Rectify images: share every pixel among the cells of a regular grid, nothing lost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Grid", "Rectified", "cell_shares", "rectify"]

Floats = NDArray[np.float64]

#: Parts into which a pixel is divided along the first and the second axis of the detector: lines
#: are tilted against the second one.
_PARTS = (2, 3)


@dataclass(frozen=True)
class Grid:
    """A regular grid of cells; ``x`` runs along the rows.

    Parameters
    ----------
    x_first, x_step, x_size
        Centre of the first cell, step and number of cells.
    y_first, y_step, y_size
        The same along the columns.
    """

    x_first: float
    x_step: float
    x_size: int
    y_first: float
    y_step: float
    y_size: int

    @property
    def x(self) -> Floats:
        """Centres along the rows."""
        return np.asarray(self.x_first + self.x_step * np.arange(self.x_size), float)

    @property
    def y(self) -> Floats:
        """Centres along the columns."""
        return np.asarray(self.y_first + self.y_step * np.arange(self.y_size), float)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y_size, self.x_size

    def columns(self, x_low: float, x_high: float) -> slice:
        """Return the columns in which an interval lies, with one to spare at either end."""
        first = int(np.floor((x_low - self.x_first) / self.x_step + 0.5)) - 1
        last = int(np.floor((x_high - self.x_first) / self.x_step + 0.5)) + 1
        return slice(max(first, 0), min(last + 1, self.x_size))

    def within(self, columns: slice) -> Grid:
        """Return the grid of some of the columns."""
        first = self.x_first + self.x_step * columns.start
        return replace(self, x_first=first, x_size=columns.stop - columns.start)


@dataclass(frozen=True, eq=False)
class Rectified:
    """A rectified image; arrays of the grid's shape.

    Parameters
    ----------
    value, variance
        Density in each cell, and its variance; 0 where ``coverage`` is.
    x_covariance, y_covariance
        Covariance of each cell with the next along the row, and along the column.
    coverage
        Share of the cell that good pixels cover.
    """

    value: Floats
    variance: Floats
    x_covariance: Floats
    y_covariance: Floats
    coverage: Floats


def cell_shares(
    x: Floats, y: Floats, slopes: tuple[Floats, Floats, Floats, Floats], grid: Grid
) -> sparse.csr_matrix:
    """Return which share of each pixel falls into each cell.

    A pixel is a parallelogram in the plane of the grid; it is divided into small parts, each of
    which goes to the cell it lies in. What falls beside the grid is lost, nothing else is.

    Parameters
    ----------
    x, y
        Where the centres of the pixels fall, shape ``(n,)``.
    slopes
        ``dx/di, dx/dj, dy/di, dy/dj``: how that changes by one pixel along the two axes of the
        detector, shape ``(n,)`` each.
    grid
        The cells.

    Returns
    -------
    sparse matrix
        Shape ``(cells, n)``, cells row by row; a column sums to one for a pixel inside.
    """
    x_i, x_j, y_i, y_j = slopes
    along, across = _middles(_PARTS[0]), _middles(_PARTS[1])
    share = 1.0 / (along.size * across.size)
    # A part is a box: parts of neighbouring pixels join without gap or overlap.
    widths = np.abs(x_i) / along.size, np.abs(y_j) / across.size
    cells, pixels, shares = [], [], []
    for di in along:
        for dj in across:
            columns = _spread(x + di * x_i + dj * x_j, widths[0], grid.x_first, grid.x_step)
            rows = _spread(y + di * y_i + dj * y_j, widths[1], grid.y_first, grid.y_step)
            for column, in_column in columns:
                for row, in_row in rows:
                    part = in_column * in_row
                    inside = (part > 0) & (column >= 0) & (column < grid.x_size)
                    inside &= (row >= 0) & (row < grid.y_size)
                    kept = np.flatnonzero(inside)
                    cells.append(row[kept] * grid.x_size + column[kept])
                    pixels.append(kept)
                    shares.append(share * part[kept])
    place = np.concatenate(cells), np.concatenate(pixels)
    shape = (grid.x_size * grid.y_size, x.size)
    return sparse.coo_matrix((np.concatenate(shares), place), shape=shape).tocsr()


def _middles(parts: int) -> Floats:
    return np.asarray((np.arange(parts) + 0.5) / parts - 0.5)


def _spread(
    centre: Floats, width: Floats, first: float, step: float
) -> list[tuple[NDArray[np.int64], Floats]]:
    """Return the cells an interval covers, and its share in each: as many as the widest needs."""
    low = (centre - 0.5 * width - first) / step + 0.5
    extent = np.maximum(width / step, 1e-9)
    start = np.floor(low).astype(np.int64)
    number = int(np.ceil(float(extent.max(initial=0.0)))) + 1
    found = []
    for k in range(number):
        cell = start + k
        shared = np.minimum(low + extent, cell + 1.0) - np.maximum(low, cell)
        found.append((cell, np.clip(shared, 0.0, None) / extent))
    return found


def rectify(
    shares: sparse.csr_matrix,
    values: Floats,
    variance: Floats,
    area: Floats,
    good: NDArray[np.bool_],
    grid: Grid,
) -> Rectified:
    """Return the density of a signal on a grid, with errors and covariances.

    Parameters
    ----------
    shares
        From `cell_shares`.
    values, variance
        Signal in each pixel and its variance, shape ``(n,)``.
    area
        Area of each pixel in the plane of the grid.
    good
        False for pixels that must not be used: others in the cell stand for them.
    grid
        The cells.
    """
    used = shares @ sparse.diags(good.astype(float))
    covered = np.asarray(used @ area)
    filled = covered > 0
    weights = sparse.diags(np.where(filled, 1.0 / np.where(filled, covered, 1.0), 0.0)) @ used
    noise2 = np.where(good, variance, 0.0)
    shape = grid.shape

    def covariance(step: int) -> Floats:
        both = weights[:-step].multiply(weights[step:])
        found = np.zeros(shape[0] * shape[1])
        found[:-step] = np.asarray(both @ noise2).ravel()
        return found.reshape(shape)

    along = covariance(1)
    along[:, -1] = 0.0
    return Rectified(
        value=np.asarray(weights @ np.where(good, values, 0.0)).reshape(shape),
        variance=np.asarray(weights.power(2) @ noise2).reshape(shape),
        x_covariance=along,
        y_covariance=covariance(grid.x_size),
        coverage=np.clip(covered / (grid.x_step * grid.y_step), 0.0, None).reshape(shape),
    )
