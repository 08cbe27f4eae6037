"""Flux-conserving rebinning in one dimension, with variance and covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Rebinned", "bin_edges", "overlap_matrix", "rebin_density", "rebin_means"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rebinned:
    """A rebinned density; arrays of shape ``(m,)``.

    Parameters
    ----------
    value, variance
        Mean density in each new bin and its variance; NaN where ``coverage`` is zero.
    covariance
        Covariance of each bin with the next; the last is zero.
    coverage
        Share of the new bin that valid old bins cover, between 0 and 1.
    """

    value: Floats
    variance: Floats
    covariance: Floats
    coverage: Floats


def bin_edges(centre: Floats, width: Floats) -> Floats:
    """Return the ``n + 1`` edges of ``n`` contiguous bins: midway between their centres."""
    middle = 0.5 * (centre[1:] + centre[:-1])
    return np.concatenate([[centre[0] - 0.5 * width[0]], middle, [centre[-1] + 0.5 * width[-1]]])


def overlap_matrix(old_edges: Floats, new_edges: Floats) -> sparse.csr_matrix:
    """Return the lengths that new bins share with old ones.

    Parameters
    ----------
    old_edges, new_edges
        Rising bin edges, shapes ``(n + 1,)`` and ``(m + 1,)``.

    Returns
    -------
    sparse matrix
        Shape ``(m, n)``.
    """
    first = np.clip(np.searchsorted(old_edges, new_edges[:-1], "right") - 1, 0, None)
    last = np.clip(np.searchsorted(old_edges, new_edges[1:], "left"), None, len(old_edges) - 1)
    counts = np.clip(last - first, 0, None)
    rows = np.repeat(np.arange(len(counts)), counts)
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    columns = np.arange(counts.sum()) + starts
    shared = np.minimum(old_edges[columns + 1], new_edges[rows + 1]) - np.maximum(
        old_edges[columns], new_edges[rows]
    )
    shape = (len(new_edges) - 1, len(old_edges) - 1)
    return sparse.csr_matrix((np.clip(shared, 0.0, None), (rows, columns)), shape=shape)


def rebin_means(overlap: sparse.csr_matrix, density: Floats, valid: NDArray[np.bool_]) -> Floats:
    """Rebin a density without its errors: the values of `rebin_density`.

    Parameters
    ----------
    overlap, density, valid
        As in `rebin_density`.
    """
    weights, length = _mean_weights(overlap, valid)
    return np.where(length > 0, weights @ np.where(valid, density, 0.0), np.nan)


def _mean_weights(
    overlap: sparse.csr_matrix, valid: NDArray[np.bool_]
) -> tuple[sparse.csr_matrix, Floats]:
    """Return the share of each old bin in the mean of a new one, and the length covered."""
    usable = overlap @ sparse.diags(valid.astype(float))
    length = np.asarray(usable.sum(axis=1)).ravel()
    covered = length > 0
    scale = np.where(covered, 1.0 / np.where(covered, length, 1.0), 0.0)
    return sparse.diags(scale) @ usable, length


def rebin_density(
    overlap: sparse.csr_matrix,
    density: Floats,
    variance: Floats,
    correlation: Floats,
    valid: NDArray[np.bool_],
    new_width: Floats,
) -> Rebinned:
    """Rebin a density (signal per unit length) conserving its integral.

    Parameters
    ----------
    overlap
        From `overlap_matrix`.
    density, variance
        Values of the old bins, shape ``(n,)``.
    correlation
        Correlation coefficient of each old bin with the next.
    valid
        False for old bins that must not be used.
    new_width
        Widths of the new bins, shape ``(m,)``.

    Returns
    -------
    Rebinned
        The new bins, with the covariance that rebinning and the input bring.
    """
    weights, length = _mean_weights(overlap, valid)
    covered = length > 0
    values = np.where(valid, density, 0.0)
    spread = np.where(valid, variance, 0.0)
    neighbour = np.where(valid[1:] & valid[:-1], correlation[:-1], 0.0) * np.sqrt(
        spread[1:] * spread[:-1]
    )
    matrix = sparse.diags([neighbour, spread, neighbour], [-1, 0, 1], format="csr")
    product = weights @ matrix
    new_variance = np.asarray(product.multiply(weights).sum(axis=1)).ravel()
    covariance = np.zeros(len(new_width))
    covariance[:-1] = np.asarray(product[:-1].multiply(weights[1:]).sum(axis=1)).ravel()
    return Rebinned(
        value=np.where(covered, weights @ values, np.nan),
        variance=np.where(covered, new_variance, np.nan),
        covariance=covariance,
        coverage=np.clip(length / new_width, 0.0, 1.0),
    )
