"""Smooth curves through noisy series: weighted cubic B-splines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import BSpline
from scipy.linalg import solveh_banded

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


@dataclass(frozen=True, eq=False)
class _Basis:
    """The splines that are not zero at each point.

    Parameters
    ----------
    values
        Their values, shape ``(n, 4)``.
    first
        Number of the first of them, shape ``(n,)``.
    size
        Number of all splines.
    bridge
        Penalty of squared second differences of the coefficients, as the lower bands of a
        matrix, shape ``(4, size)``.
    """

    values: Floats
    first: NDArray[np.int64]
    size: int
    bridge: Floats

    def __matmul__(self, coef: Floats) -> Floats:
        """Return the curve of some coefficients at the points."""
        return np.asarray(sum(self.values[:, a] * coef[self.first + a] for a in range(DEGREE + 1)))

    def total(self, each: Floats, shift: int) -> Floats:
        """Return sums over the points for the spline that is the ``shift``-th at each of them."""
        return np.asarray(np.bincount(self.first + shift, each, self.size), np.float64)


def _basis(points: Floats, knots: Floats) -> _Basis:
    design = BSpline.design_matrix(points, knots, DEGREE)
    size = design.shape[1]
    bridge = np.zeros((DEGREE + 1, size))
    stencil = np.array([1.0, -2.0, 1.0])
    for a in range(3):
        for b in range(a + 1):
            bridge[a - b, b : b + size - 2] += stencil[a] * stencil[b]
    # Every point has as many splines, the zeros at knots among them.
    first = design.indices.reshape(-1, DEGREE + 1)[:, 0].astype(np.int64)
    return _Basis(design.data.reshape(-1, DEGREE + 1), first, size, bridge)


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
    basis = _basis(points, knots)
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
    level = np.abs(basis @ coef)
    relative[usable] = _error(basis, weight / (error * max(scale, 1.0)) ** 2) / np.maximum(
        level, 1e-30
    )
    return SmoothCurve(knots, coef, relative, full_weight), loss


def _banded(basis: _Basis, weight: Floats) -> Floats:
    bands = np.zeros((DEGREE + 1, basis.size))
    for b in range(DEGREE + 1):
        weighted = weight * basis.values[:, b]
        for a in range(b, DEGREE + 1):
            bands[a - b] += basis.total(weighted * basis.values[:, a], b)
    # Second differences, scaled to the data: bridge gaps, hold where nothing constrains.
    strength = BRIDGE * max(float(bands[0].mean()), 1e-30)
    bands += strength * basis.bridge
    bands[0] += 1e-6 * strength + 1e-300
    return bands


def _solve(basis: _Basis, values: Floats, weight: Floats) -> Floats:
    weighted = weight * values
    right = sum(basis.total(weighted * basis.values[:, a], a) for a in range(DEGREE + 1))
    return np.asarray(solveh_banded(_banded(basis, weight), right, lower=True))


def _error(basis: _Basis, weight: Floats) -> Floats:
    """Return the error of the curve at every point."""
    bands = _banded(basis, weight)
    covariance = np.asarray(solveh_banded(bands, np.eye(basis.size), lower=True))
    variance = np.zeros(len(weight))
    for a in range(DEGREE + 1):
        for b in range(DEGREE + 1):
            among = covariance[basis.first + a, basis.first + b]
            variance += basis.values[:, a] * basis.values[:, b] * among
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))
