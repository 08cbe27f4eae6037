"""Least squares in local cubic B-splines on unrectified pixels, by banded normal equations.

The principle is that of Kelson (2003, PASP 115, 688): a tilted, curved slit samples the sky
spectrum far more finely than the pixels, so the model is a spline in wavelength fitted to the
pixels as they are. Knots are uniform, which gives the basis in closed form; smoothness where
the data ask for no structure is imposed by a penalty on third differences (Eilers & Marx 1996,
Stat. Sci. 11, 89). Spectra of sources are fitted together with the sky: their coefficients are
interleaved with those of the sky so that the matrix stays narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve_banded, cholesky_banded

__all__ = [
    "Cells",
    "Layout",
    "cubic_values",
    "evaluate",
    "find_cells",
    "find_positions",
    "inverse_blocks",
    "normal_equations",
    "penalty",
    "solve",
]

#: Added to the diagonal, relative to what the data put there.
_FLOOR = 1e-7

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Where the coefficients stand: one group a pixel, sky first, then each source.

    Parameters
    ----------
    start
        Coordinate of the first group's edge, in pixels.
    groups
        Number of groups that hold data.
    ratio
        Sky knots in one pixel.
    sources
        Number of sources fitted with the sky, with one knot a pixel each.
    """

    start: float
    groups: int
    ratio: int
    sources: int

    @property
    def stride(self) -> int:
        """Coefficients in one group."""
        return self.ratio + self.sources

    @property
    def size(self) -> int:
        """Number of all coefficients."""
        return (self.groups + 3) * self.stride

    @property
    def sky_size(self) -> int:
        """Number of coefficients of the sky."""
        return (self.groups + 3) * self.ratio

    @property
    def bandwidth(self) -> int:
        """Greatest distance of two coefficients that share a pixel."""
        return 4 * self.stride - 1

    def sky_position(self, index: Integers) -> Integers:
        """Return where sky coefficients stand among all."""
        return index // self.ratio * self.stride + index % self.ratio

    def source_position(self, index: Integers, source: int) -> Integers:
        """Return where the coefficients of a source stand among all."""
        return index * self.stride + self.ratio + source

    def local_positions(self, cell: Integers) -> Integers:
        """Return the coefficients that act in each cell, shape ``(4 (1 + sources), n)``."""
        steps = np.arange(4)[:, None]
        rows = [self.sky_position(cell + steps)]
        rows += [self.source_position(cell // self.ratio + steps, k) for k in range(self.sources)]
        return np.concatenate(rows)


@dataclass(frozen=True, eq=False)
class Cells:
    """Runs of sorted pixels that lie between the same two knots.

    Parameters
    ----------
    cell
        Number of each non-empty cell, rising, shape ``(m,)``.
    first
        Its first pixel.
    counts
        How many pixels it has.
    sky_phase, source_phase
        Position of each pixel between its knots, in [0, 1), shape ``(n,)``.
    """

    cell: Integers
    first: Integers
    counts: Integers
    sky_phase: Floats
    source_phase: Floats

    def spread(self, values: NDArray) -> NDArray:
        """Return a value of each cell at its pixels."""
        return np.repeat(values, self.counts)

    def total(self, values: Floats) -> Floats:
        """Return the sums over the cells along the last axis."""
        return np.add.reduceat(values, self.first, axis=-1)


def find_cells(coordinate: Floats, layout: Layout) -> Cells:
    """Assign sorted coordinates to the cells of a layout.

    Parameters
    ----------
    coordinate
        Position along the dispersion in pixels, sorted, shape ``(n,)``.
    layout
        The layout; every coordinate must lie in its groups.
    """
    scaled = (coordinate - layout.start) * layout.ratio
    cell = np.clip(np.floor(scaled), 0, layout.groups * layout.ratio - 1).astype(np.int64)
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    group = cell // layout.ratio
    return Cells(
        cell[first],
        first,
        np.diff(first, append=cell.size),
        scaled - cell,
        scaled / layout.ratio - group,
    )


def cubic_values(phase: Floats, derivative: int = 0) -> Floats:
    """Return the four uniform cubic B-splines, or a derivative, at a phase between knots.

    Parameters
    ----------
    phase
        Position in units of the knot spacing, in [0, 1), shape ``(n,)``.
    derivative
        0, 1 or 2, in units of the knot spacing.

    Returns
    -------
    ndarray
        Shape ``(4, n)``.
    """
    f = phase
    g = 1.0 - f
    if derivative == 0:
        f2, g2 = f * f, g * g
        a, d = g2 * g / 6.0, f2 * f / 6.0
        b = (4.0 - 6.0 * f2 + 18.0 * d) / 6.0
        return np.stack((a, b, 1.0 - a - b - d, d))
    if derivative == 1:
        a, d = -0.5 * g * g, 0.5 * f * f
        b = f * (1.5 * f - 2.0)
        return np.stack((a, b, -a - b - d, d))
    return np.stack((g, 3.0 * f - 2.0, 1.0 - 3.0 * f, f))


def find_positions(cells: Cells, layout: Layout) -> Integers:
    """Return the coefficients that act in each non-empty cell, ``(4 (1 + sources), m)``."""
    return layout.local_positions(cells.cell)


def evaluate(values: Floats, coef: Floats, cells: Cells, positions: Integers) -> Floats:
    """Return the sum of basis values times coefficients at every pixel.

    Parameters
    ----------
    values
        Basis at the pixels, shape ``(k, n)``.
    coef
        All coefficients.
    cells
        Which pixels share a cell.
    positions
        The coefficients acting in each cell, shape ``(k, m)``.
    """
    result = values[0] * cells.spread(coef[positions[0]])
    for row, place in zip(values[1:], positions[1:], strict=True):
        result += row * cells.spread(coef[place])
    return result


def normal_equations(
    values: Floats, weight: Floats, data: Floats, cells: Cells, layout: Layout
) -> tuple[Floats, Floats]:
    """Return the banded normal matrix (lower form) and the right-hand side.

    Parameters
    ----------
    values
        Basis at the pixels, sky first, shape ``(4 (1 + sources), n)``.
    weight, data
        Inverse variance and value of the pixels, shape ``(n,)``.
    cells, layout
        From `find_cells`, and what it was called with.
    """
    positions = layout.local_positions(cells.cell)
    band = np.zeros((layout.bandwidth + 1, layout.size))
    right = np.zeros(layout.size)
    flat = band.ravel()
    for a, row in enumerate(values):
        weighted = row * weight
        sums = cells.total(values[a:] * weighted)
        for b, total in enumerate(sums, start=a):
            low = np.minimum(positions[a], positions[b])
            place = np.abs(positions[a] - positions[b]) * layout.size + low
            np.add.at(flat, place, total)
        np.add.at(right, positions[a], cells.total(weighted * data))
    # Coefficients without data come out as zero. The floor is set by the data alone: next to
    # a strong penalty it must not draw the smooth part of the solution towards zero.
    filled = band[0] > 0
    band[0] += _FLOOR * float(np.median(band[0][filled])) if filled.any() else 1.0
    return band, right


def penalty(layout: Layout, strength: Floats, source: int | None = None) -> Floats:
    """Return the banded matrix that penalises third differences of coefficients.

    Parameters
    ----------
    layout
        The layout.
    strength
        Weight of each squared third difference, shape ``(coefficients - 3,)``.
    source
        Number of the source whose coefficients are meant; None is the sky.
    """
    band = np.zeros((layout.bandwidth + 1, layout.size))
    signs = (-1.0, 3.0, -3.0, 1.0)
    # Every so many coefficients the places repeat, a stride further on.
    period = layout.ratio if source is None else 1

    def place(index: int) -> int:
        at = np.asarray(index)
        if source is None:
            return int(layout.sky_position(at))
        return int(layout.source_position(at, source))

    for phase in range(period):
        part = strength[phase::period]
        for a in range(4):
            low = place(phase + a)
            reach = slice(low, low + layout.stride * part.size, layout.stride)
            for b in range(a, 4):
                band[place(phase + b) - low, reach] += signs[a] * signs[b] * part
    return band


def solve(band: Floats, right: Floats) -> Floats:
    """Solve banded normal equations.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrix is not positive definite.
    """
    return np.asarray(cho_solve_banded((cholesky_banded(band, lower=True), True), right))


def inverse_blocks(band: Floats, layout: Layout) -> Floats:
    """Return the covariance of the sky coefficients that act together in each cell.

    Entries of the inverse within the band need no full inverse (Takahashi et al. 1973, Proc.
    8th PICA Conf.).

    Parameters
    ----------
    band
        Normal matrix with its penalty, lower form.
    layout
        Its layout.

    Returns
    -------
    ndarray
        Shape ``(groups * ratio, 4, 4)``.
    """
    diagonal, lower = _blocks(band, layout)
    count, size, _ = diagonal.shape
    # Coefficients without data have far less weight than others: scaled, less is lost of them.
    scale = 1.0 / np.sqrt(np.diagonal(diagonal, axis1=1, axis2=2))
    diagonal *= scale[:, :, None] * scale[:, None, :]
    lower *= scale[1:, :, None] * scale[:-1, None, :]
    inverse, below = _selected_inverse(diagonal, lower)
    inverse *= scale[:, :, None] * scale[:, None, :]
    below *= scale[1:, :, None] * scale[:-1, None, :]
    # Two neighbouring blocks hold every pair of coefficients of one cell.
    pair = np.zeros((count, 2 * size, 2 * size))
    pair[:, :size, :size] = inverse
    pair[:-1, size:, size:] = inverse[1:]
    pair[:-1, size:, :size] = below
    pair[:-1, :size, size:] = below.mT
    place = layout.local_positions(np.arange(layout.groups * layout.ratio))[:4]
    block = place[0] // size
    local = place - block * size
    return pair[block[:, None, None], local.T[:, :, None], local.T[:, None, :]]


def _selected_inverse(diagonal: Floats, lower: Floats) -> tuple[Floats, Floats]:
    """Return the blocks of a block-tridiagonal inverse on the diagonal and next below it.

    Every other block is eliminated, all at once, and the rest inverted in the same way
    (cyclic reduction: Heller 1976, SIAM J. Numer. Anal. 13, 484).

    Parameters
    ----------
    diagonal
        Blocks of the symmetric matrix on its diagonal, shape ``(n, s, s)``.
    lower
        Those below them, shape ``(n - 1, s, s)``.
    """
    own = np.linalg.inv(diagonal[1::2])
    if not len(own):
        return np.asarray(np.linalg.inv(diagonal), dtype=np.float64), lower
    # Each block that goes, `own`, has one neighbour before it and, but for the last, one after.
    before, after = lower[::2], lower[1::2]
    pairs = len(after)
    to_before, to_after = own @ before, own[:pairs] @ after.mT
    rest = diagonal[::2].copy()
    rest[: len(own)] -= before.mT @ to_before
    rest[1 : pairs + 1] -= after @ to_after
    kept, across = _selected_inverse(rest, -after @ to_before[:pairs])
    with_before = -to_before @ kept[: len(own)]
    with_before[:pairs] -= to_after @ across
    with_after = -to_before[:pairs] @ across.mT - to_after @ kept[1 : pairs + 1]
    gone = own - with_before @ to_before.mT
    gone[:pairs] -= with_after @ to_after.mT
    inverse, below = np.empty_like(diagonal), np.empty_like(lower)
    inverse[::2], inverse[1::2] = kept, gone
    below[::2], below[1::2] = with_before, with_after.mT
    return inverse, below


def _blocks(band: Floats, layout: Layout) -> tuple[Floats, Floats]:
    size = layout.bandwidth + 1
    count = -(-layout.size // size)
    padded = np.zeros((size, (count + 1) * size))
    padded[:, : layout.size] = band
    # Coefficients that only fill the last block are given unit variance.
    padded[0, layout.size : count * size] = 1.0
    rows, columns = np.indices((size, size))
    offset = rows - columns
    starts = np.arange(count)[:, None, None] * size
    inside = padded[np.abs(offset), starts + np.minimum(rows, columns)]
    below = padded[np.minimum(offset + size, size - 1), starts[:-1] + columns]
    return inside, np.where(offset < 0, below, 0.0)
