"""Quality-control measures of lines checked against the dispersion solution."""

from __future__ import annotations

import numpy as np

from soxs_pipeline.domain.linecheck import LineCheck
from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = ["LINE_CHECK_QC", "measure_line_check"]

LINES = QcDefinition("N LINES", "Lines that carry the shift")
SHIFT = QcDefinition("LINE SHIFT", "Shift of the lines against the solution", "pixel")
SHIFT_ERROR = QcDefinition("LINE SHIFT ERR", "Error of the shift, spread of orders in it", "pixel")
VELOCITY = QcDefinition("LINE VELOCITY", "Median shift of the orders", "km/s")
SCATTER = QcDefinition("LINE SHIFT RMS", "Robust scatter of the lines about the shifts", "pixel")
WIDTH = QcDefinition("LINE FWHM", "Median width of the lines", "pixel")
POWER = QcDefinition("RESOLVING POWER", "Median resolving power of the lines")
ORDER_LINES = QcDefinition("N LINES", "Lines that carry the shift of an order", per_order=True)
ORDER_SHIFT = QcDefinition("LINE SHIFT", "Shift of an order", "pixel", per_order=True)
ORDER_ERROR = QcDefinition(
    "LINE SHIFT ERR", "Error of the shift of an order", "pixel", per_order=True
)
ORDER_WIDTH = QcDefinition("LINE FWHM", "Median width in an order", "pixel", per_order=True)
ORDER_POWER = QcDefinition("RESOLVING POWER", "Median resolving power in an order", per_order=True)

LINE_CHECK_QC = (
    LINES,
    SHIFT,
    SHIFT_ERROR,
    VELOCITY,
    SCATTER,
    WIDTH,
    POWER,
    ORDER_LINES,
    ORDER_SHIFT,
    ORDER_ERROR,
    ORDER_WIDTH,
    ORDER_POWER,
)


def measure_line_check(check: LineCheck) -> list[QcValue]:
    """Measure shift, width and resolving power of all orders and of each."""
    values = [LINES.value(int(check.line_used.sum()))]
    for row, order in enumerate(check.orders):
        number = int(order)
        values.append(ORDER_LINES.value(int(check.n_lines[row]), number))
        if check.n_lines[row]:
            values += [
                ORDER_SHIFT.value(float(check.shift_px[row]), number),
                ORDER_ERROR.value(float(check.shift_error_px[row]), number),
                ORDER_WIDTH.value(float(check.fwhm_px[row]), number),
                ORDER_POWER.value(float(check.resolving_power[row]), number),
            ]
    if not check.line_used.any():
        return values
    used = check.line_used
    apart = check.line_shift_px[used] - np.array(
        [check.shift_of(int(order))[0] for order in check.line_order[used]]
    )
    return [
        *values,
        SHIFT.value(check.common_px),
        SHIFT_ERROR.value(check.common_error_px),
        VELOCITY.value(float(np.median(check.velocity_km_s))),
        SCATTER.value(1.4826 * float(np.median(np.abs(apart)))),
        WIDTH.value(float(np.median(check.line_fwhm_px[used]))),
        POWER.value(float(np.nanmedian(check.resolving_power))),
    ]
