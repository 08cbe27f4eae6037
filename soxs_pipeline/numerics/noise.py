"""Noise of a detector: Poisson and read-noise variance, and read noise from frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soxs_pipeline.numerics.robust import clipped_moments

__all__ = ["poisson_variance", "read_noise_of_difference"]


def poisson_variance(
    model_electrons: ArrayLike, read_noise: float, background: ArrayLike = 0.0
) -> NDArray[np.float32]:
    """Return the variance of pixels whose expected signal is known.

    Weights made from the data themselves pull every fit low, because downward fluctuations
    get the larger weight; fits must therefore weight with the variance of their own model.

    Parameters
    ----------
    model_electrons
        Expected signal in electrons; negative values count as zero.
    read_noise
        Read noise in electrons.
    background
        Variance, in electrons squared, of what was subtracted (bias, dark).

    Returns
    -------
    NDArray
        ``read_noise**2 + max(model, 0) + background`` in electrons squared.
    """
    model = np.maximum(np.asarray(model_electrons, dtype=np.float32), 0.0)
    return np.asarray(
        model + np.float32(read_noise**2) + np.asarray(background, np.float32), dtype=np.float32
    )


def read_noise_of_difference(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    *,
    bad: NDArray[np.bool_] | None = None,
    most: int = 400_000,
) -> float:
    """Return the read noise of one frame from the difference of two equal ones.

    The difference is free of all fixed pattern. Where the frames hold signal, its Poisson
    variance is taken off.

    Parameters
    ----------
    first, second
        Frames in electrons, equal in expectation but for a constant.
    bad
        True where a pixel is not to be used.
    most
        Number of pixels looked at.

    Returns
    -------
    float
        Read noise in electrons, NaN if there are fewer than 100 pixels.
    """
    step = max(1, first.size // most) | 1
    one, two = first.ravel()[::step], second.ravel()[::step]
    use = np.isfinite(one) & np.isfinite(two)
    if bad is not None:
        use &= ~bad.ravel()[::step]
    if int(use.sum()) < 100:
        return float("nan")
    one, two = one[use].astype(np.float64), two[use].astype(np.float64)
    _, sigma, _ = clipped_moments(one - two, clip_sigma=4.0, iterations=8)
    return float(sigma / np.sqrt(2.0))
