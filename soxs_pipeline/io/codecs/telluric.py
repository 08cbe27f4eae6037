"""Absorption by the air as tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.telluric import TelluricBand, TelluricCorrection, TelluricGrid
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units, header_of
from soxs_pipeline.io.codecs.tables import column, floats, integers, table
from soxs_pipeline.io.headers import inheritable

__all__ = ["TELLURIC", "TELLURIC_GRID"]

_MEDIUM = ("VACUUM", "Medium of every wavelength in this file")


def _encode_grid(grid: TelluricGrid, _: Layout) -> tuple[dict[str, object], list[Any]]:
    depths = [
        column(name, depth.astype(np.float32))
        for name, depth in zip(grid.molecules, grid.depth, strict=True)
    ]
    bands = [
        column("WAVE_LOW", grid.band_low_nm, "nm"),
        column("WAVE_HIGH", grid.band_high_nm, "nm"),
    ]
    cards: dict[str, object] = {
        "ESO GRID FIRST": (grid.first_nm, "[nm] First wavelength, vacuum"),
        "ESO GRID STEP": (grid.step_km_s, "[km/s] Step in velocity"),
        "WAVEMED": _MEDIUM,
    }
    return cards, [fits.PrimaryHDU(), table("GRID", depths), table("BANDS", bands)]


def _decode_grid(units: Units, _: Layout) -> TelluricGrid:
    rows, header = units["GRID"], units[0].header
    names = tuple(str(name) for name in rows.columns.names)
    return TelluricGrid(
        molecules=names,
        first_nm=float(header["ESO GRID FIRST"]),
        step_km_s=float(header["ESO GRID STEP"]),
        depth=np.array([floats(rows, name) for name in names]),
        band_low_nm=floats(units["BANDS"], "WAVE_LOW"),
        band_high_nm=floats(units["BANDS"], "WAVE_HIGH"),
    )


def _encode(found: TelluricCorrection, _: Layout) -> tuple[dict[str, object], list[Any]]:
    spectrum = [
        column("WAVE", found.wavelength_nm, "nm"),
        column("TRANSMISSION", found.transmission),
        column("ERR", found.error),
    ]
    bands = found.bands
    told = [
        column("WAVE_LOW", np.array([b.low_nm for b in bands], float), "nm"),
        column("WAVE_HIGH", np.array([b.high_nm for b in bands], float), "nm"),
        column("SIGMA", np.array([b.sigma_km_s for b in bands], float), "km/s"),
        column("VELOCITY", np.array([b.velocity_km_s for b in bands], float), "km/s"),
        column("VELOCITY_ERR", np.array([b.velocity_error_km_s for b in bands], float), "km/s"),
        column("TEMPLATE_ERR", np.array([b.template_error for b in bands], float)),
        column("BINS", np.array([b.bins for b in bands], np.int32)),
    ]
    for k, name in enumerate(found.molecules):
        told.append(column(name, np.array([b.columns[k] for b in bands], float)))
        told.append(column(f"{name}_ERR", np.array([b.errors[k] for b in bands], float)))
    cards: dict[str, object] = {
        **inheritable(found.header),
        "ESO PRO WATER": (found.water_mm, "[mm] Water above the telescope, zenith"),
        "ESO PRO WATER ERR": (found.water_error_mm, "[mm] Its error"),
        "ESO PRO AIRMASS": (found.airmass, "Airmass of the spectrum"),
        "ESO PRO TELLURIC": (found.corrector, "What made the model"),
        "WAVEMED": _MEDIUM,
    }
    for k, arm in enumerate(found.arms, 1):
        cards[f"ESO PRO ARM{k}"] = (arm, "Arm")
    for k, name in enumerate(found.molecules, 1):
        cards[f"ESO PRO MOLEC{k}"] = (name, "Molecule; the first in mm, others in air columns")
    return cards, [fits.PrimaryHDU(), table("TELLURIC", spectrum), table("BANDS", told)]


def _decode(units: Units, _: Layout) -> TelluricCorrection:
    rows, told, header = units["TELLURIC"], units["BANDS"], units[0].header
    molecules, arms = _listed(header, "ESO PRO MOLEC"), _listed(header, "ESO PRO ARM")
    low = floats(told, "WAVE_LOW")
    columns = [floats(told, name) for name in molecules]
    errors = [floats(told, f"{name}_ERR") for name in molecules]
    bands = tuple(
        TelluricBand(
            low_nm=float(low[k]),
            high_nm=float(floats(told, "WAVE_HIGH")[k]),
            columns=np.array([values[k] for values in columns]),
            errors=np.array([values[k] for values in errors]),
            sigma_km_s=float(floats(told, "SIGMA")[k]),
            velocity_km_s=float(floats(told, "VELOCITY")[k]),
            velocity_error_km_s=float(floats(told, "VELOCITY_ERR")[k]),
            template_error=float(floats(told, "TEMPLATE_ERR")[k]),
            bins=int(integers(told, "BINS")[k]),
        )
        for k in range(low.size)
    )
    return TelluricCorrection(
        wavelength_nm=floats(rows, "WAVE"),
        transmission=floats(rows, "TRANSMISSION"),
        error=floats(rows, "ERR"),
        molecules=molecules,
        bands=bands,
        water_mm=_number(header["ESO PRO WATER"]),
        water_error_mm=_number(header["ESO PRO WATER ERR"]),
        airmass=_number(header["ESO PRO AIRMASS"]),
        corrector=str(header["ESO PRO TELLURIC"]),
        arms=arms,
        header=header_of(units),
    )


def _listed(header: Any, stem: str) -> tuple[str, ...]:
    found: list[str] = []
    while (key := f"{stem}{len(found) + 1}") in header:
        found.append(str(header[key]))
    return tuple(found)


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")


TELLURIC_GRID = Codec(TelluricGrid, 1, _encode_grid, _decode_grid)
TELLURIC = Codec(TelluricCorrection, 1, _encode, _decode)
