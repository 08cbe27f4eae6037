"""Robust location, scale and weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["clipped_moments", "mad_sigma", "robust_level", "row_quantiles", "tukey_weights"]

#: Ratio of the standard deviation to the median absolute deviation of a Gaussian.
MAD_TO_SIGMA = 1.482602218505602


def mad_sigma(values: ArrayLike, axis: int | None = None) -> NDArray[np.float64]:
    """Return the Gaussian sigma that the median absolute deviation stands for.

    Parameters
    ----------
    values
        Any shape; NaN are ignored.
    axis
        Axis to reduce, all by default.

    Returns
    -------
    NDArray
        Sigma in the unit of the values, NaN where nothing is finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).any():
        return np.full(np.median(np.zeros_like(array), axis=axis).shape, np.nan)
    if axis is None:
        # Many short series are measured: to look for NaN along axes takes five times as long.
        known = array[~np.isnan(array)]
        return np.asarray(MAD_TO_SIGMA * np.median(np.abs(known - np.median(known))))
    centre = np.nanmedian(array, axis=axis, keepdims=True)
    return np.asarray(MAD_TO_SIGMA * np.nanmedian(np.abs(array - centre), axis=axis))


def row_quantiles(
    values: NDArray[np.float64], use: NDArray[np.bool_], quantile: float
) -> NDArray[np.float64]:
    """Return a quantile of each row, interpolated between the two values next to it.

    Parameters
    ----------
    values, use
        Values, and True for those that count, shape ``(n, k)``.
    quantile
        From 0 to 1.

    Returns
    -------
    NDArray
        Shape ``(n,)``; zero for rows without any.
    """
    # What does not count is sorted behind the rest. NumPy's own takes a row at a time.
    use = use & np.isfinite(values)
    ranked = np.sort(np.where(use, values, np.inf), axis=1)
    count = use.sum(axis=1)
    place = quantile * np.maximum(count - 1, 0)
    below = np.floor(place).astype(np.int64)
    row = np.arange(len(values))
    low = ranked[row, below]
    high = ranked[row, np.minimum(below + 1, np.maximum(count - 1, 0))]
    with np.errstate(invalid="ignore"):
        between = low + (place - below) * (high - low)
    return np.where(count > 0, between, 0.0)


def clipped_moments(
    values: ArrayLike, *, clip_sigma: float, iterations: int
) -> tuple[float, float, int]:
    """Return mean, standard deviation and number of the values that survive clipping.

    The deviation is corrected for the truncation of a Gaussian at ``clip_sigma``. Quantised
    data need this: their median absolute deviation is a whole number of steps.

    Parameters
    ----------
    values
        Any shape; values that are not finite are ignored.
    clip_sigma
        Half-width of the kept interval; the scale starts as the MAD.
    iterations
        Largest number of passes.

    Returns
    -------
    tuple
        Mean, standard deviation, number kept; NaN, NaN and 0 of nothing.
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    array = array[np.isfinite(array)]
    if not array.size:
        return float("nan"), float("nan"), 0
    centre = float(np.median(array))
    scale = float(MAD_TO_SIGMA * np.median(np.abs(array - centre)))
    if scale == 0.0:
        scale = float(np.std(array))
    kept = array
    for _ in range(iterations if scale > 0.0 else 0):
        inside = array[np.abs(array - centre) <= clip_sigma * scale]
        settled = inside.size == kept.size
        kept = inside
        centre, scale = float(kept.mean()), float(kept.std()) / _truncation(clip_sigma)
        if settled or scale == 0.0:
            break
    return centre, scale, int(kept.size)


def _truncation(clip_sigma: float) -> float:
    """Return the deviation of a unit Gaussian cut at ``clip_sigma`` on both sides."""
    density = np.exp(-0.5 * clip_sigma**2) / np.sqrt(2.0 * np.pi)
    inside = _gauss_inside(clip_sigma)
    return float(np.sqrt(1.0 - 2.0 * clip_sigma * density / inside))


def _gauss_inside(clip_sigma: float) -> float:
    grid = np.linspace(-clip_sigma, clip_sigma, 2001)
    return float(np.trapezoid(np.exp(-0.5 * grid**2), grid) / np.sqrt(2.0 * np.pi))


def robust_level(values: NDArray[np.floating], *, most: int = 400_000) -> float:
    """Return the median of the finite values, from an even subsample of at most ``most``.

    Parameters
    ----------
    values
        Any shape.
    most
        Number of values looked at; a median of 4e5 values is good to 0.2 % of their scatter.

    Returns
    -------
    float
        The median, NaN if nothing is finite.
    """
    flat = values.ravel()
    # An odd step does not fall in with the columns of a detector.
    step = max(1, flat.size // most) | 1
    sample = flat[::step]
    sample = sample[np.isfinite(sample)]
    return float(np.median(sample)) if sample.size else float("nan")


def tukey_weights(residual: ArrayLike, *, cutoff: float) -> NDArray[np.float64]:
    """Return Tukey's biweight of residuals in units of their sigma.

    Parameters
    ----------
    residual
        Residuals over sigma.
    cutoff
        Residual at and beyond which the weight is zero; 4.685 gives 95 % efficiency.

    Returns
    -------
    NDArray
        Weights between 0 and 1; NaN residuals weigh nothing.
    """
    u = np.nan_to_num(np.asarray(residual, dtype=np.float64) / cutoff, nan=np.inf)
    return np.where(np.abs(u) < 1.0, (1.0 - np.minimum(np.abs(u), 1.0) ** 2) ** 2, 0.0)
