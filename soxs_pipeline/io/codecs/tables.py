"""Columns of binary tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import ArrayLike, NDArray

__all__ = ["column", "floats", "integers", "logicals", "table", "texts", "unit_on_disk"]

_CODES = {"f8": "D", "f4": "E", "i8": "K", "i4": "J", "i2": "I", "b1": "L"}


def unit_on_disk(unit: str) -> str:
    """Return a unit as the FITS standard recommends: ``electron/s/nm`` as products of powers."""
    first, *others = unit.split("/")
    bare = [(other.rstrip("0123456789"), other) for other in others]
    # The power of ``cm2`` below the stroke is minus two.
    return " ".join([first, *(f"{name}-{other[len(name) :] or 1}" for name, other in bare)])


def column(name: str, values: ArrayLike, unit: str = "") -> fits.Column:
    """Return a column; its format follows from the type and shape of the values.

    Parameters
    ----------
    name, unit
        Name and unit.
    values
        Shape ``(rows, ...)``.
    """
    array = np.asarray(values)
    if array.dtype.kind == "U":
        width = max(array.dtype.itemsize // 4, 1)
        return fits.Column(name, f"{width}A", array=np.char.encode(array, "ascii", "replace"))
    if array.dtype == np.uint32:
        # Quality flags leave the sign bit alone; unsigned columns puzzle many readers.
        array = array.astype(np.int32)
    code = _CODES[array.dtype.newbyteorder("=").str[1:]]
    cell = array.shape[1:]
    dim = "(" + ",".join(str(n) for n in reversed(cell)) + ")" if len(cell) > 1 else None
    count = int(np.prod(cell)) if cell else 1
    return fits.Column(
        name,
        code if not cell else f"{count}{code}",
        unit=unit_on_disk(unit) or None,
        dim=dim,
        array=array,
    )


def table(name: str, columns: Sequence[fits.Column]) -> fits.BinTableHDU:
    """Return a table extension of these columns."""
    return fits.BinTableHDU.from_columns(columns, name=name)


def floats(unit: Any, name: str) -> NDArray[np.float64]:
    """Return a column of numbers; KeyError if there is none of that name."""
    return np.array(unit.data[name], dtype=np.float64)


def integers(unit: Any, name: str, kind: type = np.int64) -> NDArray:
    """Return a column of integers."""
    return np.array(unit.data[name], dtype=kind)


def logicals(unit: Any, name: str) -> NDArray[np.bool_]:
    """Return a column of logicals."""
    return np.array(unit.data[name], dtype=np.bool_)


def texts(unit: Any, name: str) -> NDArray[np.str_]:
    """Return a column of texts."""
    values = np.asarray(unit.data[name])
    return np.array([str(text).rstrip() for text in values], dtype=np.str_)
