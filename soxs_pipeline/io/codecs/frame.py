"""Frames as three images: value, quality and one-sigma error."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.frame import BadPixelMap, Frame
from soxs_pipeline.domain.quality import DESCRIPTIONS
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units, header_of, oriented
from soxs_pipeline.io.codecs.detector import setup_from_header, setup_keywords
from soxs_pipeline.io.codecs.exposures import exposure_units, read_exposures
from soxs_pipeline.io.codecs.tables import unit_on_disk
from soxs_pipeline.io.headers import inheritable, put_cards

__all__ = ["BAD_PIXELS", "FRAME", "quality_legend"]

_DATA, _QUALITY, _ERROR = "FLUX", "QUAL", "ERRS"
#: Card of an order's motion across the dispersion.
_MOVED = "ESO PRO SLIT MOVED O"


def quality_legend() -> dict[str, object]:
    """Return cards that tell what each bit of a quality image or column means."""
    return {
        f"QBIT{int(flag).bit_length() - 1}": (int(flag), meaning)
        for flag, meaning in DESCRIPTIONS.items()
    }


def _encode(frame: Frame, _: Layout) -> tuple[dict[str, object], list[Any]]:
    layout = Layout(frame.setup.transposed)
    unit = unit_on_disk(frame.unit)
    sigma = np.sqrt(frame.variance)
    units = [
        fits.PrimaryHDU(oriented(frame.data, layout)),
        fits.ImageHDU(oriented(frame.quality, layout), name=_QUALITY),
        fits.ImageHDU(oriented(sigma, layout), name=_ERROR),
    ]
    for hdu, role in zip(units, ("DATA", "QUALITY", "ERROR"), strict=True):
        put_cards(hdu.header, _scheme(role))
    for hdu in (units[0], units[2]):
        if unit:
            put_cards(hdu.header, {"BUNIT": (unit, "Unit of the pixel values")})
    put_cards(units[1].header, quality_legend())
    cards: dict[str, object] = {
        **inheritable(frame.header),
        "EXTNAME": (_DATA, "Name of this unit"),
        "ESO PRO UNIT": (frame.unit, "Unit of the pixel values"),
        "ESO PRO TRANSPOSED": (frame.setup.transposed, "Dispersion along the rows"),
        **setup_keywords(frame.setup),
    }
    for order, moved in frame.slit_moved_px.items():
        cards[f"{_MOVED}{order}"] = (moved, "[pixel] Slit's image since the calibrations")
    return cards, [*units, *exposure_units(frame.exposures)]


def _scheme(role: str) -> dict[str, object]:
    """Return the keywords by which ESO marks value, error and quality."""
    cards: dict[str, object] = {
        "HDUCLASS": ("ESO", "Class name"),
        "HDUDOC": ("DICD", "Document with the class description"),
        "HDUVERS": ("DICD version 6", "Version of the document"),
        "HDUCLAS1": ("IMAGE", "Image data format"),
        "HDUCLAS2": (role, "What the image holds"),
    }
    partners = {"DATA": _DATA, "ERROR": _ERROR, "QUALITY": _QUALITY}
    if role != "DATA":
        cards["HDUCLAS3"] = ("RMSE" if role == "ERROR" else "FLAG32BIT", "Kind of error or flags")
        cards["SCIDATA"] = (_DATA, "Unit that holds the values")
    if role != "ERROR":
        cards["ERRDATA"] = (partners["ERROR"], "Unit that holds the errors")
    if role != "QUALITY":
        cards["QUALDATA"] = (partners["QUALITY"], "Unit that holds the quality flags")
    return cards


def _decode(units: Units, _: Layout) -> Frame:
    header = units[0].header
    setup = setup_from_header(header)
    layout = Layout(setup.transposed)
    sigma = oriented(units[_ERROR].data, layout).astype(np.float32)
    return Frame(
        data=oriented(units[0].data, layout).astype(np.float32),
        variance=sigma * sigma,
        quality=oriented(units[_QUALITY].data, layout).astype(np.uint32),
        unit=header["ESO PRO UNIT"],
        header=header_of(units),
        setup=setup,
        exposures=read_exposures(units),
        slit_moved_px={
            int(key.removeprefix(_MOVED)): float(value)
            for key, value in header.items()
            if key.startswith(_MOVED)
        },
    )


def _encode_map(bad: BadPixelMap, layout: Layout) -> tuple[dict[str, object], list[Any]]:
    unit = fits.PrimaryHDU(oriented(bad.quality, layout))
    cards = {
        "EXTNAME": (_QUALITY, "Name of this unit"),
        "ESO PRO TRANSPOSED": (layout.transposed, "Dispersion along the rows"),
        **quality_legend(),
    }
    return cards, [unit]


def _decode_map(units: Units, layout: Layout) -> BadPixelMap:
    return BadPixelMap(oriented(units[0].data, layout).astype(np.uint32))


FRAME = Codec(Frame, 1, _encode, _decode)
BAD_PIXELS = Codec(BadPixelMap, 1, _encode_map, _decode_map)
