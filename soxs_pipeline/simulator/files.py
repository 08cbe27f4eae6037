"""Write raw frames as the archive delivers them, plain or compressed."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from soxs_pipeline.errors import ParameterError

__all__ = ["COMPRESSIONS", "lzw_compress", "write_apple_double", "write_raw"]

COMPRESSIONS = ("", "gz", "Z", "fz")
_CLEAR = 256


def write_raw(
    folder: Path, name: str, adu: NDArray[np.float32], header: fits.Header, compress: str = ""
) -> Path:
    """Write one raw frame: a single HDU; VIS as unsigned 16 bit, NIR as 32-bit floats.

    Parameters
    ----------
    folder, name
        Where to; the name without compression suffix.
    adu
        Image in ADU.
    header
        Its keywords.
    compress
        One of ``""``, ``gz``, ``Z``, ``fz``.

    Raises
    ------
    ParameterError
        If the compression is unknown.
    """
    if compress not in COMPRESSIONS:
        raise ParameterError(f"unknown compression {compress!r}", wanted="gz, Z, fz or none")
    visible = header.get("ESO SEQ ARM") != "NIR"
    data = adu.astype(np.uint16) if visible else adu.astype(np.float32)
    path = folder / (name + (f".{compress}" if compress else ""))
    if compress == "fz":
        # Real numbers stay as they are; Rice would quantise them.
        packed = (
            fits.CompImageHDU(data, header, compression_type="RICE_1")
            if visible
            else fits.CompImageHDU(data, header, compression_type="GZIP_2", quantize_level=0)
        )
        fits.HDUList([fits.PrimaryHDU(), packed]).writeto(path, overwrite=True)
        return path
    plain = folder / name
    fits.PrimaryHDU(data, header).writeto(plain, overwrite=True)
    if compress:
        content = plain.read_bytes()
        plain.unlink()
        packed_bytes = gzip.compress(content, 1) if compress == "gz" else lzw_compress(content)
        path.write_bytes(packed_bytes)
    return path


def lzw_compress(content: bytes, max_bits: int = 16) -> bytes:
    """Encode as Unix ``compress`` (.Z) does: LZW with codes of 9 to 16 bits, block mode.

    Codes are packed least significant bit first; whenever the code width changes, the stream
    is padded to a whole number of groups of eight codes, as the classical program does.

    Parameters
    ----------
    content
        What to encode.
    max_bits
        Longest code.
    """
    out = bytearray(b"\x1f\x9d")
    out.append(0x80 | max_bits)
    packer = _Packer(out)
    if content:
        _encode(content, packer, max_bits)
    packer.finish()
    return bytes(out)


class _Packer:
    """Pack codes of a growing width, least significant bit first."""

    def __init__(self, out: bytearray) -> None:
        self.out = out
        self.width = 9
        self.in_group = 0
        self.store = 0
        self.bits = 0

    def put(self, code: int) -> None:
        self.store |= code << self.bits
        self.bits += self.width
        self.in_group = (self.in_group + 1) & 7
        if self.in_group == 0:
            # Eight codes fill a whole number of bytes.
            self.flush()

    def flush(self) -> None:
        count = (self.bits + 7) // 8
        self.out += self.store.to_bytes(count, "little")
        self.store = self.bits = 0

    def widen(self, width: int) -> None:
        """Pad the group of eight codes with zeros and go on with another width."""
        if self.in_group:
            self.out += self.store.to_bytes(self.width, "little")
            self.store = self.bits = self.in_group = 0
        self.width = width

    def finish(self) -> None:
        if self.in_group:
            self.flush()


def _encode(content: bytes, packer: _Packer, max_bits: int) -> None:
    table: dict[int, int] = {}
    free, limit = _CLEAR + 1, 1 << max_bits
    prefix = content[0]
    for byte in content[1:]:
        key = prefix << 8 | byte
        known = table.get(key)
        if known is not None:
            prefix = known
            continue
        packer.put(prefix)
        # The decoder's table lags by one entry, so the width grows before this entry is made.
        if free >= (1 << packer.width) and packer.width < max_bits:
            packer.widen(packer.width + 1)
        prefix = byte
        if free < limit:
            table[key] = free
            free += 1
    packer.put(prefix)


def write_apple_double(folder: Path, name: str) -> Path:
    """Write the junk that zip files made on a Mac leave beside each file."""
    path = folder / f"._{name}"
    path.write_bytes(bytes.fromhex("0005160700020000") + b"Mac OS X        " + bytes(4072))
    return path
