"""How far the image of the slit has moved across the dispersion since the flat was taken."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import ndtr

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.numerics.robust import row_quantiles

__all__ = ["SlitEnds", "measure_slit_ends"]

Floats = NDArray[np.float64]

#: Pixels off and on the slit that an end is fitted on, and size of a bin of depth.
_OFF_PX, _ON_PX, _BIN_PX = 6, 6, 0.25
#: Depth from which on the light of a column tells how much it counts.
_FIRST_PX, _LAST_PX = 6, 12
#: Expected blur of an end in pixels and its scatter; slope of the light along the slit, as a
#: part of it in one pixel.
_BLUR_PX, _BLUR_SCATTER_PX, _SLOPE = 0.8, 0.3, 0.02
#: Error in pixels that no end is known better than, and least significance of its step.
_FLOOR_PX, _SIGNIFICANT = 0.02, 8.0
#: Ends that move against each other, by more than so many sigma, are less sure by this part of
#: it; if they do so by more than so many pixels, one is that of something else.
_APART_SIGMA, _APART_SHARE, _APART_PX = 3.0, 0.25, 1.0
#: Fewest columns and bins with light.
_FEWEST_COLUMNS, _FEWEST_BINS = 200, 20
#: Pulls beyond which a bin counts less.
_SOFT = 3.0


class SlitEnds(NamedTuple):
    """How far the slit's image moved in each order.

    Parameters
    ----------
    orders
        Diffraction orders in which both ends were seen.
    moved_px, error_px
        Towards larger ``y``, and one sigma; shape ``(n,)``.
    """

    orders: NDArray[np.int64]
    moved_px: Floats
    error_px: Floats


def measure_slit_ends(frame: Frame, table: OrderTable, usable: NDArray[np.bool_]) -> SlitEnds:
    """Find where the light of the sky ends in each order, relative to where that of the lamp did.

    All columns of an order are laid over each other by their distance from the lamp's edge, the
    brighter ones with more weight, and a blurred step is fitted. What shifts both ends alike is a
    motion of the slit's image; a source, a gradient of the sky or a wrong blur shift them against
    each other, and out of their mean.

    Parameters
    ----------
    frame
        Exposure in electrons, dark or bias removed, and scattered light.
    table
        Edges as the flat has them.
    usable
        True for pixels that may be used, of the shape of the frame.

    Returns
    -------
    SlitEnds
        Of the orders whose two ends were seen.
    """
    found = []
    light = _Light(frame.data, frame.floor, usable)
    for order in table.orders:
        lower, upper = (_end(light, table, int(order), side) for side in (-1, 1))
        if lower is None or upper is None:
            continue
        (low, low_error), (high, high_error) = lower, upper
        error = float(np.hypot(low_error, high_error))
        apart = abs(low - high)
        if apart > _APART_PX:
            continue
        doubt = _APART_SHARE * max(apart - _APART_SIGMA * error, 0.0)
        found.append((int(order), 0.5 * (low + high), float(np.hypot(0.5 * error, doubt))))
    rows = np.array(found, float).reshape(-1, 3)
    return SlitEnds(rows[:, 0].astype(np.int64), rows[:, 1], rows[:, 2])


class _Light(NamedTuple):
    """Electrons of each pixel, variance without that of the light, and what may be used."""

    data: NDArray[np.float32]
    floor: NDArray[np.float32]
    usable: NDArray[np.bool_]


def _end(seen: _Light, table: OrderTable, order: int, side: int) -> tuple[float, float] | None:
    """Return by how much one end moved and the error, in pixels; None if it was not seen."""
    depth, light, weight = _near_end(seen, table, order, side)
    if depth.size == 0:
        return None
    count = round((_OFF_PX + _ON_PX) / _BIN_PX)
    place = np.clip(((depth + _OFF_PX) / _BIN_PX).astype(int), 0, count - 1)
    bottom = np.bincount(place, weight**2, count)
    middle = np.bincount(place, weight**2 * depth, count)
    filled = bottom > 0.2 * np.median(bottom)
    if np.count_nonzero(filled) < _FEWEST_BINS:
        return None
    safe = np.where(filled, bottom, 1.0)
    profile = (np.bincount(place, weight * light, count) / safe)[filled]
    sigma = 1.0 / np.sqrt(safe[filled])
    fitted = _fit_step((middle / safe)[filled], profile, sigma)
    if fitted is None:
        return None
    return -side * fitted[0], fitted[1]


def _near_end(
    seen: _Light, table: OrderTable, order: int, side: int
) -> tuple[Floats, Floats, Floats]:
    """Return depth inside the slit, light and light of the column, both over the noise."""
    shape = seen.data.shape
    first, last = table.x_range[table.index(order)]
    columns = np.arange(max(int(first), 0), min(int(last), shape[1] - 1) + 1)
    edge = table.lower(order, columns) if side < 0 else table.upper(order, columns)
    nearest = np.rint(edge).astype(np.int64)
    steps = np.arange(-_OFF_PX, _LAST_PX + 1)
    rows = nearest[:, None] - side * steps
    inside = (rows.min(axis=1) >= 0) & (rows.max(axis=1) < shape[0])
    rows, columns, edge = rows[inside], columns[inside], edge[inside]
    none = np.zeros(0)
    if columns.size < _FEWEST_COLUMNS:
        return none, none, none
    light = seen.data[rows, columns[:, None]].astype(float)
    good = seen.usable[rows, columns[:, None]]
    depth = side * (edge[:, None] - rows)
    deep = good & (steps >= _FIRST_PX)
    # A median of each column: cosmic rays would count most otherwise.
    level = np.maximum(np.nan_to_num(row_quantiles(light, deep, 0.5)), 0.0)
    noise = np.sqrt(np.maximum(seen.floor[rows, columns[:, None]], 0.0) + level[:, None])
    near = good & (depth >= -_OFF_PX) & (depth < _ON_PX) & (level[:, None] > 0)
    # Light over noise is what a pixel tells of a factor on all of them.
    return depth[near], (light / noise)[near], (level[:, None] / noise)[near]


def _fit_step(depth: Floats, profile: Floats, sigma: Floats) -> tuple[float, float] | None:
    """Return where a blurred step lies and the error; None if there is none."""
    inside = profile[depth > 0.5 * _ON_PX]
    if not inside.size or not np.median(inside) > 0:
        return None
    start = np.array([float(np.median(inside)), 0.0, _BLUR_PX, 0.0, 0.0])

    def departures(values: Floats) -> Floats:
        height, place, blur, level, slope = values
        low, high = (depth - 0.5 - place) / blur, (depth + 0.5 - place) / blur
        step = blur * (_integral(high) - _integral(low))
        model = level + height * step * (1.0 + slope * depth)
        return np.concatenate(
            [
                (profile - model) / sigma,
                [(blur - _BLUR_PX) / _BLUR_SCATTER_PX, slope / _SLOPE],
            ]
        )

    fit = least_squares(
        departures,
        start,
        bounds=([0.0, -_OFF_PX, 0.3, -np.inf, -0.2], [np.inf, _ON_PX, 2.5, np.inf, 0.2]),
        x_scale=[start[0], 0.5, 0.3, start[0], 0.05],
        loss="soft_l1",
        f_scale=_SOFT,
        max_nfev=60,
    )
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac)
    scatter = max(1.0, 2.0 * fit.cost / max(depth.size - 5, 1))
    error = np.sqrt(covariance.diagonal() * scatter)
    if not fit.x[0] > _SIGNIFICANT * error[0] or abs(fit.x[1]) > _OFF_PX - 1.5:
        return None
    return float(fit.x[1]), float(np.hypot(error[1], _FLOOR_PX))


def _integral(z: Floats) -> Floats:
    """Return the integral of the normal distribution function."""
    return np.asarray(z * ndtr(z) + np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi))
