"""Figure of lines against the dispersion solution."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from soxs_pipeline.domain.linecheck import LineCheck
from soxs_pipeline.plots import style

__all__ = ["line_shifts"]


def line_shifts(check: LineCheck) -> Figure:
    """Draw shift, width and resolving power of every line against wavelength.

    Parameters
    ----------
    check
        Lines of one exposure.
    """
    figure, panels = style.sheet(
        f"{check.arm}: {int(check.line_used.sum())} lines, shift "
        f"{check.common_px:+.3f} ± {check.common_error_px:.3f} px",
        [["shift"], ["width"], ["power"]],
        height_in=8.5,
        height_ratios=(1.5, 1.0, 1.0),
    )
    shift = panels["shift"]
    for order in check.orders:
        mine = check.line_order == order
        colour = style.order_colour(check.orders, order)
        used, out = mine & check.line_used, mine & ~check.line_used
        wave = check.line_wavelength_nm
        shift.errorbar(
            wave[used],
            check.line_shift_px[used],
            check.line_error_px[used],
            fmt="o",
            ms=3,
            lw=0.8,
            color=colour,
        )
        shift.plot(wave[out], check.line_shift_px[out], "x", color="0.6", ms=4)
        if used.any():
            own, error = check.shift_of(int(order))
            span = [wave[mine].min(), wave[mine].max()]
            shift.plot(span, [own, own], color=colour, lw=1.2)
            shift.fill_between(span, own - error, own + error, color=colour, alpha=0.2, lw=0)
        step = check.line_fwhm_px[used]
        panels["width"].plot(wave[used], step, "o", ms=3, color=colour)
        row = int(np.flatnonzero(check.orders == order)[0])
        if used.any():
            panels["power"].plot(
                np.median(wave[used]), check.resolving_power[row], "s", ms=5, color=colour
            )
    used = check.line_used
    if used.any():
        spread = np.percentile(np.abs(check.line_shift_px[used] - check.common_px), 95)
        half = 2.0 * max(float(spread), 0.02)
        shift.set_ylim(check.common_px - half, check.common_px + half)
        panels["width"].set_ylim(0, 1.5 * float(np.percentile(check.line_fwhm_px[used], 90)))
    shift.axhline(0.0, color="0.4", lw=0.8, ls=":")
    shift.set(
        title="measured minus expected; crosses are not used, bands are the orders' shifts",
        ylabel="shift [pixel]",
    )
    panels["width"].set(title="width", ylabel="FWHM [pixel]")
    panels["power"].set(
        title="resolving power, median of each order",
        ylabel="wavelength / FWHM",
        xlabel="wavelength [nm, vacuum]",
        ylim=(0, 1.2 * float(np.nanmax(check.resolving_power)) if used.any() else 1.0),
    )
    for name in ("width", "power"):
        panels[name].sharex(shift)
    return figure
