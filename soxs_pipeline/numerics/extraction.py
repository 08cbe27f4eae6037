"""Optimal sums across a profile of samples taken between the pixels of a row.

Only the rows near a source are moved, each by the fraction of a pixel by which the tilted
image of the slit departs from the column; at the trace itself nothing moves. All is linear in
the pixels, so that variance and covariance follow exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Samples", "lagrange_weights", "optimal_weights", "take_samples", "weighted_median"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TAPS = 6


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples between the pixels: rows across a source at each spectral bin.

    Parameters
    ----------
    rows
        Row of each sample, shape ``(bins, k)``.
    columns
        First of the pixels it is made of, shape ``(bins, k)``.
    taps
        Weight of each of these, shape ``(taps, bins, k)``.
    """

    rows: Integers
    columns: Integers
    taps: Floats

    def alone(self, k: int) -> Samples:
        """Return the samples of one row of each bin."""
        one = slice(k, k + 1)
        return Samples(self.rows[:, one], self.columns[:, one], self.taps[:, :, one])

    def __call__(self, image: NDArray[np.floating]) -> Floats:
        """Return the image at the samples, shape ``(bins, k)``."""
        flat, start = image.ravel(), self._start(image)
        result = np.zeros(start.shape)
        for k, tap in enumerate(self.taps):
            result += tap * flat[start + k]
        return result

    def typical(self, image: NDArray[np.floating]) -> Floats:
        """Return the mean of the image's pixels about the samples; positive if these are."""
        flat, start = image.ravel(), self._start(image)
        result = np.zeros(start.shape)
        for k, size in enumerate(self._sizes):
            result += size * flat[start + k]
        return result / self._sizes.sum(axis=0)

    def lost(self, bad: NDArray[np.bool_]) -> Floats:
        """Return how much of each sample comes from bad pixels."""
        flat, start = bad.ravel(), self._start(bad)
        result = np.zeros(start.shape)
        for k, size in enumerate(self._sizes):
            result += size * flat[start + k]
        return result

    def variance(self, variance: NDArray[np.floating], weight: Floats) -> Floats:
        """Return the variance of the weighted sums over each bin's samples."""
        flat, start = variance.ravel(), self._start(variance)
        total = np.zeros(start.shape)
        for k, tap in enumerate(self.taps):
            total += tap**2 * flat[start + k]
        return (weight**2 * total).sum(axis=1)

    def covariance(self, variance: NDArray[np.floating], weight: Floats) -> Floats:
        """Return the covariance of the sums of each bin and the next; the last is zero."""
        flat, start = variance.ravel(), self._start(variance)
        # Sample k of a bin and sample k - step of the next lie in the same row.
        step = (self.rows[1:, 0] - self.rows[:-1, 0])[:, None]
        partner = np.arange(self.rows.shape[1])[None, :] - step
        inside = (partner >= 0) & (partner < self.rows.shape[1])
        partner = np.clip(partner, 0, self.rows.shape[1] - 1)
        both = np.where(inside, weight[:-1] * np.take_along_axis(weight[1:], partner, 1), 0.0)
        offset = np.take_along_axis(self.columns[1:], partner, 1) - self.columns[:-1]
        total = np.zeros(both.shape)
        count = len(self.taps)
        next_taps = [np.take_along_axis(tap[1:], partner, 1) for tap in self.taps]
        for shift in range(-2, 4):
            here = offset == shift
            if not here.any():
                continue
            for k in range(max(0, shift), min(count, count + shift)):
                product = self.taps[k][:-1] * next_taps[k - shift] * flat[start[:-1] + k]
                total += np.where(here, product, 0.0)
        return np.concatenate(((both * total).sum(axis=1), [0.0]))

    @cached_property
    def _sizes(self) -> Floats:
        return np.abs(self.taps)

    def _start(self, image: NDArray) -> Integers:
        return self.rows * image.shape[1] + self.columns


def take_samples(rows: Integers, x: Floats, width: int) -> Samples:
    """Return the samples of rows at fractional columns.

    Parameters
    ----------
    rows, x
        Row and fractional column of each sample, shape ``(bins, k)``.
    width
        Number of columns of the image.
    """
    columns = np.floor(x).astype(np.int64) - (TAPS // 2 - 1)
    columns = np.clip(columns, 0, width - TAPS)
    return Samples(rows, columns, lagrange_weights(x - columns, TAPS))


def lagrange_weights(place: Floats, taps: int) -> Floats:
    """Return the weights of ``taps`` equidistant points in their interpolating polynomial.

    Parameters
    ----------
    place
        Where it is evaluated, in units of the spacing, counted from the first point.
    taps
        Number of points.

    Returns
    -------
    ndarray
        Shape ``(taps, *place.shape)``.
    """
    weights = []
    for k in range(taps):
        weight = np.ones_like(place)
        for other in range(taps):
            if other != k:
                weight = weight * (place - other) / (k - other)
        weights.append(weight)
    return np.array(weights)


def optimal_weights(profiles: Floats, precision: Floats) -> tuple[Floats, Floats]:
    """Return the weights whose sum over samples is the flux of the first source.

    Horne (1986, PASP 98, 609) for one source; for several the least-squares solution of all.

    Parameters
    ----------
    profiles
        Shape ``(sources, bins, k)``.
    precision
        Inverse variance of the samples, 0 where unusable, shape ``(bins, k)``.

    Returns
    -------
    weights
        Shape ``(bins, k)``.
    information
        Inverse variance of the flux for uncorrelated samples, shape ``(bins,)``.
    """
    weighted = profiles * precision
    normal = np.einsum("ajk,bjk->jab", weighted, profiles)
    trace = np.einsum("jaa->j", normal)
    filled = trace > 0
    normal[~filled] = np.eye(len(profiles))
    normal += np.eye(len(profiles)) * (1e-10 * np.where(filled, trace, 0.0))[:, None, None]
    first = np.zeros((len(normal), len(profiles), 1))
    first[:, 0] = 1.0
    share = np.linalg.solve(normal, first)[:, :, 0]
    weights = np.einsum("ja,ajk->jk", share, weighted)
    information = np.where(filled, 1.0 / np.maximum(share[:, 0], 1e-300), 0.0)
    return np.where(filled[:, None], weights, 0.0), information


def weighted_median(values: Floats, weight: Floats) -> Floats:
    """Return the weighted median of each row; zero for a row without weight."""
    rank = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, rank, 1)
    total = np.cumsum(np.take_along_axis(weight, rank, 1), axis=1)
    place = np.argmax(total >= 0.5 * total[:, -1:], axis=1)
    median = np.take_along_axis(ordered, place[:, None], 1)[:, 0]
    return np.where(total[:, -1] > 0, median, 0.0)
