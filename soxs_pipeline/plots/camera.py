"""Figures of the camera: image, sources, ties to the catalogue, flats."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soxs_pipeline.domain.camera import SkyImage, SourceTable, StarField, TargetPhotometry
from soxs_pipeline.domain.filters import filter_of
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.plots import style

__all__ = ["camera_flat", "image_and_sources", "ties"]

Floats = NDArray[np.float64]

#: Arrows of offsets: so many image pixels for a mas.
_ARROW_PX = 4.0


def image_and_sources(
    image: SkyImage, sources: SourceTable, target: TargetPhotometry | None = None
) -> Figure:
    """Draw the image, north and east, its sources and the target."""
    tie, place = image.photometry, image.astrometry
    how = (
        f"places {place.rms_mas:.0f} mas rms of {place.stars} stars"
        if place.tied else "places of the header"
    )  # fmt: skip
    zero = f"zero point {tie.zero_point:.3f} ± {tie.error:.3f} mag"
    zero += "" if tie.tied else " (nominal)"
    title = style.caption(f"Camera, {image.band or 'unknown'} filter", image.frame.header)
    title += (
        f"\n{how}; {zero}\nstars {image.fwhm_arcsec:.2f} arcsec wide; limit {tie.limit:.1f} mag"
    )
    figure, panels = style.sheet(title, [["image"]], height_in=9.6)
    axes = panels["image"]
    axes.grid(visible=False)
    data = np.where(image.frame.bad, np.nan, image.frame.data)
    noise = float(np.sqrt(np.median(image.frame.variance[image.frame.variance > 0])))
    axes.imshow(
        np.arcsinh(data / (2.0 * noise)), origin="lower", cmap="gray_r",
        vmin=-1.5, vmax=6.0, extent=(0.5, data.shape[1] + 0.5, 0.5, data.shape[0] + 0.5),
        interpolation="nearest",
    )  # fmt: skip
    stars = sources.catalogue >= 0
    axes.plot(
        sources.x[~stars], sources.y[~stars], ls="", marker="o", mfc="none", mew=0.6, ms=7,
        color=style.BLUE, label=f"{int((~stars).sum())} sources",
    )  # fmt: skip
    if stars.any():
        axes.plot(
            sources.x[stars], sources.y[stars], ls="", marker="s", mfc="none", mew=0.8, ms=9,
            color=style.ORANGE, label=f"{int(stars.sum())} of the catalogue",
        )  # fmt: skip
    if target is not None:
        at = _nearest(sources, target)
        if at is not None:
            axes.plot(*at, ls="", marker="o", mfc="none", mew=1.6, ms=20, color=style.BAD,
                      label=_told(target))  # fmt: skip
    _compass(axes, image)
    axes.set(xlabel="x (pixel)", ylabel="y (pixel)")
    axes.legend(loc="lower left", framealpha=0.9)
    return figure


def _told(target: TargetPhotometry) -> str:
    what = "target" if target.found else "target's place"
    return f"{what}: {target.magnitude:.3f} ± {target.error:.3f} mag"


def _nearest(sources: SourceTable, target: TargetPhotometry) -> tuple[float, float] | None:
    if not len(sources):
        return None
    away = np.hypot(
        (sources.ra_deg - target.ra_deg) * np.cos(np.deg2rad(target.dec_deg)),
        sources.dec_deg - target.dec_deg,
    )
    k = int(np.argmin(away))
    return (float(sources.x[k]), float(sources.y[k])) if away[k] < 1.0 / 3600.0 else None


def _compass(axes: Any, image: SkyImage) -> None:
    """Draw where north and east are, and how long 30 arcsec are, in the upper right corner."""
    inverse = np.linalg.inv(image.astrometry.cd)
    steps = [inverse @ np.array(sky) for sky in ((0.0, 1.0), (1.0, 0.0))]
    length = 30.0 / image.astrometry.scale_arcsec
    north, east = (step / np.hypot(*step) * length for step in steps)
    # Whichever way the field is turned or mirrored, both arrows and their names must fit in.
    low, high = (pick([np.zeros(2), north, east], axis=0) for pick in (np.min, np.max))
    size = np.array(image.frame.shape[::-1])
    start = np.maximum(0.96 * size - 1.25 * high, 0.04 * size - 1.25 * low)
    for name, step in (("N", north), ("E", east)):
        axes.annotate(
            "", xy=start + step, xytext=start,
            arrowprops={"arrowstyle": "->", "color": style.BAD, "lw": 1.4},
        )  # fmt: skip
        axes.text(*(start + 1.2 * step), name, color=style.BAD, ha="center", va="center")
    axes.text(*(start - 0.2 * (north + east)), '30"', color=style.BAD, ha="center", va="center")


def ties(stars: StarField, image: SkyImage) -> Figure:
    """Draw what the catalogue's stars say of places and zero point."""
    title = style.caption("Camera and catalogue", image.frame.header, f"{image.band} filter")
    figure, panels = style.sheet(
        title, [["arrows", "offsets"], ["magnitude", "colour"]], height_in=8.4
    )
    _arrows(panels["arrows"], stars, image)
    _offsets(panels["offsets"], stars, image)
    used, tie = stars.flux_used, image.photometry
    for axes, x, label in (
        (panels["magnitude"], stars.magnitude, f"{image.band} (catalogue, mag)"),
        (panels["colour"], stars.colour, f"{tie.colour or 'colour'} (mag)"),
    ):
        for rows, colour, name in (
            (~used, "0.7", "left out"), (used, style.BLUE, "used"),
        ):  # fmt: skip
            axes.errorbar(
                x[rows], 1e3 * stars.difference[rows], 1e3 * stars.difference_error[rows],
                ls="", marker="o", ms=3, lw=0.7, color=colour,
                label=f"{int(rows.sum())} {name}",
            )  # fmt: skip
        axes.axhline(0.0, color="k", lw=0.7)
        if used.any():
            reach = max(float(np.percentile(np.abs(stars.difference[used]), 98)) * 1.6, 0.01)
            axes.set_ylim(-1e3 * reach, 1e3 * reach)
        axes.set(xlabel=label, ylabel="measured - catalogue (mmag)")
        axes.legend(loc="upper left")
    panels["magnitude"].set_title(
        f"zero point {tie.zero_point:.4f} ± {tie.error:.4f} mag, {tie.stars} stars"
    )
    panels["colour"].set_title(
        f"colour term {tie.colour_term:+.3f} ± {tie.colour_error:.3f}, taken off"
    )
    return figure


def _arrows(axes: Any, stars: StarField, image: SkyImage) -> None:
    ny, nx = image.frame.shape
    used = stars.place_used
    inverse = np.linalg.inv(image.astrometry.cd) / 3.6e6
    step = np.column_stack([stars.offset_ra_mas, stars.offset_dec_mas]) @ inverse.T
    scale = image.astrometry.scale_arcsec * 1e3 * _ARROW_PX
    for rows, colour in ((~used, "0.7"), (used, style.BLUE)):
        axes.quiver(
            stars.x[rows], stars.y[rows], scale * step[rows, 0], scale * step[rows, 1],
            color=colour, angles="xy", scale_units="xy", scale=1.0, width=0.004,
        )  # fmt: skip
    axes.quiver(
        0.06 * nx, 0.05 * ny, 20.0 * _ARROW_PX, 0.0, color=style.BAD, angles="xy",
        scale_units="xy", scale=1.0, width=0.005,
    )  # fmt: skip
    axes.text(0.06 * nx, 0.075 * ny, "20 mas", color=style.BAD)
    axes.set(
        xlim=(0, nx), ylim=(0, ny), aspect="equal", xlabel="x (pixel)", ylabel="y (pixel)",
        title="offsets of stars: measured - catalogue",
    )  # fmt: skip


def _offsets(axes: Any, stars: StarField, image: SkyImage) -> None:
    used, place = stars.place_used, image.astrometry
    for rows, colour, name in ((~used, "0.7", "left out"), (used, style.BLUE, "used")):
        axes.plot(
            stars.offset_ra_mas[rows], stars.offset_dec_mas[rows], ls="", marker="o", ms=3,
            color=colour, label=f"{int(rows.sum())} {name}",
        )  # fmt: skip
    reach = max(5.0 * place.rms_mas, 10.0) if np.isfinite(place.rms_mas) else 100.0
    axes.axhline(0.0, color="k", lw=0.7)
    axes.axvline(0.0, color="k", lw=0.7)
    axes.set(
        xlim=(reach, -reach), ylim=(-reach, reach), aspect="equal", xlabel="east (mas)",
        ylabel="north (mas)",
        title=f"{place.rms_mas:.1f} mas rms on one axis, zero point ± {place.error_mas:.1f} mas",
    )  # fmt: skip
    axes.legend(loc="upper right")


def camera_flat(master_flat: Frame) -> Figure:
    """Draw the response of the camera and how it is distributed."""
    title = style.caption("Camera flat", master_flat.header, filter_of(master_flat.header))
    figure, panels = style.sheet(
        title, [["image", "values"]], height_in=5.0, width_ratios=(1.5, 1.0)
    )
    left, right = panels["image"], panels["values"]
    left.grid(visible=False)
    good = ~master_flat.bad
    low, high = np.percentile(master_flat.data[good], [0.5, 99.5])
    shown = left.imshow(
        np.where(good, master_flat.data, np.nan), origin="lower", cmap="viridis",
        vmin=low, vmax=high, interpolation="nearest",
    )  # fmt: skip
    figure.colorbar(shown, ax=left, label="response")
    left.set(xlabel="x (pixel)", ylabel="y (pixel)")
    span = high - low
    right.hist(
        master_flat.data[good].ravel(), bins=200, range=(low - span, high + span),
        histtype="step", color=style.BLUE,
    )  # fmt: skip
    right.set(xlabel="response", ylabel="pixels", yscale="log")
    right.set_title(f"{int((~good).sum())} pixels flagged")
    return figure
