"""Rules for images, source lists and two-dimensional spectra."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator
from typing import Any

from soxs_pipeline.io.phase3.rules.rule import Look, Rules
from soxs_pipeline.io.phase3.rules.science import schema_breaches
from soxs_pipeline.io.phase3.standard import IMAGE, IMAGE_ARRAY

__all__ = ["RULES"]

RULES = Rules()
_IMAGE, _LIST, _TWO_D = "SCIENCE.IMAGE", "SCIENCE.SRCTBL", "ANCILLARY.2DSPECTRUM"
#: What a source list takes over from its image, and what its table repeats.
_PROPAGATED = (
    "ORIGIN", "TELESCOP", "INSTRUME", "FILTER", "OBJECT", "RA", "DEC", "RADESYS", "EXPTIME",
    "TEXPTIME", "MJD-OBS", "MJD-END", "PROG_ID", "OBID1", "NCOMBINE", "OBSTECH", "REFERENC",
)  # fmt: skip
_REPEATED = ("PHOTSYS", "ABMAGLIM", "ABMAGSAT", "PSF_FWHM")


@RULES.enter("IMG_PRIMARY", "The primary header has all keywords of an image.", _IMAGE)
def _(look: Look) -> Iterator[str]:
    yield from schema_breaches(look.primary, IMAGE)


@RULES.enter("IMG_ARRAY", "The image's header has coordinates and photometric keywords.", _IMAGE)
def _(look: Look) -> Iterator[str]:
    yield from schema_breaches(look.primary, IMAGE_ARRAY)


@RULES.enter("IMG_DATA", "A simple image lies in the primary unit, in two dimensions.", _IMAGE)
def _(look: Look) -> Iterator[str]:
    if look.primary.get("NAXIS") != 2:
        yield f"NAXIS is {look.primary.get('NAXIS')}"


@RULES.enter("IMG_NO_RA_ERR", "RA_ERR and DEC_ERR are for spectra only.", _IMAGE)
def _(look: Look) -> Iterator[str]:
    for key in ("RA_ERR", "DEC_ERR"):
        if key in look.primary:
            yield f"{key} is there"


@RULES.enter("IMG_TECHNIQUE", "OBSTECH begins with IMAGE.", _IMAGE)
def _(look: Look) -> Iterator[str]:
    if not str(look.primary.get("OBSTECH", "")).startswith("IMAGE"):
        yield f"OBSTECH is {look.primary.get('OBSTECH')!r}"


@RULES.enter("IMG_LIMITS", "0 < ABMAGSAT < ABMAGLIM < 99.", _IMAGE, _LIST)
def _(look: Look) -> Iterator[str]:
    unit = 1 if look.category == _LIST else 0
    limit, saturation = look.number("ABMAGLIM", unit), look.number("ABMAGSAT", unit)
    if limit is None or saturation is None:
        return
    if not 0.0 < limit < 99.0 or not saturation < limit:
        yield f"ABMAGLIM is {limit}, ABMAGSAT {saturation}"


@RULES.enter("IMG_PSF", "PSF_FWHM is positive, ELLIPTIC from 0 to 1.", _IMAGE, _LIST)
def _(look: Look) -> Iterator[str]:
    unit = 1 if look.category == _LIST else 0
    width, ellipticity = look.number("PSF_FWHM", unit), look.number("ELLIPTIC", unit)
    if width is not None and not width > 0.0:
        yield f"PSF_FWHM is {width}"
    if ellipticity is not None and not 0.0 <= ellipticity < 1.0:
        yield f"ELLIPTIC is {ellipticity}"


@RULES.enter("IMG_CENTRE", "RA and DEC are the centre of the image.", _IMAGE)
def _(look: Look) -> Iterator[str]:
    if look.primary.get("NAXIS") != 2 or "CD1_1" not in look.primary:
        return
    from astropy.wcs import WCS  # noqa: PLC0415 - takes its time

    nx, ny = look.primary["NAXIS1"], look.primary["NAXIS2"]
    with warnings.catch_warnings():
        # It remarks on every date that it works out from another.
        warnings.simplefilter("ignore")
        ra, dec = WCS(look.primary).all_pix2world(0.5 * nx + 0.5, 0.5 * ny + 0.5, 1)
    told = look.number("RA"), look.number("DEC")
    if told[0] is None or told[1] is None:
        return
    across = math.cos(math.radians(told[1]))
    away = math.hypot(((float(ra) - told[0] + 180) % 360 - 180) * across, float(dec) - told[1])
    scale = math.hypot(look.primary["CD1_1"], look.primary["CD2_1"])
    if away > scale:
        yield f"RA and DEC lie {away * 3600:.2f} arcsec from the centre"


@RULES.enter("LIST_PRIMARY", "A source list takes over the keywords of its image.", _LIST)
def _(look: Look) -> Iterator[str]:
    for key in _PROPAGATED:
        if key not in look.primary:
            yield f"{key} is missing"
    if look.primary.get("NAXIS") != 0:
        yield "the primary unit holds data"
    if "FILTER1" in look.primary:
        yield "FILTER1: a source list is of one filter"


@RULES.enter("LIST_TABLE", "Each table of a source list repeats what its image reaches.", _LIST)
def _(look: Look) -> Iterator[str]:
    tables = [unit for unit in look.units[1:] if unit.header.get("XTENSION") == "BINTABLE"]
    if not tables:
        yield "there is no table"
    for table in tables:
        for key in _REPEATED:
            if key not in table.header:
                yield f"{key} is missing in {table.header.get('EXTNAME')}"
        yield from _undescribed(table.header)


def _undescribed(header: Any) -> Iterator[str]:
    for k in range(1, int(header.get("TFIELDS", 0)) + 1):
        for key in ("TTYPE", "TFORM"):
            if f"{key}{k}" not in header:
                yield f"{key}{k} is missing"


@RULES.enter("2D_AXES", "One axis of a 2-D spectrum is wavelength, with unit and step.", _TWO_D)
def _(look: Look) -> Iterator[str]:
    images = [unit.header for unit in look.units if unit.header.get("NAXIS", 0) >= 2]
    if not images:
        yield "there is no image"
        return
    first = images[0]
    axes = [k for k in (1, 2, 3) if str(first.get(f"CTYPE{k}", "")).startswith(("WAVE", "AWAV"))]
    if not axes:
        yield "no CTYPE is WAVE or AWAV"
    for k in axes:
        if not first.get(f"CUNIT{k}"):
            yield f"CUNIT{k} is missing"
        if not any(re.fullmatch(rf"CD{k}_\d|CDELT{k}", key) for key in first):
            yield f"axis {k} has no step"
