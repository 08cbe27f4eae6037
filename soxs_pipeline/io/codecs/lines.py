"""Line lists and measured lines as tables, one row for each line."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.lines import LineList, LineMeasurements, MolecularBands
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units
from soxs_pipeline.io.codecs.tables import column, floats, integers, logicals, table, texts

__all__ = ["LINE_LIST", "LINE_MEASUREMENTS", "MOLECULAR_BANDS"]

#: Names on disk that are not the capitals of those in memory, and units other than pixels.
_NAMES = {"wavelength_nm": "WAVELENGTH", "slit_arcsec": "SLIT"}
_UNITS = {
    "order": "",
    "wavelength_nm": "nm",
    "slit_arcsec": "arcsec",
    "flux": "electron",
    "used": "",
}


def _encode_list(lines: LineList, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = [
        column("WAVELENGTH", lines.wavelength_nm, "nm"),
        column("INTENSITY", lines.intensity),
        column("SPECIES", lines.species),
        column("CLEAN", lines.clean),
    ]
    return {}, [fits.PrimaryHDU(), table("LINES", columns)]


def _decode_list(units: Units, _: Layout) -> LineList:
    # By number: the static tables that scripts made name this extension as they like.
    rows = units[1]
    return LineList(
        wavelength_nm=floats(rows, "WAVELENGTH"),
        intensity=floats(rows, "INTENSITY"),
        species=texts(rows, "SPECIES"),
        clean=logicals(rows, "CLEAN"),
    )


def _encode(lines: LineMeasurements, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = []
    for item in fields(lines):
        values = np.asarray(getattr(lines, item.name))
        if item.name == "order":
            values = values.astype(np.int32)
        columns.append(column(_name(item.name), values, _UNITS.get(item.name, "pixel")))
    return {}, [fits.PrimaryHDU(), table("LINES", columns)]


def _decode(units: Units, _: Layout) -> LineMeasurements:
    rows = units["LINES"]
    return LineMeasurements(
        **{item.name: _read(rows, item.name) for item in fields(LineMeasurements)}
    )


def _read(rows: Any, field: str) -> Any:
    if field == "order":
        return integers(rows, _name(field))
    if field == "used":
        return logicals(rows, _name(field))
    return floats(rows, _name(field))


def _name(field: str) -> str:
    return _NAMES.get(field, field.upper())


LINE_LIST = Codec(LineList, 1, _encode_list, _decode_list)
LINE_MEASUREMENTS = Codec(LineMeasurements, 1, _encode, _decode)


def _encode_bands(bands: MolecularBands, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = [
        column("WAVE_LOW", bands.low_nm, "nm"),
        column("WAVE_HIGH", bands.high_nm, "nm"),
        column("ABSORBER", bands.absorber),
    ]
    return {}, [fits.PrimaryHDU(), table("BANDS", columns)]


def _decode_bands(units: Units, _: Layout) -> MolecularBands:
    rows = units["BANDS"]
    return MolecularBands(
        floats(rows, "WAVE_LOW"), floats(rows, "WAVE_HIGH"), texts(rows, "ABSORBER")
    )


MOLECULAR_BANDS = Codec(MolecularBands, 1, _encode_bands, _decode_bands)
