"""Trace the centre of every order.

1. The flat through the pinhole is detrended.
2. The first dispersion solution predicts where mid-slit runs; each order is looked for within
   a few pixels of that.
3. In every few columns a pixel-integrated Gaussian on a constant level is fitted across the
   order, all columns at once; where light is faint, in wider bins.
4. The measured centres correct the predicted shape by a low-order polynomial, whose degree the
   data choose. An order without light keeps its prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.dispersion import DispersionSolution, SpectralFormat
from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc import orders as measure
from soxs_pipeline.qc.definition import QcDefinition, QcValue
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.detector.detrend import detrend
from soxs_pipeline.reduction.orders.tracing import OrderTrace, trace_orders

__all__ = ["RECIPE", "OrderCentresParameters", "OrderCentresProducts", "soxs_order_centres"]


@dataclass(frozen=True, kw_only=True)
class OrderCentresParameters(ParameterSet):
    """Parameters of `soxs_order_centres`."""

    search_px: int = parameter(
        12,
        "Look for an order this far from its predicted place.",
        unit="pixel",
        ge=2,
        le=18,
    )
    detection_sigma: float = parameter(
        5.0, "Use a bin whose light is this many times its error.", unit="sigma", ge=3, le=100
    )
    most_degree: int = parameter(
        6, "Largest degree of the correction to the predicted shape.", ge=0, le=9
    )


@dataclass(frozen=True)
class OrderCentresProducts:
    """Products of `soxs_order_centres`."""

    order_table: OrderTable


N_ORDERS = QcDefinition("N ORDERS", "Number of orders traced")
OFFSET = QcDefinition("ORDER SHIFT", "Median distance of the orders from the prediction", "pixel")
WIDTH = QcDefinition("FWHM PIN MEDIAN", "Median width of the pinhole along the slit", "pixel")


def soxs_order_centres(
    raw: RawFrame,
    detector: DetectorCalibration,
    dispersion: DispersionSolution,
    spectral_format: SpectralFormat,
    *,
    parameters: OrderCentresParameters,
) -> Outcome[OrderCentresProducts]:
    """Trace the centre of every order.

    Parameters
    ----------
    raw
        Flat of the lamp through the pinhole.
    detector
        Bias, or dark or lamp-off frames.
    dispersion
        First dispersion solution.
    spectral_format
        Names of the orders.
    parameters
        Search window and fit.

    Raises
    ------
    UnprocessableDataError
        If no order holds light.
    """
    frame, remarks = detrend(raw, detector)
    table, traces = trace_orders(
        frame,
        dispersion,
        search_px=parameters.search_px,
        detection_sigma=parameters.detection_sigma,
        most_degree=parameters.most_degree,
        moves_together=spectral_format.moves_together,
    )
    for trace in traces:
        if not trace.found:
            name = spectral_format.name_of(trace.order)
            remarks.append(f"order {name}: no light was found; its predicted place is used")
    return Outcome(OrderCentresProducts(table), tuple(_quality(traces)), tuple(remarks))


def _quality(traces: Sequence[OrderTrace]) -> list[QcValue]:
    found = [trace for trace in traces if trace.found]
    used = np.concatenate([trace.used for trace in found])
    residual = np.concatenate([trace.residual[trace.used] for trace in found])
    error = np.concatenate([trace.error[trace.used] for trace in found])
    qc = [
        N_ORDERS.value(len(found)),
        OFFSET.value(float(np.median([trace.offset_px for trace in found]))),
        WIDTH.value(2.3548 * float(np.median([trace.sigma_px for trace in found]))),
        *measure.sample_counts(sum(trace.tried for trace in traces), used),
        *measure.residual_scatter(residual, error),
    ]
    for trace in traces:
        qc += measure.sample_counts(trace.tried, trace.used, trace.order)
        qc += measure.residual_scatter(
            trace.residual[trace.used], trace.error[trace.used], trace.order
        )
    return qc


RECIPE = Recipe(
    soxs_order_centres,
    OrderCentresParameters,
    OrderCentresProducts,
    (N_ORDERS, OFFSET, WIDTH, *measure.DEFINITIONS),
)
