"""Bring measured positions and predicted ones together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

__all__ = ["Shift", "fit_affine", "match_nearest", "vote_shift"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """A shift found by voting.

    Parameters
    ----------
    dx, dy
        Measured minus predicted, in pixels.
    votes
        Pairs that agree with it.
    contrast
        Votes above chance in units of the scatter of chance, which is that of the votes for
        all other shifts.
    """

    dx: float
    dy: float
    votes: float
    contrast: float


def vote_shift(
    measured: Floats,
    predicted: Floats,
    weights: Floats,
    *,
    reach: tuple[float, float],
    cell: float,
) -> Shift:
    """Find the shift that most pairs of measured and predicted positions agree on.

    Every pair votes for its difference in a two-dimensional histogram; the right shift gathers
    one vote from each line seen, wrong ones only chance coincidences.

    Parameters
    ----------
    measured, predicted
        Positions ``(x, y)``, shapes ``(n, 2)`` and ``(m, 2)``.
    weights
        Vote of each predicted position, shape ``(m,)``.
    reach
        Largest shift considered in x and in y.
    cell
        Cell of the histogram in pixels, about the size of what a mere shift leaves over.

    Returns
    -------
    Shift
        With no pairs at all, a zero shift of contrast zero.
    """
    bins = [np.arange(-r - cell / 2, r + cell, cell) for r in reach]
    pairs = _pairs_within(measured, predicted, np.asarray(reach))
    if not len(pairs[0]):
        return Shift(0.0, 0.0, 0.0, 0.0)
    difference = measured[pairs[1]] - predicted[pairs[0]]
    votes = weights[pairs[0]]
    histogram, *_ = np.histogram2d(difference[:, 0], difference[:, 1], bins=bins, weights=votes)
    smooth = ndimage.gaussian_filter(histogram, 1.0, mode="constant")
    at = np.unravel_index(np.argmax(smooth), smooth.shape)
    centre = np.array([0.5 * (edges[i] + edges[i + 1]) for edges, i in zip(bins, at, strict=True)])
    agree = (np.abs(difference - centre) <= 1.5 * cell).all(axis=1)
    if agree.any():
        order = [np.argsort(difference[agree, axis]) for axis in (0, 1)]
        centre = np.array(
            [
                _weighted_median(difference[agree, axis][order[axis]], votes[agree][order[axis]])
                for axis in (0, 1)
            ]
        )
    won = float(votes[agree].sum())
    area = float(np.prod(2.0 * np.asarray(reach) + cell))
    won_area = (3.0 * cell) ** 2
    chance = max(float(votes.sum()) - won, 0.0) * won_area / max(area - won_area, won_area)
    return Shift(float(centre[0]), float(centre[1]), won, (won - chance) / np.sqrt(chance + 1.0))


def _pairs_within(
    measured: Floats, predicted: Floats, reach: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices of all (predicted, measured) pairs closer than the reach."""
    pairs = cKDTree(predicted / reach).sparse_distance_matrix(
        cKDTree(measured / reach), 1.0, p=np.inf, output_type="ndarray"
    )
    return np.asarray(pairs["i"], dtype=np.int64), np.asarray(pairs["j"], dtype=np.int64)


def _weighted_median(values: Floats, weights: Floats) -> float:
    total = np.cumsum(weights)
    return float(values[np.searchsorted(total, 0.5 * total[-1])])


def match_nearest(measured: Floats, predicted: Floats, radius: float) -> NDArray[np.int64]:
    """Return for each predicted position the nearest measured one, -1 if none is in reach.

    A measured position serves one predicted position only: the nearest.
    """
    if not len(measured):
        return np.full(len(predicted), -1)
    nearest = cKDTree(measured).query(predicted, distance_upper_bound=radius)
    distance, index = np.asarray(nearest[0]), np.asarray(nearest[1])
    matched = np.where(np.isfinite(distance), index, -1)
    for spot in np.unique(matched[matched >= 0]):
        rivals = np.flatnonzero(matched == spot)
        if rivals.size > 1:
            matched[np.setdiff1d(rivals, rivals[np.argmin(distance[rivals])])] = -1
    return matched


def fit_affine(
    source: Floats,
    target: Floats,
    *,
    distortion: float,
    iterations: int = 20,
    floor: float = 0.05,
) -> tuple[Floats, Floats]:
    """Fit ``target = offset + source @ matrix.T`` robustly (Tukey's biweight).

    Parameters
    ----------
    source, target
        Positions, shape ``(n, 2)``.
    distortion
        Width of the Gaussian prior of the matrix about the identity: positions that fill only
        a corner of the detector do not tell rotation and scale of the rest.
    iterations
        Turns of the robust fit.
    floor
        Least scale of the residuals in pixels.

    Returns
    -------
    offset, matrix
        Shapes ``(2,)`` and ``(2, 2)``.
    """
    centre = source.mean(axis=0)
    design = np.column_stack([np.ones(len(source)), source - centre])
    shift = target - source
    weights = np.ones(len(source))
    coef: Floats = np.zeros((3, 2))
    scale = 1.0
    for _ in range(iterations):
        precision = np.diag([0.0, 1.0, 1.0]) * (scale / distortion) ** 2
        normal = design.T @ (design * weights[:, None]) + precision
        coef = np.asarray(np.linalg.solve(normal, design.T @ (shift * weights[:, None])), float)
        distance = np.hypot(*(shift - design @ coef).T)
        scale = max(1.2 * float(np.median(distance)), floor)
        weights = np.clip(1.0 - (distance / (5.0 * scale)) ** 2, 0.0, None) ** 2
    matrix = np.eye(2) + coef[1:].T
    return coef[0] + centre - matrix @ centre, matrix
