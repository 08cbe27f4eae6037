"""Raw frames: find them, read their headers, read them whole."""

from __future__ import annotations

import gzip
import io
import math
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import InputError
from soxs_pipeline.instruments.schema import Instrument
from soxs_pipeline.io.cards import parse_cards, read_header_block
from soxs_pipeline.io.lzw import MAGIC as LZW_MAGIC
from soxs_pipeline.io.lzw import decode_lzw

__all__ = ["is_raw_candidate", "open_fits_stream", "read_header", "read_raw", "scan"]

FITS_SUFFIXES = (".fits", ".fit", ".fts")
PACKED_SUFFIXES = (".gz", ".z", ".fz")
CLASSIFYING = ("ESO DPR CATG", "ESO DPR TYPE", "ESO DPR TECH")

GZIP_MAGIC = b"\x1f\x8b"
#: Enough of a .Z file to hold any header; the whole is read if it does not.
_HEADER_BYTES = 1 << 16

#: Keywords of a tile-compressed image that describe the table it is stored in.
_TABLE_KEYWORDS = {
    "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS",
    "ZIMAGE", "ZSIMPLE", "ZTENSION", "ZEXTEND", "ZPCOUNT", "ZGCOUNT",
}  # fmt: skip
_TYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


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
    for path in _candidates(folder, recursive=recursive):
        try:
            yield path, read_header(path)
        except InputError as error:
            yield path, error


def _candidates(folder: Path, *, recursive: bool) -> list[Path]:
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
            header = _image_header(stream, path.name)
        except InputError:
            if not isinstance(stream, io.BytesIO):
                raise
        else:
            _check_size(stream, header, path.name)
            return header
    # Of a .Z file only the beginning was decoded, and the header was longer.
    with open_fits_stream(path) as stream:
        return _image_header(stream, path.name)


def read_raw(path: Path | str, instrument: Instrument) -> RawFrame:
    """Read a raw frame: its pixels in ADU and what is known of the detector.

    Parameters
    ----------
    path
        Plain, ``.gz``, ``.Z`` or tile-compressed ``.fz`` file.
    instrument
        Whose frames these are.

    Returns
    -------
    RawFrame
        float32 in the orientation of the file; pixels that are not finite are kept.

    Raises
    ------
    InputError
        If the file is missing, empty, truncated, no FITS file, no two-dimensional image, a
        product, of another instrument, or does not tell its arm and type.
    """
    path = Path(path)
    with open_fits_stream(path) as stream:
        header = _image_header(stream, path.name)
        _check_is_raw(header, path.name)
        packed = "ZCMPTYPE" in header
        data = _compressed_image(path) if packed else _image(stream, header, path.name)
    try:
        setup = instrument.detector_setup(header, (data.shape[0], data.shape[1]))
    except InputError as error:
        raise InputError(
            f"{path.name}: {error.what}", wanted=error.wanted, remedy=error.remedy
        ) from error
    return RawFrame(data, header, setup, path.name)


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
        raise _truncated(name, there, int(wanted))


def _image_header(stream: BinaryIO, name: str) -> Header:
    try:
        cards = dict(parse_cards(read_header_block(stream, name)))
        if cards.get("NAXIS") == 0:
            cards |= _extension_cards(stream, name)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(name, error) from error
    return Header(cards)


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


def _check_is_raw(header: Header, name: str) -> None:
    if header.text("ESO PRO CATG"):
        raise InputError(
            f"{name} is a product of kind {header.text('ESO PRO CATG')}",
            wanted="a raw frame",
            remedy="give it the tag of its kind, or leave it out",
        )
    missing = [key for key in CLASSIFYING if not header.text(key)]
    if missing:
        raise InputError(
            f"{name} does not tell what it is: {', '.join(missing)} missing",
            wanted="the keywords " + ", ".join(CLASSIFYING),
            remedy="leave the frame out",
        )


def _image(stream: BinaryIO, header: Header, name: str) -> NDArray[np.float32]:
    """Read the image behind a header and apply its scaling."""
    shape = _shape(header, name)
    bitpix = header.number("BITPIX")
    if bitpix not in _TYPES:
        raise InputError(f"{name} has pixels of unknown type: BITPIX = {bitpix:g}")
    kind = np.dtype(_TYPES[int(bitpix)])
    wanted = kind.itemsize * shape[0] * shape[1]
    try:
        raw = stream.read(wanted)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(name, error) from error
    if len(raw) < wanted:
        raise _truncated(name, len(raw), wanted)
    return _scaled(np.frombuffer(raw, kind).reshape(shape), header)


def _shape(header: Header, name: str) -> tuple[int, int]:
    axes = [int(header.number(f"NAXIS{k + 1}", 0)) for k in range(int(header.number("NAXIS", 0)))]
    real = [n for n in axes if n != 1]
    if len(real) != 2 or min(real) < 1:
        raise InputError(
            f"{name} has no two-dimensional image: its axes are {axes or 'none'}",
            wanted="one image in the primary unit",
            remedy="leave the frame out",
        )
    return real[1], real[0]


def _scaled(stored: NDArray, header: Header) -> NDArray[np.float32]:
    zero, scale = header.number("BZERO", 0.0), header.number("BSCALE", 1.0)
    # 16-bit counts are exact in float32, the wider types are scaled in double precision.
    exact = stored.dtype.itemsize <= 2 or stored.dtype == np.dtype(">f4")
    data: NDArray[np.floating] = stored.astype(np.float32 if exact else np.float64)
    if scale != 1.0 or zero != 0.0:
        data = np.add(np.multiply(data, scale, out=data), zero, out=data)
    blank = header.get("BLANK")
    if blank is not None and stored.dtype.kind in "iu":
        data[stored == blank] = np.nan
    return data.astype(np.float32, copy=False)


def _compressed_image(path: Path) -> NDArray[np.float32]:
    # Loaded here because plain files do not need it and it takes a quarter of a second.
    from astropy.io import fits  # noqa: PLC0415

    try:
        with fits.open(path, memmap=False) as units:
            for unit in units:
                if unit.data is not None and unit.data.ndim == 2:
                    return np.ascontiguousarray(unit.data, dtype=np.float32)
    except (OSError, ValueError, TypeError, IndexError, KeyError) as error:
        raise _damaged(path.name, error) from error
    raise InputError(
        f"{path.name} has no two-dimensional image", wanted="one image", remedy="leave it out"
    )


def _truncated(name: str, there: int, wanted: int) -> InputError:
    return InputError(
        f"{name} is truncated: {there} of {wanted} bytes of its image are there",
        wanted="a complete file",
        remedy="fetch the file again",
    )


def _damaged(name: str, error: Exception) -> InputError:
    return InputError(
        f"{name} is damaged or truncated ({error})",
        wanted="a complete file",
        remedy="fetch the file again",
    )
