"""Quality-control measures of a dispersion solution."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.lines import LineMeasurements
from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = ["SOLUTION_QC", "WING", "measure_solution"]

LINES_TOTAL = QcDefinition("DETLINES TOT", "Images of clean lines expected on the detector")
LINES_FOUND = QcDefinition("DETLINES NUM", "Images of lines found, the clean and the blended")
LINES_FRACTION = QcDefinition("DETLINES FRAC", "Clean lines found over clean lines expected")
LINES_CLIPPED = QcDefinition("DETLINES CLIP NUM", "Lines found but rejected by the fit")
LINES_GOOD = QcDefinition("GOODLINES FRAC", "Clean lines that carry the fit over those found")
PINHOLES = QcDefinition("PINHOLE COUNT MIN", "Fewest pinholes seen in any order")
X_RMS = QcDefinition("X RES RMS", "Rms residual along the dispersion", "pixel")
Y_RMS = QcDefinition("Y RES RMS", "Rms residual along the slit", "pixel")
X_MEDIAN = QcDefinition("X RES MEDIAN", "Median absolute residual along the dispersion", "pixel")
Y_MEDIAN = QcDefinition("Y RES MEDIAN", "Median absolute residual along the slit", "pixel")
XY_MEDIAN = QcDefinition("XY RES MEDIAN", "Median distance from the fitted position", "pixel")
X_PULL = QcDefinition("X PULL WIDTH", "Width of residual over error along the dispersion")
X_SHIFT = QcDefinition("X DIFF MEDIAN", "Median shift from the prediction, dispersion", "pixel")
Y_SHIFT = QcDefinition("Y DIFF MEDIAN", "Median shift from the prediction, slit", "pixel")
FWHM = QcDefinition("FWHM PIN MEDIAN", "Median width of the pinhole images", "pixel")
FWHM_SD = QcDefinition("FWHM PIN SD", "Scatter of the width of the pinhole images", "pixel")
WING = QcDefinition("PIN WING FRAC", "Light in the wing of the pinhole images along the slit")
RESOLUTION = QcDefinition("R PIN MEDIAN", "Median resolving power at the pinhole")
ORDER_X_RMS = QcDefinition(
    "X RES RMS", "Rms residual of an order along the dispersion", "pixel", per_order=True
)
ORDER_Y_RMS = QcDefinition(
    "Y RES RMS", "Rms residual of an order along the slit", "pixel", per_order=True
)
ORDER_LINES = QcDefinition("GOODLINES NUM", "Lines that carry an order's fit", per_order=True)
ORDER_RESOLUTION = QcDefinition(
    "R PIN MEDIAN", "Median resolving power of an order at the pinhole", per_order=True
)

SOLUTION_QC = (
    LINES_TOTAL,
    LINES_FOUND,
    LINES_FRACTION,
    LINES_CLIPPED,
    LINES_GOOD,
    PINHOLES,
    X_RMS,
    Y_RMS,
    X_MEDIAN,
    Y_MEDIAN,
    XY_MEDIAN,
    X_PULL,
    X_SHIFT,
    Y_SHIFT,
    FWHM,
    FWHM_SD,
    RESOLUTION,
    ORDER_X_RMS,
    ORDER_Y_RMS,
    ORDER_LINES,
    ORDER_RESOLUTION,
)


def measure_solution(
    solution: DispersionSolution,
    lines: LineMeasurements,
    clean_wavelengths_nm: NDArray[np.float64],
    prediction: DispersionSolution,
) -> tuple[QcValue, ...]:
    """Measure how well a solution fits its lines.

    Parameters
    ----------
    solution
        The fitted solution.
    lines
        The lines it was fitted to.
    clean_wavelengths_nm
        Wavelength of every image of a clean line expected, shape ``(m,)``.
    prediction
        The spectral format before it was moved.
    """
    used = lines.used
    dx, dy = (lines.x - lines.x_fit)[used], (lines.y - lines.y_fit)[used]
    fwhm = np.sqrt(lines.fwhm_x * lines.fwhm_y)[used]
    shift = _shift(prediction, lines)
    resolution = _resolution(solution, lines)
    found, expected = len(lines.order), len(clean_wavelengths_nm)
    clean = np.isin(lines.wavelength_nm, clean_wavelengths_nm)
    clean_found = int(clean.sum())
    values = (
        LINES_TOTAL.value(expected),
        LINES_FOUND.value(found),
        LINES_FRACTION.value(clean_found / max(expected, 1)),
        LINES_CLIPPED.value(int(found - used.sum())),
        LINES_GOOD.value(float((clean & used).sum()) / max(clean_found, 1)),
        PINHOLES.value(_fewest_pinholes(lines)),
        X_RMS.value(_rms(dx)),
        Y_RMS.value(_rms(dy)),
        X_MEDIAN.value(float(np.median(np.abs(dx)))),
        Y_MEDIAN.value(float(np.median(np.abs(dy)))),
        XY_MEDIAN.value(float(np.median(np.hypot(dx, dy)))),
        X_PULL.value(1.4826 * float(np.median(np.abs(dx / lines.x_error[used])))),
        X_SHIFT.value(float(np.median(shift[0]))),
        Y_SHIFT.value(float(np.median(shift[1]))),
        FWHM.value(float(np.median(fwhm))),
        FWHM_SD.value(1.4826 * float(np.median(np.abs(fwhm - np.median(fwhm))))),
        RESOLUTION.value(float(np.median(resolution[used]))),
    )
    return (*values, *_per_order(solution, lines, resolution))


def _per_order(
    solution: DispersionSolution, lines: LineMeasurements, resolution: NDArray[np.float64]
) -> Iterator[QcValue]:
    for row, order in enumerate(solution.orders):
        mine = (lines.order == order) & lines.used
        yield ORDER_LINES.value(int(solution.n_lines[row]), int(order))
        if mine.any():
            yield ORDER_X_RMS.value(_rms((lines.x - lines.x_fit)[mine]), int(order))
            yield ORDER_Y_RMS.value(_rms((lines.y - lines.y_fit)[mine]), int(order))
            yield ORDER_RESOLUTION.value(float(np.median(resolution[mine])), int(order))


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")


def _fewest_pinholes(lines: LineMeasurements) -> int:
    return min(
        (np.unique(lines.slit_arcsec[lines.order == order]).size for order in set(lines.order)),
        default=0,
    )


def _shift(
    prediction: DispersionSolution, lines: LineMeasurements
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    dx, dy = np.zeros(len(lines.order)), np.zeros(len(lines.order))
    for order in np.unique(lines.order):
        mine = lines.order == order
        x, y = prediction.detector_position(
            int(order), lines.wavelength_nm[mine], lines.slit_arcsec[mine]
        )
        dx[mine], dy[mine] = lines.x[mine] - x, lines.y[mine] - y
    return dx, dy


def _resolution(solution: DispersionSolution, lines: LineMeasurements) -> NDArray[np.float64]:
    power = np.zeros(len(lines.order))
    for order in np.unique(lines.order):
        mine = lines.order == order
        wave, slit = lines.wavelength_nm[mine], lines.slit_arcsec[mine]
        step = 1e-5 * wave
        high, _ = solution.detector_position(int(order), wave + step, slit)
        low, _ = solution.detector_position(int(order), wave - step, slit)
        power[mine] = wave * np.abs(high - low) / (2 * step) / lines.fwhm_x[mine]
    return power
