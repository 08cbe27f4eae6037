"""Predict and measure the images of pinholes in emission lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.dispersion import DispersionSolution, SpectralFormat
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.lines import LineList, LineMeasurements
from soxs_pipeline.numerics.peaks import find_spots, fit_spots, recentre

__all__ = ["PredictedSpots", "find_bright_spots", "measure_spots", "predict_spots"]

Floats = NDArray[np.float64]

_PINHOLE_SIGMA_PX = 0.75


@dataclass(frozen=True, eq=False)
class PredictedSpots:
    """Where pinhole images of lines should fall; all arrays of shape ``(n,)``.

    Parameters
    ----------
    order, wavelength_nm, slit_arcsec, intensity
        What the spot is.
    x, y
        Predicted position in pixels.
    """

    order: NDArray[np.int64]
    wavelength_nm: Floats
    slit_arcsec: Floats
    intensity: Floats
    x: Floats
    y: Floats


def predict_spots(
    solution: DispersionSolution,
    spectral_format: SpectralFormat,
    lines: LineList,
    slit_arcsec: Sequence[float],
    *,
    margin_px: float,
) -> PredictedSpots:
    """Predict the spots of all clean lines of all orders that fall on the detector.

    Parameters
    ----------
    solution
        Where light falls.
    spectral_format
        The detector's shape in the binning of the solution.
    lines
        The lamp's lines; only the clean ones are used.
    slit_arcsec
        Slit positions of the pinholes.
    margin_px
        Least distance of a spot from the detector's border.
    """
    ny, nx = spectral_format.shape
    parts: list[tuple[NDArray, ...]] = []
    for order in solution.orders:
        low, high = solution.wave_domain_nm[solution.index(order)]
        chosen = lines.clean & (lines.wavelength_nm >= low) & (lines.wavelength_nm <= high)
        wavelength, slit = (
            a.ravel() for a in np.meshgrid(lines.wavelength_nm[chosen], slit_arcsec, indexing="ij")
        )
        intensity = np.repeat(lines.intensity[chosen], len(slit_arcsec))
        x, y = solution.detector_position(int(order), wavelength, slit)
        on = (x > margin_px) & (x < nx - 1 - margin_px)
        on &= (y > margin_px) & (y < ny - 1 - margin_px)
        label = np.full(int(on.sum()), order, dtype=np.int64)
        parts.append((label, wavelength[on], slit[on], intensity[on], x[on], y[on]))
    return PredictedSpots(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def find_bright_spots(frame: Frame, *, threshold_sigma: float) -> Floats:
    """Return the positions ``(x, y)`` of all spots on a frame, brightest first."""
    x, y, _ = find_spots(
        frame.data,
        frame.variance,
        frame.bad,
        threshold_sigma=threshold_sigma,
        kernel_sigma_px=_PINHOLE_SIGMA_PX,
        sharpest=0.65,
    )
    return np.column_stack([x, y])


def measure_spots(
    frame: Frame,
    predicted: PredictedSpots,
    *,
    search_px: tuple[int, int],
    half_px: tuple[int, int],
    least_snr: float,
    rounds: int = 3,
) -> LineMeasurements:
    """Centre the spots on a frame.

    Parameters
    ----------
    frame
        Arc frame in electrons.
    predicted
        Where to look.
    search_px
        How far from there, along the dispersion and along the slit; zero fits in place.
    half_px
        Half size of the fitted stamp along the dispersion and along the slit.
    least_snr
        Least signal-to-noise ratio of the flux for a spot to count as seen.
    rounds
        Turns of fitting each spot with its neighbours taken off.

    Returns
    -------
    LineMeasurements
        The spots seen; ``x_fit`` and ``y_fit`` are the predictions until a fit is made.
    """
    x, y = predicted.x, predicted.y
    if max(search_px):
        x, y = recentre(frame.data, frame.bad, x, y, radius_x=search_px[0], radius_y=search_px[1])
    fits = fit_spots(
        frame.data,
        frame.variance,
        frame.bad,
        x,
        y,
        half_x=half_px[0],
        half_y=half_px[1],
        start_sigma_px=_PINHOLE_SIGMA_PX,
        rounds=rounds,
    )
    seen = fits.good & (fits.flux > least_snr * fits.flux_error) & (fits.x_error < 0.3)
    seen &= ~_touches_saturation(frame, fits.x, fits.y)
    return LineMeasurements(
        order=predicted.order[seen],
        wavelength_nm=predicted.wavelength_nm[seen],
        slit_arcsec=predicted.slit_arcsec[seen],
        x_predicted=predicted.x[seen],
        y_predicted=predicted.y[seen],
        x=fits.x[seen],
        y=fits.y[seen],
        x_error=fits.x_error[seen],
        y_error=fits.y_error[seen],
        x_fit=predicted.x[seen],
        y_fit=predicted.y[seen],
        flux=fits.flux[seen],
        fwhm_x=fits.fwhm_x[seen],
        fwhm_y=fits.fwhm_y[seen],
        used=np.ones(int(seen.sum()), dtype=bool),
    )


def _touches_saturation(frame: Frame, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Return True where the 3 x 3 core of a spot holds an invalid pixel."""
    ny, nx = frame.shape
    ix = np.clip(np.rint(np.nan_to_num(x)).astype(int), 1, nx - 2)
    iy = np.clip(np.rint(np.nan_to_num(y)).astype(int), 1, ny - 2)
    bad = frame.bad
    touched = np.zeros(len(x), dtype=bool)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            touched |= bad[iy + dy, ix + dx]
    return touched
