"""Quality-control measures of the telluric correction."""

from __future__ import annotations

import numpy as np

from soxs_pipeline.domain.telluric import TelluricCorrection
from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = ["TELLURIC_QC", "measure_telluric"]

WATER = QcDefinition("WATER", "Water above the telescope at the zenith", "mm")
WATER_ERROR = QcDefinition("WATER ERR", "Error of the water column", "mm")
MEASURED = QcDefinition("BANDS FIT", "Bands in which absorption was measured")
VELOCITY = QcDefinition("LINES VEL", "Velocity of the absorption lines", "km/s")
VELOCITY_ERROR = QcDefinition("LINES VEL ERR", "Error of the velocity", "km/s")
TEMPLATE = QcDefinition("TEMPLATE ERR", "Median error of the templates, of the light taken away")
OPAQUE = QcDefinition("OPAQUE FRAC", "Fraction of bins with too little light")

TELLURIC_QC = (WATER, WATER_ERROR, MEASURED, VELOCITY, VELOCITY_ERROR, TEMPLATE, OPAQUE)


def measure_telluric(found: TelluricCorrection, opaque: float) -> tuple[QcValue, ...]:
    """Measure a telluric correction; bins below the transmission ``opaque`` count as lost."""
    measured = [band for band in found.bands if band.measured]
    values = [
        MEASURED.value(len(measured)),
        OPAQUE.value(float((found.transmission < opaque).mean())),
    ]
    if np.isfinite(found.water_mm):
        values.append(WATER.value(found.water_mm))
    if np.isfinite(found.water_error_mm):
        values.append(WATER_ERROR.value(found.water_error_mm))
    if measured:
        values.append(TEMPLATE.value(float(np.median([band.template_error for band in measured]))))
    measured = [band for band in measured if np.isfinite(band.velocity_km_s)]
    if measured:
        weight = np.array([band.velocity_error_km_s**-2.0 for band in measured])
        velocity = np.array([band.velocity_km_s for band in measured])
        values += [
            VELOCITY.value(float((weight * velocity).sum() / weight.sum())),
            VELOCITY_ERROR.value(float(weight.sum() ** -0.5)),
        ]
    return tuple(values)
