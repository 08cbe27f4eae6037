"""Headers of frames, raw or product, plain or packed: find the files, read their first cards.

Nothing here needs the libraries that read pixels, so that a command that only plans, or tells
how it is used, comes at once.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.times import told_otherwise
from soxs_pipeline.errors import InputError
from soxs_pipeline.io.cards import parse_cards, read_header_block
from soxs_pipeline.io.packing import GZIP_MAGIC, LZW_MAGIC

__all__ = [
    "candidates",
    "damaged",
    "image_header",
    "is_raw_candidate",
    "open_fits_stream",
    "read_header",
    "scan",
    "truncated",
]

FITS_SUFFIXES = (".fits", ".fit", ".fts")
PACKED_SUFFIXES = (".gz", ".z", ".fz")

#: Enough of a .Z file to hold any header; the whole is read if it does not.
_HEADER_BYTES = 1 << 16

#: Keywords of a tile-compressed image that describe the table it is stored in.
_TABLE_KEYWORDS = {
    "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS",
    "ZIMAGE", "ZSIMPLE", "ZTENSION", "ZEXTEND", "ZPCOUNT", "ZGCOUNT",
}  # fmt: skip


def is_raw_candidate(path: Path) -> bool:
    """Return True if a file may be a raw frame by its name.

    Names that begin with a dot are not: they are the AppleDouble twins (``._*``) that
    archives made on a Mac bring along, and files still being written.
    """
    name = path.name.lower()
    for suffix in PACKED_SUFFIXES:
        name = name.removesuffix(suffix)
    return not name.startswith(".") and name.endswith(FITS_SUFFIXES)


def scan(folder: Path, *, recursive: bool = False) -> Iterator[tuple[Path, Header | InputError]]:
    """Yield every raw candidate of a folder with its header, or with what is wrong with it.

    Of a file that is present both plain and compressed only the plain one is given.

    Parameters
    ----------
    folder
        Where to look.
    recursive
        Look into the folders below as well.

    Raises
    ------
    InputError
        If there is no such folder or it cannot be read. A bad file never raises.
    """
    for path in candidates(folder, recursive=recursive):
        try:
            yield path, read_header(path)
        except InputError as error:
            yield path, error


def candidates(folder: Path, *, recursive: bool) -> list[Path]:
    """Return every raw candidate of a folder; see `scan`."""

    def refuse(error: OSError) -> NoReturn:
        raise InputError(
            f"folder {error.filename} cannot be read: {error.strerror}",
            wanted="a folder of raw frames",
            remedy="check the path and its permissions",
        ) from error

    found: dict[Path, Path] = {}
    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(f for f in folders if recursive and not f.startswith("."))
        # Sorted by name, the plain file comes before its packed twins.
        for path in (Path(parent, name) for name in sorted(names)):
            if is_raw_candidate(path):
                packed = path.suffix.lower() in PACKED_SUFFIXES
                found.setdefault(path.with_suffix("") if packed else path, path)
    return list(found.values())


def read_header(path: Path | str) -> Header:
    """Read the header of a frame and none of its pixels.

    The header of an image in the first extension, compressed or not, is merged into that of
    the primary unit if the latter has no image.

    Raises
    ------
    InputError
        If the file is missing, empty or no FITS file, or truncated. That a packed file stops
        within its image is seen only on reading it.
    """
    path = Path(path)
    with open_fits_stream(path, _HEADER_BYTES) as stream:
        try:
            header = image_header(stream, path.name)
        except InputError:
            if not isinstance(stream, io.BytesIO):
                raise
        else:
            _check_size(stream, header, path.name)
            return header
    # Of a .Z file only the beginning was decoded, and the header was longer.
    with open_fits_stream(path) as stream:
        return image_header(stream, path.name)


def open_fits_stream(path: Path, beginning: int | None = None) -> BinaryIO:
    """Open a file that may be packed by gzip or compress; what is read is plain FITS.

    Parameters
    ----------
    path
        The file; how it is packed is told by its first bytes, not by its name.
    beginning
        Unpack at least the header from this many bytes of a ``.Z`` file; None for all.

    Raises
    ------
    InputError
        If the file is missing or cannot be read.
    """
    try:
        stream = path.open("rb")
        magic = stream.read(2)
        stream.seek(0)
        if magic == GZIP_MAGIC:
            stream.close()
            return gzip.open(path, "rb")  # type: ignore[return-value]
        if magic == LZW_MAGIC:
            # Loaded here because it needs numpy and few files are packed so.
            from soxs_pipeline.io.lzw import decode_lzw  # noqa: PLC0415

            with stream:
                return io.BytesIO(decode_lzw(stream.read(beginning or -1), path.name))
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}",
            wanted="an existing, readable file",
            remedy="check the path and its permissions",
        ) from error
    return stream


def _check_size(stream: BinaryIO, header: Header, name: str) -> None:
    """Raise an InputError if a plain file is too short for the image its header promises."""
    plain = isinstance(stream, io.BufferedReader) and "ZCMPTYPE" not in header
    if not plain or header.number("NAXIS", 0) < 1:
        return
    axes = [header.number(f"NAXIS{k + 1}", 0) for k in range(int(header.number("NAXIS")))]
    wanted = abs(header.number("BITPIX", 0)) / 8 * math.prod(axes)
    there = os.fstat(stream.fileno()).st_size - stream.tell()
    if there < wanted:
        raise truncated(name, there, int(wanted))


def image_header(stream: BinaryIO, name: str) -> Header:
    """Read the header of the image that an open file begins with, its own or an extension's.

    Start and length of the exposure are filled in from other cards where need be.

    Raises
    ------
    InputError
        If it is damaged or no FITS file.
    """
    try:
        cards = dict(parse_cards(read_header_block(stream, name)))
        if cards.get("NAXIS") == 0:
            cards |= _extension_cards(stream, name)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged(name, error) from error
    return Header(cards | told_otherwise(cards))


def _extension_cards(stream: BinaryIO, name: str) -> dict[str, object]:
    """Return the cards of the first extension if it is an image, as if it were primary."""
    here = stream.tell()
    if not stream.read(1):
        return {}
    stream.seek(here)
    cards = dict(parse_cards(read_header_block(stream, name)))
    if cards.get("XTENSION") == "IMAGE":
        return cards
    if cards.get("ZIMAGE") is not True:
        return {}
    plain = {key: value for key, value in cards.items() if key not in _TABLE_KEYWORDS}
    for key in ("BITPIX", "NAXIS", "NAXIS1", "NAXIS2"):
        plain[key] = cards.get("Z" + key)
    return plain


def truncated(name: str, there: int, wanted: int) -> InputError:
    """Return the error of a file that has fewer bytes than its header promises."""
    return InputError(
        f"{name} is truncated: {there} of {wanted} bytes of its image are there",
        wanted="a complete file",
        remedy="fetch the file again",
    )


def damaged(name: str, error: Exception) -> InputError:
    """Return the error of a packed file that cannot be unpacked."""
    return InputError(
        f"{name} is damaged or truncated ({error})",
        wanted="a complete file",
        remedy="fetch the file again",
    )
