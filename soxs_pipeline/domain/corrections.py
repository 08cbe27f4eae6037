"""Headers that say something wrong, and what the user says instead.

Raw files are never changed: a rule is applied whenever a header is read, and whatever is made
of the frame says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePath

from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import ParameterError

__all__ = ["HeaderRule", "corrected"]

Card = str | int | float | bool

_KEYWORD = re.compile(r"[A-Z0-9_-]+( [A-Z0-9_-]+)*")
#: What tells how the pixels are stored; another value would make the file unreadable.
_LAYOUT = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|BZERO|BSCALE|BLANK|PCOUNT|GCOUNT|Z[A-Z]+\d*"
)


@dataclass(frozen=True)
class HeaderRule:
    """One correction: which raw frames, and what their headers should have said.

    Parameters
    ----------
    put
        Keyword to value; keywords as in FITS (``ESO SEQ ARM``) or short (``SEQ.ARM``).
    files
        Patterns of file names with ``*`` and ``?``; any file if empty.
    where
        What the header must say now for the rule to hold; a keyword with an empty text must be
        missing or blank.
    name
        How messages call it.

    Raises
    ------
    ParameterError
        If it would change nothing, or how the pixels are stored, or a keyword cannot be one.
    """

    put: Mapping[str, Card]
    files: tuple[str, ...] = ()
    where: Mapping[str, Card] = field(default_factory=dict)
    name: str = "header rule"

    def __post_init__(self) -> None:
        if not self.put:
            raise ParameterError(
                f"{self.name} sets nothing", wanted='set = { "ESO SEQ ARM" = "VIS" }'
            )
        for told in ("put", "where"):
            cards = {self._keyword(key): value for key, value in getattr(self, told).items()}
            object.__setattr__(self, told, cards)
        stored = [key for key in self.put if _LAYOUT.fullmatch(key)]
        if stored:
            raise ParameterError(
                f"{self.name} would change {', '.join(stored)}, which tells how pixels are stored",
                wanted="keywords that describe the observation",
            )

    def _keyword(self, key: str) -> str:
        plain = key.strip().upper().removeprefix("HIERARCH ")
        if "." in plain:
            plain = "ESO " + plain.replace(".", " ").removeprefix("ESO ")
        if not _KEYWORD.fullmatch(plain):
            raise ParameterError(
                f"{self.name}: {key!r} is no keyword", wanted="a keyword such as ESO SEQ ARM"
            )
        return plain

    def holds_for(self, path: str, header: Header) -> bool:
        """Return True if a frame is meant."""
        name = PurePath(path).name
        if self.files and not any(fnmatchcase(name, pattern) for pattern in self.files):
            return False
        return all(_agrees(header.get(key), value) for key, value in self.where.items())


def _agrees(found: object, wanted: Card) -> bool:
    if isinstance(wanted, (bool, str)) or isinstance(found, bool):
        return str("" if found is None else found).strip() == str(wanted).strip()
    try:
        return float(str(found)) == float(wanted)
    except ValueError:
        return False


def corrected(
    path: str, header: Header, rules: Sequence[HeaderRule]
) -> tuple[Header, tuple[HeaderRule, ...]]:
    """Return the header of a raw frame as the rules have it, and those that held for it.

    A later rule sees what an earlier one set. Products are left alone: they tell what was done.

    Parameters
    ----------
    path
        The file; only its name counts.
    header
        As it was read.
    rules
        In the order in which they are applied.
    """
    if header.text("ESO PRO CATG"):
        return header, ()
    used: list[HeaderRule] = []
    for rule in rules:
        if rule.holds_for(path, header):
            used.append(rule)
            header = header.corrected(rule.put)
    return header, tuple(used)
