"""One look for all figures: sober, safe for colour-blind eyes, readable 900 pixels wide.

Figures are made without pyplot, so nothing global is kept and any process may draw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soxs_pipeline.domain.header import Header
from soxs_pipeline.plots.ticks import write_plainly

__all__ = [
    "BAD",
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "SOFT",
    "caption",
    "drawing_onto",
    "house_style",
    "label_of",
    "legend_above",
    "order_colour",
    "robust_range",
    "settle",
    "sheet",
    "show_image",
    "shrink",
]

Floats = NDArray[np.floating]

# After Okabe & Ito, whose palette stays apart for all common kinds of colour blindness.
INK = "#222222"
GREY = "#8a8a8a"
SOFT = "#d9d9d9"
BLUE = "#0072b2"
ORANGE = "#d55e00"
GREEN = "#009e73"
BAD = "#cc3311"
# Neighbouring orders overlap, so neighbours must differ more than a colour map lets them.
ORDER_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#8c4a9e", "#b8860b")

#: Where figures are drawn if not on new ones.
_GIVEN: ContextVar[Any] = ContextVar("given figure", default=None)

WIDTH_IN = 9.0
DOTS_PER_INCH = 140
MOST_PIXELS = 1000

_STYLE: Mapping[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.color": INK,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titlepad": 5.0,
    "axes.labelsize": 9.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#555555",
    "axes.linewidth": 0.7,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.formatter.use_mathtext": True,
    "axes.formatter.useoffset": False,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.fontsize": 9,
    "legend.frameon": True,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "legend.handlelength": 1.4,
    "legend.borderpad": 0.3,
    "lines.linewidth": 1.0,
    "lines.solid_joinstyle": "round",
    "image.interpolation": "nearest",
    "image.origin": "lower",
    "path.simplify_threshold": 0.5,
    "agg.path.chunksize": 20000,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Make everything created inside look as ours; nothing outside changes."""
    with mpl.rc_context(dict(_STYLE)):
        yield


def sheet(
    title: str,
    layout: Sequence[Sequence[str]],
    *,
    height_in: float,
    width_ratios: Sequence[float] | None = None,
    height_ratios: Sequence[float] | None = None,
) -> tuple[Figure, dict[str, Any]]:
    """Return an empty figure and its panels by name.

    Parameters
    ----------
    title
        Written over the whole figure.
    layout
        Names of the panels as they lie, as for matplotlib's ``subplot_mosaic``.
    height_in
        Height in inches; the width is always the same.
    width_ratios, height_ratios
        Of the columns and rows of the layout.
    """
    figure = _GIVEN.get()
    if figure is None:
        figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DOTS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    panels: dict[str, Any] = figure.subplot_mosaic(
        [list(row) for row in layout], width_ratios=width_ratios, height_ratios=height_ratios
    )
    for panel in panels.values():
        # Ticks are made as late as on saving, when our style is no longer on.
        panel.tick_params(labelsize=9, color="#444444", labelcolor="#444444", width=0.7, length=3)
    return figure, panels


@contextmanager
def drawing_onto(figure: Any) -> Iterator[None]:
    """Let the next figures be drawn on a figure, or a part of one, of somebody else's window."""
    before = _GIVEN.set(figure)
    try:
        yield
    finally:
        _GIVEN.reset(before)


def settle(figure: Figure) -> None:
    """Lay a figure out for good: it is then saved faster, and in any format the same."""
    write_plainly(figure.axes)
    if _GIVEN.get() is not None:
        # Its window may still change its size.
        return
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    # With an engine, even one that does nothing, saving draws everything twice.
    figure.set_layout_engine(None)


def caption(what: str, header: Header, arm: str = "") -> str:
    """Return a title: what is shown, of which arm, target and night."""
    target = header.text("OBJECT") or header.text("OBS.TARG.NAME")
    date = header.text("DATE-OBS")[:19].replace("T", " ")
    return " · ".join(part for part in (what, arm or header.text("SEQ.ARM"), target, date) if part)


def label_of(unit: str) -> str:
    """Return a unit as written beside an axis."""
    words = {
        "": "ratio",
        "electron": "electrons",
        "electron/s": "electrons / s",
        "erg/s/cm2/Angstrom": "erg / s / cm² / Å",
        "erg/s/cm2/Angstrom/arcsec": "erg / s / cm² / Å / arcsec",
        "erg/s/cm2/Angstrom/arcsec2": "erg / s / cm² / Å / arcsec²",
    }
    return words.get(unit, unit.replace("electron/s/nm", "electrons / s / nm"))


def legend_above(panel: Any) -> None:
    """Put the legend beside the title, where it hides no data."""
    count = len(panel.get_legend_handles_labels()[0])
    if count:
        panel.legend(
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            borderpad=0.1,
            ncols=count,
            columnspacing=1.0,
            frameon=False,
            borderaxespad=0.0,
        )


def order_colour(orders: Sequence[int] | NDArray[np.int64], order: int) -> str:
    """Return the colour of an order among its neighbours."""
    place = sorted(int(one) for one in orders).index(int(order))
    return ORDER_COLOURS[place % len(ORDER_COLOURS)]


def robust_range(values: Floats, low: float = 1.0, high: float = 99.0) -> tuple[float, float]:
    """Return two percentiles of the finite values, never equal to one another."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    bottom, top = (float(v) for v in np.percentile(finite, (low, high)))
    if top > bottom:
        return bottom, top
    margin = abs(bottom) * 0.1 or 1.0
    return bottom - margin, top + margin


def shrink(image: NDArray, most: int = MOST_PIXELS) -> NDArray[np.float32]:
    """Return a block average of at most ``most`` pixels a side; blocks of NaN stay NaN."""
    fy, fx = (max(1, -(-size // most)) for size in image.shape)
    ny, nx = image.shape[0] // fy, image.shape[1] // fx
    blocks = np.asarray(image[: ny * fy, : nx * fx], np.float32).reshape(ny, fy, nx, fx)
    if fy == fx == 1:
        return blocks[:, 0, :, 0]
    good = np.isfinite(blocks)
    count = good.sum(axis=(1, 3))
    total = np.where(good, blocks, np.float32(0)).sum(axis=(1, 3))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / count, np.float32)


def show_image(
    panel: Any,
    image: NDArray,
    *,
    limits: tuple[float, float] | None = None,
    label: str = "",
    cmap: str = "viridis",
    origin: tuple[float, float] = (0.0, 0.0),
) -> Any:
    """Draw an image in detector pixels with a colour bar; return the drawn image.

    Parameters
    ----------
    panel
        Where.
    image
        Shape ``(ny, nx)``, dispersion along axis 1.
    limits
        Values of the ends of the colour scale; the first and last percent by default.
    label
        Of the colour bar, with the unit; no bar if empty.
    cmap
        Colour map.
    origin
        Detector ``x`` and ``y`` of the first pixel.
    """
    ny, nx = image.shape
    x0, y0 = origin
    shown = shrink(image)
    low, high = limits or robust_range(shown)
    drawn = panel.imshow(
        shown,
        extent=(x0 - 0.5, x0 + nx - 0.5, y0 - 0.5, y0 + ny - 0.5),
        aspect="auto",
        vmin=low,
        vmax=high,
        cmap=cmap,
    )
    panel.grid(visible=False)
    panel.set_facecolor("#f2f2f2")
    if label:
        bar = panel.figure.colorbar(drawn, ax=panel, pad=0.01, fraction=0.03, aspect=40)
        bar.set_label(label)
        bar.ax.tick_params(labelsize=9, color="#444444", labelcolor="#444444")
        bar.outline.set_linewidth(0.5)
    return drawn
