"""Figures of wavelength solutions: residuals and positions of lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.lines import LineMeasurements
from soxs_pipeline.plots import style

__all__ = ["first_residuals", "line_map", "residuals"]

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
    entries = [
        (along, _x_error(lines), style.BLUE, "Δx"),
        (across, lines.y_error, style.GREEN, "Δy"),
    ]
    if np.unique(lines.slit_arcsec[lines.used]).size > 1:
        # What all pinholes of a line share is the error of its wavelength, not of the slit.
        entries.append((_within_line(lines, along), lines.x_error, style.ORANGE, "Δx in a line"))
    for residual, error, colour, word in entries:
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
            label=f"{word} {width:.2f}",
        )
    grid = np.linspace(-6, 6, 241)
    gauss = np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi)
    panel.plot(grid, gauss, "--", color=style.INK, lw=1, label="expected")
    panel.set(
        title="residual over its error, lines used; its width",
        ylim=(0, 0.72),
        xlabel="residual / error",
        ylabel="density",
        xlim=(-6, 6),
    )
    panel.legend(loc="upper right")


def _line_of(lines: LineMeasurements) -> NDArray[np.intp]:
    """Return a number for each row, the same for all pinholes of a line."""
    names = np.column_stack([lines.order.astype(float), lines.wavelength_nm])
    return np.asarray(np.unique(names, axis=0, return_inverse=True)[1]).ravel()


def _mean_of_line(lines: LineMeasurements, values: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return the number of each line and, by number, the weighted mean of its pinholes."""
    number = _line_of(lines)
    weight = np.where(lines.used, 1.0 / np.maximum(lines.x_error, 1e-6) ** 2, 0.0)
    total = np.bincount(number, weight)
    sums = np.bincount(number, np.where(weight > 0, weight * values, 0.0))
    return number, np.where(total > 0, sums / np.maximum(total, 1e-300), np.nan)


def _within_line(lines: LineMeasurements, residual: Floats) -> Floats:
    number, mean = _mean_of_line(lines, residual)
    pinholes = np.bincount(number, lines.used)[number]
    # The mean takes part in the scatter: each residual is that much smaller than its error.
    return (residual - mean[number]) * np.sqrt(pinholes / np.maximum(pinholes - 1.0, 1.0))


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
    arrows = [
        _mean_of_line(lines, values)[1]
        for values in (lines.x, lines.y, lines.x - lines.x_fit, lines.y - lines.y_fit)
    ]
    x, y, along, across = (values[np.isfinite(arrows[0])] for values in arrows)
    long = float(np.percentile(np.hypot(along, across), 95)) if x.size else 0.0
    extent = max(float(np.ptp(lines.x)) if lines.x.size else 0.0, 100.0)
    stretch = 0.035 * extent / long if long > 0 else 1.0
    wide = lines.y.size > 0 and np.ptp(lines.x) > 2 * np.ptp(lines.y)
    figure, panels = style.sheet(
        "Arc lines on the detector", [["plan"]], height_in=4.5 if wide else 8.0
    )
    panel = panels["plan"]
    for row, order in enumerate(dispersion.orders):
        first, last = dispersion.wave_domain_nm[row]
        middle = float(np.mean(dispersion.slit_domain_arcsec))
        grid = np.linspace(first, last, 200)
        track = dispersion.detector_position(int(order), grid, middle)
        panel.plot(*track, color=style.SOFT, lw=1.0, zorder=1)
        end = int(np.argmax(track[0]))
        panel.annotate(
            f"{order}",
            (track[0][end], track[1][end]),
            xytext=(4, 0),
            textcoords="offset points",
            color=style.GREY,
            fontsize=9,
            va="center",
        )
    panel.plot(
        lines.x[~used], lines.y[~used], "x", color=style.ORANGE, ms=4, mew=0.8, label="rejected"
    )
    panel.plot(lines.x[used], lines.y[used], ".", color=style.BLUE, ms=3, label="used")
    panel.quiver(
        x,
        y,
        along * stretch,
        across * stretch,
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
        title=f"arrows: mean residual of each line, enlarged {stretch:.0f} times",
    )
    style.legend_above(panel)
    return figure
