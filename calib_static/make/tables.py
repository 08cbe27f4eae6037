"""Write a static calibration: one binary table with the headers that the pipeline expects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy.io import fits

__all__ = ["column", "write_table"]

_FORMATS = {"f8": "D", "f4": "E", "i4": "J", "i2": "I", "b1": "L"}


def column(name: str, values: object, unit: str | None = None) -> fits.Column:
    """Return a FITS column; the format follows from the type and shape of the values."""
    array = np.asarray(values)
    if array.dtype.kind == "U":
        width = max(array.dtype.itemsize // 4, 1)
        return fits.Column(name, f"{width}A", unit=unit, array=array.astype(f"S{width}"))
    code = _FORMATS[array.dtype.str[1:]]
    if array.ndim == 1:
        return fits.Column(name, code, unit=unit, array=array)
    count = int(np.prod(array.shape[1:]))
    dim = "(" + ",".join(str(n) for n in reversed(array.shape[1:])) + ")"
    return fits.Column(name, f"{count}{code}", unit=unit, array=array, dim=dim)


def write_table(
    path: Path,
    tag: str,
    arm: str,
    tables: Mapping[str, list[fits.Column]],
    *,
    header: Mapping[str, tuple[object, str]] | None = None,
) -> None:
    """Write the named tables to one file; byte for byte the same for the same input.

    Parameters
    ----------
    path
        The file; overwritten.
    tag
        Product category without the arm.
    arm
        ``VIS``, ``NIR`` or ``ALL``.
    tables
        Columns of each extension by its name.
    header
        Further keywords of the primary header, value and comment.
    """
    primary = fits.PrimaryHDU()
    head = primary.header
    written = tag if arm == "ALL" else f"{tag}_{arm}"
    head["INSTRUME"] = ("SOXS", "Instrument")
    head["HIERARCH ESO PRO CATG"] = (written, "Category of this calibration")
    head["HIERARCH ESO SEQ ARM"] = (arm, "Arm of the instrument")
    head["WAVEMED"] = ("VACUUM", "Medium of every wavelength in this file")
    for key, (value, comment) in (header or {}).items():
        head[key] = (value, comment)
    hdus = [primary]
    for name, columns in tables.items():
        hdus.append(fits.BinTableHDU.from_columns(columns, name=name))
    fits.HDUList(hdus).writeto(path, overwrite=True)
