"""Combine darks of one exposure time into a master dark.

1. Each frame is trimmed, turned and brought to electrons; offsets of the readout channels
   are taken off by the reference pixels.
2. The read noise is measured on the differences of successive frames.
3. The frames are averaged. A value is rejected if it lies further from the median of its
   stack than read noise and Poisson noise allow: cosmic rays go.
4. Of the pattern of single pixels only what the noise does not explain is kept, so that
   subtracting the master dark adds next to no noise to a science frame.
5. Pixels of high dark current are flagged as hot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import InputError
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc import detector as measure
from soxs_pipeline.qc.definition import QcDefinition
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.detector.detrend import equal_exposure
from soxs_pipeline.reduction.detector.masters import make_master, prepare_all

__all__ = ["RECIPE", "MdarkParameters", "MdarkProducts", "soxs_mdark"]


@dataclass(frozen=True, kw_only=True)
class MdarkParameters(ParameterSet):
    """Parameters of `soxs_mdark`."""

    clip_sigma: float = parameter(
        5.0,
        "Reject a value this many times its expected noise from the median of its stack.",
        unit="sigma",
        ge=2,
        le=50,
    )
    hot_sigma: float = parameter(
        5.0,
        "Flag a pixel this many times the read noise above its surroundings as hot.",
        unit="sigma",
        ge=3,
        le=1000,
    )
    keep_noise: bool = parameter(
        False, "Write the plain mean instead of the fixed pattern freed of noise."
    )


@dataclass(frozen=True)
class MdarkProducts:
    """Products of `soxs_mdark`."""

    master_dark: Frame


MEDIAN = QcDefinition("MDARK MEDIAN", "Median level of the master dark", "electron")
RAW_RON = QcDefinition("RAW RON", "Read noise of one raw frame", "electron")
MASTER_RON = QcDefinition("MASTER RON", "Scatter of the plain mean of the frames", "electron")
HOT_NUMBER = QcDefinition("HOTPIX NUM", "Number of hot pixels", "pixel")
HOT_FRACTION = QcDefinition("HOTPIX FRAC", "Fraction of hot pixels")
DRIFT = QcDefinition("LEVEL DRIFT", "Range of the levels of the raw frames", "electron")
USED = QcDefinition("RAW NUM", "Number of raw frames combined")


def soxs_mdark(
    raw: Sequence[RawFrame], detector: DetectorCalibration, *, parameters: MdarkParameters
) -> Outcome[MdarkProducts]:
    """Combine darks of one exposure time into a master dark.

    Parameters
    ----------
    raw
        Darks of one setup and exposure time, one or more.
    detector
        Only its bad-pixel map is used.
    parameters
        Rejection limits.

    Raises
    ------
    InputError
        If the frames are of several setups or exposure times.
    UnprocessableDataError
        If no frame holds data.
    """
    _require_one_exposure(raw)
    frames, remarks = prepare_all(raw, detector.bad_pixels)
    master = make_master(
        frames,
        clip_sigma=parameters.clip_sigma,
        bad_sigma=parameters.hot_sigma,
        photons=True,
        keep_noise=parameters.keep_noise,
    )
    qc = (
        MEDIAN.value(measure.level(master.frame)),
        RAW_RON.value(master.read_noise),
        MASTER_RON.value(measure.scatter(master.mean)),
        HOT_NUMBER.value(measure.flagged_number(master.frame, Quality.HOT)),
        HOT_FRACTION.value(measure.flagged_fraction(master.frame, Quality.HOT)),
        DRIFT.value(measure.level_drift(master.levels)),
        USED.value(len(frames)),
    )
    return Outcome(MdarkProducts(master.frame), qc, (*remarks, *master.remarks))


def _require_one_exposure(raw: Sequence[RawFrame]) -> None:
    for other in raw[1:]:
        first_s, other_s = raw[0].header.number("EXPTIME"), other.header.number("EXPTIME")
        if not equal_exposure(first_s, other_s):
            raise InputError(
                f"{raw[0].name} and {other.name} were exposed for {first_s:g} s and {other_s:g} s",
                wanted="darks of one exposure time",
                remedy="make one master dark for each exposure time",
            )


RECIPE = Recipe(
    soxs_mdark,
    MdarkParameters,
    MdarkProducts,
    (MEDIAN, RAW_RON, MASTER_RON, HOT_NUMBER, HOT_FRACTION, DRIFT, USED),
)
