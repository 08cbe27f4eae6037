"""Where the slit ends in every order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.numerics.edges import fit_edges, half_level
from soxs_pipeline.numerics.traces import fit_correction
from soxs_pipeline.reduction.orders.tracing import order_paths

__all__ = ["EdgeTrace", "find_edges"]

Floats = NDArray[np.float64]

#: Columns in a block of the first look, and in a bin of the fit, and from bin to bin.
BLOCK, BIN, STEP = 64, 16, 32
#: Half-width in pixels of the window an edge is fitted in.
HALF_WINDOW = 6
#: Most pixels from mid-slit that an edge is looked for, and fewest.
FARTHEST, NEAREST = 45, 6
#: Least significance of an edge, error that none is better than, largest degree.
SIGNIFICANT, FLOOR, MOST_DEGREE = 10.0, 0.01, 4
#: Edges in pixels that may lie off the smooth course before they are fitted.
ROUGH = 3.0


@dataclass(frozen=True, eq=False)
class EdgeTrace:
    """The edges of one order.

    Parameters
    ----------
    order
        Diffraction order.
    tried
        Number of bins looked at, both edges together.
    residual, error
        Residuals of the samples used and their errors in pixels.
    used
        For each sample found, True if it carries the fit.
    found
        False if the predicted slit length stands for the order.
    """

    order: int
    tried: int
    residual: Floats
    error: Floats
    used: NDArray[np.bool_]
    found: bool


def find_edges(
    frame: Frame, table: OrderTable, dispersion: DispersionSolution, slit_arcsec: float
) -> tuple[OrderTable, list[EdgeTrace]]:
    """Measure the edges of every order on a frame of a lamp through the slit.

    Parameters
    ----------
    frame
        Detrended frame in electrons.
    table
        Order centres.
    dispersion
        Gives the length of the slit where the light does not.
    slit_arcsec
        Length of the slit.

    Returns
    -------
    tuple
        Order table with edges, and the samples of each order.
    """
    lower, upper, traces = [], [], []
    for row, order in enumerate(table.orders):
        sides = [_side(frame, table, int(order), direction) for direction in (-1, 1)]
        predicted = _predicted(table, dispersion, int(order), slit_arcsec, frame.shape)
        coefs = [predicted[k] if side is None else side[0] for k, side in enumerate(sides)]
        lower.append(_added(table.centre_coef[row], coefs[0]))
        upper.append(_added(table.centre_coef[row], coefs[1]))
        traces.append(_joined(int(order), sides))
    edges = replace(table, lower_coef=np.array(lower), upper_coef=np.array(upper))
    return edges, traces


def _added(centre: Floats, distance: Floats) -> Floats:
    coef = np.zeros(max(len(centre), MOST_DEGREE + 1))
    coef[: len(centre)] += centre
    coef[: len(distance)] += distance
    return coef


_Side = tuple[Floats, int, Floats, Floats, NDArray[np.bool_]]


def _joined(order: int, sides: list[_Side | None]) -> EdgeTrace:
    found = [side for side in sides if side is not None]
    if not found:
        none = np.zeros(0)
        return EdgeTrace(order, 0, none, none, np.zeros(0, dtype=bool), found=False)
    return EdgeTrace(
        order,
        sum(side[1] for side in found),
        np.concatenate([side[2] for side in found]),
        np.concatenate([side[3] for side in found]),
        np.concatenate([side[4] for side in found]),
        found=len(found) == 2,
    )


def _predicted(
    table: OrderTable,
    dispersion: DispersionSolution,
    order: int,
    slit_arcsec: float,
    shape: tuple[int, int],
) -> tuple[Floats, Floats]:
    """Return distances of the edges from the centre by the dispersion solution."""
    low, high = table.x_range[table.index(order)]
    curves = []
    for slit in (-0.5 * slit_arcsec, 0.5 * slit_arcsec):
        tall = (shape[0] + 200, shape[1])  # an edge may lie off the detector
        path = next(p for p in order_paths(dispersion, tall, slit) if p.order == order)
        middle = next(p for p in order_paths(dispersion, tall, 0.0) if p.order == order)
        x = np.linspace(max(path.x[0], middle.x[0]), min(path.x[-1], middle.x[-1]), 50)
        apart = np.interp(x, path.x, path.y) - np.interp(x, middle.x, middle.y)
        t = (2.0 * x - low - high) / (high - low)
        curves.append(np.asarray(chebyshev.chebfit(t, apart, 2), dtype=np.float64))
    first, second = sorted(curves, key=lambda coef: float(coef[0]))
    return first, second


def _side(frame: Frame, table: OrderTable, order: int, direction: int) -> _Side | None:
    """Measure one edge: distance from the centre against x; None if there is none."""
    low, high = table.x_range[table.index(order)]
    rough = _rough(frame, table, order, direction)
    if rough is None:
        return None
    x = np.arange(int(low), int(high) - BIN + 2, STEP)[:, None] + np.arange(BIN)
    centre = table.centre(order, x)
    t = (2.0 * x.mean(axis=1) - low - high) / (high - low)
    guess = chebyshev.chebval(t, rough)
    # Positions rise into the light on either side.
    step = np.arange(-HALF_WINDOW, HALF_WINDOW + 1)
    rows = np.rint(centre + guess[:, None]).astype(int)[:, :, None] + step
    inside = (rows >= 0) & (rows < frame.shape[0])
    clipped = np.clip(rows, 0, frame.shape[0] - 1)
    columns = np.broadcast_to(x[:, :, None], rows.shape)
    use = inside & ~frame.bad[clipped, columns]
    values = np.where(use, frame.data[clipped, columns], 0.0).astype(np.float64)
    position = -direction * (rows - centre[:, :, None])
    flat = (len(x), -1)
    fits = fit_edges(
        position.reshape(flat),
        values.reshape(flat),
        use.reshape(flat),
        read_variance=frame.setup.read_noise_e**2,
        start=-direction * guess,
    )
    distance = -direction * fits.place
    sample = fits.good & (fits.significance > SIGNIFICANT) & (np.abs(distance - guess) < ROUGH)
    if sample.sum() < 4:
        return None
    fit = fit_correction(
        t[sample], distance[sample], fits.error[sample], most_degree=MOST_DEGREE, floor=FLOOR
    )
    residual = distance[sample] - chebyshev.chebval(t[sample], fit.coef)
    error = fits.error[sample]
    return fit.coef, len(x), residual[fit.used], error[fit.used], fit.used


def _rough(frame: Frame, table: OrderTable, order: int, direction: int) -> Floats | None:
    """Return a first course of an edge from where blocks of columns fall to half."""
    low, high = table.x_range[table.index(order)]
    x = np.arange(int(low), int(high) + 1)
    n_blocks = len(x) // BLOCK
    if n_blocks < 1:
        return None
    x = x[: n_blocks * BLOCK]
    step = np.arange(-FARTHEST, FARTHEST + 1)
    rows = np.rint(table.centre(order, x)).astype(int)[None, :] + step[:, None]
    inside = (rows >= 0) & (rows < frame.shape[0])
    clipped = np.clip(rows, 0, frame.shape[0] - 1)
    usable = inside & ~frame.bad[clipped, x[None, :]]
    band = np.where(usable, frame.data[clipped, x[None, :]], np.nan)
    blocks = band.reshape(len(step), n_blocks, BLOCK)
    blocks[:, :, 0][~np.isfinite(blocks).any(axis=2)] = 0.0
    profile = np.nanmedian(blocks, axis=2)
    noise = 1.3 * frame.setup.read_noise_e / np.sqrt(BLOCK)
    places, where = [], []
    for k in range(n_blocks):
        plateau = float(np.median(profile[FARTHEST - NEAREST : FARTHEST + NEAREST + 1, k]))
        place = half_level(profile[:, k], FARTHEST, NEAREST, direction) - FARTHEST
        if plateau > 10.0 * noise and np.isfinite(place):
            places.append(place)
            where.append(float(x[k * BLOCK : (k + 1) * BLOCK].mean()))
    if not places:
        return None
    t = (2.0 * np.array(where) - low - high) / (high - low)
    fit = fit_correction(
        t, np.array(places), np.full(len(places), 0.3), most_degree=2, floor=FLOOR
    )
    return fit.coef
