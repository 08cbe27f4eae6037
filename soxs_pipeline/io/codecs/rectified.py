"""Rectified spectra as three images with world coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.rectified import Axis, RectifiedSpectrum
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units, header_of
from soxs_pipeline.io.codecs.exposures import exposure_units, read_exposures
from soxs_pipeline.io.codecs.frame import quality_legend
from soxs_pipeline.io.codecs.tables import unit_on_disk
from soxs_pipeline.io.headers import inheritable, put_cards

__all__ = ["RECTIFIED", "axis_cards"]

_FACTORS = ("ESO PRO NOISE WAVE", "ESO PRO NOISE SLIT")


def axis_cards(number: int, axis: Axis, kind: str, unit: str) -> dict[str, object]:
    """Return the world coordinates of a linear axis."""
    return {
        f"CTYPE{number}": kind,
        f"CUNIT{number}": unit,
        f"CRPIX{number}": 1.0,
        f"CRVAL{number}": axis.first,
        f"CD{number}_{number}": axis.step,
    }


def _encode(image: RectifiedSpectrum, _: Layout) -> tuple[dict[str, object], list[Any]]:
    planes = (
        ("FLUX", image.data, image.unit),
        ("ERR", np.sqrt(image.variance).astype(np.float32), image.unit),
        ("QUAL", image.quality.astype(np.int32), ""),
    )
    units = [fits.PrimaryHDU()]
    for name, values, unit in planes:
        hdu = fits.ImageHDU(values, name=name)
        cards = axis_cards(1, image.wavelength, "WAVE", "nm")
        cards |= axis_cards(2, image.slit, "LINEAR", "arcsec")
        if unit:
            cards["BUNIT"] = (unit_on_disk(unit), "Unit of the values")
        put_cards(hdu.header, cards)
        units.append(hdu)
    put_cards(units[3].header, quality_legend())
    cards = {
        **inheritable(image.header),
        "ESO PRO ARM": (image.arm, "Arm"),
        "ESO PRO UNIT": (image.unit, "Unit of the values"),
        _FACTORS[0]: (image.noise_factor_wave, "Noise of sums along the wavelength"),
        _FACTORS[1]: (image.noise_factor_slit, "Noise of sums along the slit"),
    }
    return cards, [*units, *exposure_units(image.exposures)]


def _decode(units: Units, _: Layout) -> RectifiedSpectrum:
    primary, header = units[0].header, units["FLUX"].header
    axes = [
        Axis(float(header[f"CRVAL{k}"]), float(header[f"CD{k}_{k}"]), int(header[f"NAXIS{k}"]))
        for k in (1, 2)
    ]
    return RectifiedSpectrum(
        wavelength=axes[0],
        slit=axes[1],
        data=np.array(units["FLUX"].data, np.float32),
        variance=np.array(units["ERR"].data, np.float64) ** 2,
        quality=np.array(units["QUAL"].data, np.uint32),
        unit=str(primary["ESO PRO UNIT"]),
        noise_factor_wave=float(primary[_FACTORS[0]]),
        noise_factor_slit=float(primary[_FACTORS[1]]),
        arm=str(primary["ESO PRO ARM"]),
        header=header_of(units),
        exposures=read_exposures(units),
    )


RECTIFIED = Codec(RectifiedSpectrum, 1, _encode, _decode)
