"""Figures of the master flat: pixel response, blaze and scattered light."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.domain.spectra import Blaze
from soxs_pipeline.plots import style

__all__ = ["blaze_curves", "pixel_response", "scattered_light"]

CLOSE_PIXELS = (80, 200)


def pixel_response(flat: Frame, order_table: OrderTable | None = None) -> Figure:
    """Draw the master flat, a close view and the distribution of the response.

    Parameters
    ----------
    flat
        The pixel response, one on average.
    order_table
        Its edges are drawn if given.
    """
    wide = flat.shape[1] > 2 * flat.shape[0]
    layout = (
        [["image"] * 2, ["close"] * 2, ["histogram", "noise"]]
        if wide
        else [["image", "close"], ["histogram", "noise"]]
    )
    figure, panels = style.sheet(
        style.caption("Master flat", flat.header, flat.setup.arm),
        layout,
        height_in=9.0 if wide else 7.5,
        height_ratios=(1, 1, 1) if wide else (1.35, 1),
    )
    off = (flat.quality & np.uint32(Quality.OFF_SLIT)) != 0
    values = np.where(flat.bad | off, np.nan, flat.data)
    limits = _response_range(values)
    style.show_image(panels["image"], values, limits=limits, label="pixel response")
    panels["image"].set(title="whole frame", xlabel="x [pixel]", ylabel="y [pixel]")
    if order_table is not None and order_table.has_edges:
        _draw_edges(panels["image"], order_table)
    _draw_close(panels["close"], values, limits)
    _draw_distribution(panels["histogram"], values)
    _draw_noise(panels["noise"], flat, values)
    return figure


def _draw_edges(panel: Any, table: OrderTable) -> None:
    for order, (first, last) in zip(table.orders, table.x_range, strict=True):
        x = np.linspace(first, last, 200)
        for edge in (table.lower(order, x), table.upper(order, x)):
            panel.plot(x, edge, color=style.ORANGE, lw=0.6)


def _response_range(values: NDArray[np.float32]) -> tuple[float, float]:
    """Return limits about one that show the pixels' scatter, 2 % at least and 25 % at most."""
    good = values[np.isfinite(values)]
    spread = 1.4826 * float(np.median(np.abs(good - np.median(good)))) if good.size else 0.0
    reach = float(np.clip(4.0 * spread, 0.02, 0.25))
    return 1.0 - reach, 1.0 + reach


def _draw_close(panel: Any, values: NDArray[np.float32], limits: tuple[float, float]) -> None:
    height, width = (min(n, size) for n, size in zip(values.shape, CLOSE_PIXELS, strict=True))
    # In the middle of the frame, about the order nearest to it.
    lit = np.flatnonzero(np.isfinite(values[:, values.shape[1] // 2]))
    middle = values.shape[0] // 2
    if lit.size:
        nearest = lit[np.argmin(np.abs(lit - middle))]
        middle = int(np.mean(lit[np.abs(lit - nearest) < height // 2]))
    y0 = int(np.clip(middle - height // 2, 0, values.shape[0] - height))
    x0 = int(np.clip(values.shape[1] // 2 - width // 2, 0, values.shape[1] - width))
    style.show_image(
        panel,
        values[y0 : y0 + height, x0 : x0 + width],
        limits=limits,
        label="pixel response",
        origin=(x0, y0),
    )
    panel.set(title="close view, pixel by pixel", xlabel="x [pixel]", ylabel="y [pixel]")


def _draw_distribution(panel: Any, values: NDArray[np.float32]) -> None:
    good = values[np.isfinite(values)]
    panel.set(title="distribution", xlabel="pixel response", ylabel="pixels", xlim=(0.85, 1.15))
    if not good.size:
        return
    width = 1.4826 * float(np.median(np.abs(good - np.median(good))))
    counts, edges = np.histogram(good, bins=151, range=(0.85, 1.15))
    panel.stairs(counts, edges, fill=True, color=style.BLUE, alpha=0.35)
    panel.stairs(counts, edges, color=style.BLUE, lw=0.9, label=f"width {100 * width:.2f} %")
    panel.axvline(1.0, color=style.INK, lw=0.8)
    panel.legend(loc="upper right")


def _draw_noise(panel: Any, flat: Frame, values: NDArray[np.float32]) -> None:
    """Draw how well the response of a pixel is known along the dispersion."""
    error = np.where(np.isfinite(values), np.sqrt(flat.variance), np.nan)
    blocks = style.shrink(error, 500)
    lit = np.isfinite(blocks).any(axis=0)
    x = (np.arange(blocks.shape[1]) + 0.5) * values.shape[1] / blocks.shape[1]
    panel.set(
        title="error of the response, median over all orders",
        xlabel="x [pixel, along the dispersion]",
        ylabel="error [%]",
    )
    if lit.any():
        panel.plot(x[lit], 100 * np.nanmedian(blocks[:, lit], axis=0), color=style.INK)
        panel.set_ylim(bottom=0)


def blaze_curves(blaze: Blaze) -> Figure:
    """Draw the signal of the flat lamp in every order against wavelength.

    Parameters
    ----------
    blaze
        Lamp signal along the orders.
    """
    figure, panels = style.sheet(
        "Blaze: the flat lamp along each order",
        [["linear"], ["ratio"]],
        height_in=7.0,
        height_ratios=(1.5, 1),
    )
    for row, order in enumerate(blaze.orders):
        wave, signal = blaze.wavelength_nm[row], blaze.signal[row]
        colour = style.order_colour(blaze.orders, order)
        known = np.isfinite(wave) & np.isfinite(signal)
        if not known.any():
            continue
        peak = int(np.nanargmax(np.where(known, signal, -np.inf)))
        for panel, scale in ((panels["linear"], 1.0), (panels["ratio"], 1.0 / signal[peak])):
            panel.plot(wave[known], signal[known] * scale, color=colour, lw=1.1)
        panels["linear"].annotate(
            f"{order}",
            (wave[peak], signal[peak]),
            xytext=(0, 4),
            textcoords="offset points",
            color=colour,
            ha="center",
            fontsize=9,
        )
    signal = blaze.signal[np.isfinite(blaze.signal) & (blaze.signal > 0)]
    if signal.size:
        top, bottom = float(signal.max()), float(np.percentile(signal, 1))
        panels["linear"].set(yscale="log", ylim=(max(bottom, top * 1e-4) / 2, top * 3))
    panels["linear"].set(
        title="signal", ylabel="electrons / s / nm / arcsec", xlabel="wavelength [nm, vacuum]"
    )
    panels["ratio"].set(
        title="shape, each order over its peak",
        ylabel="relative signal",
        xlabel="wavelength [nm, vacuum]",
        ylim=(0, 1.1),
    )
    return figure


def scattered_light(background: Frame, order_table: OrderTable | None = None) -> Figure:
    """Draw the model of the light between the orders.

    Parameters
    ----------
    background
        The model.
    order_table
        Its centres are drawn if given.
    """
    wide = background.shape[1] > 2 * background.shape[0]
    figure, panels = style.sheet(
        style.caption("Scattered light of the flat", background.header, background.setup.arm),
        [["image"], ["cut"]] if wide else [["image", "cut"]],
        height_in=6.5 if wide else 4.4,
    )
    unit = style.label_of(background.unit)
    style.show_image(panels["image"], background.data, label=unit)
    panels["image"].set(title="model", xlabel="x [pixel]", ylabel="y [pixel]")
    if order_table is not None:
        for order, (first, last) in zip(order_table.orders, order_table.x_range, strict=True):
            x = np.linspace(first, last, 200)
            panels["image"].plot(x, order_table.centre(order, x), color="white", lw=0.6, alpha=0.7)
    for share, colour in ((0.2, style.BLUE), (0.5, style.INK), (0.8, style.ORANGE)):
        column = int(share * (background.shape[1] - 1))
        panels["cut"].plot(background.data[:, column], color=colour, label=f"x = {column}")
    panels["cut"].set(title="cuts along the slit", xlabel="y [pixel]", ylabel=unit)
    panels["cut"].legend()
    return figure
