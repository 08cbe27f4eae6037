"""Move a predicted spectral format onto what a frame shows.

First by voting (a shift of many pixels), then, where all orders are seen by one camera and so
move together, by one smooth distortion of the whole detector: orders with few lines learn from
their neighbours.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.lines import LineMeasurements
from soxs_pipeline.errors import NoSolutionError
from soxs_pipeline.numerics.matching import Shift, fit_affine, match_nearest, vote_shift
from soxs_pipeline.numerics.polynomials import design_2d, fit_with_prior
from soxs_pipeline.reduction.wavelength.lines import PredictedSpots

__all__ = ["align_prediction", "fit_shared_distortion"]

Floats = NDArray[np.float64]

#: Expected size of rotation and relative scale of a flexure.
_DISTORTION = 2e-3
#: Least contrast of a vote that is believed.
_LEAST_CONTRAST = 3.5
#: Degree of the distortion that all orders share, and the prior width in pixels of its terms by
#: their total degree.
_SHARED_DEGREE = 4
_SHARED_PRIOR_PX = (5.0, 2.0, 0.5, 0.25, 0.12)


def align_prediction(
    solution: DispersionSolution,
    predicted: PredictedSpots,
    spots: Floats,
    *,
    moves_together: bool,
    reach_px: tuple[float, float],
) -> tuple[DispersionSolution, dict[int, Shift]]:
    """Move a predicted solution onto the spots of a frame.

    Parameters
    ----------
    solution
        Prediction.
    predicted
        The spots it predicts.
    spots
        Positions ``(x, y)`` found on the frame, shape ``(n, 2)``.
    moves_together
        True to find one shift, rotation and scale for all orders; False to shift each order.
    reach_px
        Largest shift along the dispersion and along the slit.

    Returns
    -------
    solution, shifts
        The moved solution, and the shift by order.

    Raises
    ------
    NoSolutionError
        If no shift of any order stands out.
    """
    points = np.column_stack([predicted.x, predicted.y])
    weights = np.sqrt(np.clip(predicted.intensity, 1e-6, None))
    everything = np.ones(len(points), dtype=bool)
    groups = (
        {0: everything}
        if moves_together
        else {int(order): predicted.order == order for order in solution.orders}
    )
    shifts: dict[int, Shift] = {}
    for key, members in groups.items():
        if members.any():
            # The root of the intensity, capped: bright lines vote more, none votes alone.
            vote = np.minimum(weights[members], 3.0 * np.median(weights[members]))
            shifts[key] = vote_shift(
                spots, points[members], vote / vote.mean(), reach=reach_px, cell=1.5
            )
    believed = {k: s for k, s in shifts.items() if s.contrast >= _LEAST_CONTRAST}
    if not believed:
        best = max((s.contrast for s in shifts.values()), default=0.0)
        raise NoSolutionError(
            f"no shift brings the {len(spots)} spots seen onto the {len(points)} lines expected "
            f"(best contrast {best:.1f})",
            wanted=f"contrast of at least {_LEAST_CONTRAST:g} within ±{reach_px[0]:g} px",
            remedy="check that the arc lamp was on and the exposure is through the pinhole mask",
        )
    if moves_together:
        moved = _affine_move(solution, predicted, spots, believed[0])
        return moved, {int(order): believed[0] for order in solution.orders}
    typical = Shift(
        float(np.median([s.dx for s in believed.values()])),
        float(np.median([s.dy for s in believed.values()])),
        0.0,
        0.0,
    )
    found = {int(o): believed.get(int(o), typical) for o in solution.orders}
    return _shifted(solution, found), found


def _shifted(solution: DispersionSolution, shifts: dict[int, Shift]) -> DispersionSolution:
    x_coef, y_coef = solution.x_coef.copy(), solution.y_coef.copy()
    for row, order in enumerate(solution.orders):
        x_coef[row, 0, 0] += shifts[int(order)].dx
        y_coef[row, 0, 0] += shifts[int(order)].dy
    return replace(solution, x_coef=x_coef, y_coef=y_coef)


def _affine_move(
    solution: DispersionSolution, predicted: PredictedSpots, spots: Floats, shift: Shift
) -> DispersionSolution:
    """Refine one shift to a shift, rotation and scale, matching ever closer."""
    points = np.column_stack([predicted.x, predicted.y])
    offset, matrix = np.array([shift.dx, shift.dy]), np.eye(2)
    for radius in (4.0, 3.0, 2.0, 1.5):
        match = match_nearest(spots, offset + points @ matrix.T, radius)
        found = match >= 0
        if found.sum() < 12:
            break
        offset, matrix = fit_affine(points[found], spots[match[found]], distortion=_DISTORTION)
    x_coef = matrix[0, 0] * solution.x_coef + matrix[0, 1] * solution.y_coef
    y_coef = matrix[1, 0] * solution.x_coef + matrix[1, 1] * solution.y_coef
    x_coef[:, 0, 0] += offset[0]
    y_coef[:, 0, 0] += offset[1]
    return replace(solution, x_coef=x_coef, y_coef=y_coef)


def fit_shared_distortion(
    start: DispersionSolution,
    measured: LineMeasurements,
    shape: tuple[int, int],
    *,
    first_scale_px: float,
) -> DispersionSolution:
    """Correct a solution by one smooth distortion of the detector plane.

    Parameters
    ----------
    start
        The solution to correct.
    measured
        Lines seen, of all orders.
    shape
        Shape ``(ny, nx)`` of the detector.
    first_scale_px
        Residuals expected before the fit.

    Returns
    -------
    DispersionSolution
        The corrected solution. With fewer than twenty lines it is the one given.
    """
    _, first = np.unique(
        np.column_stack([measured.order, measured.wavelength_nm]),
        axis=0,
        return_index=True,
    )
    if first.size < 20:
        return start
    x, y = np.zeros(len(measured.order)), np.zeros(len(measured.order))
    for order in np.unique(measured.order):
        mine = measured.order == order
        x[mine], y[mine] = start.detector_position(
            int(order), measured.wavelength_nm[mine], measured.slit_arcsec[mine]
        )
    total = np.add.outer(np.arange(_SHARED_DEGREE + 1), np.arange(_SHARED_DEGREE + 1)).ravel()
    terms = np.flatnonzero(total <= _SHARED_DEGREE)
    design = _plane_design(x, y, shape)[:, terms]
    prior = np.array(_SHARED_PRIOR_PX)[total[terms]]
    lines_error = measured.x_blend_error
    fits = [
        fit_with_prior(
            design,
            found - predicted,
            np.hypot(error, lines_error if axis == 0 else 0.0),
            prior=prior,
            free=np.zeros(terms.size, dtype=bool),
            scales=(1.0,),
            start_scale=first_scale_px,
        )
        for axis, (found, predicted, error) in enumerate(
            ((measured.x, x, measured.x_error), (measured.y, y, measured.y_error))
        )
    ]
    return _distorted(start, shape, terms, fits[0].coef, fits[1].coef)


def _plane_design(x: Floats, y: Floats, shape: tuple[int, int]) -> Floats:
    ny, nx = shape
    return design_2d(
        2.0 * x / (nx - 1) - 1.0, 2.0 * y / (ny - 1) - 1.0, _SHARED_DEGREE, _SHARED_DEGREE
    )


def _distorted(
    start: DispersionSolution,
    shape: tuple[int, int],
    terms: NDArray[np.int64],
    along: Floats,
    across: Floats,
) -> DispersionSolution:
    """Write a distortion of the plane into the Chebyshev series of each order."""
    degrees = (max(start.x_coef.shape[1] - 1, 6), max(start.x_coef.shape[2] - 1, 2))
    t, u = (
        a.ravel()
        for a in np.meshgrid(
            chebyshev.chebpts1(3 * degrees[0]), chebyshev.chebpts1(3 * degrees[1]), indexing="ij"
        )
    )
    # On these points a smooth function's Chebyshev coefficients come out almost exactly.
    project = np.linalg.pinv(design_2d(t, u, *degrees))
    new_shape = (len(start.orders), degrees[0] + 1, degrees[1] + 1)
    x_coef, y_coef = np.zeros(new_shape), np.zeros(new_shape)
    for row in range(len(start.orders)):
        x = chebyshev.chebval2d(t, u, start.x_coef[row])
        y = chebyshev.chebval2d(t, u, start.y_coef[row])
        plane = _plane_design(x, y, shape)[:, terms]
        for target, old, coef in (
            (x_coef, start.x_coef, along),
            (y_coef, start.y_coef, across),
        ):
            target[row, : old.shape[1], : old.shape[2]] = old[row]
            target[row] += (project @ (plane @ coef)).reshape(new_shape[1:])
    return replace(start, x_coef=x_coef, y_coef=y_coef)
