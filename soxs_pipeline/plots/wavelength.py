"""Figures of wavelength solutions: line residuals, line positions, the pixel map."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.lines import LineMeasurements
from soxs_pipeline.domain.pixelmap import PixelMap
from soxs_pipeline.plots import style

__all__ = ["first_residuals", "line_map", "pixel_map", "residuals"]

Floats = NDArray[np.float64]


def first_residuals(lines: LineMeasurements, dispersion: DispersionSolution) -> Figure:
    """Return the residuals of the solution at mid-slit."""
    return residuals(lines, dispersion, "First dispersion solution")


def residuals(
    lines: LineMeasurements,
    dispersion: DispersionSolution,
    what: str = "Dispersion and spatial solution",
) -> Figure:
    """Draw the residuals of all lines in both directions, and what each order rests upon.

    Parameters
    ----------
    lines
        Lines as measured and as fitted.
    dispersion
        The solution they carry.
    what
        Name of the solution, for the title.
    """
    used = int(lines.used.sum())
    figure, panels = style.sheet(
        f"{what} · {used} of {lines.used.size} lines used",
        [["x"] * 2, ["y"] * 2, ["slit", "pull"], ["counts", "rms"]],
        height_in=10.0,
    )
    along = lines.x - lines.x_fit
    across = lines.y - lines.y_fit
    order_marks = _OrderAxis(dispersion)
    reach = _reach(along[lines.used])
    _draw_residual(panels["x"], order_marks.place(lines), along, lines.used, reach)
    panels["x"].set(
        ylabel="Δx [pixel]", title=f"along the dispersion, rms {_rms(along, lines):.3f} px"
    )
    order_marks.dress(panels["x"])
    reach_y = _reach(across[lines.used])
    _draw_residual(panels["y"], order_marks.place(lines), across, lines.used, reach_y)
    panels["y"].set(ylabel="Δy [pixel]", title=f"along the slit, rms {_rms(across, lines):.3f} px")
    order_marks.dress(panels["y"])
    _draw_slit(panels["slit"], lines, along, reach)
    _draw_pulls(panels["pull"], lines, along, across)
    _draw_counts(panels["counts"], lines, dispersion)
    _draw_rms(panels["rms"], lines, dispersion)
    style.legend_above(panels["x"])
    return figure


class _OrderAxis:
    """An axis that sets the orders side by side, each from its first to its last wavelength."""

    def __init__(self, dispersion: DispersionSolution) -> None:
        self.dispersion = dispersion
        red_last = np.argsort(dispersion.wave_domain_nm.mean(axis=1))
        self.rank = {int(dispersion.orders[row]): rank for rank, row in enumerate(red_last)}

    def place(self, lines: LineMeasurements) -> Floats:
        place = np.full(lines.order.size, np.nan)
        for order, rank in self.rank.items():
            mine = lines.order == order
            low, high = self.dispersion.wave_domain_nm[self.dispersion.index(order)]
            place[mine] = rank + (lines.wavelength_nm[mine] - low) / (high - low)
        return place

    def dress(self, panel: Any) -> None:
        count = len(self.rank)
        panel.set_xticks(np.arange(count) + 0.5, [str(order) for order in self.rank])
        panel.set(xlim=(0, count), xlabel="order; within each, wavelength rises to the right")
        panel.tick_params(axis="x", length=0)
        panel.grid(visible=False, axis="x")
        for edge in range(1, count):
            panel.axvline(edge, color=style.SOFT, lw=0.7, zorder=0)


def _rms(residual: Floats, lines: LineMeasurements) -> float:
    mine = residual[lines.used]
    return float(np.sqrt(np.mean(mine**2))) if mine.size else float("nan")


def _reach(residual: Floats) -> float:
    finite = np.abs(residual[np.isfinite(residual)])
    return float(max(1.3 * np.percentile(finite, 99.5), 1e-3)) if finite.size else 1.0


def _draw_residual(
    panel: Any, place: Floats, residual: Floats, used: NDArray[np.bool_], reach: float
) -> None:
    panel.axhline(0.0, color=style.INK, lw=0.7)
    panel.plot(
        place[~used],
        np.clip(residual, -reach, reach)[~used],
        "x",
        color=style.ORANGE,
        ms=3.5,
        mew=0.8,
        alpha=0.8,
        label="rejected (at the rim: beyond)",
    )
    panel.plot(
        place[used],
        np.clip(residual, -reach, reach)[used],
        ".",
        color=style.BLUE,
        ms=3,
        alpha=0.6,
        label="used",
    )
    panel.set_ylim(-1.08 * reach, 1.08 * reach)


def _draw_slit(panel: Any, lines: LineMeasurements, along: Floats, reach: float) -> None:
    """Draw the residuals along the slit, or against brightness if there is one pinhole only."""
    positions = np.unique(lines.slit_arcsec[lines.used])
    if positions.size < 2:
        with np.errstate(invalid="ignore", divide="ignore"):
            _draw_residual(panel, np.log10(lines.flux), along, lines.used, reach)
        panel.set(title="against brightness", xlabel="log10 of the line's electrons")
    else:
        _draw_residual(panel, lines.slit_arcsec, along, lines.used, reach)
        if positions.size <= 20:
            medians = [np.median(along[lines.used & (lines.slit_arcsec == s)]) for s in positions]
            panel.plot(positions, medians, "o-", color=style.INK, ms=4, lw=1)
        panel.set(title="along the slit; black: median", xlabel="slit position [arcsec]")
    panel.set_ylabel("Δx [pixel]")


def _x_error(lines: LineMeasurements) -> Floats:
    """Return the error along the dispersion: of the centre, and of the neighbours' pull on it."""
    return np.hypot(lines.x_error, lines.x_blend_error)


def _draw_pulls(panel: Any, lines: LineMeasurements, along: Floats, across: Floats) -> None:
    bins = np.linspace(-6, 6, 49)
    for residual, error, colour, word in (
        (along, _x_error(lines), style.BLUE, "Δx"),
        (across, lines.y_error, style.GREEN, "Δy"),
    ):
        known = lines.used & (error > 0) & np.isfinite(residual)
        if not known.any():
            continue
        pull = residual[known] / error[known]
        width = 1.4826 * np.median(np.abs(pull - np.median(pull)))
        panel.hist(
            np.clip(pull, -6, 6),
            bins,
            density=True,
            histtype="step",
            color=colour,
            lw=1.2,
            label=f"{word}, width {width:.2f}",
        )
    grid = np.linspace(-6, 6, 241)
    gauss = np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi)
    panel.plot(grid, gauss, "--", color=style.INK, lw=1, label="expected")
    panel.set(
        title="residual over its error, lines used",
        xlabel="residual / error",
        ylabel="density",
        xlim=(-6, 6),
    )
    panel.legend(loc="upper right")


def _by_rank(dispersion: DispersionSolution) -> tuple[list[str], NDArray[np.int64]]:
    rows = np.argsort(dispersion.wave_domain_nm.mean(axis=1))
    return [str(order) for order in dispersion.orders[rows]], rows


def _draw_counts(panel: Any, lines: LineMeasurements, dispersion: DispersionSolution) -> None:
    names, rows = _by_rank(dispersion)
    orders = dispersion.orders[rows]
    used = np.array([np.count_nonzero(lines.used & (lines.order == o)) for o in orders])
    every = np.array([np.count_nonzero(lines.order == o) for o in orders])
    panel.bar(names, used, color=style.BLUE, width=0.7, label="used")
    panel.bar(names, every - used, bottom=used, color=style.ORANGE, width=0.7, label="rejected")
    panel.set(title="lines of each order", xlabel="order", ylabel="lines")
    panel.grid(visible=False, axis="x")
    style.legend_above(panel)


def _draw_rms(panel: Any, lines: LineMeasurements, dispersion: DispersionSolution) -> None:
    names, rows = _by_rank(dispersion)
    place = np.arange(len(names))
    rms = dispersion.fit_rms_px[rows]
    panel.bar(place - 0.2, rms[:, 0], width=0.4, color=style.BLUE, label="Δx")
    panel.bar(place + 0.2, rms[:, 1], width=0.4, color=style.GREEN, label="Δy")
    for shift, error in ((-0.2, _x_error(lines)), (0.2, lines.y_error)):
        expected = [_expected(lines, error, int(order)) for order in dispersion.orders[rows]]
        panel.plot(
            place + shift,
            expected,
            "_",
            color=style.INK,
            ms=9,
            mew=1.5,
            label="expected" if shift > 0 else None,
        )
    panel.set_xticks(place, names)
    panel.set(title="rms of each order", xlabel="order", ylabel="rms [pixel]")
    panel.set_ylim(bottom=0)
    panel.grid(visible=False, axis="x")
    style.legend_above(panel)


def _expected(lines: LineMeasurements, error: Floats, order: int) -> float:
    mine = error[lines.used & (lines.order == order)]
    return float(np.sqrt(np.mean(mine**2))) if mine.size else float("nan")


def line_map(lines: LineMeasurements, dispersion: DispersionSolution) -> Figure:
    """Draw where on the detector the lines lie and which way their residuals point.

    Parameters
    ----------
    lines
        Lines as measured and as fitted.
    dispersion
        The solution they carry; its orders are drawn at mid-slit.
    """
    used = lines.used
    along, across = lines.x - lines.x_fit, lines.y - lines.y_fit
    length = np.hypot(along, across)[used]
    long = float(np.percentile(length, 95)) if used.any() else 0.0
    extent = max(float(np.ptp(lines.x)) if lines.x.size else 0.0, 100.0)
    stretch = 0.035 * extent / long if long > 0 else 1.0
    wide = lines.y.size > 0 and np.ptp(lines.x) > 2 * np.ptp(lines.y)
    figure, panels = style.sheet(
        "Arc lines on the detector", [["plan"]], height_in=4.5 if wide else 8.0
    )
    panel = panels["plan"]
    for row, order in enumerate(dispersion.orders):
        first, last = dispersion.wave_domain_nm[row]
        grid = np.linspace(first, last, 200)
        middle = float(np.mean(dispersion.slit_domain_arcsec))
        x, y = dispersion.detector_position(int(order), grid, middle)
        panel.plot(x, y, color=style.SOFT, lw=1.0, zorder=1)
        panel.annotate(
            f"{order}",
            (x[100], y[100]),
            color=style.GREY,
            fontsize=9,
            xytext=(0, 2),
            textcoords="offset points",
            zorder=4,
        )
    panel.plot(
        lines.x[~used], lines.y[~used], "x", color=style.ORANGE, ms=4, mew=0.8, label="rejected"
    )
    panel.plot(lines.x[used], lines.y[used], ".", color=style.BLUE, ms=3, label="used")
    panel.quiver(
        lines.x[used],
        lines.y[used],
        along[used] * stretch,
        across[used] * stretch,
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.0012,
        color=style.INK,
        zorder=3,
    )
    panel.set(
        xlabel="x [pixel, along the dispersion]",
        ylabel="y [pixel, along the slit]",
        title=f"arrows: residuals, enlarged {stretch:.0f} times",
    )
    style.legend_above(panel)
    return figure


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
