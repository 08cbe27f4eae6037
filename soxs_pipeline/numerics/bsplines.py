"""Smooth curves through noisy series: weighted cubic B-splines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import BSpline
from scipy.linalg import solveh_banded
from scipy.sparse import csr_array

from soxs_pipeline.numerics.robust import mad_sigma, tukey_weights

__all__ = ["SmoothCurve", "fit_curve"]

Floats = NDArray[np.float64]

DEGREE = 3
#: Strength of the penalty that carries the curve over gaps; next to nothing where data are.
BRIDGE = 1e-6


@dataclass(frozen=True, eq=False)
class SmoothCurve:
    """A cubic spline fitted to a series.

    Parameters
    ----------
    knots, coef
        Knots with their repeated ends, and coefficients.
    relative_error
        Error of the curve over its value at the data points, shape ``(n,)``.
    weight
        Robust weight of each point, shape ``(n,)``.
    """

    knots: Floats
    coef: Floats
    relative_error: Floats
    weight: Floats

    def __call__(self, x: ArrayLike) -> Floats:
        """Return the curve; beyond its ends it goes on at its last value."""
        low, high = self.knots[DEGREE], self.knots[-DEGREE - 1]
        inside = np.clip(np.asarray(x, dtype=np.float64), low, high)
        return np.asarray(BSpline(self.knots, self.coef, DEGREE)(inside))


def fit_curve(
    x: Floats,
    y: Floats,
    sigma: Floats,
    *,
    spacings: tuple[float, ...],
    cutoff: float = 5.0,
    iterations: int = 8,
) -> SmoothCurve:
    """Fit a spline whose knot spacing is chosen by the Bayesian information criterion.

    Parameters
    ----------
    x
        Rising coordinate, shape ``(n,)``.
    y, sigma
        Values and their one-sigma errors; points with an infinite error are ignored.
    spacings
        Distances of the knots that are tried, widest first.
    cutoff
        Residual in sigma beyond which a point is rejected.
    iterations
        Robust iterations.

    Returns
    -------
    SmoothCurve
        The curve.

    Raises
    ------
    ValueError
        If fewer than eight points can be used.
    """
    usable = np.isfinite(y) & np.isfinite(sigma) & (sigma > 0)
    if int(usable.sum()) < 2 * (DEGREE + 1):
        raise ValueError("too few points for a curve")
    best: SmoothCurve | None = None
    lowest = np.inf
    for spacing in spacings:
        curve, loss = _robust(x, y, sigma, usable, spacing, cutoff, iterations)
        n = int(usable.sum())
        criterion = n * np.log(max(loss / n, 1e-30)) + len(curve.coef) * np.log(n)
        if criterion < lowest:
            best, lowest = curve, criterion
    if best is None:
        raise ValueError("no knot spacing given")
    return best


def _robust(
    x: Floats,
    y: Floats,
    sigma: Floats,
    usable: NDArray[np.bool_],
    spacing: float,
    cutoff: float,
    iterations: int,
) -> tuple[SmoothCurve, float]:
    low, high = float(x[usable][0]), float(x[usable][-1])
    pieces = max(1, int(np.ceil((high - low) / spacing)))
    inner = np.linspace(low, high, pieces + 1)
    knots = np.concatenate([[low] * DEGREE, inner, [high] * DEGREE])
    points, values, error = x[usable], y[usable], sigma[usable]
    basis = csr_array(BSpline.design_matrix(points, knots, DEGREE))
    weight = np.ones(len(points))
    coef = np.zeros(0)
    scale = 1.0
    for _ in range(iterations):
        coef = _solve(basis, values, weight / error**2)
        residual = (values - basis @ coef) / error
        scale = max(float(mad_sigma(residual)), 1e-9)
        new = tukey_weights(residual / max(scale, 1.0), cutoff=cutoff)
        settled = float(np.abs(new - weight).max()) < 1e-3
        weight = new
        if settled:
            break
    residual = (values - basis @ coef) / error
    loss = float(np.minimum(residual**2, (cutoff * max(scale, 1.0)) ** 2).sum())
    full_weight = np.zeros(len(x))
    full_weight[usable] = weight
    relative = np.full(len(x), np.inf)
    level = np.abs(np.asarray(basis @ coef))
    relative[usable] = _error(basis, weight / (error * max(scale, 1.0)) ** 2) / np.maximum(
        level, 1e-30
    )
    return SmoothCurve(knots, coef, relative, full_weight), loss


def _banded(basis: csr_array, weight: Floats) -> Floats:
    n = basis.shape[1]
    normal = csr_array(basis.T @ basis.multiply(weight[:, None]))
    bands = np.zeros((DEGREE + 1, n))
    for k in range(DEGREE + 1):
        bands[k, : n - k] = normal.diagonal(-k)
    # Second differences, scaled to the data: bridge gaps, hold where nothing constrains.
    strength = BRIDGE * max(float(bands[0].mean()), 1e-30)
    if n >= 3:
        stencil = np.array([1.0, -2.0, 1.0])
        for i in range(n - 2):
            for a in range(3):
                for b in range(a + 1):
                    bands[a - b, i + b] += strength * stencil[a] * stencil[b]
    bands[0] += 1e-6 * strength + 1e-300
    return bands


def _solve(basis: csr_array, values: Floats, weight: Floats) -> Floats:
    return np.asarray(
        solveh_banded(_banded(basis, weight), basis.T @ (weight * values), lower=True)
    )


def _error(basis: csr_array, weight: Floats) -> Floats:
    """Return the error of the curve at every point."""
    bands = _banded(basis, weight)
    covariance = np.asarray(solveh_banded(bands, np.eye(basis.shape[1]), lower=True))
    projected = np.asarray(basis @ covariance)
    variance = (basis.toarray() * projected).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))
