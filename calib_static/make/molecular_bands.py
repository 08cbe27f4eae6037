"""Make MOLECULAR_BANDS.fits: where molecules of the air absorb, as regions to avoid or to fit.

Usage: python molecular_bands.py WHEELS

WHEELS is a folder with the wheel of ``scopesim`` (0.11.4, GPL-3; of it only the molecular
transmission of an ESO SkyCalc spectrum: Paranal, airmass 1, 2.5 mm of water).

A region is where the transmission, smoothed to R = 1500, is below SHALLOW anywhere within JOIN of
another such place. TRANSMISSION is its mean, DEEPEST its minimum at R = 6000. ABSORBER is known
from the literature.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from tables import column, write_table
from wheels import fits_table

HERE = Path(__file__).resolve().parent
SKYCALC = "scopesim/tests/mocks/photometry/eso_skycalc_r_6000_wave_0.3_15nm_airmass_1_pwv_2.5.fits"
RANGE_NM = (340.0, 2100.0)
SHALLOW = 0.98
JOIN = 0.003  # of the wavelength
SMOOTH_PX = 1.7 * 4  # grid of R 6000 to R 1500
# Main absorber from a wavelength on (vacuum nm).
ABSORBERS = (
    (340, "O3"), (570, "H2O"), (625, "O2"), (640, "H2O"), (684, "O2"), (700, "H2O"), (756, "O2"),
    (775, "H2O"), (1240, "O2"), (1290, "H2O"), (1560, "CO2"), (1635, "CH4"), (1690, "H2O"),
    (1990, "CO2"), (2040, "H2O"),
)  # fmt: skip

Floats = NDArray[np.float64]


def main(folder: Path) -> None:
    """Write the table."""
    sky = fits_table(folder, "scopesim", SKYCALC)
    inside = (sky["lam"] > RANGE_NM[0]) & (sky["lam"] < RANGE_NM[1])
    wavelength, transmission = sky["lam"][inside], sky["trans_ma"][inside]
    low, high = regions(wavelength, gaussian_filter1d(transmission, SMOOTH_PX))
    parts = [(wavelength >= a) & (wavelength <= b) for a, b in zip(low, high, strict=True)]
    middle = 0.5 * (low + high)
    starts = np.array([start for start, _ in ABSORBERS])
    names = np.array([name for _, name in ABSORBERS])
    absorber = names[np.searchsorted(starts, middle) - 1]
    mean = np.array([transmission[part].mean() for part in parts])
    deepest = np.array([transmission[part].min() for part in parts])
    write_table(
        HERE.parent / "common" / "MOLECULAR_BANDS.fits",
        "MOLECULAR_BANDS",
        "ALL",
        {
            "BANDS": [
                column("WAVE_LOW", low, "nm"),
                column("WAVE_HIGH", high, "nm"),
                column("ABSORBER", absorber),
                column("TRANSMISSION", mean.astype("f4")),
                column("DEEPEST", deepest.astype("f4")),
            ]
        },
    )
    for row in zip(low, high, absorber, mean, deepest, strict=True):
        print("{:8.2f} {:8.2f} {:4s} mean {:.3f} deepest {:.3f}".format(*row))


def regions(wavelength: Floats, transmission: Floats) -> tuple[Floats, Floats]:
    """Return the ends of the regions of absorption."""
    absorbed = np.flatnonzero(transmission < SHALLOW)
    gap = np.flatnonzero(np.diff(wavelength[absorbed]) > JOIN * wavelength[absorbed[:-1]])
    first = np.concatenate([[absorbed[0]], absorbed[gap + 1]])
    last = np.concatenate([absorbed[gap], [absorbed[-1]]])
    return wavelength[first], wavelength[last]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
