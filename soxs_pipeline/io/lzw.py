"""Decode files of the Unix program ``compress`` (``.Z``), which ESO's archive delivers.

The algorithm is that of Welch (1984, IEEE Computer 17(6), 8) with the code widths, the CLEAR
code and the padding of compress 4.0. A string of the table is a back-reference to two
neighbouring codes, so the whole stream is decoded with array operations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.errors import InputError
from soxs_pipeline.io.packing import LZW_MAGIC

__all__ = ["decode_lzw"]

_CLEAR = 256
_INITIAL_BITS = 9
_BLOCK_MODE = 0x80
_BITS_MASK = 0x1F

Codes = NDArray[np.int32]


def decode_lzw(compressed: bytes, name: str) -> bytes:
    """Return what a ``.Z`` file holds.

    Parameters
    ----------
    compressed
        The file, or its beginning: then the beginning of the content is returned.
    name
        For messages.

    Raises
    ------
    InputError
        If the bytes are not those of ``compress``, or damaged.
    """
    if len(compressed) < 3 or compressed[:2] != LZW_MAGIC:
        raise InputError(f"{name} is not a compressed .Z file", remedy="fetch the file again")
    flags = compressed[2]
    most_bits, block_mode = flags & _BITS_MASK, bool(flags & _BLOCK_MODE)
    if not _INITIAL_BITS <= most_bits <= 16:
        raise InputError(
            f"{name} is damaged: codes of {most_bits} bits", wanted="9 to 16 bits",
            remedy="fetch the file again",
        )  # fmt: skip
    stream = np.frombuffer(compressed, np.uint8, offset=3)
    parts, start = [], 0
    while start < stream.size:
        codes, start = _read_until_clear(stream, start, most_bits, block_mode=block_mode)
        if codes.size:
            parts.append(_expand(codes, most_bits, block_mode=block_mode, name=name))
    return b"".join(parts)


def _read_until_clear(
    stream: NDArray[np.uint8], start: int, most_bits: int, *, block_mode: bool
) -> tuple[Codes, int]:
    """Return the codes up to the next CLEAR or the end, and where the next begin."""
    first_free = 257 if block_mode else 256
    runs: list[Codes] = []
    seen = 0
    for bits in range(_INITIAL_BITS, most_bits + 1):
        # The n-th code is read when the table holds first_free + n - 2 entries; the width
        # grows once that no longer fits.
        last = None if bits == most_bits else (1 << bits) - first_free + 1
        wanted = None if last is None else last - seen
        codes, used = _unpack(stream[start:], bits, wanted)
        cleared = np.flatnonzero(codes == _CLEAR) if block_mode else codes[:0]
        if cleared.size:
            codes = codes[: cleared[0]]
            used = -(-(int(cleared[0]) + 1) // 8) * bits
            runs.append(codes)
            return np.concatenate(runs), start + used
        runs.append(codes)
        seen += codes.size
        start += used
        if wanted is None or codes.size < wanted:
            return np.concatenate(runs), stream.size
    return np.concatenate(runs), start


def _unpack(stream: NDArray[np.uint8], bits: int, wanted: int | None) -> tuple[Codes, int]:
    """Return up to ``wanted`` codes of this width and the bytes they fill, padding included.

    Eight codes fill ``bits`` bytes; the encoder pads the last group when the width changes.
    """
    available = stream.size * 8 // bits
    count = available if wanted is None else min(wanted, available)
    groups = -(-count // 8)
    padded = np.zeros(groups * bits + 3, np.uint8)
    part = stream[: groups * bits]
    padded[: part.size] = part
    bit = np.arange(8) * bits
    byte, shift = bit // 8, (bit % 8).astype(np.uint32)
    rows = np.arange(groups)[:, None] * bits
    codes = np.zeros((groups, 8), np.uint32)
    for k in range(3):
        codes |= padded[rows + byte + k].astype(np.uint32) << np.uint32(8 * k)
    codes = (codes >> shift) & np.uint32((1 << bits) - 1)
    return codes.ravel()[:count].astype(np.int32), groups * bits


def _expand(codes: Codes, most_bits: int, *, block_mode: bool, name: str) -> bytes:
    """Return the bytes of a stretch of codes that share one table."""
    first_free = 257 if block_mode else 256
    entries = min(codes.size - 1, (1 << most_bits) - first_free)
    # Entry k is the string of code k and the first byte of the string of code k + 1.
    prefix = np.arange(first_free + entries, dtype=np.int32)
    prefix[first_free:] = codes[:entries]
    # Code n may use entries made of codes before it only.
    newest = first_free - 1 + np.arange(codes.size)
    if codes[0] > 255 or (codes > newest).any():
        raise InputError(
            f"{name} is damaged: its compressed data contradict themselves",
            remedy="fetch the file again",
        )
    root, length = _roots(prefix)
    suffix = np.arange(prefix.size, dtype=np.int32)
    suffix[first_free:] = root[codes[1 : entries + 1]]
    ends = np.cumsum(length[codes])
    out = np.empty(int(ends[-1]), np.uint8)
    # Walk all strings from their last byte to their first at once.
    current, position = codes, ends - 1
    suffix_byte = suffix.astype(np.uint8)
    while current.size:
        out[position] = suffix_byte[current]
        going_on = np.flatnonzero(current >= first_free)
        current, position = prefix[current[going_on]], position[going_on] - 1
    return out.tobytes()


def _roots(prefix: Codes) -> tuple[Codes, NDArray[np.int64]]:
    """Return the first byte and the length of every string, by pointer doubling."""
    root = prefix.copy()
    length = (root != np.arange(root.size)).astype(np.int64)
    while True:
        further = root[root]
        if np.array_equal(further, root):
            return root, length + 1
        length += length[root]
        root = further
