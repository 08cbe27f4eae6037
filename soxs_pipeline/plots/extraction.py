"""Figures of extracted spectra, order by order."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.domain.spectra import OrderSpectra, OrderSpectrum
from soxs_pipeline.plots import style

__all__ = ["all_orders", "draw_flux_of_all", "draw_ratio_of_all", "each_order"]

Floats = NDArray[np.float64]
#: Points of a smoothed curve in one order.
SMOOTH_POINTS = 160


def all_orders(orders: OrderSpectra) -> Figure:
    """Draw flux, sky and signal to noise of all orders against wavelength.

    Parameters
    ----------
    orders
        The extracted spectra.
    """
    figure, panels = style.sheet(
        style.caption("Extracted orders", orders.header, orders.arm),
        [["flux"], ["sky"], ["snr"], ["ratio"]],
        height_in=9.5,
        height_ratios=(1.6, 0.8, 1, 0.8),
    )
    numbers = [one.order for one in orders.spectra]
    draw_flux_of_all(panels["flux"], orders)
    skies: list[tuple[float, float]] = []
    for one in orders.spectra:
        colour = style.order_colour(numbers, one.order)
        skies.append(_draw_sky(panels["sky"], one, colour))
        _draw_snr(panels["snr"], one, colour)
    _set_range(panels["sky"], skies)
    draw_ratio_of_all(panels["ratio"], orders)
    for panel in (panels["sky"], panels["snr"], panels["ratio"]):
        panel.sharex(panels["flux"])
    panels["sky"].set(title="sky under the object", ylabel="electrons / bin")
    panels["snr"].set(title="signal to noise ratio of a bin, running median", ylabel="S/N")
    panels["snr"].set_ylim(bottom=0)
    return figure


def draw_flux_of_all(panel: Any, orders: OrderSpectra) -> None:
    """Draw the extracted flux of all orders in one panel.

    Parameters
    ----------
    panel
        Where to draw.
    orders
        The extracted spectra.
    """
    numbers = [one.order for one in orders.spectra]
    levels: list[tuple[float, float]] = []
    for place, one in enumerate(orders.spectra):
        colour = style.order_colour(numbers, one.order)
        _name_order(panel, one, colour, 0.965 - 0.06 * (place % 2))
        levels.append(_draw_flux(panel, one, colour))
    _set_range(panel, levels)
    panel.set(
        title="optimal extraction and its running median; strokes below: bins not to be used",
        ylabel="electrons / bin",
    )


def draw_ratio_of_all(panel: Any, orders: OrderSpectra) -> None:
    """Draw how far the plain sum is from the optimal one, in all orders.

    Parameters
    ----------
    panel
        Where to draw.
    orders
        The extracted spectra.
    """
    numbers = [one.order for one in orders.spectra]
    for one in orders.spectra:
        _draw_ratio(panel, one, style.order_colour(numbers, one.order))
    panel.axhline(0, color=style.INK, lw=0.7)
    panel.set(
        title="boxcar − optimal over the error of the boxcar, running mean",
        xlabel="wavelength [nm, vacuum]",
        ylabel="sigma",
        ylim=(-4, 4),
    )


def _good(one: OrderSpectrum) -> NDArray[np.bool_]:
    bad = (one.quality & np.uint32(FATAL)) != 0
    return ~bad & np.isfinite(one.flux) & np.isfinite(one.variance) & (one.variance > 0)


def _quiet(one: OrderSpectrum) -> NDArray[np.bool_]:
    """Return where a spectrum is known about as well as usual: not under strong sky lines."""
    good = _good(one)
    if not good.any():
        return good
    return good & (one.variance < 9.0 * np.median(one.variance[good]))


def _running(values: Floats, good: NDArray[np.bool_], how: str) -> tuple[Floats, Floats]:
    """Return the positions and the mean or median of groups of neighbouring good values."""
    index = np.flatnonzero(good)
    size = max(1, -(-index.size // SMOOTH_POINTS))
    groups = index.size // size
    table = index[: groups * size].reshape(groups, size)
    middle = np.median if how == "median" else np.mean
    return table.mean(axis=1), np.asarray(middle(values[table], axis=1), float)


def _name_order(panel: Any, one: OrderSpectrum, colour: str, height: float) -> None:
    panel.text(
        float(np.mean(one.wavelength_nm)),
        height,
        f"{one.order}",
        transform=panel.get_xaxis_transform(),
        ha="center",
        va="top",
        color=colour,
        fontsize=9,
        fontweight="bold",
    )


def _draw_flux(panel: Any, one: OrderSpectrum, colour: str) -> tuple[float, float]:
    good = _good(one)
    shown = np.where(good, one.flux, np.nan)
    panel.plot(one.wavelength_nm, shown, color=colour, lw=0.5, alpha=0.35)
    place, level = _running(one.flux, good, "median")
    if not level.size:
        return 0.0, 0.0
    wave = np.interp(place, np.arange(good.size), one.wavelength_nm)
    panel.plot(wave, level, color=colour, lw=1.2)
    lost = one.wavelength_nm[~good]
    panel.plot(
        lost,
        np.full(lost.size, 0.015),
        "|",
        color=style.BAD,
        ms=5,
        mew=0.6,
        transform=panel.get_xaxis_transform(),
    )
    noise = float(np.median(np.sqrt(one.variance[good])))
    return min(-2 * noise, float(level.min())), _crest(one.flux, _quiet(one))


def _crest(values: Floats, good: NDArray[np.bool_]) -> float:
    """Return the height of the highest feature that is wider than a stray bin or two."""
    level = values[good]
    if level.size < 5:
        return float(level.max(initial=0.0))
    fives = np.lib.stride_tricks.sliding_window_view(level, 5)
    return float(np.median(fives, axis=1).max())


def _draw_sky(panel: Any, one: OrderSpectrum, colour: str) -> tuple[float, float]:
    known = np.isfinite(one.sky)
    panel.plot(one.wavelength_nm, np.where(known, one.sky, np.nan), color=colour, lw=0.6)
    return 0.0, _crest(one.sky, known)


def _set_range(panel: Any, levels: list[tuple[float, float]]) -> None:
    low = min((level[0] for level in levels), default=0.0)
    high = max((level[1] for level in levels), default=1.0)
    margin = 0.12 * (high - low) or 1.0
    panel.set_ylim(low - margin, high + 2.0 * margin)


def _draw_snr(panel: Any, one: OrderSpectrum, colour: str) -> None:
    good = _good(one)
    with np.errstate(invalid="ignore", divide="ignore"):
        snr = one.flux / np.sqrt(one.variance)
    place, level = _running(snr, good, "median")
    wave = np.interp(place, np.arange(good.size), one.wavelength_nm)
    panel.plot(wave, level, color=colour, lw=1.2)


def _draw_ratio(panel: Any, one: OrderSpectrum, colour: str) -> None:
    good = _good(one) & np.isfinite(one.boxcar) & (one.boxcar_variance > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = (one.boxcar - one.flux) / np.sqrt(one.boxcar_variance)
    place, level = _running(difference, good, "mean")
    wave = np.interp(place, np.arange(good.size), one.wavelength_nm)
    panel.plot(wave, np.clip(level, -3.9, 3.9), color=colour, lw=1.0)


def each_order(orders: OrderSpectra) -> Figure:
    """Draw every order in a panel of its own, with its error.

    Parameters
    ----------
    orders
        The extracted spectra.
    """
    columns = 1 if len(orders.spectra) <= 4 else 3
    rows = max(1, -(-len(orders.spectra) // columns))
    names = [f"{row},{column}" for row in range(rows) for column in range(columns)]
    figure, panels = style.sheet(
        style.caption("Each order", orders.header, orders.arm),
        [names[row * columns : (row + 1) * columns] for row in range(rows)],
        height_in=(2.3 if columns == 1 else 1.9) * rows + 0.6,
    )
    numbers = [one.order for one in orders.spectra]
    for name, one in zip(names, orders.spectra, strict=False):
        panel, good = panels[name], _good(one)
        error = np.where(good, np.sqrt(np.where(good, one.variance, 0.0)), np.nan)
        panel.plot(
            one.wavelength_nm,
            np.where(good, one.flux, np.nan),
            color=style.order_colour(numbers, one.order),
            lw=0.6,
        )
        panel.plot(one.wavelength_nm, error, color=style.GREY, lw=0.6)
        low = -3 * float(np.nanmedian(error)) if good.any() else 0.0
        panel.set_title(f"order {one.order}", fontsize=9)
        _set_range(panel, [(low, _crest(one.flux, _quiet(one)))])
    for name in names[len(orders.spectra) :]:
        panels[name].set_axis_off()
    for row in range(rows):
        panels[f"{row},0"].set_ylabel("electrons / bin")
    for column in range(columns):
        panels[f"{rows - 1},{column}"].set_xlabel("wavelength [nm, vacuum]")
    figure.text(0.99, 0.995, "grey: error of a bin", ha="right", va="top", fontsize=9)
    return figure
