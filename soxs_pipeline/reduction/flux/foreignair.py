"""Take over the transmission of the air that another program found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.domain.telluric import (
    ForeignTransmission,
    TelluricBand,
    TelluricCorrection,
    TelluricGrid,
)
from soxs_pipeline.reduction.flux.telluric import fitted_bands, usual_airmass

__all__ = ["adopt_transmission"]

Floats = NDArray[np.float64]

#: Bins over which a corrected spectrum is smoothed to see what is left of lines.
_SMOOTH = 41
#: Bins with this much transmission tell how well lines were taken out.
_TELLING = (0.2, 0.97)
_FEWEST = 10
#: Error of the model, as a share of the light taken away, where nothing tells it.
_USUAL_ERROR = 0.05


def adopt_transmission(
    spectrum: MergedSpectrum, grid: TelluricGrid, found: ForeignTransmission
) -> TelluricCorrection:
    """Return another program's transmission as a correction, with errors.

    What is left of the lines in the corrected spectrum, beyond its noise, tells the error of the
    model in every band.

    Parameters
    ----------
    spectrum
        The spectrum.
    grid
        Tells the bands.
    found
        Transmission in the bins of the spectrum.
    """
    wave = spectrum.wavelength_nm
    error = _USUAL_ERROR * (1.0 - found.transmission)
    bands = []
    for low, high in fitted_bands(grid, spectrum):
        inside = (wave >= low) & (wave <= high)
        share, bins = _left_over(spectrum, found.transmission, inside)
        error[inside] = share * (1.0 - found.transmission[inside])
        nothing = np.full(len(grid.molecules), np.nan)
        bands.append(
            TelluricBand(
                low_nm=low, high_nm=high, columns=nothing, errors=nothing, sigma_km_s=np.nan,
                velocity_km_s=np.nan, velocity_error_km_s=np.nan, template_error=share, bins=bins,
            )
        )  # fmt: skip
    return TelluricCorrection(
        wavelength_nm=wave,
        transmission=found.transmission,
        error=error,
        molecules=grid.molecules,
        bands=tuple(bands),
        water_mm=found.water_mm,
        water_error_mm=found.water_error_mm,
        airmass=usual_airmass(spectrum),
        corrector=found.program,
        arms=spectrum.arms,
        header=spectrum.header,
    )


def _left_over(
    spectrum: MergedSpectrum, transmission: Floats, inside: NDArray[np.bool_]
) -> tuple[float, int]:
    """Return the error of a model as a share of the light taken away, and the bins used."""
    good = inside & ((spectrum.quality & np.uint32(FATAL)) == 0) & np.isfinite(spectrum.flux)
    good &= transmission > _TELLING[0]
    corrected = spectrum.flux[good] / transmission[good]
    if corrected.size < _SMOOTH:
        return _USUAL_ERROR, 0
    smooth = median_filter(corrected, _SMOOTH, mode="nearest")
    telling = (transmission[good] < _TELLING[1]) & (smooth > 0)
    if telling.sum() < _FEWEST:
        return _USUAL_ERROR, 0
    departure = (corrected / smooth - 1.0)[telling]
    noise = (np.sqrt(spectrum.variance[good]) / transmission[good] / np.abs(smooth))[telling]
    taken = (1.0 / transmission[good] - 1.0)[telling]
    excess = (departure**2 - noise**2) / taken**2
    weight = 1.0 / (noise / taken) ** 4
    kept = np.abs(departure) < 5.0 * np.hypot(noise, 0.2 * taken)
    if not kept.any():
        return _USUAL_ERROR, 0
    mean = float((weight * excess)[kept].sum() / weight[kept].sum())
    return float(np.sqrt(max(mean, 0.0))), int(telling.sum())
