"""Quality-control measures of a rectified spectrum."""

from __future__ import annotations

import numpy as np

from soxs_pipeline.domain.rectified import RectifiedSpectrum
from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = ["RECTIFIED_QC", "measure_rectified"]

FILLED = QcDefinition("FILLED FRAC", "Fraction of cells that hold data")
NOISE_WAVE = QcDefinition(
    "NOISE FACTOR WAVE", "Noise of sums along the wavelength over that of independent cells"
)
NOISE_SLIT = QcDefinition(
    "NOISE FACTOR SLIT", "Noise of sums along the slit over that of independent cells"
)
LENGTH_WAVE = QcDefinition("CORR LENGTH WAVE", "Correlation length along the wavelength", "cell")
LENGTH_SLIT = QcDefinition("CORR LENGTH SLIT", "Correlation length along the slit", "cell")
STEP_WAVE = QcDefinition("STEP WAVE", "Cell along the wavelength", "nm")
STEP_SLIT = QcDefinition("STEP SLIT", "Cell along the slit", "arcsec")

RECTIFIED_QC = (FILLED, NOISE_WAVE, NOISE_SLIT, LENGTH_WAVE, LENGTH_SLIT, STEP_WAVE, STEP_SLIT)


def measure_rectified(image: RectifiedSpectrum) -> tuple[QcValue, ...]:
    """Measure a rectified spectrum."""
    return (
        FILLED.value(float(np.isfinite(image.data).mean())),
        NOISE_WAVE.value(image.noise_factor_wave),
        NOISE_SLIT.value(image.noise_factor_slit),
        LENGTH_WAVE.value(image.noise_factor_wave**2),
        LENGTH_SLIT.value(image.noise_factor_slit**2),
        STEP_WAVE.value(image.wavelength.step),
        STEP_SLIT.value(image.slit.step),
    )
