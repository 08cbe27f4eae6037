"""Make FLUX_STANDARDS.fits: spectra of spectrophotometric standards in vacuum.

Usage: python flux_standards.py WHEELS

WHEELS is a folder with the wheels of ``aspired`` (0.5.1, BSD-3) and ``soxspipe`` (0.19.0, GPL-3;
only for EG 21). Six stars are the X-shooter standards of Moehler et al. 2014, A&A 568, A9; EG 21
is as the official pipeline has it. Air wavelengths are converted and the spectra averaged over
bins of 1/10000 of the wavelength, finer than half a resolution element of SOXS.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from refraction import vacuum_of_air
from tables import column, write_table
from wheels import fits_table, text

HERE = Path(__file__).resolve().parent
RANGE_NM = (300.2, 2100.0)
BIN = 1e-4  # of the wavelength
FLUX_UNIT = "erg s-1 cm-2 Angstrom-1"
# Name, other names, right ascension and declination (J2000, deg), V magnitude.
STARS = (
    ("GD71", "GD 71;WD0549+158", "05:52:27.61", "+15:53:13.8", 13.03),
    ("LTT3218", "LTT 3218;CD-32 5613;WD0839-327", "08:41:32.50", "-32:56:34.0", 11.86),
    ("GD153", "GD 153;WD1254+223", "12:57:02.34", "+22:01:52.7", 13.35),
    ("EG274", "EG 274;CD-38 10980;WD1620-391", "16:23:33.84", "-39:13:46.2", 11.03),
    ("LTT7987", "LTT 7987;CD-30 17706;WD2007-303", "20:10:56.85", "-30:13:06.6", 12.23),
    ("FEIGE110", "Feige 110;Feige-110;WD2317-054", "23:19:58.40", "-05:09:56.2", 11.82),
    ("EG21", "EG 21;CPD-69 177;WD0310-688", "03:10:30.98", "-68:36:02.2", 11.39),
)
FILES = {"FEIGE110": "Feige110"}

Floats = NDArray[np.float64]


def main(folder: Path) -> None:
    """Write the table."""
    count = int(np.log(RANGE_NM[1] / RANGE_NM[0]) / BIN)
    edges = RANGE_NM[0] * np.exp(BIN * np.arange(count + 1))
    centres = np.sqrt(edges[1:] * edges[:-1])
    spectra = {}
    for name, *_ in STARS:
        air, flux = read_official(folder, name) if name == "EG21" else read_star(folder, name)
        spectra[name] = average(vacuum_of_air(air), flux, edges)
    write_table(
        HERE.parent / "common" / "FLUX_STANDARDS.fits",
        "FLUX_STANDARDS",
        "ALL",
        {
            "SPECTRA": [
                column("WAVELENGTH", centres, "nm"),
                *(column(name, f.astype("f4"), FLUX_UNIT) for name, f in spectra.items()),
            ],
            "STARS": [
                column("NAME", np.array([star[0] for star in STARS])),
                column("SYNONYMS", np.array([star[1] for star in STARS])),
                column("RA", np.array([15 * sexagesimal(star[2]) for star in STARS]), "deg"),
                column("DEC", np.array([sexagesimal(star[3]) for star in STARS]), "deg"),
                column("VMAG", np.array([star[4] for star in STARS], "f4"), "mag"),
            ],
        },
    )
    for name, flux in spectra.items():
        visual = flux[np.searchsorted(centres, 550)]
        print(f"{name}: {len(flux)} bins, V about {-2.5 * np.log10(visual / 3.63e-9):.2f}")


def read_star(folder: Path, name: str) -> tuple[Floats, Floats]:
    """Return air wavelengths (nm) and fluxes of one X-shooter standard."""
    member = f"aspired/standards/esoxshooter/f{FILES.get(name, name)}.dat"
    table = np.array(
        [line.split() for line in text(folder, "aspired", member).splitlines()], float
    )
    return table[:, 0] / 10, table[:, 1]


def read_official(folder: Path, name: str) -> tuple[Floats, Floats]:
    """Return air wavelengths (nm) and fluxes from the table of the official pipeline."""
    member = "soxspipe/resources/static_calibrations/soxs/flux_standards.fits"
    table = fits_table(folder, "soxspipe", member)
    return table["WAVE"].astype(float), table[name].astype(float)


def average(wavelength: Floats, flux: Floats, edges: Floats) -> Floats:
    """Return the mean flux in each bin: differences of its integral."""
    steps = 0.5 * (flux[1:] + flux[:-1]) * np.diff(wavelength)
    integral = np.concatenate([[0.0], np.cumsum(steps)])
    return np.diff(np.interp(edges, wavelength, integral)) / np.diff(edges)


def sexagesimal(angle: str) -> float:
    """Return a sexagesimal angle as a number of its first unit."""
    first, second, third = angle.split(":")
    value = abs(float(first)) + float(second) / 60 + float(third) / 3600
    return -value if angle.startswith("-") else value


if __name__ == "__main__":
    main(Path(sys.argv[1]))
