"""Figures of quality control over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from numpy import datetime64, timedelta64

from soxs_pipeline.plots import style
from soxs_pipeline.qc.trends import Measurement, Trend

__all__ = ["trend_sheet"]

_COLUMNS = 3
_ROW_IN = 1.75
_COLOURS = (style.BLUE, style.ORANGE, style.GREEN, "#8c4a9e", "#b8860b", style.GREY)
_EPOCH = datetime64("1858-11-17T00:00:00")
_DAY_MS = 86400000
#: A limit farther away than this many times the spread of the values is not shown.
_FAR = 5.0


def trend_sheet(trends: Sequence[Trend], title: str) -> Figure:
    """Draw every value over time, a panel each, with its limits.

    Parameters
    ----------
    trends
        Of one recipe and arm.
    title
        Over the whole figure.
    """
    with style.house_style():
        figure = _sheet(trends, title)
        style.settle(figure)
    return figure


def _sheet(trends: Sequence[Trend], title: str) -> Figure:
    rows = -(-len(trends) // _COLUMNS)
    names = [[f"{row * _COLUMNS + column}" for column in range(_COLUMNS)] for row in range(rows)]
    figure, panels = style.sheet(title, names, height_in=0.9 + _ROW_IN * rows)
    setups = list(dict.fromkeys(p.setup for trend in trends for p in trend.points))
    colours = {setup: _COLOURS[k % len(_COLOURS)] for k, setup in enumerate(sorted(setups))}
    for panel, trend in zip(panels.values(), trends, strict=False):
        _draw(panel, trend, colours)
    for panel in list(panels.values())[len(trends) :]:
        panel.set_axis_off()
    if len(setups) > 1:
        handles = [panels["0"].plot([], [], "o", ms=4, color=c)[0] for c in colours.values()]
        figure.legend(
            handles, list(colours), loc="outside lower left", ncols=2, fontsize=8, frameon=False
        )
    return figure


def _draw(panel: Any, trend: Trend, colours: dict[str, str]) -> None:
    for setup, points in trend.by_setup().items():
        panel.plot(
            _dates(points), [point.value for point in points], "o", ms=3.2, color=colours[setup]
        )
    bad = [point for point in trend.points if point.grade == "bad"]
    if bad:
        panel.plot(
            _dates(bad), [point.value for point in bad], "o", ms=8, mfc="none", mec=style.BAD
        )
    _limits(panel, trend)
    first = trend.first
    order = "" if first.order is None else f", order {first.order}"
    unit = f" [{first.unit}]" if first.unit else ""
    panel.set_title(f"{first.key}{order}{unit}", fontsize=9)
    locator = AutoDateLocator(minticks=2, maxticks=4)
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    panel.xaxis.get_offset_text().set_fontsize(8)
    panel.tick_params(labelsize=8)


def _limits(panel: Any, trend: Trend) -> None:
    """Draw the limits, unless so far off that the values would shrink to a line."""
    values = [point.value for point in trend.points]
    spread = (max(values) - min(values)) or abs(values[0]) or 1.0
    limits = {(point.low, point.high) for point in trend.points}
    for limit in {one for pair in limits for one in pair if one is not None}:
        if min(abs(limit - value) for value in values) <= _FAR * spread:
            panel.axhline(limit, color=style.BAD, lw=0.8, ls="--")


def _dates(points: Sequence[Measurement]) -> Any:
    times = [_EPOCH + timedelta64(round(point.mjd * _DAY_MS), "ms") for point in points]
    return date2num(times)
