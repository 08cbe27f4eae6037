"""Figure of the response: efficiency, error and what it rests on."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from soxs_pipeline.domain.flux import Response
from soxs_pipeline.plots import style

__all__ = ["response_curves"]


def response_curves(response: Response) -> Figure:
    """Draw efficiency and sensitivity of every order, and the points about the curve.

    Parameters
    ----------
    response
        The response of one arm.
    """
    stars = ", ".join(response.standards)
    figure, panels = style.sheet(
        f"Response of {response.arm} from {stars}",
        [["efficiency"], ["sensitivity"], ["error"]],
        height_in=9.0,
        height_ratios=(1.5, 1.2, 0.8),
    )
    for row, order in enumerate(response.orders):
        wave, colour = response.wavelength_nm[row], style.order_colour(response.orders, order)
        for panel, values in (
            ("efficiency", 100 * response.efficiency[row]),
            ("sensitivity", response.sensitivity[row]),
        ):
            panels[panel].plot(wave, values, color=colour, lw=1.1)
        shown = response.efficiency[row]
        if np.isfinite(shown).any():
            peak = int(np.nanargmax(shown))
            panels["efficiency"].annotate(
                f"{order}",
                (wave[peak], 100 * shown[peak]),
                xytext=(0, 4),
                textcoords="offset points",
                color=colour,
                ha="center",
                fontsize=9,
            )
    known = response.efficiency[np.isfinite(response.efficiency)]
    if known.size:
        panels["efficiency"].set_ylim(0, 115 * float(np.percentile(known, 99.5)))
    panels["efficiency"].set(
        title="efficiency above the atmosphere", ylabel="electrons / photon [%]"
    )
    panels["sensitivity"].set(
        title="sensitivity",
        ylabel="electrons / s / nm\nfor 1 erg / s / cm² / Å",
        yscale="log",
    )
    told = f"scatter of the points {100 * response.scatter:.2f} %"
    if np.isfinite(response.spread):
        told += f", of the stars {100 * response.spread:.1f} %"
    if np.isfinite(response.step):
        told += f", largest step between orders {100 * np.expm1(response.step):.1f} %"
    panels["error"].set_title(f"points over the curve, and its error: {told}")
    _draw_points(panels["error"], response)
    panels["error"].set_xlabel("wavelength [nm, vacuum]")
    return figure


def _draw_points(panel: Any, response: Response) -> None:
    """Draw the points over the curve, in per cent, within the curve's error."""
    for row in range(len(response.orders)):
        wave, error = response.wavelength_nm[row], 100 * response.error[row]
        panel.fill_between(wave, -error, error, color=style.SOFT, lw=0, zorder=0)
    limit = 3 * float(np.nanpercentile(100 * response.error, 90.0))
    points = response.points
    if points is not None:
        for banded, colour, name in (
            (1, style.ORANGE, "brought back from the air"),
            (0, style.BLUE, "star over lamp"),
        ):
            mine = points.banded == banded
            panel.plot(
                points.wavelength_nm[mine],
                100 * points.departure[mine],
                ls="none",
                marker=".",
                ms=3,
                color=colour,
                label=name,
            )
        limit = max(limit, 400 * response.scatter)
        panel.legend(loc="lower left", ncols=2, markerscale=2.5, handletextpad=0.2)
    panel.axhline(0.0, color=style.INK, lw=0.8)
    # Below the points there is room for the legend.
    panel.set(ylabel="[%]", ylim=(-1.5 * limit, limit))
