"""A smooth surface through the pixels between the orders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from soxs_pipeline.numerics.robust import mad_sigma, tukey_weights

__all__ = ["smooth_surface"]

Floats = NDArray[np.float64]

DEGREE = 3
#: Strengths of the penalty on second differences that are tried.
STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
#: Fewest pixels of a cell that carry a level, and how many give the median to start from.
LEAST_PIXELS, MEDIAN_PIXELS = 12, 256
#: Rejection of cosmic rays in a cell.
CLIP_SIGMA, CLIP_ROUNDS = 3.5, 3


def smooth_surface(
    data: NDArray[np.floating],
    use: NDArray[np.bool_],
    *,
    sigma: float,
    cell: tuple[int, int],
    knot_px: tuple[float, float],
) -> NDArray[np.float32]:
    """Return a penalised tensor-product spline through cell averages of the used pixels.

    The cells average only pixels between the orders, at their own mean position, so that the
    orders leave no imprint; the penalty on second differences carries the surface across
    the orders, its strength chosen by generalised cross-validation (Eilers & Marx 1996,
    Stat. Sci. 11, 89).

    Parameters
    ----------
    data
        Image, shape ``(ny, nx)``.
    use
        True between the orders.
    sigma
        Noise of a pixel without light.
    cell
        Height and width of the cells in pixels.
    knot_px
        Distance of the knots along y and x in pixels.

    Returns
    -------
    NDArray
        The surface, shape ``(ny, nx)``; zero if fewer than four cells can be used.
    """
    y, x, level, error = _cells(data, use, sigma, cell)
    if len(level) < 4:
        return np.zeros(data.shape, dtype=np.float32)
    ny, nx = data.shape
    knots_y, knots_x = _knots(ny, knot_px[0]), _knots(nx, knot_px[1])
    basis_y = BSpline.design_matrix(y, knots_y, DEGREE).toarray()
    basis_x = BSpline.design_matrix(x, knots_x, DEGREE).toarray()
    my, mx = basis_y.shape[1], basis_x.shape[1]
    design = (basis_y[:, :, None] * basis_x[:, None, :]).reshape(len(level), my * mx)
    penalty = np.kron(_roughness(my), np.eye(mx)) + np.kron(np.eye(my), _roughness(mx))
    coef = _penalised(design, level, error, penalty)
    rows = BSpline.design_matrix(np.arange(ny, dtype=float), knots_y, DEGREE)
    columns = BSpline.design_matrix(np.arange(nx, dtype=float), knots_x, DEGREE)
    surface = (rows @ coef.reshape(my, mx)) @ columns.T.toarray()
    return np.asarray(surface, dtype=np.float32)


def _knots(length: int, spacing: float) -> Floats:
    pieces = max(2, int(np.ceil(length / spacing)))
    inner = np.linspace(-0.5, length - 0.5, pieces + 1)
    return np.concatenate([[inner[0]] * DEGREE, inner, [inner[-1]] * DEGREE])


def _roughness(n: int) -> Floats:
    difference = np.diff(np.eye(n), n=2, axis=0)
    return np.asarray(difference.T @ difference)


def _cells(
    data: NDArray[np.floating], use: NDArray[np.bool_], sigma: float, cell: tuple[int, int]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return mean position, clipped mean and its error of every cell with enough pixels."""
    used = _divided(use, cell)
    number = used.sum(axis=1)
    enough = np.flatnonzero(number >= LEAST_PIXELS)
    used, number = used[enough], number[enough]
    if not number.size:
        return (np.zeros(0),) * 4
    # The used pixels alone, one cell after the other.
    values = _divided(data, cell)[enough][used].astype(np.float64)
    first = np.cumsum(number) - number
    centre, scatter = _start(values, first, number)
    for _ in range(CLIP_ROUNDS):
        apart = values - np.repeat(centre, number)
        near = np.abs(apart) <= np.repeat(CLIP_SIGMA * scatter, number)
        apart[~near] = 0.0
        kept = np.maximum(np.add.reduceat(near, first, dtype=np.int64), 1)
        step = np.add.reduceat(apart, first) / kept
        scatter2 = np.add.reduceat(apart * apart, first) / kept - step**2
        centre = centre + step
        scatter = np.sqrt(np.maximum(scatter2, (0.1 * sigma) ** 2))
    error = np.maximum(scatter, 0.3 * sigma) / np.sqrt(kept)
    height, width = cell
    row, column = np.divmod(enough, -(-data.shape[1] // width))
    inside = used.reshape(-1, height, width)
    y = row * height + (inside.sum(axis=2) @ np.arange(height)) / number
    x = column * width + (inside.sum(axis=1) @ np.arange(width)) / number
    return y, x, centre, error


def _divided(image: NDArray, cell: tuple[int, int]) -> NDArray:
    """Return the pixels cell by cell, shape ``(cells, pixels)``, zero beyond the edges."""
    (ny, nx), (height, width) = image.shape, cell
    whole = np.pad(image, ((0, -ny % height), (0, -nx % width)))
    parts = whole.reshape(whole.shape[0] // height, height, whole.shape[1] // width, width)
    return parts.transpose(0, 2, 1, 3).reshape(-1, height * width)


def _start(
    values: Floats, first: NDArray[np.int64], number: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return median and scatter of a part of the pixels of each cell."""
    # Every so many of them, spread over the cell, are enough.
    place = (np.arange(MEDIAN_PIXELS) + 0.5) / MEDIAN_PIXELS * number[:, None]
    sample = values[first[:, None] + place.astype(np.int64)]
    centre = np.median(sample, axis=1)
    apart = np.median(np.abs(sample - centre[:, None]), axis=1)
    return centre, 1.4826 * apart


def _penalised(design: Floats, level: Floats, error: Floats, penalty: Floats) -> Floats:
    """Fit with the penalty that generalised cross-validation prefers, robustly."""
    # Errors alone would let the brightest gaps rule; what light leaks there is not smooth.
    floor = 0.01 * np.abs(level) + float(np.median(error))
    weight = 1.0 / (error**2 + floor**2)
    robust = np.ones(len(level))
    coef = np.zeros(design.shape[1])
    best = STRENGTHS[0]
    for turn in range(4):
        used = weight * robust
        normal = design.T @ (design * used[:, None])
        right = design.T @ (used * level)
        size = float(np.trace(normal)) / len(normal)
        strengths = STRENGTHS if turn in (0, 3) else (best,)
        scores = []
        for strength in strengths:
            inverse = np.linalg.inv(
                normal + strength * size * penalty + 1e-9 * size * np.eye(len(normal))
            )
            trial = inverse @ right
            freedom = float(np.einsum("ij,ji->", inverse, normal))
            n = float((robust > 0).sum())
            loss = float((used * (level - design @ trial) ** 2).sum())
            scores.append((loss / max(n - 1.2 * freedom, 1.0) ** 2, strength, trial))
        _, best, coef = min(scores, key=lambda item: item[0])
        residual = (level - design @ coef) * np.sqrt(weight)
        scale = max(float(mad_sigma(residual)), 1e-9)
        robust = tukey_weights(residual / scale, cutoff=6.0)
    return coef
