"""Standards, extinction and responses as tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.flux import (
    FLUX_UNIT,
    Extinction,
    FluxStandards,
    MasterResponse,
    Response,
    ResponsePoints,
)
from soxs_pipeline.io.codecs.blur import blur_cards, blur_from
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units
from soxs_pipeline.io.codecs.tables import column, floats, integers, table, texts

__all__ = ["EXTINCTION", "FLUX_STANDARDS", "MASTER_RESPONSE", "RESPONSE"]


def _encode_standards(found: FluxStandards, _: Layout) -> tuple[dict[str, object], list[Any]]:
    spectra = [column("WAVELENGTH", found.wavelength_nm, "nm")]
    spectra += [
        column(name, flux, FLUX_UNIT) for name, flux in zip(found.names, found.flux, strict=True)
    ]
    stars = [
        column("NAME", np.array(found.names, dtype=np.str_)),
        column("SYNONYMS", np.array([";".join(s) for s in found.synonyms], dtype=np.str_)),
        column("RA", found.ra_deg, "deg"),
        column("DEC", found.dec_deg, "deg"),
    ]
    return {}, [fits.PrimaryHDU(), table("SPECTRA", spectra), table("STARS", stars)]


def _decode_standards(units: Units, _: Layout) -> FluxStandards:
    stars, spectra = units["STARS"], units["SPECTRA"]
    names = tuple(str(name) for name in texts(stars, "NAME"))
    return FluxStandards(
        names=names,
        synonyms=tuple(
            tuple(part.strip() for part in str(text).split(";") if part.strip())
            for text in texts(stars, "SYNONYMS")
        ),
        ra_deg=floats(stars, "RA"),
        dec_deg=floats(stars, "DEC"),
        wavelength_nm=floats(spectra, "WAVELENGTH"),
        flux=np.array([floats(spectra, name) for name in names]),
    )


def _encode_extinction(found: Extinction, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = [
        column("WAVELENGTH", found.wavelength_nm, "nm"),
        column("EXTINCTION", found.magnitude, "mag"),
    ]
    return {}, [fits.PrimaryHDU(), table("EXTINCTION", columns)]


def _decode_extinction(units: Units, _: Layout) -> Extinction:
    rows = units["EXTINCTION"]
    return Extinction(floats(rows, "WAVELENGTH"), floats(rows, "EXTINCTION"))


def _encode_master(found: MasterResponse, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = [
        column("WAVELENGTH", found.wavelength_nm, "nm"),
        column("EFFICIENCY", found.efficiency),
        column("REL_ERR", found.error),
    ]
    cards: dict[str, object] = {"ESO PRO ARM": (found.arm, "Arm")}
    return cards, [fits.PrimaryHDU(), table("EFFICIENCY", columns)]


def _decode_master(units: Units, _: Layout) -> MasterResponse:
    rows, header = units["EFFICIENCY"], units[0].header
    return MasterResponse(
        wavelength_nm=floats(rows, "WAVELENGTH"),
        efficiency=floats(rows, "EFFICIENCY"),
        error=floats(rows, "REL_ERR"),
        arm=str(header.get("ESO PRO ARM", header.get("ESO SEQ ARM", ""))),
    )


def _encode_response(found: Response, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = [
        column("ORDER", found.orders.astype(np.int32)),
        column("WAVE", found.wavelength_nm, "nm"),
        # Electrons are counted in s and nm, the flux in cgs: the unit is spelt out in the header.
        column("SENSITIVITY", found.sensitivity),
        column("REL_ERR", found.error),
        column("EFFICIENCY", found.efficiency),
    ]
    rows = table("RESPONSE", columns)
    rows.header["TCOMM3"] = "electron/s/nm for 1 erg/s/cm2/Angstrom"
    stars = table("STANDARDS", [column("NAME", np.array(found.standards, dtype=np.str_))])
    cards: dict[str, object] = {
        "ESO PRO ARM": (found.arm, "Arm"),
        "ESO PRO SCATTER": (found.scatter, "Relative scatter about the smooth curve"),
        "ESO PRO SPREAD": (found.spread, "Relative scatter of the stars' levels"),
        "ESO PRO STEP": (found.step, "Largest step between orders the lamp leaves, ln"),
        "WAVEMED": ("VACUUM", "Medium of every wavelength in this table"),
        **blur_cards(found.blur),
    }
    return cards, [fits.PrimaryHDU(), rows, stars, *_encode_points(found.points)]


def _encode_points(points: ResponsePoints | None) -> list[Any]:
    if points is None:
        return []
    columns = [
        column("WAVE", points.wavelength_nm, "nm"),
        column("DEPARTURE", points.departure),
        column("BANDED", points.banded.astype(np.int32)),
    ]
    return [table("POINTS", columns)]


def _decode_points(units: Units) -> ResponsePoints | None:
    if "POINTS" not in units:
        return None
    rows = units["POINTS"]
    return ResponsePoints(
        floats(rows, "WAVE"), floats(rows, "DEPARTURE"), integers(rows, "BANDED")
    )


def _decode_response(units: Units, _: Layout) -> Response:
    rows, header = units["RESPONSE"], units[0].header
    orders = integers(rows, "ORDER")
    scatter, spread, step = (
        float(value) if isinstance(value, (int, float)) else float("nan")
        for value in (header.get(f"ESO PRO {key}") for key in ("SCATTER", "SPREAD", "STEP"))
    )
    return Response(
        orders=orders,
        **{
            name: floats(rows, key).reshape(orders.size, -1)
            for name, key in (
                ("wavelength_nm", "WAVE"),
                ("sensitivity", "SENSITIVITY"),
                ("error", "REL_ERR"),
                ("efficiency", "EFFICIENCY"),
            )
        },
        arm=str(header["ESO PRO ARM"]),
        standards=tuple(str(name) for name in texts(units["STANDARDS"], "NAME")),
        scatter=scatter,
        spread=spread,
        step=step,
        points=_decode_points(units),
        blur=blur_from(header),
    )


FLUX_STANDARDS = Codec(FluxStandards, 1, _encode_standards, _decode_standards)
EXTINCTION = Codec(Extinction, 1, _encode_extinction, _decode_extinction)
MASTER_RESPONSE = Codec(MasterResponse, 1, _encode_master, _decode_master)
RESPONSE = Codec(Response, 1, _encode_response, _decode_response)
