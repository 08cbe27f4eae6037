"""Combine bias frames into a master bias.

1. Each frame is trimmed, turned and brought to electrons; frames without data are left out.
2. The read noise is measured on the differences of successive frames; of a single frame, on
   its prescan.
3. The frames are moved to a common level and averaged. A value is rejected if it lies further
   from the median of its stack than the read noise allows.
4. The mean is taken apart into level, column and row pattern, smooth surface and the pattern
   of single pixels; of the last only what the noise does not explain is kept, so that
   subtracting the master bias adds next to no noise to a science frame.
5. Pixels that stand out are flagged as hot or dead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc import detector as measure
from soxs_pipeline.qc.definition import QcDefinition
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.detector.masters import make_master, prepare_all

__all__ = ["RECIPE", "MbiasParameters", "MbiasProducts", "soxs_mbias"]


@dataclass(frozen=True, kw_only=True)
class MbiasParameters(ParameterSet):
    """Parameters of `soxs_mbias`."""

    clip_sigma: float = parameter(
        5.0,
        "Reject a value this many times the read noise from the median of its stack.",
        unit="sigma",
        ge=2,
        le=50,
    )
    bad_sigma: float = parameter(
        5.0,
        "Flag a pixel this many times the read noise from its surroundings.",
        unit="sigma",
        ge=3,
        le=1000,
    )
    keep_noise: bool = parameter(
        False, "Write the plain mean instead of the fixed pattern freed of noise."
    )


@dataclass(frozen=True)
class MbiasProducts:
    """Products of `soxs_mbias`."""

    master_bias: Frame


MEDIAN = QcDefinition("MBIAS MEDIAN", "Median level of the master bias", "electron")
RAW_RON = QcDefinition("RAW RON", "Read noise of one raw frame", "electron")
MASTER_RON = QcDefinition("MASTER RON", "Scatter of the plain mean of the frames", "electron")
FPN = QcDefinition("FPN FRACMAX", "Largest fixed-pattern noise of a quadrant over the read noise")
STRUCT_X = QcDefinition("STRUCTX", "Scatter of the mean pattern along the dispersion", "electron")
STRUCT_Y = QcDefinition("STRUCTY", "Scatter of the mean pattern along the slit", "electron")
BAD_NUMBER = QcDefinition("BADPIX NUM", "Number of flagged pixels", "pixel")
BAD_FRACTION = QcDefinition("BADPIX FRAC", "Fraction of flagged pixels")
DRIFT = QcDefinition("LEVEL DRIFT", "Range of the levels of the raw frames", "electron")
USED = QcDefinition("RAW NUM", "Number of raw frames combined")


def soxs_mbias(
    raw: Sequence[RawFrame], detector: DetectorCalibration, *, parameters: MbiasParameters
) -> Outcome[MbiasProducts]:
    """Combine bias frames into a master bias.

    Parameters
    ----------
    raw
        Biases of one readout mode and binning, one or more.
    detector
        Only its bad-pixel map is used.
    parameters
        Rejection limits.

    Raises
    ------
    InputError
        If the frames are of several setups.
    UnprocessableDataError
        If no frame holds data.
    """
    frames, remarks = prepare_all(raw, detector.bad_pixels)
    master = make_master(
        frames,
        clip_sigma=parameters.clip_sigma,
        bad_sigma=parameters.bad_sigma,
        photons=False,
        keep_noise=parameters.keep_noise,
    )
    qc = (
        MEDIAN.value(measure.level(master.frame)),
        RAW_RON.value(master.read_noise),
        MASTER_RON.value(measure.scatter(master.mean)),
        FPN.value(measure.pattern_fraction(master.mean)),
        STRUCT_X.value(measure.structure(master.pattern.columns)),
        STRUCT_Y.value(measure.structure(master.pattern.rows)),
        BAD_NUMBER.value(measure.flagged_number(master.frame, FATAL)),
        BAD_FRACTION.value(measure.flagged_fraction(master.frame, FATAL)),
        DRIFT.value(measure.level_drift(master.levels)),
        USED.value(len(frames)),
    )
    return Outcome(MbiasProducts(master.frame), qc, (*remarks, *master.remarks))


RECIPE = Recipe(
    soxs_mbias,
    MbiasParameters,
    MbiasProducts,
    (
        MEDIAN,
        RAW_RON,
        MASTER_RON,
        FPN,
        STRUCT_X,
        STRUCT_Y,
        BAD_NUMBER,
        BAD_FRACTION,
        DRIFT,
        USED,
    ),
)
