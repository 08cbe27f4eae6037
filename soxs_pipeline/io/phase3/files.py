"""Write files of the archive's kind: cards in order, associations, checksums, whole or not."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astropy.io import fits

from soxs_pipeline.errors import OutputError
from soxs_pipeline.io.atomic import write_whole
from soxs_pipeline.io.headers import to_ascii
from soxs_pipeline.io.phase3.standard import LONGEST_NAME, LONGEST_TEXT, Keyword

__all__ = ["Associated", "association_cards", "fill", "write_units"]

#: Columns of a card, those of keyword and strokes, those a number takes at least.
_CARD, _BEFORE_COMMENT, _NUMBER = 80, 14, 20


@dataclass(frozen=True)
class Associated:
    """A file that belongs to a science file.

    Parameters
    ----------
    path
        The file, in the same folder.
    category
        Its category; FITS files carry it themselves.
    """

    path: Path
    category: str

    @property
    def is_fits(self) -> bool:
        """True for a file whose own header tells its category."""
        return self.path.name.endswith((".fits", ".fits.fz"))


def association_cards(files: Iterable[Associated]) -> dict[str, object]:
    """Return the keywords that name associated files.

    Those that are not FITS come first, with category and checksum, so that no index is left out.
    """
    cards: dict[str, object] = {}
    ordered = sorted(files, key=lambda file: file.is_fits)
    for k, file in enumerate(ordered, 1):
        cards[f"ASSON{k}"] = file.path.name
        if not file.is_fits:
            digest = hashlib.md5(file.path.read_bytes(), usedforsecurity=False)
            cards[f"ASSOC{k}"] = file.category
            cards[f"ASSOM{k}"] = digest.hexdigest()
    return cards


def fill(header: Any, schema: Sequence[Keyword], cards: Mapping[str, object]) -> None:
    """Put cards into a header: those of the schema in its order, then the others.

    What is not a finite number is left out: the checker then asks for it if it is needed.
    """
    known = {one.name: one for one in schema}
    for one in schema:
        if one.name in cards:
            _put(header, one.name, cards[one.name], one.comment)
    for name, value in cards.items():
        if name not in known:
            _put(header, name, value, "")


def _put(header: Any, name: str, value: object, comment: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        return
    if isinstance(value, str):
        value = to_ascii(value)[:LONGEST_TEXT].rstrip()
        # A long text leaves its comment no room, and no CONTINUE is allowed.
        comment = comment if len(value) + len(comment) < LONGEST_TEXT - 6 else ""
    else:
        room = _CARD - _BEFORE_COMMENT - max(len(repr(value)), _NUMBER)
        comment = comment if len(comment) <= room else ""
    header[name if len(name) <= 8 else f"HIERARCH {name}"] = (value, comment)


def write_units(path: Path, units: Any) -> None:
    """Write a file with checksums in every unit, whole or not at all.

    Raises
    ------
    OutputError
        If the name is too long for the archive, or the file cannot be written.
    """
    if len(path.name) > LONGEST_NAME:
        raise OutputError(
            f"{path.name} has {len(path.name)} characters",
            wanted=f"at most {LONGEST_NAME}, as the archive asks",
            remedy="shorten the name of the target",
        )
    buffer = io.BytesIO()
    fits.HDUList(units).writeto(buffer, checksum=True, output_verify="exception")
    write_whole(path, buffer.getbuffer())
