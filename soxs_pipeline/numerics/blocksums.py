"""Weighted sums over groups of pixels and over blocks of groups, for fits with many nuisances.

A constant that is free in each group is projected out by taking its level off; what is free in
each block is solved for with what is left.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["BlockSums", "Projected"]

Floats = NDArray[np.float64]


class Projected(NamedTuple):
    """Columns of a fit, what is free in groups and blocks projected out.

    Parameters
    ----------
    weighted
        Columns by weight, shape ``(n, m)``.
    level
        Their levels in each group.
    shared, followed
        Their products with functions in each block, and what the amplitudes of those follow.
    """

    weighted: sparse.csr_array
    level: Floats
    shared: Floats
    followed: Floats

    def product(self, columns: sparse.csr_array, other: Projected) -> Floats:
        """Return the normal matrix of these columns and others, shape ``(m, m')``.

        Parameters
        ----------
        columns, other
            The others, as they are and projected.
        """
        plain = np.asarray((self.weighted.T @ columns).toarray())
        plain -= np.einsum("kcp,kcq->pq", self.shared, other.followed)
        return np.asarray(plain - self.level.T @ other.level)


class BlockSums:
    """Sums over pixels that share a place along the dispersion, and over blocks of such groups.

    Parameters
    ----------
    along
        Number of the group of each pixel, never falling, shape ``(n,)``.
    block_px
        How many groups make a block.
    weight
        Of each pixel, shape ``(n,)``.

    Attributes
    ----------
    group, block
        Which group and block each pixel belongs to, counted without gaps.
    blocks
        How many blocks there are.
    """

    def __init__(self, along: NDArray[np.int64], block_px: int, weight: Floats) -> None:
        self.group = np.cumsum(np.diff(along, prepend=along[0]) > 0)
        block = along // block_px
        self.block = np.cumsum(np.diff(block, prepend=block[0]) > 0)
        first = np.flatnonzero(np.diff(self.group, prepend=-1))
        self._of_group = self.block[first]
        self.blocks = int(self.block[-1]) + 1
        self._weight = weight
        total = np.bincount(self.group, weight)
        self._scale = 1.0 / np.sqrt(np.maximum(total, 1e-300))
        count = np.arange(self.group.size)
        self._groups = sparse.csr_array((np.ones(count.size), (self.group, count)))
        self._in_blocks = sparse.csr_array((np.ones(count.size), (self.block, count)))

    def level(self, values: NDArray | sparse.csr_array) -> Floats:
        """Return the mean of values by weight in each group, in units of its error.

        Parameters
        ----------
        values
            Times the weight, shape ``(n, m)``.
        """
        summed = self._groups @ values
        dense = summed.toarray() if sparse.issparse(summed) else summed
        return np.asarray(dense * self._scale[:, None])

    def summed(self, values: Floats) -> Floats:
        """Return the sum of values in each block, shape ``(blocks,)``.

        Parameters
        ----------
        values
            Shape ``(n,)``.
        """
        return np.asarray(np.bincount(self.block, values, self.blocks), np.float64)

    def product(self, one: Floats, other: NDArray | sparse.csr_array) -> Floats:
        """Return the sum of products in each block, shape ``(blocks, m)``.

        Parameters
        ----------
        one
            Shape ``(n,)``.
        other
            Times the weight, shape ``(n, m)``.
        """
        if sparse.issparse(other):
            return np.asarray((self._in_blocks @ (sparse.diags_array(one) @ other)).toarray())
        return np.asarray(self._in_blocks @ (one[:, None] * other))

    def of_levels(self, one: Floats, other: Floats) -> Floats:
        """Return the sum of products of levels in each block, shape ``(blocks, m)``.

        Parameters
        ----------
        one, other
            Levels, shapes ``(groups,)`` and ``(groups, m)``.
        """
        summed = np.zeros((self.blocks, other.shape[1]))
        np.add.at(summed, self._of_group, one[:, None] * other)
        return summed

    def without_level(self, values: Floats) -> Floats:
        """Return values less their mean by weight in each group, shape ``(n,)``.

        Parameters
        ----------
        values
            Shape ``(n,)``.
        """
        level = self.level((self._weight * values)[:, None])[:, 0] * self._scale
        return np.asarray(values - level[self.group])

    def projected(
        self, columns: sparse.csr_array, functions: Floats, levels: Floats, normal: Floats
    ) -> Projected:
        """Return columns of a fit with what is free in groups and blocks projected out.

        Parameters
        ----------
        columns
            Shape ``(n, m)``.
        functions, levels
            Functions of which each block has amplitudes of its own, shape ``(functions, n)``, and
            their levels.
        normal
            Normal matrix of the functions in each block.
        """
        weighted = sparse.csr_array(sparse.diags_array(self._weight) @ columns)
        level = self.level(weighted)
        shared = np.stack(
            [
                self.product(function, weighted) - self.of_levels(mine, level)
                for function, mine in zip(functions, levels, strict=True)
            ],
            axis=1,
        )
        followed = np.asarray(np.linalg.solve(normal, shared))
        return Projected(weighted, level, shared, followed)
