"""The only place that draws: from products to figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from matplotlib.figure import Figure

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.plots import (
    camera,
    cube,
    detector,
    extraction,
    flat,
    flux,
    linecheck,
    merge,
    orders,
    photontransfer,
    pixelmap,
    rectified,
    sky,
    style,
    telluric,
    wavelength,
    window,
)

__all__ = ["SPAN_GID", "draw", "draw_onto", "drawings", "shown_slots"]


SPAN_GID = window.SPAN_GID


@dataclass(frozen=True)
class _Drawing:
    """One figure of a recipe: its name, who draws it, and from which slots.

    ``slots`` are passed in this order and must be there; ``extras`` are passed by name as
    far as they are.
    """

    name: str
    painter: Callable[..., Figure]
    slots: tuple[str, ...]
    extras: Mapping[str, str] | None = None


_WITHOUT_SKY = (
    _Drawing("residuals", sky.residuals, ("sky_subtracted", "sky_model", "sources"),
             {"pixel_map": "pixel_map"}),
    _Drawing("close", sky.close_views, ("sky_subtracted", "sky_model", "pixel_map")),
    _Drawing("frame", sky.whole_frame, ("sky_subtracted", "sky_model")),
)  # fmt: skip

_DRAWINGS: Mapping[str, tuple[_Drawing, ...]] = {
    "soxs_img_mflat": (_Drawing("response", camera.camera_flat, ("master_flat",)),),
    "soxs_astro_phot": (
        _Drawing("image", camera.image_and_sources, ("image", "sources"), {"target": "target"}),
        _Drawing("ties", camera.ties, ("stars", "image")),
    ),
    "soxs_mbias": (_Drawing("frame", detector.master_bias, ("master_bias",)),),
    "soxs_mdark": (_Drawing("frame", detector.master_dark, ("master_dark",)),),
    "soxs_lingain": (_Drawing("transfer", photontransfer.transfer_curve, ("transfer",)),),
    "soxs_disp_solution": (
        _Drawing("residuals", wavelength.first_residuals, ("lines", "dispersion")),
        _Drawing("lines", wavelength.line_map, ("lines", "dispersion")),
    ),
    "soxs_order_centres": (_Drawing("orders", orders.order_table, ("order_table",)),),
    "soxs_spec_mflat": (
        _Drawing("response", flat.pixel_response, ("master_flat",),
                 {"order_table": "order_table"}),
        _Drawing("orders", orders.order_table, ("order_table",)),
        _Drawing("blaze", flat.blaze_curves, ("blaze",)),
        _Drawing("scattered", flat.scattered_light, ("scattered_light",),
                 {"order_table": "order_table"}),
    ),
    "soxs_spatial_solution": (
        _Drawing("residuals", wavelength.residuals, ("lines", "dispersion")),
        _Drawing("lines", wavelength.line_map, ("lines", "dispersion")),
        _Drawing("map", pixelmap.pixel_map, ("pixel_map",)),
    ),
    "soxs_line_check": (_Drawing("lines", linecheck.line_shifts, ("line_check",)),),
    "soxs_stare": _WITHOUT_SKY,
    "soxs_nod": _WITHOUT_SKY,
    "soxs_offset": _WITHOUT_SKY,
    "soxs_extract": (
        _Drawing("window", window.extraction_window, ("orders", "frame", "sources", "pixel_map")),
        _Drawing("orders", extraction.all_orders, ("orders",)),
        _Drawing("each", extraction.each_order, ("orders",)),
    ),
    "soxs_straighten": (_Drawing("image", rectified.rectified_image, ("rectified",)),),
    "soxs_map": (_Drawing("map", cube.cube_map, ("cube",)),),
    "soxs_response": (_Drawing("response", flux.response_curves, ("response",)),),
    "soxs_telluric": (_Drawing("telluric", telluric.telluric, ("corrected", "telluric")),),
    "soxs_merge": (
        _Drawing("spectrum", merge.merged, ("merged",)),
        _Drawing("close", merge.close_views, ("merged",)),
    ),
}  # fmt: skip


def drawings(recipe: str) -> tuple[str, ...]:
    """Return the short names of a recipe's figures; none for one without."""
    return tuple(drawing.name for drawing in _DRAWINGS.get(recipe, ()))


def shown_slots(recipe: str) -> frozenset[str]:
    """Return the slots, products and inputs alike, that some figure of a recipe shows."""
    return frozenset(
        slot
        for drawing in _DRAWINGS.get(recipe, ())
        for slot in (*drawing.slots, *(drawing.extras or {}).values())
    )


def draw_onto(figure: Any, recipe: str, products: Mapping[str, object], name: str) -> bool:
    """Draw one of a recipe's figures on a figure of somebody else's window.

    Parameters
    ----------
    figure
        A matplotlib figure, or a part of one; what is on it goes.
    recipe, products
        See `draw`.
    name
        Short name of the figure.

    Returns
    -------
    bool
        False if the products for it are missing.
    """
    figure.clear()
    with style.drawing_onto(figure):
        return any(drawn == name for drawn, _ in draw(recipe, products, only=name))


def draw(recipe: str, products: Mapping[str, object], only: str = "") -> list[tuple[str, Figure]]:
    """Return the figures of a recipe's products, each with a short name for its file.

    Parameters
    ----------
    recipe
        Name of the recipe. One without figures gives an empty list.
    products
        Domain objects by the name of the output slot. Inputs may stand there as well, by
        the name of the argument: with ``geometry`` or ``pixel_map`` the sky is
        judged order by order. A figure whose objects are missing or None is left out.
    only
        Short name of the one figure that is wanted.
    """
    known = dict(_flattened(products))
    figures = []
    with style.house_style():
        for drawing in _DRAWINGS.get(recipe, ()):
            if only not in {"", drawing.name}:
                continue
            if all(slot in known for slot in drawing.slots):
                required = [known[slot] for slot in drawing.slots]
                extras = {
                    name: known[slot]
                    for name, slot in (drawing.extras or {}).items()
                    if slot in known
                }
                figure = drawing.painter(*required, **extras)
                style.settle(figure)
                figures.append((drawing.name, figure))
    return figures


def _flattened(products: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield what is there by name, the geometry taken apart, products before it."""
    for value in products.values():
        if isinstance(value, Geometry) and is_dataclass(value):
            yield from ((item.name, getattr(value, item.name)) for item in fields(value))
    yield from ((name, value) for name, value in products.items() if value is not None)
