"""Maps as cubes with world coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.cube import SpectralCube
from soxs_pipeline.domain.rectified import Axis
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units, header_of
from soxs_pipeline.io.codecs.exposures import exposure_units, read_exposures
from soxs_pipeline.io.codecs.rectified import axis_cards
from soxs_pipeline.io.codecs.tables import unit_on_disk
from soxs_pipeline.io.headers import inheritable, put_cards

__all__ = ["CUBE"]


def _encode(cube: SpectralCube, _: Layout) -> tuple[dict[str, object], list[Any]]:
    sky = axis_cards(1, cube.scan, "LINEAR", "arcsec")
    sky |= axis_cards(2, cube.slit, "LINEAR", "arcsec")
    spectral = axis_cards(3, cube.wavelength, "WAVE", "nm")
    unit = (unit_on_disk(cube.unit), "Unit of the values")
    units = [fits.PrimaryHDU()]
    for name, values, cards in (
        ("FLUX", cube.data, {**sky, **spectral, "BUNIT": unit}),
        ("ERR", np.sqrt(cube.variance).astype(np.float32), {**sky, **spectral, "BUNIT": unit}),
        ("COVERAGE", cube.coverage, sky),
    ):
        hdu = fits.ImageHDU(values, name=name)
        put_cards(hdu.header, cards)
        units.append(hdu)
    cards = {
        **inheritable(cube.header),
        "ESO PRO ARM": (cube.arm, "Arm"),
        "ESO PRO UNIT": (cube.unit, "Unit of the values"),
    }
    return cards, [*units, *exposure_units(cube.exposures)]


def _decode(units: Units, _: Layout) -> SpectralCube:
    primary, header = units[0].header, units["FLUX"].header
    axes = [
        Axis(float(header[f"CRVAL{k}"]), float(header[f"CD{k}_{k}"]), int(header[f"NAXIS{k}"]))
        for k in (1, 2, 3)
    ]
    return SpectralCube(
        scan=axes[0],
        slit=axes[1],
        wavelength=axes[2],
        data=np.array(units["FLUX"].data, np.float32),
        variance=np.array(units["ERR"].data, np.float64) ** 2,
        coverage=np.array(units["COVERAGE"].data, np.float32),
        unit=str(primary["ESO PRO UNIT"]),
        arm=str(primary["ESO PRO ARM"]),
        header=header_of(units),
        exposures=read_exposures(units),
    )


CUBE = Codec(SpectralCube, 1, _encode, _decode)
