"""Make PASSBANDS.fits: response of the photometric systems that magnitudes are tied to.

Usage: python passbands.py WHEELS

WHEELS is a folder with the wheel of ``speclite`` (1.0.0, BSD-3; of it Tonry et al. 2012, ApJ 750,
99 for g r i z y, LSST throughputs 1.9 for u, Bessell 1990, PASP 102, 1181 for V).

Responses are for each photon and include the air at the airmass of their authors. AB_OFFSET is
what is added to a magnitude of the system to make it an AB magnitude: zero but for V, where it is
that of Vega (Blanton & Roweis 2007, AJ 133, 734).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from refraction import vacuum_of_air
from tables import column, write_table
from wheels import text

HERE = Path(__file__).resolve().parent
#: Band, member of the wheel, nm in a unit of its wavelengths, in air, offset to AB.
BANDS = (
    ("u", "lsst2023-u", 1.0, False, 0.0),
    ("g", "panstarrs-g", 1.0, False, 0.0),
    ("r", "panstarrs-r", 1.0, False, 0.0),
    ("i", "panstarrs-i", 1.0, False, 0.0),
    ("z", "panstarrs-z", 1.0, False, 0.0),
    ("y", "panstarrs-y", 1.0, False, 0.0),
    ("V", "bessell-V", 0.1, True, 0.02),
)
STEP_NM = 1.0
#: Of the peak: what is less is cut off at the ends.
LEAST = 1e-3


def main(folder: Path) -> None:
    """Write the table."""
    names, waves, responses = [], [], []
    for band, member, unit, in_air, _ in BANDS:
        wave, response = passband(folder, member, unit, in_air=in_air)
        names += [band] * len(wave)
        waves.append(wave)
        responses.append(response)
    write_table(
        HERE.parent / "common" / "PASSBANDS.fits",
        "PASSBANDS",
        "ALL",
        {
            "RESPONSE": [
                column("BAND", np.array(names)),
                column("WAVELENGTH", np.concatenate(waves), "nm"),
                column("RESPONSE", np.concatenate(responses)),
            ],
            "BANDS": [
                column("BAND", np.array([band[0] for band in BANDS])),
                column("AB_OFFSET", np.array([band[4] for band in BANDS]), "mag"),
            ],
        },
    )


def passband(
    folder: Path, member: str, unit: float, *, in_air: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return wavelength and response, peak one, on a grid of whole steps."""
    lines = text(folder, "speclite", f"speclite/data/filters/{member}.ecsv").splitlines()
    body = [line for line in lines if line and not line.startswith("#")][1:]
    wave, response = np.array([[float(cell) for cell in line.split()] for line in body]).T
    wave = wave * unit
    if in_air:
        wave = vacuum_of_air(wave)
    grid = np.arange(np.floor(wave[0]), np.ceil(wave[-1]) + STEP_NM, STEP_NM)
    at = np.interp(grid, wave, response, left=0.0, right=0.0)
    at /= at.max()
    inside = np.flatnonzero(at > LEAST)
    kept = slice(max(inside[0] - 1, 0), inside[-1] + 2)
    at[: inside[0]] = at[inside[-1] + 1 :] = 0.0
    return grid[kept], at[kept]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
