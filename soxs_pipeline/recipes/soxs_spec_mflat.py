"""Make the master flat, the edges of the orders and the blaze.

1. Flats of each lamp are detrended, brought to a common level and averaged with rejection by
   the noise model. The second lamp (deuterium) serves the orders in which the first is faint.
2. The edges of every order are where the light falls to half, fitted with a blurred step in
   bins of columns and smoothed along the order.
3. Scattered light is a smooth surface through the pixels between the orders.
4. In every order the spectrum of the lamp is a spline along the dispersion that follows the
   tilt of the slit; what is left of each pixel is its response times the illumination of the
   slit. Each lamp gives a response; they are averaged by their noise.
5. Where flats are noisier than pixels differ, the response is drawn to the smooth one.
6. Pixels of low and of excessive response are flagged.
7. The blaze is the lamp's signal at mid-slit in electron/s/nm per arcsec.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.domain.spectra import Blaze
from soxs_pipeline.parameters import parameter
from soxs_pipeline.qc import detector as count
from soxs_pipeline.qc import flat as measure
from soxs_pipeline.qc import orders as trace
from soxs_pipeline.qc.definition import QcDefinition, QcValue
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.recipes._scattered import ScatteredParameters
from soxs_pipeline.reduction.flat.blaze import blaze_of
from soxs_pipeline.reduction.flat.flatfield import pixel_response
from soxs_pipeline.reduction.flat.frames import combine_flats, expose_lamp, fit_orders
from soxs_pipeline.reduction.flat.lamps import order_bands
from soxs_pipeline.reduction.orders.edges import EdgeTrace, find_edges
from soxs_pipeline.reduction.orders.scattered import inside_orders

__all__ = ["RECIPE", "SpecMflatParameters", "SpecMflatProducts", "soxs_spec_mflat"]


@dataclass(frozen=True, kw_only=True)
class SpecMflatParameters(ScatteredParameters):
    """Parameters of `soxs_spec_mflat`."""

    clip_sigma: float = parameter(
        6.0,
        "Reject a value this many times its expected noise from the median of its stack.",
        unit="sigma",
        ge=2,
        le=50,
    )


@dataclass(frozen=True)
class SpecMflatProducts:
    """Products of `soxs_spec_mflat`."""

    master_flat: Frame
    order_table: OrderTable
    blaze: Blaze
    scattered_light: Frame


LEVEL10 = QcDefinition("ORDEXP10", "10th percentile of the exposure in the orders", "electron")
LEVEL50 = QcDefinition("ORDEXP50", "Median exposure in the orders", "electron")
LEVEL90 = QcDefinition("ORDEXP90", "90th percentile of the exposure in the orders", "electron")
N_LOW = QcDefinition("N LOW SENS", "Number of pixels of low response", "pixel")
COLD_NUMBER = QcDefinition("COLDPIX NUM", "Number of dead and low-response pixels", "pixel")
COLD_FRACTION = QcDefinition("COLDPIX FRAC", "Fraction of dead and low-response pixels")
INNER_MEAN = QcDefinition("INNER ORDER PIX MEAN", "Mean response inside the orders")
INNER_SUM = QcDefinition("INNER ORDER PIX SUM", "Sum of the response inside the orders")
NOISE = QcDefinition("FLAT NOISE", "Median error of the response inside the orders")
SCATTER = QcDefinition("FLAT SCATTER", "Scatter of the response of neighbouring pixels")
STRAY = QcDefinition("SCATTERED MEDIAN", "Median scattered light over the exposure level")
USED = QcDefinition("RAW NUM", "Number of raw frames combined")

_COLD = Quality.LOW_SENSITIVITY | Quality.DEAD
#: Distance from the edges from which on a pixel counts as inside an order.
_INNER_DEPTH_PX = 3.0
#: Length of the slit by which edges are placed that cannot be measured.
_SLIT_ARCSEC = 12.0


def soxs_spec_mflat(
    raw: Sequence[RawFrame],
    detector: DetectorCalibration,
    order_table: OrderTable,
    dispersion: DispersionSolution,
    deuterium: Sequence[RawFrame] = (),
    *,
    parameters: SpecMflatParameters,
) -> Outcome[SpecMflatProducts]:
    """Make the master flat, the edges of the orders and the blaze.

    Parameters
    ----------
    raw
        Slit flats of one lamp and exposure time.
    detector
        Bias, or dark or lamp-off frames.
    order_table
        Order centres.
    dispersion
        First dispersion solution.
    deuterium
        Slit flats of the deuterium lamp, if there are any.
    parameters
        Rejection limit and scattered light.

    Raises
    ------
    UnprocessableDataError
        If the flats hold no light.
    """
    mean, number, remarks = combine_flats(raw, detector, clip_sigma=parameters.clip_sigma)
    exposures = [(mean, number, "the first lamp")]
    if deuterium:
        second, count_d2, more = combine_flats(
            deuterium, detector, clip_sigma=parameters.clip_sigma
        )
        exposures.append((second, count_d2, "the deuterium lamp"))
        remarks += [remark for remark in more if remark not in remarks]
    seen = (
        mean
        if len(exposures) == 1
        else mean.with_data(mean.data + second.data, mean.variance + second.variance)
    )
    table, edges = find_edges(seen, order_table, dispersion, _SLIT_ARCSEC)
    margin = parameters.gap_margin
    lamps = [
        expose_lamp(
            frame, n, table, margin_px=margin, name=name, subtract=parameters.subtract_scattered
        )
        for frame, n, name in exposures
    ]
    bands = order_bands(table, dispersion, mean.shape)
    fitted, dark = zip(*(fit_orders(lamp, bands) for lamp in lamps), strict=True)
    flat = pixel_response(bands, fitted)
    blaze, more = blaze_of(bands, fitted, mean.shape[1])
    remarks += more
    inner = inside_orders(table, mean.shape, _INNER_DEPTH_PX)
    remarks += [f"order {order}: too little light for a flat" for order in dark[0]]
    remarks += [
        f"order {edge.order}: no edges were found; the predicted slit length is used"
        for edge in edges
        if not edge.found
    ]
    products = SpecMflatProducts(flat, table, blaze, lamps[0].scattered)
    qc = _quality(mean, products, inner, edges)
    return Outcome(products, (*qc, USED.value(number)), tuple(remarks))


def _quality(
    mean: Frame,
    products: SpecMflatProducts,
    inner: NDArray[np.bool_],
    edges: Sequence[EdgeTrace],
) -> list[QcValue]:
    flat = products.master_flat
    low, middle, high = measure.exposure_levels(mean, inner)
    inner_mean, inner_sum = measure.inner_mean_and_sum(flat, inner)
    stray = float(np.median(products.scattered_light.data[inner])) / max(middle, 1e-6)
    qc = [
        LEVEL10.value(low),
        LEVEL50.value(middle),
        LEVEL90.value(high),
        N_LOW.value(count.flagged_number(flat, Quality.LOW_SENSITIVITY)),
        COLD_NUMBER.value(count.flagged_number(flat, _COLD)),
        COLD_FRACTION.value(count.flagged_fraction(flat, _COLD)),
        INNER_MEAN.value(inner_mean),
        INNER_SUM.value(inner_sum),
        NOISE.value(measure.response_error(flat, inner)),
        SCATTER.value(measure.response_scatter(flat, inner)),
        STRAY.value(stray),
    ]
    qc += trace.sample_counts(
        sum(edge.tried for edge in edges), np.concatenate([edge.used for edge in edges])
    )
    qc += trace.residual_scatter(
        np.concatenate([edge.residual for edge in edges]),
        np.concatenate([edge.error for edge in edges]),
    )
    for edge in edges:
        qc += trace.sample_counts(edge.tried, edge.used, edge.order)
        qc += trace.residual_scatter(edge.residual, edge.error, edge.order)
    return qc


RECIPE = Recipe(
    soxs_spec_mflat,
    SpecMflatParameters,
    SpecMflatProducts,
    (
        LEVEL10,
        LEVEL50,
        LEVEL90,
        N_LOW,
        COLD_NUMBER,
        COLD_FRACTION,
        INNER_MEAN,
        INNER_SUM,
        NOISE,
        SCATTER,
        STRAY,
        USED,
        *trace.DEFINITIONS,
    ),
)
