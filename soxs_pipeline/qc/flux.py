"""Quality-control measures of the response."""

from __future__ import annotations

import numpy as np

from soxs_pipeline.domain.flux import Response
from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = ["RESPONSE_QC", "measure_response"]

EFFICIENCY = QcDefinition("EFF MEDIAN", "Median efficiency, telescope and atmosphere-free")
PEAK = QcDefinition("EFF PEAK", "Highest efficiency, 99th percentile")
SCATTER = QcDefinition("RESP RMS", "Relative scatter of the points about the response")
ERROR = QcDefinition("RESP ERROR", "Median relative error of the response")
STARS = QcDefinition("N STANDARDS", "Standard stars that made the response")
SPREAD = QcDefinition("RESP SPREAD", "Relative scatter of the levels of the standard stars")
STEP = QcDefinition("RESP STEP", "Largest step between orders that the flat lamp leaves, in ln")
BLUR = QcDefinition(
    "BLUR FRAC", "Instrument's blur over the width of a pinhole's image, as the standards tell"
)
ORDER_EFFICIENCY = QcDefinition("EFF MEDIAN", "Median efficiency of an order", per_order=True)

RESPONSE_QC = (EFFICIENCY, PEAK, SCATTER, ERROR, STARS, SPREAD, STEP, BLUR, ORDER_EFFICIENCY)


def measure_response(response: Response) -> list[QcValue]:
    """Measure efficiency, scatter and error of a response."""
    values = [
        ORDER_EFFICIENCY.value(float(np.nanmedian(row)), int(order))
        for order, row in zip(response.orders, response.efficiency, strict=True)
        if np.isfinite(row).any()
    ]
    known = response.efficiency[np.isfinite(response.efficiency)]
    if known.size:
        values += [
            EFFICIENCY.value(float(np.median(known))),
            PEAK.value(float(np.percentile(known, 99))),
        ]
    return [
        *values,
        SCATTER.value(response.scatter),
        ERROR.value(float(np.nanmedian(response.error))),
        STARS.value(len(response.standards)),
        *([SPREAD.value(response.spread)] if np.isfinite(response.spread) else []),
        *([STEP.value(response.step)] if np.isfinite(response.step) else []),
        *([] if response.blur is None else [BLUR.value(response.blur.fraction)]),
    ]
