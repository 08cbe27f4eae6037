"""Make EXTINCTION.fits: atmospheric extinction over La Silla from 300 to 2100 nm.

Usage: python extinction.py WHEELS

WHEELS is a folder with the wheels of ``pypeit`` (2.0.1, BSD-3; ESO's table of La Silla, 310-900
nm) and ``scopesim`` (0.11.4, GPL-3; of it only the ozone of an ESO SkyCalc spectrum).

ESO's table has two decimals. It is reproduced to its rounding (rms 0.004 mag from 340 to 900 nm)
by Rayleigh scattering at the pressure of La Silla (Hansen & Travis 1974, Space Sci. Rev. 16, 527,
eq. 2.30) and ozone, with no room for aerosol. That sum is what is written: smooth where the table
has steps, and good beyond its ends. Where the table is steep, below 340 nm, the difference is
added back. Absorption by water, oxygen and the like is not extinction here: see MOLECULAR_BANDS.
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
PRESSURE_HPA = 768.0  # mean at 2400 m
STEEP_BELOW_NM = 340.0
AEROSOL_EXPONENT = -1.38  # Patat et al. 2011, A&A 527, A91
SKYCALC = "scopesim/tests/mocks/photometry/eso_skycalc_r_6000_wave_0.3_15nm_airmass_1_pwv_2.5.fits"

Floats = NDArray[np.float64]


def main(folder: Path) -> None:
    """Write the table."""
    rows = [
        line.split()
        for line in text(
            folder, "pypeit", "pypeit/data/extinction/lasillaextinct.dat"
        ).splitlines()
        if line and not line.startswith("#")
    ]
    table = np.array(rows, float)
    at, magnitude = vacuum_of_air(table[:, 0] / 10), table[:, 1]
    sky = fits_table(folder, "scopesim", SKYCALC)
    wavelength = np.arange(300.0, 2100.5, 1.0)
    model = rayleigh(wavelength) + ozone(wavelength, sky)
    left = magnitude - rayleigh(at) - ozone(at, sky)
    steep = at < STEEP_BELOW_NM + 5
    model += np.interp(wavelength, at[steep], left[steep], left=left[0], right=0.0)
    smooth = ~steep
    aerosol = (at[smooth] / 1e3) ** AEROSOL_EXPONENT
    amount = (aerosol @ left[smooth]) / (aerosol @ aerosol)
    print(f"aerosol left in the table: {amount:.4f} mag/airmass at 1 um")
    error = np.interp(at, wavelength, model) - magnitude
    print(f"written minus table: rms {error.std():.4f}, largest {np.abs(error).max():.4f} mag")
    write_table(
        HERE.parent / "common" / "EXTINCTION.fits",
        "EXTINCTION",
        "ALL",
        {
            "EXTINCTION": [
                column("WAVELENGTH", wavelength, "nm"),
                column("EXTINCTION", model.astype("f4"), "mag"),
            ]
        },
        header={"SITE": ("La Silla", "2400 m; magnitudes per unit airmass")},
    )


def rayleigh(wavelength_nm: Floats) -> Floats:
    """Return the Rayleigh extinction of the air above La Silla in mag per airmass."""
    um = wavelength_nm / 1e3
    depth = 0.008569 * um**-4 * (1 + 0.0113 * um**-2 + 0.00013 * um**-4)
    return 2.5 / np.log(10) * depth * PRESSURE_HPA / 1013.25


def ozone(wavelength_nm: Floats, sky: dict[str, NDArray]) -> Floats:
    """Return the extinction by ozone in mag per airmass, averaged over 1 nm."""
    fine = wavelength_nm[:, None] + np.linspace(-0.5, 0.5, 11)
    transmission = np.interp(fine, sky["lam"], sky["trans_o3"]).mean(axis=1)
    return -2.5 * np.log10(np.clip(transmission, 1e-4, 1.0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
