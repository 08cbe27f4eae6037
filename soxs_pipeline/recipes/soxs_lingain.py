"""Measure gain, read noise and linearity from a series of exposures of a steady lamp.

1. Differences of two equal exposures are free of the pixels' response; their variance rises with
   the signal as the gain tells (photon transfer). Groups of pixels of about equal signal make the
   points; one curve with a bend for non-linearity is fitted to all.
2. The read noise is that of a pair without light, or where the curve meets zero. Darks of the
   exposure times of the lamp are known by their lack of light, and taken off.
3. The mean counts of each pixel against exposure time follow one law for most pixels: a straight
   line with a common bend. Pixels that depart from it significantly are flagged as non-linear;
   recipes that are given this map leave them out.
4. The map says nothing of pixels that the lamp leaves dark, and flags none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.frame import BadPixelMap, RawFrame
from soxs_pipeline.domain.photontransfer import TransferCurve
from soxs_pipeline.errors import InputError
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.definition import QcDefinition
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.detector.detrend import detrend_all
from soxs_pipeline.reduction.detector.lingain import LinearityOptions, measure_linearity

__all__ = ["RECIPE", "LingainParameters", "LingainProducts", "soxs_lingain"]


@dataclass(frozen=True, kw_only=True)
class LingainParameters(ParameterSet):
    """Parameters of `soxs_lingain`."""

    highest: float = parameter(
        52000.0, "Counts above which nothing is used.", unit="adu", ge=1000, le=65000
    )
    sigma: float = parameter(
        4.0, "Significance from which a departure is believed.", unit="sigma", ge=3, le=50
    )
    least_departure: float = parameter(
        0.01, "Least departure from the common law that makes a pixel bad.", ge=0.001, le=0.5
    )


@dataclass(frozen=True)
class LingainProducts:
    """Products of `soxs_lingain`."""

    nonlinear: BadPixelMap
    transfer: TransferCurve


GAIN = QcDefinition("GAIN", "Gain by photon transfer", "electron/adu")
GAIN_ERROR = QcDefinition("GAIN ERR", "Error of the gain", "electron/adu")
GAIN_RATIO = QcDefinition("GAIN RATIO", "Gain measured over the gain known before")
NOISE = QcDefinition("RON", "Read noise of a pair without light, or of the curve", "electron")
NOISE_ERROR = QcDefinition("RON ERR", "Error of the read noise of the curve", "electron")
BEND = QcDefinition("NONLIN", "Departure of most pixels from a straight line, at 50000 adu", "%")
NUMBER = QcDefinition("NLPIX NUM", "Number of non-linear pixels", "pixel")
FRACTION = QcDefinition("NLPIX FRAC", "Fraction of the lit pixels that are non-linear")
JUDGED = QcDefinition("LIT NUM", "Pixels with enough light to be judged", "pixel")
LEVELS = QcDefinition("LEVEL NUM", "Exposure times used")

_REFERENCE_ADU = 50000.0


def soxs_lingain(
    raw: Sequence[RawFrame], detector: DetectorCalibration, *, parameters: LingainParameters
) -> Outcome[LingainProducts]:
    """Measure gain, read noise and linearity from a series of exposures of a steady lamp.

    Parameters
    ----------
    raw
        Frames of one setup: two or more for each of three exposure times or more; frames of no
        exposure time give the read noise.
    detector
        Bias or dark, and flags known beforehand.
    parameters
        Limits.

    Raises
    ------
    InputError
        If the series is too short, or its frames are of several setups.
    UnprocessableDataError
        If no frame holds data.
    """
    if not raw:
        raise InputError("the series is empty", wanted="frames of several exposure times")
    frames, remarks = detrend_all(raw, detector)
    found = measure_linearity(
        frames,
        LinearityOptions(parameters.highest, parameters.sigma, parameters.least_departure),
    )
    transfer, number = found.transfer, int(np.count_nonzero(found.flags))
    nominal = frames[0].setup.gain_e_per_adu
    paired = bool(np.isfinite(found.read_noise_pair))
    if not np.isfinite(transfer.gain):
        remarks = [*remarks, "too little light for a photon-transfer curve: no gain was measured"]
    qc = (
        GAIN.value(transfer.gain),
        GAIN_ERROR.value(transfer.gain_error),
        GAIN_RATIO.value(transfer.gain / nominal),
        NOISE.value(found.read_noise_pair if paired else transfer.read_noise),
        *(() if paired else (NOISE_ERROR.value(transfer.read_noise_error),)),
        BEND.value(100.0 * found.bend * _REFERENCE_ADU),
        NUMBER.value(number),
        FRACTION.value(number / max(found.judged, 1)),
        JUDGED.value(found.judged),
        LEVELS.value(found.levels),
    )
    signal, variance, error = (np.concatenate(parts) for parts in found.curve)
    curve = TransferCurve(
        signal_adu=signal,
        variance_adu2=variance,
        error_adu2=error,
        gain=transfer.gain,
        read_noise=found.read_noise_pair if paired else transfer.read_noise,
        bend=found.bend,
        highest_adu=parameters.highest,
        arm=frames[0].setup.arm,
    )
    return Outcome(LingainProducts(BadPixelMap(found.flags), curve), qc, remarks)


RECIPE = Recipe(
    soxs_lingain,
    LingainParameters,
    LingainProducts,
    (GAIN, GAIN_ERROR, GAIN_RATIO, NOISE, NOISE_ERROR, BEND, NUMBER, FRACTION, JUDGED, LEVELS),
)
