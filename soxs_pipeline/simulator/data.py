"""Find the simulator's own data files."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
from astropy.io import fits

from soxs_pipeline.errors import InputError

__all__ = ["data_file", "read_table"]


def data_file(name: str) -> Path:
    """Path of one of the simulator's files, in the checkout, the wheel or elsewhere.

    Parameters
    ----------
    name
        File name within ``calib_static/simulator``.

    Raises
    ------
    InputError
        If no such file is found.
    """
    package = Path(__file__).resolve().parent.parent
    places = [package / "_calib_static", package.parent / "calib_static"]
    chosen = os.environ.get("SOXS_CALIB_STATIC")
    if chosen:
        places.insert(0, Path(chosen))
    for place in places:
        path = place / "simulator" / name
        if path.is_file():
            return path
    raise InputError(
        f"the simulator's file {name} is missing",
        wanted=f"simulator/{name} in one of {', '.join(map(str, places))}",
        remedy="install the package again, or set SOXS_CALIB_STATIC",
    )


@lru_cache(maxsize=16)
def read_table(name: str, extension: str) -> dict[str, np.ndarray]:
    """Columns of one extension of a data file, in native byte order.

    Parameters
    ----------
    name
        File name.
    extension
        Name of the table extension.
    """
    with fits.open(data_file(name)) as hdus:
        table = hdus[extension].data
        columns = {key: np.array(table[key]) for key in table.names}
    return {
        key: value.astype(value.dtype.newbyteorder("=")) if value.dtype.kind in "fi" else value
        for key, value in columns.items()
    }
