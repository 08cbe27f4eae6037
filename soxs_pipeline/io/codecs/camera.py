"""Images, sources and photometry of the camera, and the catalogues they are tied to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.camera import (
    Catalogue,
    Passbands,
    PhotometricTie,
    SkyImage,
    SourceTable,
    StarField,
    TargetPhotometry,
)
from soxs_pipeline.domain.header import Header
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units, header_of
from soxs_pipeline.io.codecs.exposures import exposure_units, read_exposures
from soxs_pipeline.io.codecs.frame import FRAME
from soxs_pipeline.io.codecs.tables import column, floats, integers, logicals, table, texts
from soxs_pipeline.io.headers import inheritable, put_cards
from soxs_pipeline.io.wcs import astrometry_of, wcs_cards

__all__ = ["CATALOGUE", "PASSBANDS", "SKY_IMAGE", "SOURCE_TABLE", "STAR_FIELD", "TARGET"]

_PHOT = "ESO PRO PHOT"
_IMG = "ESO PRO IMG"
_PLACES = re.compile(r"RADESYS|EQUINOX|[AB]_ORDER|[AB]_\d_\d")
_MAGNITUDE = re.compile(r"MAG_(\w+)")


# --- catalogue and passbands ------------------------------------------------------------------
def _encode_catalogue(found: Catalogue, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = [
        column("RA", found.ra_deg, "deg"),
        column("DEC", found.dec_deg, "deg"),
        column("PMRA", found.pm_ra, "mas/yr"),
        column("PMDEC", found.pm_dec, "mas/yr"),
    ]
    for band, values in found.magnitudes.items():
        columns.append(column(f"MAG_{band.upper() if band != 'V' else 'VEGA_V'}", values, "mag"))
        name = f"ERR_{band.upper() if band != 'V' else 'VEGA_V'}"
        columns.append(column(name, found.errors[band], "mag"))
    cards: dict[str, object] = {
        "ESO PRO CAT NAME": (found.name, "Catalogue"),
        "ESO PRO CAT EPOCH": (found.epoch, "[yr] Julian year of the positions"),
    }
    return cards, [fits.PrimaryHDU(), table("STARS", columns)]


def _decode_catalogue(units: Units, _: Layout) -> Catalogue:
    rows, header = units["STARS"], units[0].header
    magnitudes, errors = {}, {}
    for name in rows.columns.names:
        if found := _MAGNITUDE.fullmatch(name):
            band = "V" if found[1] == "VEGA_V" else found[1].lower()
            magnitudes[band] = floats(rows, name)
            errors[band] = floats(rows, name.replace("MAG_", "ERR_"))
    return Catalogue(
        ra_deg=floats(rows, "RA"),
        dec_deg=floats(rows, "DEC"),
        pm_ra=floats(rows, "PMRA"),
        pm_dec=floats(rows, "PMDEC"),
        epoch=float(header["ESO PRO CAT EPOCH"]),
        magnitudes=magnitudes,
        errors=errors,
        name=str(header["ESO PRO CAT NAME"]),
    )


def _encode_passbands(found: Passbands, _: Layout) -> tuple[dict[str, object], list[Any]]:
    named = [
        np.full(wave.size, band)
        for band, wave in zip(found.bands, found.wavelength_nm, strict=True)
    ]
    response = [
        column("BAND", np.concatenate(named)),
        column("WAVELENGTH", np.concatenate(found.wavelength_nm), "nm"),
        column("RESPONSE", np.concatenate(found.response)),
    ]
    bands = [
        column("BAND", np.array(found.bands, dtype=np.str_)),
        column("AB_OFFSET", found.ab_offset, "mag"),
    ]
    return {}, [fits.PrimaryHDU(), table("RESPONSE", response), table("BANDS", bands)]


def _decode_passbands(units: Units, _: Layout) -> Passbands:
    rows, heads = units["RESPONSE"], units["BANDS"]
    bands = tuple(str(band) for band in texts(heads, "BAND"))
    of, wave, response = texts(rows, "BAND"), floats(rows, "WAVELENGTH"), floats(rows, "RESPONSE")
    return Passbands(
        bands=bands,
        wavelength_nm=tuple(wave[of == band] for band in bands),
        response=tuple(response[of == band] for band in bands),
        ab_offset=floats(heads, "AB_OFFSET"),
    )


# --- image ------------------------------------------------------------------------------------
def _photometry_cards(found: PhotometricTie) -> dict[str, object]:
    cards: dict[str, object] = {
        f"{_PHOT} BAND": (found.band, "Photometric band"),
        f"{_PHOT} SYSTEM": (found.system, "System of the magnitudes"),
        f"{_PHOT} ZP": (found.zero_point, "[mag] Source of one electron/s"),
        f"{_PHOT} ZPERR": (found.error, "[mag] Its standard error"),
        f"{_PHOT} TIED": (found.tied, "Tied to stars of a catalogue"),
        f"{_PHOT} COLOUR": (found.colour, "Colour of the colour term"),
        f"{_PHOT} CTERM": (found.colour_term, "Colour term"),
        f"{_PHOT} CTERMERR": (found.colour_error, "Its standard error"),
        f"{_PHOT} PIVOT": (found.pivot, "[mag] Colour at which the zero point holds"),
        f"{_PHOT} NSTARS": (found.stars, "Catalogue stars used"),
    }
    told = {
        "SCATTER": (found.scatter, "[mag] Scatter beyond the errors"),
        "LIMIT": (found.limit, "[mag] Point source of S/N 5"),
        "SATUR": (found.saturation, "[mag] Point source that saturates"),
    }
    return cards | {f"{_PHOT} {key}": card for key, card in told.items() if np.isfinite(card[0])}


def _photometry_of(header: Any) -> PhotometricTie:
    def told(key: str) -> float:
        return float(header.get(f"{_PHOT} {key}", np.nan))

    return PhotometricTie(
        band=str(header[f"{_PHOT} BAND"]),
        system=str(header[f"{_PHOT} SYSTEM"]),
        zero_point=told("ZP"),
        error=told("ZPERR"),
        tied=bool(header[f"{_PHOT} TIED"]),
        colour=str(header[f"{_PHOT} COLOUR"]),
        colour_term=told("CTERM"),
        colour_error=told("CTERMERR"),
        pivot=told("PIVOT"),
        stars=int(header[f"{_PHOT} NSTARS"]),
        scatter=told("SCATTER"),
        limit=told("LIMIT"),
        saturation=told("SATUR"),
    )


def _encode_image(found: SkyImage, layout: Layout) -> tuple[dict[str, object], list[Any]]:
    cards, (data, quality, error, *more) = FRAME.encode(found.frame, layout)
    weight = fits.ImageHDU(found.weight.astype(np.float32), name="WEIGHT")
    places = wcs_cards(found.astrometry)
    plain = {k: v for k, v in places.items() if not k.startswith("ESO ")}
    for unit in (quality, error, weight):
        put_cards(unit.header, plain)
    told = {
        "FWHM": (found.fwhm_arcsec, "[arcsec] Width of the stars"),
        "ELLIP": (found.ellipticity, "Ellipticity of the stars"),
        "SKY": (found.sky, "[electron/s] Background of a pixel"),
    }
    return {
        **cards,
        **places,
        **_photometry_cards(found.photometry),
        f"{_IMG} BAND": (found.band, "Band of the filter"),
        **{f"{_IMG} {key}": card for key, card in told.items() if np.isfinite(card[0])},
    }, [data, quality, error, weight, *more]


def _decode_image(units: Units, layout: Layout) -> SkyImage:
    header = units[0].header

    def told(key: str) -> float:
        return float(header.get(f"{_IMG} {key}", np.nan))

    frame = FRAME.decode(units, layout)
    # The projection is no part of the header that was taken over.
    own = {k: v for k, v in frame.header.items() if not _PLACES.fullmatch(k)}
    return SkyImage(
        frame=replace(frame, header=Header(own)),
        weight=np.array(units["WEIGHT"].data, dtype=np.float32),
        astrometry=astrometry_of(header),
        photometry=_photometry_of(header),
        band=str(header[f"{_IMG} BAND"]),
        fwhm_arcsec=told("FWHM"),
        ellipticity=told("ELLIP"),
        sky=told("SKY"),
    )


# --- tables -----------------------------------------------------------------------------------
#: Column, field, unit.
_SOURCES = (
    ("X", "x", "pixel"),
    ("Y", "y", "pixel"),
    ("ERR_XY", "xy_error", "pixel"),
    ("RA", "ra_deg", "deg"),
    ("DEC", "dec_deg", "deg"),
    ("FLUX", "flux", "electron/s"),
    ("ERR_FLUX", "flux_error", "electron/s"),
    ("FLUX_APER", "aperture_flux", "electron/s"),
    ("ERR_FLUX_APER", "aperture_error", "electron/s"),
    ("MAG", "magnitude", "mag"),
    ("ERR_MAG", "magnitude_error", "mag"),
    ("ELONGATION", "elongation", ""),
    ("FWHM", "fwhm", "pixel"),
)
_STARS = (
    ("X", "x", "pixel"),
    ("Y", "y", "pixel"),
    ("OFF_RA", "offset_ra_mas", "mas"),
    ("OFF_DEC", "offset_dec_mas", "mas"),
    ("MAG", "magnitude", "mag"),
    ("COLOUR", "colour", "mag"),
    ("DIFF", "difference", "mag"),
    ("ERR_DIFF", "difference_error", "mag"),
)


def _encode_sources(found: SourceTable, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = [column(name, getattr(found, attr), unit) for name, attr, unit in _SOURCES]
    columns += [
        column("QUAL", found.quality),
        column("CATALOGUE", found.catalogue.astype(np.int32)),
    ]
    cards = {
        **inheritable(found.header),
        f"{_IMG} BAND": (found.band, "Band of the filter"),
        f"{_IMG} APER": (found.aperture_arcsec, "[arcsec] Radius of the aperture"),
    }
    units = [fits.PrimaryHDU(), table("SOURCES", columns), *exposure_units(found.exposures)]
    return cards, units


def _decode_sources(units: Units, _: Layout) -> SourceTable:
    rows, header = units["SOURCES"], units[0].header
    return SourceTable(
        **{attr: floats(rows, name) for name, attr, _ in _SOURCES},
        quality=integers(rows, "QUAL", np.uint32),
        catalogue=integers(rows, "CATALOGUE"),
        band=str(header[f"{_IMG} BAND"]),
        aperture_arcsec=float(header[f"{_IMG} APER"]),
        header=header_of(units),
        exposures=read_exposures(units),
    )


def _encode_stars(found: StarField, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = [column(name, getattr(found, attr), unit) for name, attr, unit in _STARS]
    columns += [column("USED_PLACE", found.place_used), column("USED_FLUX", found.flux_used)]
    return {}, [fits.PrimaryHDU(), table("STARS", columns)]


def _decode_stars(units: Units, _: Layout) -> StarField:
    rows = units["STARS"]
    return StarField(
        **{attr: floats(rows, name) for name, attr, _ in _STARS},
        place_used=logicals(rows, "USED_PLACE"),
        flux_used=logicals(rows, "USED_FLUX"),
    )


def _encode_target(found: TargetPhotometry, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = [
        column("BAND", np.array([found.band])),
        column("MAG", np.array([found.magnitude]), "mag"),
        column("ERR_MAG", np.array([found.error]), "mag"),
        column("RA", np.array([found.ra_deg]), "deg"),
        column("DEC", np.array([found.dec_deg]), "deg"),
        column("OFFSET", np.array([found.offset_arcsec]), "arcsec"),
        column("FOUND", np.array([found.found])),
        column("COLOUR", np.array([found.colour or "-"])),
        column("CTERM", np.array([found.colour_term])),
        column("PIVOT", np.array([found.pivot]), "mag"),
    ]
    units = [fits.PrimaryHDU(), table("TARGET", columns), *exposure_units(found.exposures)]
    return dict(inheritable(found.header)), units


def _decode_target(units: Units, _: Layout) -> TargetPhotometry:
    rows = units["TARGET"]
    values = {name: float(floats(rows, name)[0]) for name in ("MAG", "ERR_MAG", "RA", "DEC")}
    return TargetPhotometry(
        band=str(texts(rows, "BAND")[0]),
        magnitude=values["MAG"],
        error=values["ERR_MAG"],
        ra_deg=values["RA"],
        dec_deg=values["DEC"],
        offset_arcsec=float(floats(rows, "OFFSET")[0]),
        found=bool(logicals(rows, "FOUND")[0]),
        header=header_of(units),
        exposures=read_exposures(units),
        # An empty text is no text to a table.
        colour=str(texts(rows, "COLOUR")[0]) if len(str(texts(rows, "COLOUR")[0])) > 1 else "",
        colour_term=float(floats(rows, "CTERM")[0]),
        pivot=float(floats(rows, "PIVOT")[0]),
    )


CATALOGUE = Codec(Catalogue, 1, _encode_catalogue, _decode_catalogue)
PASSBANDS = Codec(Passbands, 1, _encode_passbands, _decode_passbands)
SKY_IMAGE = Codec(SkyImage, 1, _encode_image, _decode_image)
SOURCE_TABLE = Codec(SourceTable, 1, _encode_sources, _decode_sources)
STAR_FIELD = Codec(StarField, 1, _encode_stars, _decode_stars)
TARGET = Codec(TargetPhotometry, 1, _encode_target, _decode_target)
