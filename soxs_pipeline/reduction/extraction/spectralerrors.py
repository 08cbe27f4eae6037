"""Errors of sums of samples: pixels alone, and the sky that all have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.reduction.extraction.bins import Bins
from soxs_pipeline.reduction.extraction.planes import Planes

__all__ = ["UNKNOWN", "errors_of_sums"]

Floats = NDArray[np.float64]

#: Variance of a bin with no valid pixel, relative to the largest of the order.
UNKNOWN = 1e6


def errors_of_sums(
    planes: Planes, bins: Bins, weight: Floats, sky_sigma: Floats
) -> tuple[Floats, Floats]:
    """Return the variance of weighted sums and the correlation of each with the next.

    The error of the sky is common to all rows of a wavelength, so it adds up linearly. Along
    the dispersion it is as smooth as the sky model was, which its size betrays.
    """
    samples, middle = bins.samples, bins.height_arcsec.shape[1] // 2
    rows = np.maximum(bins.on_slit.sum(axis=1), 1)
    noise2 = samples.alone(middle).typical(planes.variance)[:, 0]
    # A sky averaged over n columns of the slit has 1/n of the variance of a single column's.
    columns = noise2 / np.maximum(rows * sky_sigma[:, middle] ** 2, 1e-12)
    # What varies faster than the pixels differs from row to row, for rows differ in phase.
    alike = np.clip(columns, 0.0, 1.0)
    sky = np.sqrt(alike) * (weight * sky_sigma).sum(axis=1)
    own = ((1.0 - alike)[:, None] * (weight * sky_sigma) ** 2).sum(axis=1)
    variance = samples.variance(planes.variance, weight) + sky**2 + own
    covariance = samples.covariance(planes.variance, weight)
    common = np.maximum(0.0, 1.0 - 1.0 / np.maximum(columns, 1.0))
    covariance[:-1] += common[:-1] * sky[:-1] * sky[1:]
    scale = np.sqrt(np.maximum(variance, 1e-300))
    correlation = np.zeros(variance.size)
    correlation[:-1] = covariance[:-1] / (scale[:-1] * scale[1:])
    return variance, np.clip(correlation, -1.0, 1.0)
