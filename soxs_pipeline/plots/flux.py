"""Figure of the response: efficiency and error, order by order."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from soxs_pipeline.domain.flux import Response
from soxs_pipeline.plots import style

__all__ = ["response_curves"]


def response_curves(response: Response) -> Figure:
    """Draw efficiency, sensitivity and relative error of every order against wavelength.

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
            ("error", 100 * response.error[row]),
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
    told = f"error; scatter of the points {100 * response.scatter:.2f} %"
    if np.isfinite(response.spread):
        told += f", of the stars {100 * response.spread:.1f} %"
    panels["error"].set(
        title=told,
        ylabel="relative error [%]",
        xlabel="wavelength [nm, vacuum]",
        ylim=(0, None),
    )
    return figure
