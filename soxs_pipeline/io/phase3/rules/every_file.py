"""Rules for files of every category."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from soxs_pipeline.io.phase3.rules.rule import Look, Rules
from soxs_pipeline.io.phase3.standard import LONGEST_NAME, LONGEST_TEXT

__all__ = ["RULES"]

RULES = Rules()

CATEGORIES = {
    "SCIENCE.SPECTRUM", "SCIENCE.IMAGE", "SCIENCE.MEFIMAGE", "SCIENCE.SRCTBL",
    "SCIENCE.CUBE.IFS", "SCIENCE.IMAGE.FLUXMAP", "SCIENCE.VISIBILITY", "SCIENCE.CATALOG",
    "SCIENCE.MCATALOG", "SCIENCE.CATALOGTILE", "ANCILLARY.2DSPECTRUM", "ANCILLARY.SPECTRUM",
    "ANCILLARY.SPECTRUM.TELLURIC", "ANCILLARY.SPECTRUM.CONTINUUM", "ANCILLARY.IMAGE",
    "ANCILLARY.WEIGHTMAP", "ANCILLARY.MASK", "ANCILLARY.RMSMAP", "ANCILLARY.VARMAP",
    "ANCILLARY.EXPMAP", "ANCILLARY.GAINMAP", "ANCILLARY.PIXELCOUNTMAP",
}  # fmt: skip
NON_FITS = {
    "ANCILLARY.PREVIEW", "ANCILLARY.README", "ANCILLARY.TAR", "ANCILLARY.SRCTBL",
    "ANCILLARY.HARPSTAR", "ANCILLARY.FEROSTAR", "ANCILLARY.CRIRESPTAR", "ANCILLARY.FORS2TAR",
    "ANCILLARY.2DECHELLE.TAR", "ANCILLARY.MOSSPECTRA.PREVIEW", "ANCILLARY.CUBE.LMV",
}  # fmt: skip
#: Texts that may be empty.
_MAY_BE_EMPTY = re.compile(r"REFERENC|TUNIT\d+|TUTYP\d+|COMMENT|HISTORY|")
_NUMBERED = re.compile(r"(PROV|OBID|ASSON|ASSOC|ASSOM|PROGID|TELESC|INSTR|FILTER)(\d+)")
_LISTS = {"TELESC": "TELESCOP", "INSTR": "INSTRUME", "PROGID": "PROG_ID", "FILTER": "FILTER"}


@RULES.enter("FILE_NAME", "A file name has at most 68 characters and ends in .fits or .fits.fz.")
def _(look: Look) -> Iterator[str]:
    name = look.path.name
    if len(name) > LONGEST_NAME:
        yield f"the name has {len(name)} characters"
    if not name.endswith((".fits", ".fits.fz")):
        yield f"{name} does not end in .fits"


@RULES.enter("CATEGORY", "PRODCATG is a category of the standard.")
def _(look: Look) -> Iterator[str]:
    if look.category not in CATEGORIES:
        yield f"PRODCATG is {look.category or 'missing'!r}"


@RULES.enter("PRIMARY_ONLY", "PRODCATG and ORIGFILE stand in the primary header alone.")
def _(look: Look) -> Iterator[str]:
    for k, unit in enumerate(look.units[1:], 1):
        for key in ("PRODCATG", "ORIGFILE"):
            if key in unit.header:
                yield f"{key} stands in extension {k}"


@RULES.enter("EXTNAME", "Every extension has a name, no two the same.")
def _(look: Look) -> Iterator[str]:
    names = [str(unit.header.get("EXTNAME", "")).strip() for unit in look.units[1:]]
    for k, name in enumerate(names, 1):
        if not name:
            yield f"extension {k} has no EXTNAME"
    for name, count in Counter(names).items():
        if name and count > 1:
            yield f"EXTNAME {name} stands {count} times"


@RULES.enter("CHECKSUM", "CHECKSUM and DATASUM stand in every unit and are right.")
def _(look: Look) -> Iterator[str]:
    for k, unit in enumerate(look.units):
        for key, verify in (("CHECKSUM", "verify_checksum"), ("DATASUM", "verify_datasum")):
            if key not in unit.header:
                yield f"unit {k} has no {key}"
            elif getattr(unit, verify)() != 1:
                yield f"{key} of unit {k} is wrong"


@RULES.enter("NO_CONTINUE", "No text is longer than 68 characters; CONTINUE is not used.")
def _(look: Look) -> Iterator[str]:
    for k, card in _cards(look):
        if card.keyword in {"CONTINUE", "LONGSTRN"}:
            yield f"unit {k} uses {card.keyword}"
        elif isinstance(card.value, str) and len(card.value) > LONGEST_TEXT:
            yield f"{card.keyword} of unit {k} has {len(card.value)} characters"


@RULES.enter("NO_EMPTY_TEXT", "No text is empty but REFERENC, TUNITi and TUTYPi.")
def _(look: Look) -> Iterator[str]:
    for k, card in _cards(look):
        if (
            isinstance(card.value, str)
            and not card.value.strip()
            and not _MAY_BE_EMPTY.fullmatch(card.keyword)
        ):
            yield f"{card.keyword} of unit {k} is empty"


@RULES.enter("UPPER_CASE", "Keywords are written in capitals.")
def _(look: Look) -> Iterator[str]:
    content = look.path.read_bytes()
    for k, unit in enumerate(look.units):
        # astropy shows keywords in capitals, whatever the file says.
        place = unit.fileinfo()
        header = content[place["hdrLoc"] : place["datLoc"]]
        for start in range(0, len(header), 80):
            key = header[start : start + 8].decode("ascii", "replace")
            if key != key.upper():
                yield f"{key.strip()} of unit {k}"


@RULES.enter("UNIQUE_KEYWORDS", "No keyword stands twice in one header.")
def _(look: Look) -> Iterator[str]:
    for k, unit in enumerate(look.units):
        counts = Counter(card.keyword for card in unit.header.cards)
        for key, count in counts.items():
            if count > 1 and key not in {"COMMENT", "HISTORY", ""}:
                yield f"{key} stands {count} times in unit {k}"


@RULES.enter("DATE", "DATE is there and begins yyyy-MM-dd.")
def _(look: Look) -> Iterator[str]:
    if look.category.startswith("SCIENCE") and not re.match(
        r"\d{4}-\d{2}-\d{2}", str(look.primary.get("DATE", ""))
    ):
        yield f"DATE is {look.primary.get('DATE')!r}"


@RULES.enter("INDEXED_LISTS", "Lists count from 1 without gaps or leading zeros, no value twice.")
def _(look: Look) -> Iterator[str]:
    found: dict[str, dict[int, Any]] = {}
    for key, value in look.primary.items():
        match = _NUMBERED.fullmatch(key)
        if match:
            if match[2].startswith("0"):
                yield f"{key} has a leading zero"
            found.setdefault(match[1], {})[int(match[2])] = value
    for name, values in found.items():
        # Categories and checksums are those of files that are not FITS, which may stand anywhere.
        if name not in {"ASSOC", "ASSOM"} and sorted(values) != list(range(1, len(values) + 1)):
            yield f"{name} has gaps: {sorted(values)}"
        if name != "ASSOC" and len(set(values.values())) < len(values):
            yield f"{name} names one value twice"


@RULES.enter("MULTI", "With an indexed list the plain keyword is MULTI, and 1 and 2 are there.")
def _(look: Look) -> Iterator[str]:
    for name, plain in _LISTS.items():
        indexed = [key for key in look.primary if re.fullmatch(rf"{name}\d+", key)]
        if indexed and look.primary.get(plain) != "MULTI":
            yield f"{plain} is {look.primary.get(plain)!r} though {indexed[0]} is given"
        if (indexed and len(indexed) < 2) or (not indexed and look.primary.get(plain) == "MULTI"):
            yield f"{plain} is MULTI, but {name}1 and {name}2 are not both there"


@RULES.enter("ASSOCIATED", "Files that are not FITS have category and MD5, and these are right.")
def _(look: Look) -> Iterator[str]:
    for key in [key for key in look.primary if re.fullmatch(r"ASSON\d+", key)]:
        name, k = str(look.primary[key]), key.removeprefix("ASSON")
        is_fits = name.endswith((".fits", ".fits.fz"))
        category, digest = look.primary.get(f"ASSOC{k}"), look.primary.get(f"ASSOM{k}")
        if is_fits and (category or digest):
            yield f"{name} is FITS: it carries its own category, ASSOC{k} must go"
        if not is_fits and category not in NON_FITS:
            yield f"ASSOC{k} of {name} is {category!r}"
        if not is_fits and not re.fullmatch(r"[0-9a-f]{32}", str(digest)):
            yield f"ASSOM{k} of {name} is no MD5"


@RULES.enter("ASSOCIATED_FILES", "Associated files lie beside the file and match their MD5.")
def _(look: Look) -> Iterator[str]:
    import hashlib  # noqa: PLC0415 - only files with associations need it

    for key in [key for key in look.primary if re.fullmatch(r"ASSON\d+", key)]:
        beside = look.path.with_name(str(look.primary[key]))
        if not beside.is_file():
            yield f"{beside.name} is not there"
            continue
        told = look.primary.get("ASSOM" + key.removeprefix("ASSON"))
        made = hashlib.md5(beside.read_bytes(), usedforsecurity=False).hexdigest()
        if told and told != made:
            yield f"the MD5 of {beside.name} is {made}, not {told}"


@RULES.enter("NO_NESTING", "Ancillary files have no associated files themselves.", "ANCILLARY")
def _(look: Look) -> Iterator[str]:
    for key in look.primary:
        if re.fullmatch(r"ASS(ON|OC|OM)\d+", key):
            yield f"{key} stands in an ancillary file"


def _cards(look: Look) -> Iterator[tuple[int, Any]]:
    for k, unit in enumerate(look.units):
        for card in unit.header.cards:
            yield k, card
