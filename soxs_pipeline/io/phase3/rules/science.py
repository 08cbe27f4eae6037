"""Rules for all science files: times, target, making."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from soxs_pipeline.io.phase3.rules.rule import Look, Rules
from soxs_pipeline.io.phase3.standard import Keyword

__all__ = ["RULES", "schema_breaches"]

RULES = Rules()

_FORBIDDEN = re.compile(r"CDELT[123]|CROTA\d|PC\d+_\d+|PROV0\d*|OBID0\d*")
_FIRST_MJD, _LAST_MJD = 40587.0, 88069.0
_SCIENCE = "SCIENCE"


def schema_breaches(header: Any, schema: Sequence[Keyword]) -> Iterator[str]:
    """Yield what a header lacks or has wrong of a schema."""
    for one in schema:
        if one.name not in header:
            if one.mandatory:
                yield f"{one.name} is missing"
            continue
        value = header[one.name]
        if not _is_of_kind(value, one):
            yield f"{one.name} is {value!r}, wanted {one.kind}"
        elif one.allowed and value not in one.allowed:
            yield f"{one.name} is {value!r}, wanted one of {', '.join(one.allowed)}"


def _is_of_kind(value: object, one: Keyword) -> bool:
    if one.kind == "logical":
        return isinstance(value, bool)
    if one.kind == "text":
        return isinstance(value, str) and (one.empty or bool(value.strip()))
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (one.kind == "real" and isinstance(value, float))


@RULES.enter("FORBIDDEN", "CDELTi, CROTAi, PCi_j and zero-padded lists do not occur.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    for k, unit in enumerate(look.units):
        for key in unit.header:
            if _FORBIDDEN.fullmatch(key):
                yield f"{key} in unit {k}"


@RULES.enter("MJD", "MJD-OBS and MJD-END are dates, in order and not to come.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    from datetime import UTC, datetime  # noqa: PLC0415

    start, end = look.number("MJD-OBS"), look.number("MJD-END")
    if start is None or end is None:
        return
    if not _FIRST_MJD <= start <= _LAST_MJD:
        yield f"MJD-OBS is {start}"
    if end < start:
        yield f"MJD-END {end} lies before MJD-OBS {start}"
    now = _FIRST_MJD + datetime.now(UTC).timestamp() / 86400.0
    if end > now:
        yield f"MJD-END {end} is to come"


@RULES.enter("EXPTIME", "0 < EXPTIME <= TEXPTIME <= MJD-END - MJD-OBS.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    single, total = look.number("EXPTIME"), look.number("TEXPTIME")
    start, end = look.number("MJD-OBS"), look.number("MJD-END")
    if single is None or total is None:
        return
    if single <= 0.0:
        yield f"EXPTIME is {single}"
    if single > total + 0.01:
        yield f"EXPTIME {single} is longer than TEXPTIME {total}"
    if start is not None and end is not None and total > (end - start) * 86400.0 + 0.01:
        yield f"TEXPTIME {total} s is longer than the {(end - start) * 86400.0:.3f} s observed"


@RULES.enter("POSITION", "RA lies from 0 to 360 degrees, DEC from -90 to 90.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    ra, dec = look.number("RA"), look.number("DEC")
    if ra is not None and not 0.0 <= ra < 360.0:
        yield f"RA is {ra}"
    if dec is not None and not -90.0 <= dec <= 90.0:
        yield f"DEC is {dec}"


@RULES.enter("EQUINOX", "With FK5, EQUINOX is 2000.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    equinox = look.number("EQUINOX")
    needed = look.primary.get("RADESYS") == "FK5"
    if equinox not in ({2000.0} if needed else {None, 2000.0}):
        yield f"EQUINOX is {equinox}"


@RULES.enter("TIMESYS", "TIMESYS, if given, is UTC or TAI.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    if look.primary.get("TIMESYS", "UTC") not in {"UTC", "TAI"}:
        yield f"TIMESYS is {look.primary['TIMESYS']!r}"


@RULES.enter("ORIGIN", "ORIGIN begins with ESO.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    if not str(look.primary.get("ORIGIN", "")).startswith("ESO"):
        yield f"ORIGIN is {look.primary.get('ORIGIN')!r}"


@RULES.enter("NCOMBINE", "NCOMBINE is positive, and no smaller than the files named.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    count = look.number("NCOMBINE")
    if count is not None and count < 1:
        yield f"NCOMBINE is {count:g}"


@RULES.enter("PROVENANCE", "PROVi names what went in, raw files by their archive names.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    names = [str(v) for k, v in look.primary.items() if re.fullmatch(r"PROV\d+", k)]
    if not names and not look.primary.get("PROVXTN", False):
        yield "PROV1 is missing"
    for name in names:
        if not re.fullmatch(r"\S+", name):
            yield f"{name!r} is no file name"


@RULES.enter("OBID", "OBIDi are positive numbers.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    for key in [key for key in look.primary if re.fullmatch(r"OBID\d+", key)]:
        number = look.number(key)
        if number is None or number <= 0:
            yield f"{key} is {look.primary[key]!r}"


@RULES.enter("REFERENC", "REFERENC is a bibcode of 19 characters, a DOI, or empty.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    reference = str(look.primary.get("REFERENC", ""))
    if reference and len(reference) != 19 and not reference.lower().startswith("doi:10."):
        yield f"REFERENC is {reference!r}"


@RULES.enter("PROCSOFT", "PROCSOFT names the software with its version.", _SCIENCE)
def _(look: Look) -> Iterator[str]:
    software = str(look.primary.get("PROCSOFT", ""))
    if software and not re.search(r"\d", software):
        yield f"{software!r} has no version"
