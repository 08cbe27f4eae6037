"""What a file is, told from its header."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

from soxs_pipeline.cascade.spec import CascadeMap, DataItem, Group

__all__ = [
    "Classified",
    "DataFile",
    "Unclassified",
    "classify",
    "lookup",
    "modified_julian_date",
    "night_of",
    "normalised",
]

_MJD_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
#: Noon UTC at the telescope is far from any observation; 15:00 UTC is 11:00 local time.
_NIGHT_BEGINS_DAYS = 15.0 / 24.0
#: Without all of these a raw frame cannot be trusted to be anything.
_TELLING = ("DPR.CATG", "DPR.TYPE", "DPR.TECH")
#: Times must agree to a tenth of a second, other numbers to two decimals.
_DECIMALS = {"MJD-OBS": 6}


@dataclass(frozen=True)
class Classified:
    """The item and the arm of a file."""

    item: DataItem
    arm: str


@dataclass(frozen=True)
class Unclassified:
    """Why a file has no place in the map."""

    reason: str


@dataclass(frozen=True, eq=False)
class DataFile:
    """A file that has a place in the map, or one that a dataset will make.

    Parameters
    ----------
    name
        Path of the file, or a made-up name if it is not made yet.
    item, arm
        What it is; the arm is empty for spectra of several arms.
    header
        Header; for a file not made yet, that of the first input it will be made from.
    maker, field
        Identity of the dataset that will make it, and which of the products it is.
    first_frame
        Name of the first raw frame it will be made from.
    blocked
        What that dataset lacks in the end, empty if it can be reduced.
    """

    name: str
    item: DataItem
    arm: str
    header: Mapping[str, object]
    maker: str = ""
    field: str = ""
    first_frame: str = ""
    blocked: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """Name without folder of the file, or of the first frame it will be made from."""
        return self.first_frame or PurePath(self.name).name

    @property
    def tag(self) -> str:
        """The tag as written in sets of files."""
        return self.item.tag_for(self.arm)

    @property
    def mjd(self) -> float:
        """Start of the exposure, NaN if the header does not tell."""
        return modified_julian_date(self.header)


class _AliasedHeader(Mapping[str, object]):
    """A header in which keywords spelt by arm answer to one name."""

    def __init__(self, header: Mapping[str, object], arm: str, cascade: CascadeMap) -> None:
        self._header, self._arm, self._aliases = header, arm, cascade.aliases

    def __getitem__(self, key: str) -> object:
        if key == "SEQ.ARM":
            return self._arm
        return self._header[self._aliases.get(key, {}).get(self._arm, key)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._header)

    def __len__(self) -> int:
        return len(self._header)


def lookup(file: DataFile, key: str, cascade: CascadeMap) -> object:
    """Return the normalised value of a keyword of the map, None if the header has none."""
    if key == "SEQ.ARM":
        return file.arm
    if key == "MJD-OBS":
        return None if math.isnan(file.mjd) else round(file.mjd, _DECIMALS[key])
    spelt = cascade.aliases.get(key, {}).get(file.arm, key)
    return normalised(file.header.get(spelt))


def normalised(value: object) -> object:
    """Return a value in the form in which it is compared.

    Numbers, also those written as text, are rounded to two decimals because headers of one
    set differ in the fourth; text is stripped and in upper case; nothing is None.
    """
    if value is None or isinstance(value, bool):
        return value
    text = " ".join(str(value).upper().split())
    try:
        number = float(text)
    except ValueError:
        return text or None
    return round(number, 2) if math.isfinite(number) else None


def classify(header: Mapping[str, object], cascade: CascadeMap) -> Classified | Unclassified:
    """Return item and arm of a file, or the reason why it has none.

    A file with ``PRO CATG`` is a product or a static calibration of that tag; any other is a
    raw frame and gets the first item one of whose rules its header satisfies.
    """
    written = _text(header, "PRO.CATG")
    if written:
        return _by_tag(written, header, cascade)
    instrument = _text(header, "INSTRUME")
    if instrument and instrument.upper() != cascade.instrument.upper():
        return Unclassified(f"its INSTRUME is {instrument}, not {cascade.instrument}")
    arm = _arm(header, cascade)
    if not arm:
        got = _text(header, "SEQ.ARM") or "missing"
        return Unclassified(f"its ESO SEQ ARM is {got}, not one of {', '.join(cascade.arms)}")
    missing = [key for key in _TELLING if not _text(header, key)]
    if missing:
        names = ", ".join("ESO " + key.replace(".", " ") for key in missing)
        return Unclassified(f"its header lacks {names}")
    return _by_rule(_AliasedHeader(header, arm, cascade), arm, cascade)


def modified_julian_date(header: Mapping[str, object]) -> float:
    """Return the start of the exposure from ``MJD-OBS``, else ``DATE-OBS``, else NaN."""
    try:
        mjd = float(str(header.get("MJD-OBS", "nan")))
    except ValueError:
        mjd = math.nan
    if math.isfinite(mjd) and mjd > 0:
        return mjd
    try:
        moment = datetime.fromisoformat(_text(header, "DATE-OBS"))
    except ValueError:
        return math.nan
    return (moment.replace(tzinfo=UTC) - _MJD_EPOCH) / timedelta(days=1)


def night_of(mjd: float) -> str:
    """Return the night (``2025-08-31``) a moment belongs to, ``unknown-night`` for NaN."""
    if not math.isfinite(mjd):
        return "unknown-night"
    return (_MJD_EPOCH + timedelta(days=mjd - _NIGHT_BEGINS_DAYS)).date().isoformat()


def _by_tag(
    written: str, header: Mapping[str, object], cascade: CascadeMap
) -> Classified | Unclassified:
    found = cascade.split_tag(written)
    if found is None:
        return Unclassified(f"its ESO PRO CATG {written} is unknown")
    item, arm = found
    if not arm and not cascade.of_all_arms(item):
        arm = _arm(header, cascade)
    return Classified(item, arm)


def _by_rule(
    header: Mapping[str, object], arm: str, cascade: CascadeMap
) -> Classified | Unclassified:
    for rejection in cascade.rejected:
        if rejection.rule.matches(header):
            return Unclassified(rejection.reason)
    for item in cascade.items:
        if item.group is Group.RAW and any(rule.matches(header) for rule in item.rules):
            return Classified(item, arm)
    return Unclassified(
        f"no kind of {arm} frame has DPR TYPE {_text(header, 'DPR.TYPE')!r} "
        f"with DPR TECH {_text(header, 'DPR.TECH')!r}"
    )


def _arm(header: Mapping[str, object], cascade: CascadeMap) -> str:
    value = _text(header, "SEQ.ARM").upper()
    if value in cascade.arms:
        return value
    return next((a for a, key in cascade.namers.items() if _text(header, key).upper() == a), "")


def _text(header: Mapping[str, object], key: str) -> str:
    value = header.get(key)
    return "" if value is None else str(value).strip()
