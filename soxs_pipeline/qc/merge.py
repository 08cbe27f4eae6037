"""Quality-control measures of a merged spectrum."""

from __future__ import annotations

import numpy as np

from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = [
    "ARM_ERROR",
    "ARM_RATIO",
    "JOIN_STEP",
    "JOIN_WORST",
    "MERGE_QC",
    "measure_merged",
]

SNR = QcDefinition("SNR MEDIAN", "Median signal-to-noise ratio per bin")
FLUX = QcDefinition("FLUX MEDIAN", "Median flux density in the unit of the spectrum")
BAD = QcDefinition("BADBIN FRAC", "Fraction of bins without data")
MINIMUM = QcDefinition("WAVE MIN", "Shortest wavelength with data, vacuum", "nm")
MAXIMUM = QcDefinition("WAVE MAX", "Longest wavelength with data, vacuum", "nm")
JOIN_WORST = QcDefinition("JOIN WORST SIGMA", "Largest step between orders over its error")
JOIN_STEP = QcDefinition(
    "JOIN WORST STEP", "Largest step between orders, of those measured to one per cent", "%"
)
ARM_RATIO = QcDefinition("ARM RATIO", "Signal of the redder arm over the bluer in their overlap")
ARM_ERROR = QcDefinition("ARM RATIO ERR", "Error of the ratio of the arms")
MIDDLE_APART = QcDefinition(
    "ARM MIDTIME DIFF", "Middle of the redder arm's exposures after that of the bluer arm's", "s"
)
ABSOLUTE = QcDefinition("ABSFLUX FACTOR", "Factor that brought the flux to the absolute scale")
ABSOLUTE_ERROR = QcDefinition("ABSFLUX ERR", "Relative error of that factor")

MERGE_QC = (
    SNR,
    FLUX,
    BAD,
    MINIMUM,
    MAXIMUM,
    JOIN_WORST,
    JOIN_STEP,
    ARM_RATIO,
    ARM_ERROR,
    MIDDLE_APART,
    ABSOLUTE,
    ABSOLUTE_ERROR,
)


def measure_merged(merged: MergedSpectrum) -> tuple[QcValue, ...]:
    """Measure a merged spectrum."""
    seen = merged.contributors > 0
    wave = merged.wavelength_nm[seen]
    scale = merged.absolute
    told = () if scale is None else (
        ABSOLUTE.value(scale.factor), ABSOLUTE_ERROR.value(scale.error)
    )  # fmt: skip
    return (
        *told,
        *_middles_apart(merged),
        SNR.value(float(np.nanmedian(merged.snr[seen]))),
        FLUX.value(float(np.nanmedian(merged.flux[seen]))),
        BAD.value(float(1.0 - seen.mean())),
        MINIMUM.value(float(wave.min())),
        MAXIMUM.value(float(wave.max())),
    )


def _middles_apart(merged: MergedSpectrum) -> tuple[QcValue, ...]:
    """Return how far the middles of the arms' exposures are apart: nothing if synchronised."""
    middles = []
    for arm in merged.arms:
        mine = [e for e in merged.exposures if e.arm == arm and np.isfinite(e.mjd_middle)]
        if mine and sum(e.seconds for e in mine) > 0:
            times, weights = zip(*((e.mjd_middle, e.seconds) for e in mine), strict=True)
            middles.append(float(np.average(times, weights=weights)))
    if len(middles) < 2:
        return ()
    return (MIDDLE_APART.value(86400.0 * (middles[-1] - middles[0])),)
