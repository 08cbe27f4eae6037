"""Light that is scattered between the orders."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.numerics.scattered import smooth_surface

__all__ = ["FAINT", "Grid", "between_orders", "inside_orders", "scattered_light"]


class Grid(NamedTuple):
    """How finely scattered light is followed.

    Parameters
    ----------
    cell
        Height and width in pixels of the cells that carry a level.
    knot_px
        Distance of the knots of the surface along the slit and along the dispersion.
    """

    cell: tuple[int, int]
    knot_px: tuple[float, float]


#: For flats, where it is bright, and for the sky: a few electrons under a read noise of eight.
BRIGHT = Grid((12, 64), (70.0, 200.0))
FAINT = Grid((24, 128), (140.0, 400.0))


def between_orders(
    table: OrderTable, shape: tuple[int, int], margin_px: float
) -> NDArray[np.bool_]:
    """Return True for pixels further than a margin from the slit image of every order.

    Parameters
    ----------
    table
        Order table with edges.
    shape
        Shape ``(ny, nx)`` of the detector.
    margin_px
        Distance from the edges.
    """
    ny, nx = shape
    x = np.arange(nx, dtype=float)
    rows = np.arange(ny, dtype=float)[:, None]
    free = np.ones(shape, dtype=bool)
    for order, (low, high) in zip(table.orders.tolist(), table.x_range, strict=True):
        # An order goes on beyond the range that is reduced; there its last course is kept.
        inside = np.clip(x, low, high)
        first = table.lower(order, inside) - margin_px
        last = table.upper(order, inside) + margin_px
        top = max(int(np.floor(first.min())), 0)
        part = rows[top : max(int(np.ceil(last.max())) + 1, top)]
        free[top : top + len(part)] &= (part < first) | (part > last)
    return free


def inside_orders(table: OrderTable, shape: tuple[int, int], depth_px: float) -> NDArray[np.bool_]:
    """Return True for pixels further than a depth inside the slit image of an order.

    Parameters
    ----------
    table
        Order table with edges.
    shape
        Shape ``(ny, nx)`` of the detector.
    depth_px
        Distance from the edges.
    """
    inner = np.zeros(shape, dtype=bool)
    for order, (low, high) in zip(table.orders.tolist(), table.x_range, strict=True):
        x = np.arange(int(low), int(high) + 1)
        lower, upper = table.lower(order, x), table.upper(order, x)
        first = max(int(np.floor(lower.min())), 0)
        rows = np.arange(first, min(int(np.ceil(upper.max())) + 1, shape[0]))[:, None]
        within = (rows > lower + depth_px) & (rows < upper - depth_px)
        inner[first : first + len(rows), x[0] : x[-1] + 1] |= within
    return inner


def scattered_light(
    frame: Frame, table: OrderTable, *, margin_px: float, grid: Grid = BRIGHT
) -> Frame:
    """Return the scattered light of a frame as a smooth surface.

    Parameters
    ----------
    frame
        Detrended frame in electrons.
    table
        Order table with edges.
    margin_px
        Distance from the edges beyond which a pixel holds no focused light.
    grid
        How finely it is followed.

    Returns
    -------
    Frame
        The surface in electrons, with the flags of no pixel.
    """
    use = between_orders(table, frame.shape, margin_px) & ~frame.bad
    surface = smooth_surface(
        frame.data,
        use,
        sigma=float(np.sqrt(np.median(frame.variance[use]))) if use.any() else 1.0,
        cell=grid.cell,
        knot_px=grid.knot_px,
    )
    variance = np.zeros_like(surface)
    return Frame(
        data=surface,
        variance=variance,
        quality=np.zeros(frame.shape, dtype=np.uint32),
        unit=frame.unit,
        header=frame.header,
        setup=frame.setup,
    )
