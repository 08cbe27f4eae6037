"""Figures of combined detector frames: master bias and master dark."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import DESCRIPTIONS
from soxs_pipeline.plots import style

__all__ = ["combined_frame", "master_bias", "master_dark"]

#: More bad pixels than this are not drawn one by one.
MOST_MARKS = 20000


def master_bias(frame: Frame) -> Figure:
    """Return the figure of a master bias."""
    return combined_frame(frame, "Master bias")


def master_dark(frame: Frame) -> Figure:
    """Return the figure of a master dark."""
    return combined_frame(frame, "Master dark")


def combined_frame(frame: Frame, what: str) -> Figure:
    """Draw image, noise, profiles and bad pixels of a frame without illumination.

    Parameters
    ----------
    frame
        The combined frame.
    what
        Its name, for the title.
    """
    wide = frame.shape[1] > 2 * frame.shape[0]
    lower = ["histogram", "rows", "columns", "flags"]
    layout = (
        [["image"] * 2, lower[:2], lower[2:]]
        if wide
        else [["image", "histogram"], ["image", "rows"], ["flags", "columns"]]
    )
    figure, panels = style.sheet(
        style.caption(what, frame.header, frame.setup.arm),
        layout,
        height_in=8.0,
        width_ratios=None if wide else (1.25, 1),
        height_ratios=(1, 1, 1) if wide else (1, 1, 0.8),
    )
    values = np.where(frame.bad, np.nan, frame.data)
    _draw_image(panels["image"], frame, values)
    _draw_noise(panels["histogram"], frame, values)
    _draw_profile(panels["rows"], values, 1, "y [pixel, along the slit]", frame.unit)
    _draw_profile(panels["columns"], values, 0, "x [pixel, along the dispersion]", frame.unit)
    _draw_flags(panels["flags"], frame)
    return figure


def _draw_image(panel: Any, frame: Frame, values: NDArray[np.float32]) -> None:
    style.show_image(panel, values, label=style.label_of(frame.unit))
    y, x = np.nonzero(frame.bad)
    if 0 < y.size <= MOST_MARKS:
        panel.plot(x, y, ",", color=style.BAD, alpha=0.8)
    panel.set(
        title=f"image; {y.size} unusable pixels ({100 * y.size / frame.bad.size:.2f} %)",
        xlabel="x [pixel]",
        ylabel="y [pixel]",
        xlim=(-0.5, frame.shape[1] - 0.5),
        ylim=(-0.5, frame.shape[0] - 0.5),
    )


def _draw_noise(panel: Any, frame: Frame, values: NDArray[np.float32]) -> None:
    good = values[np.isfinite(values)]
    panel.set(
        title="distribution of pixels",
        xlabel=f"value − median [{style.label_of(frame.unit)}]",
        ylabel="pixels",
        yscale="log",
    )
    if not good.size:
        return
    centre = float(np.median(good))
    width = 1.4826 * float(np.median(np.abs(good - centre)))
    expected = float(np.sqrt(np.median(frame.variance[~frame.bad])))
    reach = 6.0 * max(width, expected, 1e-6)
    counts, edges = np.histogram(good - centre, bins=121, range=(-reach, reach))
    panel.stairs(counts, edges, color=style.INK, fill=True, alpha=0.25)
    panel.stairs(counts, edges, color=style.INK, lw=0.8, label=f"pixels, σ = {width:.3g}")
    grid = np.linspace(-reach, reach, 300)
    peak = good.size * (edges[1] - edges[0]) / np.sqrt(2 * np.pi)
    for sigma, colour, word in ((expected, style.ORANGE, "by the error plane"),):
        if sigma > 0:
            curve = peak / sigma * np.exp(-0.5 * (grid / sigma) ** 2)
            panel.plot(grid, curve, color=colour, label=f"{word}, σ = {sigma:.3g}")
    panel.set(ylim=(0.5, 4.0 * max(counts.max(), 1)), xlim=(-reach, reach))
    panel.legend(loc="lower center")


def _draw_profile(
    panel: Any, values: NDArray[np.float32], axis: int, label: str, unit: str
) -> None:
    with np.errstate(all="ignore"):
        known = np.isfinite(values).any(axis=axis)
    profile = np.full(known.shape, np.nan)
    profile[known] = np.nanmedian(values[known] if axis else values[:, known], axis=axis)
    panel.plot(np.arange(profile.size), profile, color=style.BLUE, lw=0.7)
    low, high = style.robust_range(profile, 0.2, 99.8)
    margin = 0.25 * (high - low)
    panel.set(
        title="median of each row" if axis else "median of each column",
        xlabel=label,
        ylabel=style.label_of(unit),
        xlim=(0, profile.size),
        ylim=(low - margin, high + margin),
    )


def _draw_flags(panel: Any, frame: Frame) -> None:
    counts = {text: int(np.count_nonzero(frame.quality & flag)) for flag, text in FLAGS}
    counts = {text: count for text, count in counts.items() if count}
    panel.set(title="flagged pixels", xlabel="pixels")
    panel.grid(visible=False, axis="y")
    if not counts:
        panel.set(yticks=[], xlim=(0, 1))
        panel.text(0.5, 0.5, "none", ha="center", va="center", transform=panel.transAxes)
        return
    bars = panel.barh(list(counts), list(counts.values()), color=style.GREY, height=0.6)
    panel.bar_label(bars, padding=3, fontsize=9)
    panel.set_xscale("log")
    panel.set_xlim(0.5, 30 * max(counts.values()))
    panel.set_ylim(len(counts) - 0.2, -0.8)


FLAGS = tuple((np.uint32(flag), text) for flag, text in DESCRIPTIONS.items())
