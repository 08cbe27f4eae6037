"""Combine sky flats of the camera into a master flat of one filter.

1. Bias is taken out; flats that are too faint or saturated are left out.
2. Each is divided by its level and by the plane in which it departs from the others.
3. They are averaged; stars and hits are rejected pixel by pixel.
4. The result is divided by its median; dead and odd pixels are flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.filters import filter_of
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.errors import InputError
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc import detector as measure
from soxs_pipeline.qc.camera import (
    FLAT_BAD,
    FLAT_GRADIENT,
    FLAT_NUMBER,
    FLAT_QC,
    measure_flat,
)
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.camera.flats import make_camera_flat

__all__ = ["RECIPE", "ImgMflatParameters", "ImgMflatProducts", "soxs_img_mflat"]


@dataclass(frozen=True, kw_only=True)
class ImgMflatParameters(ParameterSet):
    """Parameters of `soxs_img_mflat`."""

    clip_sigma: float = parameter(
        5.0,
        "Reject a value so many errors from the median of its stack: stars, cosmic rays.",
        unit="sigma",
        ge=2,
        le=50,
    )


@dataclass(frozen=True)
class ImgMflatProducts:
    """Products of `soxs_img_mflat`."""

    master_flat: Frame


def soxs_img_mflat(
    raw: Sequence[RawFrame], detector: DetectorCalibration, *, parameters: ImgMflatParameters
) -> Outcome[ImgMflatProducts]:
    """Combine sky flats of the camera into a master flat of one filter.

    Parameters
    ----------
    raw
        Flats through one filter.
    detector
        Master bias.
    parameters
        Rejection limit.

    Raises
    ------
    InputError
        If the flats are of several filters or setups.
    UnprocessableDataError
        If no flat is well exposed.
    """
    filters = sorted({filter_of(one.header) for one in raw})
    if len(filters) > 1:
        raise InputError(
            f"the flats are of several filters: {', '.join(filters)}",
            wanted="flats of one filter",
            remedy="make a master flat of each filter",
        )
    found, remarks = make_camera_flat(raw, detector, parameters.clip_sigma)
    flat = found.flat
    qc = (
        FLAT_NUMBER.value(found.used),
        *measure_flat(flat),
        FLAT_BAD.value(measure.flagged_number(flat, FATAL)),
        FLAT_GRADIENT.value(found.gradient),
    )
    return Outcome(ImgMflatProducts(flat), qc, remarks)


RECIPE = Recipe(soxs_img_mflat, ImgMflatParameters, ImgMflatProducts, FLAT_QC)
