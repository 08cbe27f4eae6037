"""From measured lines to a dispersion solution.

The solution is the predicted spectral format, moved by a flexure (a shift, for arms whose
orders move together also rotation and scale), plus a Chebyshev correction for each order. Its
terms have priors, so that an order rich in lines is free to differ from the prediction and an
order poor in lines follows it. The fit is linear: nothing can fail to converge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.dispersion import DispersionSolution, SpectralFormat
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.lines import LineList, LineMeasurements
from soxs_pipeline.errors import NoSolutionError, UnprocessableDataError
from soxs_pipeline.numerics.polynomials import PriorFit, design_2d, fit_with_prior
from soxs_pipeline.reduction.wavelength.flexure import align_prediction, fit_shared_distortion
from soxs_pipeline.reduction.wavelength.lines import (
    PredictedSpots,
    find_bright_spots,
    measure_spots,
    predict_spots,
    saturated_share,
)

__all__ = ["describe_gaps", "describe_saturation", "fit_solution", "solve_dispersion"]

Floats = NDArray[np.float64]

#: Prior width in pixels of a shift, a stretch and the quadratic terms, before scaling; each
#: further degree has half the width.
_SHIFT_PRIOR_PX = 5.0
_STRETCH_PRIOR_PX = 2.0
_FREE_PRIOR_PX = 1.0
#: Scales of the prior of the quadratic and higher terms. Along the dispersion blends give line
#: positions long tails, which make the evidence too fond of stiff models: none much stiffer.
_SCALES_ALONG = (0.015, 0.05, 0.15, 0.5, 1.5)
_SCALES_ACROSS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
#: Lines of an order that are measured at most, and their worst blending.
_CHOICE: dict[str, Any] = {"most_lines": 120, "worst_blend_px": 0.1}
#: Robust weight below which a line counts as rejected.
_KEPT_WEIGHT = 0.05
#: Largest scatter of an order's lines about the solution that passes unremarked, in pixels, and
#: largest median distance of all lines that is believed: a match by chance has more.
_LARGEST_SCATTER_PX, _LARGEST_DISTANCE_PX = 0.4, 0.4
#: Share of saturated lines that is said.
_MANY_SATURATED = 0.1
#: Error given to the position of a line that is not to be used.
_UNUSED_ERROR_PX = 1e3


def fit_solution(
    start: DispersionSolution,
    measured: LineMeasurements,
    *,
    degrees: tuple[int, int],
    first_scale_px: float,
) -> tuple[DispersionSolution, LineMeasurements]:
    """Fit the correction of each order to the measured lines.

    Parameters
    ----------
    start
        The solution to correct.
    measured
        Lines seen.
    degrees
        Highest degree of the correction in wavelength and in slit position.
    first_scale_px
        Residuals expected before the fit; outliers are judged against it at first.

    Returns
    -------
    solution, measured
        The fitted solution, and the lines with ``x_fit``, ``y_fit`` and ``used`` set.
    """
    shape = (
        len(start.orders),
        max(start.x_coef.shape[1], degrees[0] + 1),
        max(start.x_coef.shape[2], degrees[1] + 1),
    )
    x_coef, y_coef = _padded(start.x_coef, shape), _padded(start.y_coef, shape)
    fit_rms = np.full((len(start.orders), 2), np.nan)
    n_lines = np.zeros(len(start.orders), dtype=np.int64)
    used = np.zeros(len(measured.order), dtype=bool)
    for row, order in enumerate(start.orders):
        mine = np.flatnonzero(measured.order == order)
        if not mine.size:
            continue
        fits = _fit_order(start, int(order), measured, mine, degrees, first_scale_px)
        _, groups = np.unique(measured.wavelength_nm[mine], return_inverse=True)
        kept = _kept(fits[0], groups) & _kept(fits[1], groups)
        used[mine] = kept
        for axis, (target, fit) in enumerate(zip((x_coef, y_coef), fits, strict=True)):
            target[row, : degrees[0] + 1, : degrees[1] + 1] += fit.coef.reshape(
                degrees[0] + 1, degrees[1] + 1
            )
            if kept.any():
                fit_rms[row, axis] = float(np.sqrt(np.mean(fit.residual[kept] ** 2)))
        n_lines[row] = np.unique(measured.wavelength_nm[mine][kept]).size
    solution = replace(start, x_coef=x_coef, y_coef=y_coef, fit_rms_px=fit_rms, n_lines=n_lines)
    x_fit, y_fit = _positions(solution, measured)
    return solution, replace(measured, x_fit=x_fit, y_fit=y_fit, used=used)


def _kept(fit: PriorFit, groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the points that neither on their own nor with their group were rejected."""
    kept = np.asarray(fit.weight > _KEPT_WEIGHT)
    if fit.group_weight.size:
        kept &= fit.group_weight[groups] > _KEPT_WEIGHT
    return kept


def _padded(coef: Floats, shape: tuple[int, ...]) -> Floats:
    padded = np.zeros(shape)
    padded[:, : coef.shape[1], : coef.shape[2]] = coef
    return padded


def _positions(solution: DispersionSolution, lines: LineMeasurements) -> tuple[Floats, Floats]:
    x, y = np.zeros(len(lines.order)), np.zeros(len(lines.order))
    for order in np.unique(lines.order):
        mine = lines.order == order
        x[mine], y[mine] = solution.detector_position(
            int(order), lines.wavelength_nm[mine], lines.slit_arcsec[mine]
        )
    return x, y


def _fit_order(
    start: DispersionSolution,
    order: int,
    measured: LineMeasurements,
    mine: NDArray[np.int64],
    degrees: tuple[int, int],
    first_scale_px: float,
) -> tuple[PriorFit, PriorFit]:
    wavelength, slit = measured.wavelength_nm[mine], measured.slit_arcsec[mine]
    x, y = start.detector_position(order, wavelength, slit)
    design = design_2d(*start.scaled(order, wavelength, slit), *degrees)
    total = np.add.outer(np.arange(degrees[0] + 1), np.arange(degrees[1] + 1)).ravel()
    prior = np.where(total == 0, _SHIFT_PRIOR_PX, _STRETCH_PRIOR_PX)
    prior = np.where(total > 1, _FREE_PRIOR_PX * 0.5 ** (total - 2.0), prior)
    # The slit's image bends far less than the dispersion along it does.
    along_slit = np.tile(np.arange(degrees[1] + 1), degrees[0] + 1)
    prior = np.where((total > 1) & (along_slit > 0), 0.1 * prior, prior)
    _, first, groups = np.unique(wavelength, return_index=True, return_inverse=True)
    blend_error = measured.x_blend_error[mine]
    many = np.bincount(groups).max() > 1
    along = fit_with_prior(
        design,
        measured.x[mine] - x,
        measured.x_error[mine] if many else np.hypot(measured.x_error[mine], blend_error),
        prior=prior,
        free=total > 1,
        scales=_SCALES_ALONG,
        groups=groups if many else None,
        group_errors=blend_error[first] if many else None,
        start_scale=first_scale_px,
    )
    # What was taken for another line lies beside its place along the dispersion; the order is
    # not level there, so that it must not tell the position along the slit either.
    across = fit_with_prior(
        design,
        measured.y[mine] - y,
        np.where(_kept(along, groups), measured.y_error[mine], _UNUSED_ERROR_PX),
        prior=prior,
        free=total > 1,
        scales=_SCALES_ACROSS,
        start_scale=first_scale_px,
    )
    return along, across


def solve_dispersion(  # noqa: PLR0913 - the two recipes differ in these numbers alone
    frame: Frame,
    start: DispersionSolution,
    spectral_format: SpectralFormat,
    lines: LineList,
    pinholes_arcsec: Sequence[float],
    *,
    degrees: tuple[int, int],
    reach_px: tuple[float, float],
    detection_sigma: float,
    half_px: tuple[int, int],
    moves_together: bool,
) -> tuple[DispersionSolution, LineMeasurements, PredictedSpots]:
    """Find the dispersion solution of an arc frame taken through pinholes.

    Parameters
    ----------
    frame
        Arc frame in electrons.
    start
        Prediction, in the frame's binning.
    spectral_format
        The format in the frame's binning, for the detector's shape.
    lines
        The lamp's lines.
    pinholes_arcsec
        Slit positions of the pinholes.
    degrees
        Highest degree of the correction in wavelength and in slit position.
    reach_px
        Largest flexure along the dispersion and along the slit.
    detection_sigma
        Least significance of a spot.
    half_px
        Half size of a fitted stamp along the dispersion and along the slit.
    moves_together
        Whether all orders share one flexure.

    Returns
    -------
    solution, measured, predicted
        The solution, the lines measured with their fitted positions, and the lines expected.

    Raises
    ------
    UnprocessableDataError
        If the frame shows no lines.
    NoSolutionError
        If what it shows does not fit the lines expected.
    """
    spots = find_bright_spots(frame, threshold_sigma=detection_sigma)
    if len(spots) < 5:
        raise UnprocessableDataError(
            f"the frame shows {len(spots)} spots above {detection_sigma:g} sigma: no arc lines",
            wanted="an arc lamp seen through pinholes",
            remedy="check that the lamp was on and the right mask was in the beam",
        )
    predicted = predict_spots(
        start, spectral_format, lines, pinholes_arcsec, margin_px=-20.0, **_CHOICE
    )
    aligned, _ = align_prediction(
        start, predicted, spots, moves_together=moves_together, reach_px=reach_px
    )
    moved, measured, expected = aligned, None, predicted
    for search, scale, rounds in ((2, 1.0, 2), (1, 0.3, 2), (0, 0.1, 4)):
        expected = predict_spots(
            moved, spectral_format, lines, pinholes_arcsec, margin_px=4.0, **_CHOICE
        )
        sought = expected if measured is None else expected.only(_seen_before(expected, measured))
        measured = measure_spots(
            frame,
            sought,
            search_px=(search, min(search, 1)),
            half_px=half_px,
            least_snr=detection_sigma,
            rounds=rounds,
        )
        # Each round begins anew: what a line did that is since rejected leaves no trace.
        base = aligned
        if moves_together:
            base = fit_shared_distortion(
                base, measured, spectral_format.shape, first_scale_px=scale
            )
        moved, measured = fit_solution(base, measured, degrees=degrees, first_scale_px=scale)
    if measured is None or not measured.used.any():
        raise NoSolutionError(
            "no line of the list was found where the spectral format puts it",
            remedy="check the arc frame and the line list",
        )
    distance = float(np.median(np.abs(measured.x - measured.x_fit)[measured.used]))
    if distance > _LARGEST_DISTANCE_PX:
        why = f"the lines found do not fit the solution: half of them lie {distance:.2f} px off"
        raise NoSolutionError(
            "; ".join((why, *describe_saturation(frame, expected))),
            wanted=f"a median distance of at most {_LARGEST_DISTANCE_PX:g} px",
            remedy="check the exposure of the arc and that it is the right lamp",
        )
    return moved, measured, expected


def describe_saturation(frame: Frame, expected: PredictedSpots) -> tuple[str, ...]:
    """Say in words if many of the lines expected are saturated."""
    share = saturated_share(frame, expected)
    if share < _MANY_SATURATED:
        return ()
    return (f"{share:.0%} of the lines expected are saturated, a shorter exposure shows more",)


def _seen_before(expected: PredictedSpots, measured: LineMeasurements) -> NDArray[np.bool_]:
    """Return True for spots of lines that some pinhole showed: the others are too faint."""
    seen = set(zip(measured.order, measured.wavelength_nm, strict=True))
    spots = zip(expected.order, expected.wavelength_nm, strict=True)
    return np.fromiter((spot in seen for spot in spots), dtype=bool, count=len(expected.order))


def describe_gaps(
    solution: DispersionSolution,
    lines: LineMeasurements,
    pinholes_arcsec: Sequence[float] = (),
    *,
    fewest_lines: int = 5,
) -> tuple[str, ...]:
    """Say in words where a solution rests on little.

    Parameters
    ----------
    solution, lines
        The fit and its lines.
    pinholes_arcsec
        Pinholes of the mask; those that no line of an order shows are named.
    fewest_lines
        An order with fewer lines is named.
    """
    said = []
    for row, order in enumerate(solution.orders):
        count = int(solution.n_lines[row])
        if count < fewest_lines:
            said.append(
                f"order {order}: only {count} lines; its solution follows the predicted format"
            )
        scatter = float(solution.fit_rms_px[row, 0])
        if scatter > _LARGEST_SCATTER_PX:
            said.append(f"order {order}: its lines scatter by {scatter:.1f} px about the solution")
        mine = (lines.order == order) & lines.used
        seen = np.unique(lines.slit_arcsec[mine])
        missing = [s for s in pinholes_arcsec if not np.isclose(seen, s, atol=1e-3).any()]
        if count and missing:
            said.append(f"order {order}: {len(missing)} of {len(pinholes_arcsec)} pinholes unseen")
    return tuple(said)
