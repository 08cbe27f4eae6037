"""Parse FITS headers at the speed of a folder scan.

astropy's header is ten times slower to read, and to import; nothing of it is needed to tell
what a frame is. Written from the FITS standard 4.0, sections 4.1, 4.2 and 4.4.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from soxs_pipeline.errors import InputError

__all__ = ["BLOCK", "CARD", "parse_cards", "read_header_block"]

BLOCK = 2880
CARD = 80

#: Blocks read before a file that never says END is given up (40 000 cards).
_MOST_BLOCKS = 1112

_STRING = re.compile(r"'((?:[^']|'')*)'")
_END = re.compile(rb"END {77}")


def read_header_block(stream: BinaryIO, name: str) -> bytes:
    """Read one header, a whole number of blocks, and leave the stream behind it.

    Raises
    ------
    InputError
        If what follows is no FITS header or stops before its end.
    """
    read = bytearray()
    while len(read) < _MOST_BLOCKS * BLOCK:
        block = stream.read(BLOCK)
        first = not read
        if first and not block:
            raise InputError(f"{name} is empty", remedy="fetch the file again")
        if first and not block.startswith((b"SIMPLE  =", b"XTENSION=")):
            raise InputError(
                f"{name} is not a FITS file", wanted="a file that begins with SIMPLE =",
                remedy="remove it from the folder, or fetch it again",
            )  # fmt: skip
        if len(block) < BLOCK:
            raise InputError(
                f"{name} is truncated: it ends within its header",
                wanted="a complete FITS header",
                remedy="fetch the file again",
            )
        read += block
        if any(match.start() % CARD == 0 for match in _END.finditer(block)):
            return bytes(read)
    raise InputError(f"{name} has a header without END", remedy="fetch the file again")


def parse_cards(block: bytes) -> Iterator[tuple[str, object]]:
    """Yield keyword and value of each card that has one.

    Names come without ``HIERARCH``; undefined values are None. Strings continued by
    ``CONTINUE`` are joined.
    """
    text = block.decode("latin-1")
    pending: tuple[str, str] | None = None
    for start in range(0, len(text), CARD):
        card = text[start : start + CARD]
        if pending is not None:
            if card.startswith("CONTINUE"):
                pending = pending[0], pending[1][:-1] + _string(card[8:].lstrip())
                if pending[1].endswith("&"):
                    continue
                yield pending
                pending = None
                continue
            yield pending
            pending = None
        if card.startswith("END     "):
            return
        named = _split(card)
        if named is None:
            continue
        keyword, rest = named
        value = _value(rest)
        if isinstance(value, str) and value.endswith("&"):
            pending = keyword, value
        else:
            yield keyword, value


def _split(card: str) -> tuple[str, str] | None:
    if card[8:10] == "= ":
        return card[:8].rstrip(), card[10:].lstrip()
    if card.startswith("HIERARCH"):
        keyword, equals, rest = card[8:].partition("=")
        if equals:
            return keyword.strip(), rest.lstrip()
    return None


def _string(text: str) -> str:
    match = _STRING.match(text)
    # A quote that never closes: take what is there.
    return (match.group(1) if match else text.lstrip("'")).replace("''", "'").rstrip()


def _value(text: str) -> object:
    if text.startswith("'"):
        return _string(text)
    word = text.partition("/")[0].strip()
    if word in {"T", "F"}:
        return word == "T"
    for kind in (int, _real):
        try:
            return kind(word)
        except ValueError:
            continue
    return word or None


def _real(word: str) -> float:
    return float(word.replace("D", "E").replace("d", "e"))
