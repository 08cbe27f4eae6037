"""Combine equal exposures pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Combined", "combine_stack", "median_of_stack"]

Float32 = NDArray[np.float32]
Flags = NDArray[np.bool_]

#: Up to this many frames a sorting network of array minima and maxima beats numpy's median.
NETWORK_LIMIT = 12
#: Pixels treated at once by the general median.
CHUNK = 200_000


@dataclass(frozen=True, eq=False)
class Combined:
    """A stack combined; arrays have the shape of one frame.

    Parameters
    ----------
    mean
        Mean of the accepted values, 0 where there is none.
    variance
        Variance of that mean, 0 where there is none.
    count
        Number of accepted values.
    rejected
        Number of values rejected as outliers, of all that were not bad beforehand.
    """

    mean: Float32
    variance: Float32
    count: NDArray[np.int16]
    rejected: NDArray[np.int16]


def median_of_stack(stack: Float32) -> Float32:
    """Return the median along the first axis of values that are all finite.

    Parameters
    ----------
    stack
        Shape ``(n, ...)``.

    Returns
    -------
    NDArray
        Shape ``(...)``.
    """
    n = len(stack)
    if n == 1:
        return np.array(stack[0], dtype=np.float32)
    if n > NETWORK_LIMIT:
        return _median_in_chunks(stack)
    rows = [np.array(frame, dtype=np.float32) for frame in stack]
    spare = np.empty_like(rows[0])
    # Odd-even transposition sort, all pixels at once.
    for turn in range(n):
        for k in range(turn % 2, n - 1, 2):
            np.minimum(rows[k], rows[k + 1], out=spare)
            np.maximum(rows[k], rows[k + 1], out=rows[k + 1])
            rows[k], spare = spare, rows[k]
    return np.asarray(0.5 * (rows[(n - 1) // 2] + rows[n // 2]), dtype=np.float32)


def _median_in_chunks(stack: Float32) -> Float32:
    flat = stack.reshape(len(stack), -1)
    result = np.empty(flat.shape[1], dtype=np.float32)
    for start in range(0, flat.shape[1], CHUNK):
        part = slice(start, start + CHUNK)
        result[part] = np.median(np.ascontiguousarray(flat[:, part].T), axis=1)
    return result.reshape(stack.shape[1:])


def combine_stack(
    stack: Float32,
    bad: Flags,
    *,
    read_noise: float,
    gain_factor: NDArray[np.floating],
    clip_sigma: float,
    photons: bool = True,
) -> Combined:
    """Return the mean of a stack with outliers rejected by the noise model.

    A value is rejected if it lies further from the median of its stack than ``clip_sigma``
    times the noise *expected* there, ``sqrt(read_noise**2 + signal)``. The scatter of the few
    values themselves could never reject anything: of n values none lies further than
    ``(n - 1) / sqrt(n)`` of their standard deviations from their mean. Of two values that
    disagree the higher one is rejected, as cosmic rays only add.

    Parameters
    ----------
    stack
        Values in electrons times ``gain_factor``, shape ``(n, ny, nx)``; finite everywhere.
    bad
        True for values not to be used, shape ``(n, ny, nx)``.
    read_noise
        Read noise of one frame in electrons.
    gain_factor
        Factor by which each frame was scaled, shape ``(n,)``: scales its noise too.
    clip_sigma
        Rejection limit in sigma.
    photons
        True if the signal has Poisson noise, False if it is an electronic level.

    Returns
    -------
    Combined
        Mean weighted by the inverse noise of the expected signal, and its variance.
    """
    n = len(stack)
    factor = np.asarray(gain_factor, dtype=np.float64)
    centre = _centre(stack, bad)
    expected = centre if n != 2 else np.where(bad.any(axis=0), centre, stack.min(axis=0))
    signal = np.maximum(expected, np.float32(0.0)) * np.float32(photons)
    use = ~bad
    rejected = np.zeros(centre.shape, dtype=np.int16)
    # Two values lie at half their difference, which has twice the variance, from their median.
    widen = np.float32(clip_sigma * (np.sqrt(0.5) if n == 2 else 1.0))
    for k in range(n if n > 1 else 0):
        apart = stack[k] - centre
        beyond = apart * apart > widen**2 * _variance(signal, factor[k], read_noise)
        outlier = use[k] & beyond & (apart > 0) if n == 2 else use[k] & beyond
        use[k] &= ~outlier
        rejected += outlier
    return _weighted_mean(stack, use, rejected, signal, factor, read_noise)


def _variance(signal: Float32, factor: float, read_noise: float) -> Float32:
    """Return the variance of a value scaled by a factor: read noise and Poisson noise."""
    return np.asarray(np.float32(factor**2 * read_noise**2) + np.float32(factor) * signal)


def _centre(stack: Float32, bad: Flags) -> Float32:
    """Median along the stack, of the values that are not bad."""
    centre = median_of_stack(stack)
    some = bad.any(axis=0)
    if some.any():
        values = np.where(bad[:, some], np.nan, stack[:, some])
        some_good = np.isfinite(values).any(axis=0)
        values[:, ~some_good] = 0.0
        centre[some] = np.nanmedian(values, axis=0)
    return centre


def _weighted_mean(
    stack: Float32,
    use: Flags,
    rejected: NDArray[np.int16],
    signal: Float32,
    factor: NDArray[np.float64],
    read_noise: float,
) -> Combined:
    total = np.zeros(stack.shape[1:], dtype=np.float32)
    weights = np.zeros_like(total)
    for k, frame in enumerate(stack):
        # The expected signal is common to all, so that no weight depends on its own datum.
        weight = use[k] / (_variance(signal, factor[k], read_noise) + np.float32(1e-12))
        total += weight * frame
        weights += weight
    good = weights > 0
    inverse = np.divide(1.0, weights, out=np.zeros_like(weights), where=good)
    return Combined(total * inverse, inverse, use.sum(axis=0, dtype=np.int16), rejected)
