"""The pixel map as three images."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.pixelmap import PixelMap
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units, oriented
from soxs_pipeline.io.headers import put_cards
from soxs_pipeline.numerics.slitprofile import Wing

__all__ = ["PIXEL_MAP"]

#: Card of an order's width of pinholes.
_SPOT = "ESO PRO SPOT FWHM O"
#: Cards of what all orders have alike.
_SHARE, _STRETCH = "ESO PRO SPOT WING SHARE", "ESO PRO SPOT WING STRETCH"


def _encode(pixels: PixelMap, layout: Layout) -> tuple[dict[str, object], list[Any]]:
    images = (
        ("WAVELENGTH", pixels.wavelength_nm, "nm", "Vacuum wavelength"),
        ("SLIT", pixels.slit_arcsec, "arcsec", "Slit position, zero at mid-slit"),
        ("ORDER", pixels.order, "", "Diffraction order, 0 outside"),
    )
    units = [fits.PrimaryHDU()]
    for name, values, unit, meaning in images:
        hdu = fits.ImageHDU(oriented(values, layout), name=name)
        if unit:
            put_cards(hdu.header, {"BUNIT": (unit, meaning)})
        units.append(hdu)
    cards: dict[str, object] = {
        "ESO PRO TRANSPOSED": (layout.transposed, "Dispersion along the rows"),
        _SHARE: (pixels.spot_wing.share, "Light in the wing of a pinhole's image"),
        _STRETCH: (pixels.spot_wing.stretch, "Width of the wing over that of the core"),
    }
    for order, width in pixels.spot_fwhm_px.items():
        cards[f"{_SPOT}{order}"] = (width, "[pixel] Pinhole image along the slit")
    return cards, units


def _decode(units: Units, layout: Layout) -> PixelMap:
    header = units[0].header
    return PixelMap(
        wavelength_nm=oriented(units["WAVELENGTH"].data, layout).astype(np.float64),
        slit_arcsec=oriented(units["SLIT"].data, layout).astype(np.float32),
        order=oriented(units["ORDER"].data, layout).astype(np.int16),
        spot_fwhm_px={
            int(key.removeprefix(_SPOT)): float(value)
            for key, value in header.items()
            if key.startswith(_SPOT)
        },
        spot_wing=Wing(float(header[_SHARE]), float(header[_STRETCH])),
    )


PIXEL_MAP = Codec(PixelMap, 3, _encode, _decode)
