"""Chebyshev fits with priors, robust against outliers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

__all__ = ["PriorFit", "design_2d", "fit_with_prior"]

Floats = NDArray[np.float64]


def design_2d(t: Floats, u: Floats, degree_t: int, degree_u: int) -> Floats:
    """Return the design matrix of a two-dimensional Chebyshev series.

    Parameters
    ----------
    t, u
        Coordinates scaled to [-1, 1], shape ``(n,)``.
    degree_t, degree_u
        Degrees.

    Returns
    -------
    array
        Shape ``(n, (degree_t + 1) * (degree_u + 1))``, the term in ``u`` running fastest.
    """
    return np.asarray(chebyshev.chebvander2d(t, u, [degree_t, degree_u]), dtype=float)


@dataclass(frozen=True, eq=False)
class PriorFit:
    """A linear fit under a Gaussian prior.

    Parameters
    ----------
    coef
        Coefficients, shape ``(p,)``.
    covariance
        Their posterior covariance, shape ``(p, p)``.
    residual
        Data minus model without the group offsets, shape ``(n,)``.
    offsets, group_weight
        Offset of each group and its robust weight, shape ``(g,)``; empty without groups.
    weight
        Robust weight between 0 and 1 of each point, shape ``(n,)``.
    scatter, group_scatter
        Intrinsic scatter of points and of groups beyond the errors.
    prior_scale
        The chosen scale of the free terms.
    """

    coef: Floats
    covariance: Floats
    residual: Floats
    offsets: Floats
    group_weight: Floats
    weight: Floats
    scatter: float
    group_scatter: float
    prior_scale: float


@dataclass(frozen=True, eq=False)
class _Solution:
    coef: Floats
    offsets: Floats
    covariance: Floats
    log_evidence: float


def fit_with_prior(  # noqa: PLR0913 - a statistical model has these parts
    design: Floats,
    values: Floats,
    errors: Floats,
    *,
    prior: Floats,
    free: NDArray[np.bool_],
    scales: Sequence[float],
    groups: NDArray[np.int64] | None = None,
    group_errors: Floats | None = None,
    iterations: int = 30,
    start_scale: float = 1.0,
    floor: float = 0.003,
) -> PriorFit:
    """Fit a linear model whose coefficients are known to be small.

    Each coefficient has a Gaussian prior of mean zero. The width of the prior of the terms
    marked ``free`` is multiplied by the one of a few scales that has the largest evidence:
    data that need no high terms get none, sparse data fall back to the low ones. Points that
    share a ``group`` share one more offset with a prior of its own, whose width is measured
    too: the error of a line's wavelength moves all its pinholes alike. Outliers are held down
    by Tukey's biweight, whose scale shrinks from ``start_scale`` to what the data show.

    Parameters
    ----------
    design, values, errors
        Design matrix ``(n, p)``, data and one-sigma errors ``(n,)``.
    prior
        Prior width of each coefficient, shape ``(p,)``.
    free
        True for the terms whose prior is scaled, shape ``(p,)``.
    scales
        Scales tried for the prior of the free terms, rising.
    groups
        Index of each point's group, or None.
    group_errors
        Known part of the width of each group's offset, shape ``(g,)``.
    start_scale
        First scale of the robust weights, in the unit of the data.
    floor
        Least intrinsic scatter.

    Returns
    -------
    PriorFit
        The fit.
    """
    count = 0 if groups is None else int(groups.max()) + 1
    labels = np.zeros(len(values), dtype=np.int64) if groups is None else groups
    known = np.zeros(count) if group_errors is None else group_errors
    scatter, group_scatter = start_scale, start_scale if count else 0.0
    weight = np.ones(len(values))
    group_weight = np.ones(count)
    scale = scales[0]
    solution = None
    for turn in range(iterations):
        precision = weight / (errors**2 + scatter**2)
        group_total = np.sqrt(known**2 + max(group_scatter, floor) ** 2)
        group_precision = group_weight / group_total**2
        # Outliers must be gone before high terms are let loose on what is left of them.
        allowed = scales[: (len(scales) + 1) // 2] if turn < iterations // 2 else scales
        choose = turn == iterations - 1 or turn % 5 == 0
        trials = allowed if choose else (scale,)
        solved = [
            _solve(design, values, precision, _widths(prior, free, s), labels, group_precision)
            for s in trials
        ]
        best = int(np.argmax([s.log_evidence for s in solved]))
        solution, scale = solved[best], trials[best]
        offset = solution.offsets[labels] if count else 0.0
        residual = values - design @ solution.coef - offset
        measured = max(float(1.4826 * np.median(np.abs(residual))), 0.0)
        goal = np.sqrt(max(measured**2 - float(np.median(errors)) ** 2, floor**2))
        scatter = max(goal, 0.6 * scatter if turn < iterations // 2 else 0.0)
        total = np.sqrt(errors**2 + scatter**2)
        weight = np.clip(1.0 - (residual / (6.0 * total)) ** 2, 0.0, None) ** 2
        if count:
            occupied = np.bincount(labels, weights=weight, minlength=count) > 0
            group_scatter = max(
                _core_scatter(solution.offsets[occupied], known[occupied]),
                0.6 * group_scatter if turn < iterations // 2 else 0.0,
                floor,
            )
            group_total = np.sqrt(known**2 + group_scatter**2)
            # An outlying group keeps its offset free of charge: it no longer pulls the model.
            group_weight = (
                np.clip(1.0 - (solution.offsets / (4.5 * group_total)) ** 2, 1e-6, None) ** 2
            )
    if solution is None:
        raise ValueError("no iterations asked for")
    return PriorFit(
        coef=solution.coef,
        covariance=solution.covariance,
        residual=values - design @ solution.coef,
        offsets=solution.offsets,
        group_weight=group_weight,
        weight=weight,
        scatter=float(scatter),
        group_scatter=float(group_scatter),
        prior_scale=float(scale),
    )


def _core_scatter(offsets: Floats, known: Floats) -> float:
    """Return the scatter of the well-behaved offsets beyond what is known of it.

    Blends and wrong identifications give the offsets long tails: the inner 40 per cent tell
    the width of the core, where the median would still be widened by them.
    """
    if not offsets.size:
        return 0.0
    inner = 0.4
    quantile = 0.5244  # 40 per cent of a normal distribution lie within this many sigma
    order = np.argsort(np.abs(offsets))[: max(1, int(inner * len(offsets)))]
    spread = float(np.abs(offsets[order[-1]])) / quantile
    return float(np.sqrt(max(spread**2 - float(np.median(known[order])) ** 2, 0.0)))


def _widths(prior: Floats, free: NDArray[np.bool_], scale: float) -> Floats:
    return np.where(free, prior * scale, prior)


def _solve(
    design: Floats,
    values: Floats,
    precision: Floats,
    prior: Floats,
    labels: NDArray[np.int64],
    group_precision: Floats,
) -> _Solution:
    """Solve the normal equations; group offsets are eliminated by their Schur complement."""
    weighted = design * precision[:, None]
    matrix = design.T @ weighted + np.diag(1.0 / prior**2)
    right = weighted.T @ values
    count = len(group_precision)
    group_matrix: Floats = np.zeros(0)
    cross = np.zeros((0, design.shape[1]))
    group_right = np.zeros(0)
    if count:
        counted = np.bincount(labels, weights=precision, minlength=count)
        group_matrix = np.asarray(counted, dtype=float) + group_precision
        cross = np.zeros((count, design.shape[1]))
        np.add.at(cross, labels, weighted)
        summed = np.bincount(labels, weights=precision * values, minlength=count)
        group_right = np.asarray(summed, dtype=float)
        matrix = matrix - cross.T @ (cross / group_matrix[:, None])
        right = right - cross.T @ (group_right / group_matrix)
    covariance = np.asarray(np.linalg.inv(matrix), dtype=float)
    coef = covariance @ right
    offsets = (group_right - cross @ coef) / group_matrix if count else np.zeros(0)
    residual = values - design @ coef - (offsets[labels] if count else 0.0)
    chi2 = float(
        precision @ residual**2 + np.sum((coef / prior) ** 2) + group_precision @ offsets**2
    )
    _, log_det = np.linalg.slogdet(matrix)
    log_evidence = -0.5 * (chi2 + log_det + 2.0 * float(np.log(prior).sum()))
    return _Solution(coef, offsets, covariance, log_evidence)
