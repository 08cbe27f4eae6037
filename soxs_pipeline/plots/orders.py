"""Figures of the order table: centres, edges and how well they are known."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.plots import style

__all__ = ["order_table"]


def order_table(table: OrderTable) -> Figure:
    """Draw the orders on the detector, the residual of their centres and their widths.

    Parameters
    ----------
    table
        Order centres, with or without edges.
    """
    what = "Order centres and edges" if table.has_edges else "Order centres"
    lower = ["rms", "width"] if table.has_edges else ["rms", "rms"]
    figure, panels = style.sheet(
        f"{what} · {table.orders.size} orders",
        [["plan", "plan"], lower],
        height_in=8.5,
        height_ratios=(2.2, 1.0),
    )
    _draw_plan(panels["plan"], table)
    _draw_rms(panels["rms"], table)
    if table.has_edges:
        _draw_widths(panels["width"], table)
    return figure


def _draw_plan(panel: Any, table: OrderTable) -> None:
    for order, (first, last) in zip(table.orders, table.x_range, strict=True):
        x = np.linspace(first, last, 400)
        centre = table.centre(order, x)
        colour = style.order_colour(table.orders, order)
        panel.plot(x, centre, color=colour, lw=1.0)
        if table.has_edges:
            panel.fill_between(
                x, table.lower(order, x), table.upper(order, x), color=colour, alpha=0.18, lw=0
            )
        panel.annotate(
            f"{order}",
            (x[-1], centre[-1]),
            xytext=(3, 0),
            textcoords="offset points",
            color=colour,
            fontsize=9,
            va="center",
        )
    panel.set(
        title="on the detector" + (", shaded from edge to edge" if table.has_edges else ""),
        xlabel="x [pixel, along the dispersion]",
        ylabel="y [pixel, along the slit]",
    )


def _draw_rms(panel: Any, table: OrderTable) -> None:
    place = np.arange(table.orders.size)
    bars = panel.bar(place, table.residual_px, color=style.BLUE, width=0.6)
    crowded = table.orders.size > 8
    panel.bar_label(bars, fmt="%.3f", fontsize=8, padding=2, rotation=90 if crowded else 0)
    top = float(np.nanmax(table.residual_px, initial=0.0))
    panel.set_xticks(place, [str(order) for order in table.orders])
    panel.set(title="residual of the centres", xlabel="order", ylabel="rms [pixel]")
    panel.set_ylim(0, (1.4 if crowded else 1.25) * top or 1.0)
    panel.grid(visible=False, axis="x")


def _draw_widths(panel: Any, table: OrderTable) -> None:
    for order, (first, last) in zip(table.orders, table.x_range, strict=True):
        x = np.linspace(first, last, 200)
        width = table.upper(order, x) - table.lower(order, x)
        panel.plot(x, width, color=style.order_colour(table.orders, order))
    panel.set(title="from edge to edge", xlabel="x [pixel]", ylabel="slit length [pixel]")
