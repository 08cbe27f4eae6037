"""Where the data of two FITS files differ, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

__all__ = ["differences"]


def differences(old: Path, new: Path) -> tuple[str, ...]:
    """Compare the data of two files, unit by unit and column by column.

    Parameters
    ----------
    old, new
        FITS files; headers are not compared.

    Returns
    -------
    tuple of str
        A line for each image or column that differs; not-a-number equals itself.
    """
    with fits.open(old) as before, fits.open(new) as after:
        return tuple(_differences(before, after))


def _differences(before: Any, after: Any) -> Iterator[str]:
    names = [[unit.name for unit in units] for units in (before, after)]
    if names[0] != names[1]:
        yield f"units were {', '.join(names[0])}, are {', '.join(names[1])}"
        return
    for one, other in zip(before, after, strict=True):
        if one.data is None or other.data is None:
            continue
        if one.data.dtype.names is None:
            yield from _of_values(one.name, one.data, other.data)
            continue
        for column in one.data.dtype.names:
            if column in other.data.dtype.names:
                where = f"{one.name}, {column}"
                yield from _of_values(where, one.data[column], other.data[column])


def _of_values(where: str, one: NDArray, other: NDArray) -> Iterator[str]:
    if one.shape != other.shape:
        yield f"{where}: shape was {one.shape}, is {other.shape}"
        return
    numeric = one.dtype.kind in "iufb" and other.dtype.kind in "iufb"
    if not numeric:
        count = int(np.count_nonzero(np.asarray(one) != np.asarray(other)))
        if count:
            yield f"{where}: {count} of {one.size} values differ"
        return
    a, b = one.astype(np.float64), other.astype(np.float64)
    unequal = ~((a == b) | (np.isnan(a) & np.isnan(b)))
    if not unequal.any():
        return
    scale = np.nanmax(np.abs(a)) if np.isfinite(a).any() else 1.0
    step = np.nanmax(np.abs(a - b)[unequal], initial=0.0)
    count = int(np.count_nonzero(unequal))
    yield (
        f"{where}: {count} of {a.size} values differ, by {step:.3g} at most "
        f"(largest value {scale:.3g})"
    )
