"""Figure of a photon-transfer curve."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from soxs_pipeline.domain.photontransfer import TransferCurve
from soxs_pipeline.plots import style

__all__ = ["transfer_curve"]


def transfer_curve(curve: TransferCurve) -> Figure:
    """Draw variance against signal, and the gain that each point gives by itself.

    Parameters
    ----------
    curve
        Points and what they tell.
    """
    figure, panels = style.sheet(
        f"{curve.arm}: gain {curve.gain:.3f} electrons/adu, read noise "
        f"{curve.read_noise:.2f} electrons",
        [["variance"], ["gain"]],
        height_in=7.5,
        height_ratios=(1.4, 1.0),
    )
    used = curve.signal_adu < curve.highest_adu
    panel = panels["variance"]
    for chosen, colour, what in ((used, style.BLUE, "used"), (~used, style.GREY, "too bright")):
        if chosen.any():
            panel.errorbar(
                curve.signal_adu[chosen], curve.variance_adu2[chosen], curve.error_adu2[chosen],
                fmt="o", ms=3, lw=0.8, color=colour, label=what,
            )  # fmt: skip
    top = float(curve.signal_adu.max(initial=1.0))
    grid = np.linspace(0.0, top, 200)
    floor = (curve.read_noise / curve.gain) ** 2
    panel.plot(grid, floor + grid / curve.gain, color=style.ORANGE, lw=1.2, label="gain alone")
    style.legend_above(panel)
    panel.set(title="variance of one frame", ylabel="variance [adu²]")
    lower = panels["gain"]
    with np.errstate(divide="ignore", invalid="ignore"):
        each = curve.signal_adu / (curve.variance_adu2 - floor)
        error = each * curve.error_adu2 / (curve.variance_adu2 - floor)
    bright = (curve.signal_adu > 0.02 * top) & np.isfinite(each) & (each > 0)
    lower.errorbar(
        curve.signal_adu[bright], each[bright], error[bright], fmt="o", ms=3, lw=0.8,
        color=style.BLUE,
    )  # fmt: skip
    lower.axhline(curve.gain, color=style.ORANGE, lw=1.2)
    if bright.any() and np.isfinite(curve.gain):
        lower.set_ylim(0.9 * curve.gain, 1.15 * curve.gain)
    lower.set(
        title="signal over variance: a slope is non-linearity",
        xlabel="signal [adu]",
        ylabel="electrons / adu",
    )
    lower.sharex(panel)
    return figure
