"""Figures of sky subtraction: close views before and after, residuals, sources on the slit."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.objects import SlitProfile, Sources
from soxs_pipeline.domain.pixelmap import PixelMap
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.plots import style

__all__ = ["close_views", "draw_profile", "residuals", "whole_frame"]

#: Sky-only pixels are at least this many FWHM away from every source.
CLEAR_FWHM = 2.0
CLOSE_WIDTH = 420
#: Bins in which the slit profile is drawn.
PROFILE_ARCSEC = 0.15

Floats = NDArray[np.float64]


def whole_frame(sky_subtracted: Frame, sky_model: Frame) -> Figure:
    """Draw the frame before and after the sky was taken away.

    Parameters
    ----------
    sky_subtracted
        The frame without sky.
    sky_model
        The sky.
    """
    wide = sky_model.shape[1] > 2 * sky_model.shape[0]
    figure, panels = style.sheet(
        style.caption("Sky", sky_model.header, sky_model.setup.arm),
        [["before"], ["after"]] if wide else [["before", "after"]],
        height_in=6.5 if wide else 4.9,
    )
    before = _with_sky(sky_subtracted, sky_model)
    style.show_image(
        panels["before"],
        before,
        limits=style.robust_range(before, 2, 98),
        label=style.label_of(sky_model.unit),
    )
    style.show_image(
        panels["after"], _in_sigma(sky_subtracted), limits=(-5, 5), label="sigma", cmap="RdBu_r"
    )
    panels["before"].set(title="before", xlabel="x [pixel]", ylabel="y [pixel]")
    panels["after"].set(title="after, over its error", xlabel="x [pixel]", ylabel="y [pixel]")
    return figure


def _with_sky(sky_subtracted: Frame, sky_model: Frame) -> NDArray[np.float32]:
    hidden = sky_subtracted.bad | _off_slit(sky_subtracted)
    return np.where(hidden, np.float32(np.nan), sky_subtracted.data + sky_model.data)


def _off_slit(frame: Frame) -> NDArray[np.bool_]:
    return np.asarray((frame.quality & np.uint32(Quality.OFF_SLIT)) != 0)


def _in_sigma(frame: Frame) -> NDArray[np.float32]:
    with np.errstate(invalid="ignore", divide="ignore"):
        pull = frame.data / np.sqrt(frame.variance)
    return np.where(frame.bad | _off_slit(frame) | ~np.isfinite(pull), np.nan, pull).astype(
        np.float32
    )


def close_views(sky_subtracted: Frame, sky_model: Frame, pixel_map: PixelMap) -> Figure:
    """Draw pieces of a few orders pixel by pixel, before and after.

    Parameters
    ----------
    sky_subtracted
        The frame without sky.
    sky_model
        The sky.
    pixel_map
        Tells where the orders are.
    """
    chosen = _brightest_windows(sky_model, pixel_map)
    layout = [[f"before{i}", f"after{i}"] for i in range(len(chosen))]
    figure, panels = style.sheet(
        style.caption("Sky, close views", sky_model.header, sky_model.setup.arm),
        layout or [["none"]],
        height_in=2.4 * max(len(layout), 1) + 0.6,
    )
    before = _with_sky(sky_subtracted, sky_model)
    after = _in_sigma(sky_subtracted)
    for i, (order, window) in enumerate(chosen):
        mine = pixel_map.order[window] == order
        origin = (window[1].start, window[0].start)
        wave = pixel_map.wavelength_nm[window][mine]
        name = f"order {order}, {np.nanmin(wave):.1f}–{np.nanmax(wave):.1f} nm"
        image = np.where(mine, before[window], np.nan)
        style.show_image(
            panels[f"before{i}"],
            image,
            limits=style.robust_range(image, 1, 99.5),
            label=style.label_of(sky_model.unit),
            origin=origin,
        )
        style.show_image(
            panels[f"after{i}"],
            np.where(mine, after[window], np.nan),
            limits=(-5, 5),
            label="sigma",
            cmap="RdBu_r",
            origin=origin,
        )
        panels[f"before{i}"].set(title=f"{name}: before", ylabel="y [pixel]")
        panels[f"after{i}"].set(title="after, over its error")
        for panel in (panels[f"before{i}"], panels[f"after{i}"]):
            panel.set_aspect("auto")
    if chosen:
        for side in ("before", "after"):
            panels[f"{side}{len(chosen) - 1}"].set_xlabel("x [pixel]")
    return figure


def _brightest_windows(
    sky: Frame, pixel_map: PixelMap, most: int = 4
) -> list[tuple[int, tuple[slice, slice]]]:
    """Choose orders spread over the frame, and of each the piece with the strongest lines."""
    orders = [int(order) for order in np.unique(pixel_map.order) if order]
    step = np.unique(np.linspace(0, len(orders) - 1, min(most, len(orders))).astype(int))
    chosen = []
    for order in (orders[i] for i in step):
        mine = pixel_map.order == order
        columns = np.flatnonzero(mine.any(axis=0))
        level = np.where(mine, np.nan_to_num(sky.data), 0.0).sum(axis=0)[columns]
        width = min(CLOSE_WIDTH, columns.size)
        running = np.convolve(level, np.ones(width), mode="valid")
        x0 = int(columns[int(np.argmax(running))])
        x1 = min(x0 + width, mine.shape[1])
        rows = np.flatnonzero(mine[:, x0:x1].any(axis=1))
        chosen.append((order, (slice(int(rows[0]), int(rows[-1]) + 1), slice(x0, x1))))
    return chosen


def residuals(
    sky_subtracted: Frame,
    sky_model: Frame,
    sources: Sources,
    pixel_map: PixelMap | None = None,
) -> Figure:
    """Draw the slit profile with its sources, and how noise-like the sky residual is.

    Parameters
    ----------
    sky_subtracted
        The frame without sky.
    sky_model
        The sky.
    sources
        What was found on the slit.
    pixel_map
        Tells sky-only pixels from those with object; without it only the profile is drawn.
    """
    layout = [["profile", "profile"], ["pull", "orders"], ["slit", "level"]]
    figure, panels = style.sheet(
        style.caption("Sources and sky residual", sky_model.header, sky_model.setup.arm),
        layout if pixel_map is not None else layout[:1],
        height_in=9.0 if pixel_map is not None else 3.8,
    )
    draw_profile(panels["profile"], sources)
    if pixel_map is None:
        return figure
    clear = _sky_only(sky_subtracted, sources, pixel_map)
    pull = _in_sigma(sky_subtracted)[clear].astype(float)
    _draw_pulls(panels["pull"], pull)
    _draw_orders(panels["orders"], pull, pixel_map.order[clear])
    _draw_trend(panels["slit"], pull, pixel_map.slit_arcsec[clear], "slit position [arcsec]")
    level = sky_model.data[clear].astype(float)
    known = level > 0
    _draw_trend(
        panels["level"], pull[known], np.log10(level[known]), "log10 of the sky [electrons]"
    )
    panels["slit"].set_title("along the slit")
    panels["level"].set_title("against the brightness of the sky")
    return figure


def draw_profile(panel: Any, sources: Sources) -> None:
    """Draw the light along the slit, its model and the sources.

    Parameters
    ----------
    panel
        Where to draw.
    sources
        What was found on the slit.
    """
    slit, signal, error, model = _coarser(sources.profile)
    panel.errorbar(slit, signal, error, fmt=".", color=style.INK, ms=4, lw=0.7, label="measured")
    panel.plot(slit, model, color=style.ORANGE, lw=1.4, label="model")
    found = []
    for number, source in enumerate(sources.sources):
        middle = np.mean(source.wave_domain_nm)
        place, fwhm = float(source.position(middle)), float(source.fwhm(middle))
        colour = style.BLUE if number == 0 else style.GREEN
        panel.axvspan(place - fwhm / 2, place + fwhm / 2, color=colour, alpha=0.12, lw=0)
        panel.axvline(place, color=colour, lw=1, ls="--" if source.forced else "-")
        how = "position assumed" if source.forced else f"{source.significance:.1f} σ"
        word = "target" if number == 0 else f"source {number + 1}"
        found.append(f'{word} at {place:+.2f}", FWHM {fwhm:.2f}", {how}')
    panel.set(
        title="slit profile, all orders · " + ("; ".join(found[:2]) or "no source"),
        xlabel="slit position [arcsec]",
        ylabel="electrons / pixel",
    )
    panel.legend(loc="upper right")


def _coarser(profile: SlitProfile) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the profile in bins of about half a pixel: finer ones show where pixels lie."""
    size = max(1, round(PROFILE_ARCSEC / max(float(np.ptp(profile.slit_arcsec)), 1.0)
                        * profile.slit_arcsec.size))  # fmt: skip
    groups = profile.slit_arcsec.size // size
    known = np.isfinite(profile.signal) & (profile.error > 0)
    weight = np.where(known, 1.0 / np.where(known, profile.error, 1.0) ** 2, 0.0)
    weight = weight[: groups * size].reshape(groups, size)
    total = weight.sum(axis=1)
    filled = total > 0

    def mean(values: Floats) -> Floats:
        table = np.nan_to_num(values[: groups * size]).reshape(groups, size)
        return np.asarray((weight * table).sum(axis=1)[filled] / total[filled])

    values = (profile.slit_arcsec, profile.signal, profile.model)
    slit, signal, model = (mean(value) for value in values)
    return slit, signal, 1.0 / np.sqrt(total[filled]), model


def _sky_only(frame: Frame, sources: Sources, pixel_map: PixelMap) -> NDArray[np.bool_]:
    clear = (pixel_map.order > 0) & np.isfinite(_in_sigma(frame))
    for source in sources.sources:
        place = np.full(clear.shape, np.nan)
        wave = pixel_map.wavelength_nm[clear]
        # Trace and width hardly change: a wavelength beyond the series takes its end.
        wave = np.clip(wave, *source.wave_domain_nm)
        place[clear] = source.position(wave)
        near = CLEAR_FWHM * float(np.median(source.fwhm(wave))) if wave.size else 0.0
        with np.errstate(invalid="ignore"):
            clear &= np.abs(pixel_map.slit_arcsec - place) > near
    return clear


def _draw_pulls(panel: Any, pull: NDArray[np.float64]) -> None:
    bins = np.linspace(-7, 7, 113)
    grid = np.linspace(-7, 7, 281)
    panel.plot(
        grid,
        np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi),
        "--",
        color=style.INK,
        lw=1,
        label="pure noise",
    )
    beyond = int(np.count_nonzero(np.abs(pull) > 5))
    if pull.size:
        panel.hist(
            np.clip(pull, -7, 7),
            bins,
            density=True,
            histtype="stepfilled",
            color=style.BLUE,
            alpha=0.35,
            label="sky-only pixels",
        )
    chi2 = float(np.mean(pull**2)) if pull.size else float("nan")
    panel.set(
        title=f"χ²/ν = {chi2:.3f}; {beyond} of {pull.size} pixels beyond 5σ",
        xlabel="residual / error",
        ylabel="density",
        yscale="log",
        ylim=(1e-6, 1.5),
        xlim=(-7, 7),
    )
    panel.legend(loc="lower center")


def _draw_orders(panel: Any, pull: NDArray[np.float64], order: NDArray[np.int16]) -> None:
    orders = np.unique(order)
    place = np.arange(orders.size)
    chi2 = [float(np.mean(pull[order == one] ** 2)) for one in orders]
    panel.bar(place, chi2, color=style.GREY, width=0.7)
    panel.axhline(1.0, color=style.ORANGE, lw=1.2)
    panel.set_xticks(place, [str(one) for one in orders])
    panel.set(title="χ²/ν of each order", xlabel="order", ylabel="χ²/ν")
    panel.set_ylim(0, 1.2 * max([1.2, *chi2]))
    panel.grid(visible=False, axis="x")


def _draw_trend(
    panel: Any, pull: NDArray[np.float64], against: NDArray[np.floating], label: str
) -> None:
    panel.axhline(0.0, color=style.INK, lw=0.7)
    panel.axhline(1.0, color=style.ORANGE, lw=1.0)
    panel.set(xlabel=label, ylabel="residual / error", ylim=(-0.6, 1.8))
    if pull.size < 100:
        return
    low, high = style.robust_range(against, 0.5, 99.5)
    edges = np.linspace(low, high, 25)
    bins = np.digitize(against, edges)
    middle = 0.5 * (edges[1:] + edges[:-1])
    count = np.bincount(bins, minlength=26)[1:25]
    mean = np.bincount(bins, pull, 26)[1:25]
    square = np.bincount(bins, pull**2, 26)[1:25]
    full = count > 200
    panel.plot(
        middle[full],
        np.sqrt(square[full] / count[full]),
        "o-",
        color=style.BLUE,
        ms=3.5,
        label="rms, should be 1",
    )
    panel.plot(
        middle[full],
        mean[full] / count[full],
        "s-",
        color=style.GREEN,
        ms=3,
        label="mean, should be 0",
    )
    top = float(np.sqrt((square[full] / count[full]).max())) if full.any() else 1.0
    panel.set_ylim(-0.6, max(1.8, 1.25 * top))
    panel.legend(loc="center right")
