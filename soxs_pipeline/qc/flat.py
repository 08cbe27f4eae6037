"""What is measured of the quality of a flat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality

__all__ = ["exposure_levels", "inner_mean_and_sum", "response_error", "response_scatter"]

Flags = NDArray[np.bool_]


def exposure_levels(frame: Frame, inner: Flags) -> tuple[float, float, float]:
    """Return the 10th, 50th and 90th percentile of the exposure inside the orders.

    Parameters
    ----------
    frame
        One exposure in electrons.
    inner
        True inside the orders.
    """
    values = frame.data[inner & ~frame.bad]
    if not values.size:
        return float("nan"), float("nan"), float("nan")
    low, middle, high = np.percentile(values, [10.0, 50.0, 90.0])
    return float(low), float(middle), float(high)


def inner_mean_and_sum(flat: Frame, inner: Flags) -> tuple[float, float]:
    """Return mean and sum of the response of the good pixels inside the orders."""
    values = flat.data[inner & ~flat.bad].astype(np.float64)
    return (float(values.mean()), float(values.sum())) if values.size else (float("nan"), 0.0)


def response_error(flat: Frame, inner: Flags) -> float:
    """Return the median error of the response inside the orders."""
    values = flat.variance[inner & ~flat.bad]
    return float(np.sqrt(np.median(values))) if values.size else float("nan")


def response_scatter(flat: Frame, inner: Flags) -> float:
    """Return by how much neighbours along the dispersion differ, over the root of two."""
    good = inner & ~flat.bad & ((flat.quality & np.uint32(Quality.NO_CALIBRATION)) == 0)
    both = good[:, 1:] & good[:, :-1]
    apart = np.diff(flat.data, axis=1)[both]
    if not apart.size:
        return float("nan")
    return float(1.4826 * np.median(np.abs(apart)) / np.sqrt(2.0))
