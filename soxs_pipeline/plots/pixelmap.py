"""Figure of the pixel map."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soxs_pipeline.domain.pixelmap import PixelMap
from soxs_pipeline.plots import style

__all__ = ["pixel_map"]


def pixel_map(image: PixelMap) -> Figure:
    """Draw wavelength, slit position and order of every pixel, and a close view.

    Parameters
    ----------
    image
        The pixel map.
    """
    ny, nx = image.order.shape
    wide = nx > 2 * ny
    layout = (
        [["wavelength"], ["slit"], ["order"], ["zoom"]]
        if wide
        else [["wavelength", "slit"], ["order", "zoom"]]
    )
    figure, panels = style.sheet("Pixel map", layout, height_in=10.0 if wide else 8.2)
    off = image.order == 0
    wave = np.where(off, np.nan, image.wavelength_nm)
    slit = np.where(off, np.nan, image.slit_arcsec)
    style.show_image(panels["wavelength"], wave, label="nm, vacuum")
    panels["wavelength"].set_title("wavelength")
    reach = float(np.nanmax(np.abs(slit))) if np.isfinite(slit).any() else 1.0
    style.show_image(panels["slit"], slit, label="arcsec", limits=(-reach, reach), cmap="PuOr")
    panels["slit"].set_title("slit position")
    _draw_orders(panels["order"], image, off)
    _draw_close(panels["zoom"], image, reach)
    lit = np.flatnonzero(~off.all(axis=1))
    for name, panel in panels.items():
        panel.set(xlabel="x [pixel]", ylabel="y [pixel]")
        if lit.size and name != "zoom":
            panel.set_ylim(lit[0] - 0.02 * ny, lit[-1] + 0.02 * ny)
    return figure


def _draw_orders(panel: Any, image: PixelMap, off: NDArray[np.bool_]) -> None:
    orders = [int(order) for order in np.unique(image.order) if order]
    step = max(1, -(-max(image.order.shape) // style.MOST_PIXELS))
    rank = np.full(image.order[::step, ::step].shape, np.nan)
    for place, order in enumerate(orders):
        rank[image.order[::step, ::step] == order] = place % 5
    style.show_image(
        panel, np.repeat(np.repeat(rank, step, 0), step, 1), limits=(0, 4), cmap="viridis"
    )
    for place, order in enumerate(orders):
        # Left and right by turns: the orders lie closer than a line of text is high.
        columns = np.flatnonzero((image.order == order).any(axis=0))
        column = int(columns[0 if place % 2 else -1])
        row = float(np.mean(np.flatnonzero(image.order[:, column] == order)))
        panel.annotate(
            f"{order}",
            (column, row),
            xytext=(-3 if place % 2 else 3, 0),
            textcoords="offset points",
            ha="right" if place % 2 else "left",
            va="center",
            fontsize=9,
        )
    margin = 0.06 * off.shape[1]
    panel.set(title="order", xlim=(-margin, off.shape[1] + margin))


def _draw_close(panel: Any, image: PixelMap, reach: float) -> None:
    """Draw the tilt of the slit image: lines of equal wavelength on a few hundred pixels."""
    ny, nx = image.order.shape
    orders = [int(order) for order in np.unique(image.order) if order]
    panel.set_title("close view: lines of equal wavelength")
    if not orders:
        return
    y, _ = np.nonzero(image.order == orders[len(orders) // 2])
    width, height = min(nx, 160), min(ny, 100)
    x0 = int(np.clip(nx // 2 - width // 2, 0, nx - width))
    y0 = int(np.clip(np.median(y) - height // 2, 0, ny - height))
    window = (slice(y0, y0 + height), slice(x0, x0 + width))
    off = image.order[window] == 0
    slit = np.where(off, np.nan, image.slit_arcsec[window])
    style.show_image(
        panel, slit, label="arcsec", limits=(-reach, reach), cmap="PuOr", origin=(x0, y0)
    )
    grid_x, grid_y = np.arange(x0, x0 + width), np.arange(y0, y0 + height)
    for order in np.unique(image.order[window][~off]):
        wave = np.where(image.order[window] == order, image.wavelength_nm[window], np.nan)
        if np.isfinite(wave).sum() < 50:
            continue
        levels = np.linspace(np.nanmin(wave), np.nanmax(wave), 18)
        panel.contour(grid_x, grid_y, wave, levels=levels, colors=style.INK, linewidths=0.8)
