"""What is measured of the quality of a trace."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = ["DEFINITIONS", "residual_scatter", "sample_counts"]

TOTAL = QcDefinition("SAMPLES TOT NUM", "Number of bins in which the trace was looked for")
DETECTED = QcDefinition("SAMPLES DET NUM", "Number of bins in which it was found")
CLIPPED = QcDefinition("SAMPLES CLIP NUM", "Number of samples rejected by the fit")
DETECTED_FRACTION = QcDefinition("SAMPLES DET FRAC", "Fraction of bins with a detection")
CLIPPED_FRACTION = QcDefinition("SAMPLES CLIP FRAC", "Fraction of samples rejected")
RESIDUAL = QcDefinition("RES SD", "Weighted scatter of the samples about the fit", "pixel")
RESIDUAL_MOST = QcDefinition("RES MAX", "Largest residual of a sample used", "pixel")

#: Error in pixels that no sample is better than.
ERROR_FLOOR = 0.01

#: All that `sample_counts` and `residual_scatter` return.
DEFINITIONS = (
    TOTAL,
    DETECTED,
    CLIPPED,
    DETECTED_FRACTION,
    CLIPPED_FRACTION,
    RESIDUAL,
    RESIDUAL_MOST,
)


def sample_counts(tried: int, used: ArrayLike, order: int | None = None) -> list[QcValue]:
    """Return how many samples were looked for, found and rejected.

    Parameters
    ----------
    tried
        Number of bins looked at.
    used
        For each sample found, True if it carries the fit.
    order
        Diffraction order, None for all.
    """
    flags = np.asarray(used, dtype=bool)
    found, clipped = flags.size, int((~flags).sum())
    return [
        TOTAL.value(tried, order),
        DETECTED.value(found, order),
        CLIPPED.value(clipped, order),
        DETECTED_FRACTION.value(found / tried if tried else 0.0, order),
        CLIPPED_FRACTION.value(clipped / found if found else 0.0, order),
    ]


def residual_scatter(
    residuals: ArrayLike, errors: ArrayLike, order: int | None = None
) -> list[QcValue]:
    """Return the weighted scatter and the largest of the residuals; nothing of none.

    Parameters
    ----------
    residuals, errors
        Residuals of the samples used and their errors in pixels.
    order
        Diffraction order, None for all.
    """
    values, sigma = np.asarray(residuals, dtype=float), np.asarray(errors, dtype=float)
    if not values.size:
        return []
    # Faint samples scatter by their noise, which says nothing about the trace.
    weight = 1.0 / (sigma**2 + ERROR_FLOOR**2)
    scatter = float(np.sqrt((weight * values**2).sum() / weight.sum()))
    return [
        RESIDUAL.value(scatter, order),
        RESIDUAL_MOST.value(float(np.abs(values).max()), order),
    ]
