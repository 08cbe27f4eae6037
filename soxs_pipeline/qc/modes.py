"""Quality-control measures of exposures that belong to a sequence."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = ["COMPARED", "OFFSET", "OFFSET_QC", "SEQUENCE_QC", "measure_offset"]

OFFSET = QcDefinition("OFFSET ALONG", "Offset along the slit as the header tells it", "arcsec")
COMPARED = QcDefinition(
    "COSMIC COMPARED", "Pixels told cosmic rays by the partner exposure alone", "pixel"
)

SEQUENCE_QC = (OFFSET, COMPARED)

AWAY = QcDefinition("OFFSET AWAY", "Distance from the object as the headers tell it", "arcsec")
OF_SKY = QcDefinition("OFFSET SKY", "1 for an exposure of the sky, 0 for one of the object")
LINES = QcDefinition("SKY LINES RATIO", "Brightness of sky lines relative to the sky around")

OFFSET_QC = (AWAY, OF_SKY, LINES)


def measure_offset(
    away_arcsec: float,
    factors: Sequence[float],
    of_sky: bool,  # noqa: FBT001
) -> tuple[QcValue, ...]:
    """Measure an exposure of an offset sequence.

    Parameters
    ----------
    away_arcsec
        Distance from the object, NaN if only the kind of exposure is known.
    factors
        Brightness of the sky's lines relative to the exposures around, of each order.
    of_sky
        True for an exposure of the sky.
    """
    return (
        *((AWAY.value(away_arcsec),) if math.isfinite(away_arcsec) else ()),
        OF_SKY.value(int(of_sky)),
        *((LINES.value(float(np.median(factors))),) if factors else ()),
    )
