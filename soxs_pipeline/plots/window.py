"""The figure to set an extraction by: where on the slit the light is, and what is summed of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.objects import Sources
from soxs_pipeline.domain.pixelmap import PixelMap
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.domain.spectra import Aperture, OrderSpectra, OrderSpectrum
from soxs_pipeline.plots import style
from soxs_pipeline.plots.extraction import draw_flux_of_all, draw_ratio_of_all
from soxs_pipeline.plots.sky import draw_profile

__all__ = ["SPAN_GID", "extraction_window"]

Floats = NDArray[np.float64]

#: Mark of a panel on which a range drawn with the mouse sets a parameter; its name follows.
SPAN_GID = "span:"
#: Columns of a straightened piece, and the orders shown at most.
_COLUMNS, _MOST_ORDERS = 400, 4


def extraction_window(
    orders: OrderSpectra, frame: Frame, sources: Sources, pixel_map: PixelMap
) -> Figure:
    """Draw the slit profile, the spectrum in two dimensions and what was extracted of it.

    Parameters
    ----------
    orders
        The extracted spectra.
    frame
        The exposure they were extracted from, without sky.
    sources
        What was found on the slit.
    pixel_map
        Tells where on the slit each pixel lies.
    """
    numbers = _chosen([one.order for one in orders.spectra])
    images = [[f"order{number}", f"order{number}"] for number in numbers]
    figure, panels = style.sheet(
        style.caption("Extraction window", orders.header, orders.arm),
        [["profile", "profile"], *images, ["flux", "flux"], ["ratio", "ratio"]],
        height_in=5.2 + 1.25 * len(numbers),
        height_ratios=(1.5, *([0.8] * len(numbers)), 1.3, 0.7),
    )
    draw_profile(panels["profile"], sources)
    panels["profile"].set_gid(f"{SPAN_GID}window")
    courses = {one.order: _course(one, pixel_map) for one in orders.spectra}
    if orders.aperture is not None:
        middle = np.median(np.concatenate([np.zeros(0), *(slit for _, slit in courses.values())]))
        edges = [float(edge) for edge in _edges(orders.aperture, middle)]
        for edge in edges:
            panels["profile"].axvline(edge, color=style.BAD, lw=1.3, ls=(0, (4, 3)))
        said = f"dashed: the window, {edges[0]:+.2f} to {edges[1]:+.2f} arcsec"
        panels["profile"].text(
            0.01, 0.95, said, transform=panels["profile"].transAxes, va="top", color=style.BAD,
            bbox={"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1.5},
        )  # fmt: skip
    for number in numbers:
        panel = panels[f"order{number}"]
        _draw_order(panel, number, orders, courses[number], frame, sources, pixel_map)
    draw_flux_of_all(panels["flux"], orders)
    draw_ratio_of_all(panels["ratio"], orders)
    panels["ratio"].sharex(panels["flux"])
    return figure


def _chosen(numbers: list[int]) -> list[int]:
    """Choose orders spread over the arm, in rising wavelength."""
    if not numbers:
        return []
    places = np.linspace(0, len(numbers) - 1, min(_MOST_ORDERS, len(numbers)))
    return [numbers[place] for place in np.unique(places.astype(int))]


def _course(one: OrderSpectrum, pixel_map: PixelMap) -> tuple[Floats, Floats]:
    """Return wavelengths and slit positions along which an order was extracted.

    It need not be the course of a source that was found: see `soxs_extract`.
    """
    size = pixel_map.order.shape
    x = np.clip(np.rint(one.x).astype(int), 0, size[1] - 1)
    y = np.clip(np.rint(one.y).astype(int), 1, size[0] - 2)
    slit = pixel_map.slit_arcsec
    step = 0.5 * (slit[y + 1, x] - slit[y - 1, x]).astype(float)
    place = slit[y, x] + (one.y - y) * step
    known = np.isfinite(place)
    return one.wavelength_nm[known], np.asarray(place[known], float)


def _edges(aperture: Aperture, centre: Floats) -> tuple[Floats, Floats]:
    """Return the slit positions between which light is summed, about the target's."""
    centre = centre if aperture.on_target else np.zeros_like(centre)
    return centre + aperture.low_arcsec, centre + aperture.high_arcsec


def _draw_order(
    panel: Any,
    number: int,
    orders: OrderSpectra,
    course: tuple[Floats, Floats],
    frame: Frame,
    sources: Sources,
    pixel_map: PixelMap,
) -> None:
    image, wave, slit = _straightened(frame, pixel_map, number)
    limits = style.robust_range(image, 5, 99.3)
    drawn = panel.imshow(
        image,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(wave[0], wave[-1], slit[0], slit[-1]),
        vmin=limits[0],
        vmax=limits[1],
        cmap="viridis",
    )
    panel.figure.colorbar(drawn, ax=panel, pad=0.01, fraction=0.03)
    if orders.aperture is not None:
        for edge in _edges(orders.aperture, course[1]):
            panel.plot(course[0], edge, color=style.BAD, lw=1.3, ls=(0, (4, 3)))
    for rank, source in enumerate(sources.sources):
        place = source.position(np.clip(wave, *source.wave_domain_nm))
        panel.plot(wave, place, color="white" if rank == 0 else style.GREEN, lw=0.6, ls=":")
    panel.grid(visible=False)
    panel.set(xlim=(wave[0], wave[-1]), ylim=(slit[0], slit[-1]), ylabel="slit [arcsec]")
    panel.set_title(f"order {number}, straightened for the eye [electrons]", fontsize=9)


def _straightened(frame: Frame, pixel_map: PixelMap, number: int) -> tuple[Floats, Floats, Floats]:
    """Return medians in cells of wavelength and slit position: to be looked at, not measured."""
    mine = (pixel_map.order == number) & np.isfinite(pixel_map.wavelength_nm)
    wave, slit = pixel_map.wavelength_nm[mine], pixel_map.slit_arcsec[mine].astype(float)
    hidden = frame.bad | ((frame.quality & np.uint32(Quality.OFF_SLIT)) != 0)
    values = np.where(hidden, np.nan, frame.data)[mine].astype(float)
    # As many rows as the order has pixels: finer cells would stay empty.
    columns, rows = _COLUMNS, int(np.median(mine.sum(axis=0)[mine.any(axis=0)]))
    wave_grid = np.linspace(wave.min(), wave.max(), columns + 1)
    slit_grid = np.linspace(slit.min(), slit.max(), rows + 1)
    across = np.clip(np.searchsorted(wave_grid, wave, "right") - 1, 0, columns - 1)
    along = np.clip(np.searchsorted(slit_grid, slit, "right") - 1, 0, rows - 1)
    cell = along * columns + across
    keep = np.isfinite(values)
    image = _medians(cell[keep], values[keep], rows * columns).reshape(rows, columns)
    image = _bridged(image)
    return image, 0.5 * (wave_grid[1:] + wave_grid[:-1]), 0.5 * (slit_grid[1:] + slit_grid[:-1])


def _bridged(image: Floats) -> Floats:
    """Return an image in which empty cells take the mean of those above and below."""
    padded = np.pad(image, ((1, 1), (0, 0)), constant_values=np.nan)
    beside = np.stack((padded[:-2], padded[2:]))
    known = np.isfinite(beside)
    total = np.where(known, beside, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(image), image, total / known.sum(axis=0))


def _medians(cell: NDArray[np.intp], values: Floats, count: int) -> Floats:
    """Return the median of the values in each cell, NaN in empty ones; shape (count,)."""
    rank = np.lexsort((values, cell))
    number = np.bincount(cell, minlength=count)
    first = np.cumsum(number) - number
    filled = number > 0
    found = np.full(count, np.nan)
    middle = first[filled] + (number[filled] - 1) // 2
    found[filled] = values[rank][middle]
    return found
