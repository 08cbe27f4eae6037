"""Invert a dispersion solution: wavelength and slit position of every pixel."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline

from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.domain.pixelmap import PixelMap

__all__ = ["invert", "make_pixel_map"]

Floats = NDArray[np.float64]

_STEP_X, _STEP_Y = 16.0, 4.0
_NEWTON_STEPS = 12


def make_pixel_map(
    dispersion: DispersionSolution,
    order_table: OrderTable,
    shape: tuple[int, int],
    *,
    margin_px: float,
) -> PixelMap:
    """Compute wavelength, slit position and order of every pixel inside the orders.

    The inverse is found by Newton's method on a coarse grid that follows each order, and
    interpolated by a bicubic spline; the interpolation error is below 1e-4 px.

    Parameters
    ----------
    dispersion
        The solution.
    order_table
        Edges of the orders; without them the slit domain of the solution bounds the order.
    shape
        Shape ``(ny, nx)`` of the detector.
    margin_px
        How far beyond the edges the map reaches.

    Returns
    -------
    PixelMap
        The map.
    """
    wavelength = np.full(shape, np.nan)
    slit = np.full(shape, np.nan, dtype=np.float32)
    label = np.zeros(shape, dtype=np.int16)
    for order in dispersion.orders:
        inside = _fill_order(dispersion, order_table, int(order), shape, margin_px)
        if inside is None:
            continue
        rows, columns, wave, position = inside
        # Where margins of neighbours meet, the pixel belongs to the nearer slit centre.
        closer = ~(np.abs(slit[rows, columns]) < np.abs(position))
        rows, columns = rows[closer], columns[closer]
        wavelength[rows, columns] = wave[closer]
        slit[rows, columns] = position[closer]
        label[rows, columns] = order
    return PixelMap(wavelength_nm=wavelength, slit_arcsec=slit, order=label)


def _fill_order(
    dispersion: DispersionSolution,
    order_table: OrderTable,
    order: int,
    shape: tuple[int, int],
    margin_px: float,
) -> tuple[NDArray, NDArray, Floats, Floats] | None:
    ny, nx = shape
    first, last = _columns(dispersion, order, nx)
    if last - first < 4 * _STEP_X:
        return None
    nodes = np.arange(first - 2 * _STEP_X, last + 3 * _STEP_X, _STEP_X)
    lower, upper = _edges(dispersion, order_table, order, nodes)
    centre = np.polynomial.Chebyshev.fit(nodes, 0.5 * (lower + upper), 8)
    half = float(np.max(upper - lower)) / 2 + margin_px + 2.0
    offsets = np.arange(-half - _STEP_Y, half + 2 * _STEP_Y, _STEP_Y)
    grid_x, grid_v = np.meshgrid(nodes, offsets, indexing="ij")
    wave, position = invert(dispersion, order, grid_x, grid_v + centre(grid_x))
    columns = np.arange(int(np.ceil(first)), int(np.floor(last)) + 1)
    low = np.interp(columns, nodes, lower) - margin_px
    high = np.interp(columns, nodes, upper) + margin_px
    base = centre(columns)
    span = np.arange(int(np.floor(-half)), int(np.ceil(half)) + 1)
    rows = np.rint(base).astype(int)[:, None] + span[None, :]
    inside = (rows >= low[:, None]) & (rows <= high[:, None]) & (rows >= 0) & (rows < ny)
    at = np.broadcast_to(columns[:, None], rows.shape)[inside]
    rows = rows[inside]
    offset = rows - centre(at)
    # The spline sees only the small departure from a plane, which keeps it exact.
    return (
        rows,
        at,
        RectBivariateSpline(nodes, offsets, wave).ev(at, offset),
        RectBivariateSpline(nodes, offsets, position).ev(at, offset),
    )


def _columns(dispersion: DispersionSolution, order: int, nx: int) -> tuple[float, float]:
    """Return the range of dispersion pixels that the order's wavelength domain reaches."""
    low, high = dispersion.wave_domain_nm[dispersion.index(order)]
    slit = np.array(dispersion.slit_domain_arcsec)
    ends = [dispersion.detector_position(order, wave, slit)[0] for wave in (low, high)]
    return (
        float(np.clip(np.min(ends), 0, nx - 1)),
        float(np.clip(np.max(ends), 0, nx - 1)),
    )


def _edges(
    dispersion: DispersionSolution, order_table: OrderTable, order: int, x: Floats
) -> tuple[Floats, Floats]:
    if order in order_table.orders and order_table.has_edges:
        low, high = order_table.x_range[order_table.index(order)]
        within = np.clip(x, low, high)
        edges = order_table.lower(order, within), order_table.upper(order, within)
        beyond = (x < low) | (x > high)
        if not beyond.any():
            return edges
        predicted = _predicted_edges(dispersion, order, x)
        at_border = _predicted_edges(dispersion, order, within)
        return (
            edges[0] + predicted[0] - at_border[0],
            edges[1] + predicted[1] - at_border[1],
        )
    return _predicted_edges(dispersion, order, x)


def _predicted_edges(
    dispersion: DispersionSolution, order: int, x: Floats
) -> tuple[Floats, Floats]:
    low, high = dispersion.wave_domain_nm[dispersion.index(order)]
    wave = np.linspace(low, high, 400)
    ends = []
    for position in dispersion.slit_domain_arcsec:
        at, y = dispersion.detector_position(order, wave, position)
        rank = np.argsort(at)
        ends.append(np.interp(x, at[rank], y[rank]))
    return np.minimum(*ends), np.maximum(*ends)


def invert(
    dispersion: DispersionSolution, order: int, x: Floats, y: Floats
) -> tuple[Floats, Floats]:
    """Return vacuum wavelength and slit position of detector positions of an order.

    Newton's method on the two Chebyshev series with analytic derivatives.

    Parameters
    ----------
    dispersion
        The solution.
    order
        Diffraction order.
    x, y
        Detector positions in pixels, of one shape.

    Returns
    -------
    wavelength_nm, slit_arcsec
        Arrays of that shape.
    """
    row = dispersion.index(order)
    cx, cy = dispersion.x_coef[row], dispersion.y_coef[row]
    parts = [
        (
            c,
            chebyshev.chebder(c, axis=0),
            chebyshev.chebder(c, axis=1) if c.shape[1] > 1 else 0 * c,
        )
        for c in (cx, cy)
    ]
    t, u = _linear_start(cx, cy, x, y)
    for _ in range(_NEWTON_STEPS):
        (fx, fxt, fxu), (fy, fyt, fyu) = (
            tuple(chebyshev.chebval2d(t, u, c) for c in part) for part in parts
        )
        determinant = fxt * fyu - fxu * fyt
        rx, ry = x - fx, y - fy
        step_t = (rx * fyu - ry * fxu) / determinant
        step_u = (ry * fxt - rx * fyt) / determinant
        t = np.clip(t + np.clip(step_t, -0.5, 0.5), -1.6, 1.6)
        u = np.clip(u + np.clip(step_u, -0.8, 0.8), -3.0, 3.0)
        if max(np.abs(step_t).max(), np.abs(step_u).max()) < 1e-10:
            break
    low, high = dispersion.wave_domain_nm[row]
    bottom, top = dispersion.slit_domain_arcsec
    return 0.5 * (low + high + (high - low) * t), 0.5 * (bottom + top + (top - bottom) * u)


def _linear_start(cx: Floats, cy: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Start from the inverse along the slit centre; good to a pixel or two."""
    t_line = np.linspace(-1.2, 1.2, 600)
    x_line = chebyshev.chebval2d(t_line, 0 * t_line, cx)
    y_line = chebyshev.chebval2d(t_line, 0 * t_line, cy)
    rank = np.argsort(x_line)
    t = np.interp(x, x_line[rank], t_line[rank])
    centre = np.interp(x, x_line[rank], y_line[rank])
    scale = cy[0, 1] if cy.shape[1] > 1 and abs(cy[0, 1]) > 0 else 1.0
    return t, np.clip((y - centre) / scale, -2.5, 2.5)
