"""Predict and measure the images of pinholes in emission lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from soxs_pipeline.domain.dispersion import DispersionSolution, SpectralFormat
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.lines import LineList, LineMeasurements
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.numerics.blends import blend_shift
from soxs_pipeline.numerics.peaks import find_spots, fit_spots, recentre

__all__ = [
    "PredictedSpots",
    "find_bright_spots",
    "measure_spots",
    "predict_spots",
    "saturated_share",
]

Floats = NDArray[np.float64]

_PINHOLE_SIGMA_PX = 0.75
#: Saturated patches larger than this are not one line through one pinhole.
_LARGEST_SPOT_PX = 9

#: Powers of the listed intensities tried: lamps and lists differ in their line ratios.
_INTENSITY_EXPONENTS = (0.4, 0.7, 1.0)
#: Lines nearer to one another than this cannot be centred one by one.
_LEAST_DISTANCE_PX = 3.0
#: Error of a line that the list does not call clean, beside that by the neighbours it names: its
#: wavelength may be poorly known, or another lamp shows another line there.
_UNSURE_PX = 0.1


@dataclass(frozen=True, eq=False)
class PredictedSpots:
    """Where pinhole images of lines should fall; all arrays of shape ``(n,)``.

    Parameters
    ----------
    order, wavelength_nm, slit_arcsec, intensity
        What the spot is.
    x, y
        Predicted position in pixels.
    clean
        True for lines the list calls clean.
    x_blend, x_blend_error
        Shift along the dispersion expected from fainter neighbours, and its uncertainty; of a
        line that is not clean also that of its wavelength.
    """

    order: NDArray[np.int64]
    wavelength_nm: Floats
    slit_arcsec: Floats
    intensity: Floats
    x: Floats
    y: Floats
    x_blend: Floats
    x_blend_error: Floats
    clean: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> PredictedSpots:
        """Return the chosen spots."""
        return PredictedSpots(*(getattr(self, item.name)[chosen] for item in fields(self)))


def predict_spots(
    solution: DispersionSolution,
    spectral_format: SpectralFormat,
    lines: LineList,
    slit_arcsec: Sequence[float],
    *,
    margin_px: float,
    most_lines: int,
    worst_blend_px: float,
) -> PredictedSpots:
    """Predict the spots of the best lines of all orders that fall on the detector.

    Parameters
    ----------
    solution
        Where light falls.
    spectral_format
        The detector's shape in the binning of the solution.
    lines
        The lamp's lines, the faint ones included: they blend with the others.
    slit_arcsec
        Slit positions of the pinholes.
    margin_px
        Least distance of a spot from the detector's border.
    most_lines
        Most lines of an order: all clean ones, then the brightest.
    worst_blend_px
        Largest uncertainty of a line's position by blending.
    """
    ny, nx = spectral_format.shape
    parts: list[tuple[NDArray, ...]] = []
    for order in solution.orders:
        chosen, blend, blend_error = _choose_lines(
            solution, int(order), lines, most_lines, worst_blend_px
        )
        blend_error = np.hypot(blend_error, np.where(lines.clean[chosen], 0.0, _UNSURE_PX))
        per_line = (lines.wavelength_nm[chosen], lines.intensity[chosen], blend, blend_error)
        clean = np.repeat(lines.clean[chosen], len(slit_arcsec))
        wavelength, intensity, shift, error = (np.repeat(a, len(slit_arcsec)) for a in per_line)
        slit = np.tile(np.asarray(slit_arcsec, float), len(chosen))
        x, y = solution.detector_position(int(order), wavelength, slit)
        on = (x > margin_px) & (x < nx - 1 - margin_px)
        on &= (y > margin_px) & (y < ny - 1 - margin_px)
        label = np.full(int(on.sum()), order, dtype=np.int64)
        columns = (wavelength, slit, intensity, x, y, shift, error, clean)
        parts.append((label, *(column[on] for column in columns)))
    return PredictedSpots(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _choose_lines(
    solution: DispersionSolution,
    order: int,
    lines: LineList,
    most_lines: int,
    worst_blend_px: float,
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return indices of an order's lines to measure, and the blending of each."""
    low, high = solution.wave_domain_nm[solution.index(order)]
    inside = np.flatnonzero((lines.wavelength_nm >= low) & (lines.wavelength_nm <= high))
    if not inside.size:
        return inside, np.zeros(0), np.zeros(0)
    x, _ = solution.detector_position(order, lines.wavelength_nm[inside], 0.0)
    intensity = lines.intensity[inside]
    shift, error = blend_shift(
        x, intensity, sigma_px=_PINHOLE_SIGMA_PX, exponents=_INTENSITY_EXPONENTS
    )
    # Clean lines first, then by intensity: of two close lines the better one stays.
    rank = np.lexsort((-intensity, ~lines.clean[inside]))
    fit = error[rank] < worst_blend_px
    kept: list[int] = []
    taken = np.zeros(0)
    for index in rank[fit]:
        if len(kept) >= most_lines:
            break
        if not (np.abs(taken - x[index]) < _LEAST_DISTANCE_PX).any():
            kept.append(int(index))
            taken = np.append(taken, x[index])
    chosen = np.sort(np.array(kept, dtype=np.int64))
    return inside[chosen], shift[chosen], error[chosen]


def find_bright_spots(frame: Frame, *, threshold_sigma: float) -> Floats:
    """Return the positions ``(x, y)`` of all spots on a frame, brightest first.

    Saturated spots count as well: their centres are known to a fraction of a pixel, which is
    enough to recognise the pattern of lines, and they are the brightest.
    """
    x, y, _ = find_spots(
        frame.data,
        frame.variance,
        frame.bad,
        threshold_sigma=threshold_sigma,
        kernel_sigma_px=_PINHOLE_SIGMA_PX,
        sharpest=0.65,
    )
    return np.concatenate([_saturated_spots(frame), np.column_stack([x, y])])


def _saturated_spots(frame: Frame) -> Floats:
    """Return the centres ``(x, y)`` of the saturated patches no larger than a spot."""
    labels, _ = ndimage.label(frame.quality & np.uint32(Quality.SATURATED))
    boxes = ndimage.find_objects(labels)
    small = [
        (0.5 * (columns.start + columns.stop - 1), 0.5 * (rows.start + rows.stop - 1))
        for rows, columns in boxes
        if max(rows.stop - rows.start, columns.stop - columns.start) <= _LARGEST_SPOT_PX
    ]
    return np.array(small, dtype=float).reshape(-1, 2)


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
        x=(fits.x - predicted.x_blend)[seen],
        y=fits.y[seen],
        x_error=fits.x_error[seen],
        y_error=fits.y_error[seen],
        x_fit=predicted.x[seen],
        y_fit=predicted.y[seen],
        flux=fits.flux[seen],
        fwhm_x=fits.fwhm_x[seen],
        fwhm_y=fits.fwhm_y[seen],
        used=np.ones(int(seen.sum()), dtype=bool),
        x_blend=predicted.x_blend[seen],
        x_blend_error=predicted.x_blend_error[seen],
    )


def saturated_share(frame: Frame, predicted: PredictedSpots) -> float:
    """Return the fraction of the clean spots predicted on a frame that are saturated."""
    clean = predicted.only(predicted.clean)
    if not clean.x.size:
        return 0.0
    columns, rows = _nearest_pixels(frame, clean.x, clean.y, margin=0)
    hit = frame.quality[rows, columns] & np.uint32(Quality.SATURATED)
    return float(np.mean(hit != 0))


def _nearest_pixels(
    frame: Frame, x: Floats, y: Floats, *, margin: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return column and row nearest to positions, at least so far from the frame's border."""
    ny, nx = frame.shape
    column = np.clip(np.rint(np.nan_to_num(x)).astype(np.int64), margin, nx - 1 - margin)
    row = np.clip(np.rint(np.nan_to_num(y)).astype(np.int64), margin, ny - 1 - margin)
    return column, row


def _touches_saturation(frame: Frame, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Return True where the 3 x 3 core of a spot holds an invalid pixel."""
    ix, iy = _nearest_pixels(frame, x, y, margin=1)
    bad = frame.bad
    touched = np.zeros(len(x), dtype=bool)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            touched |= bad[iy + dy, ix + dx]
    return touched
