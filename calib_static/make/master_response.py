"""Make MASTER_RESPONSE_<ARM>.fits: how efficient the instrument is where no star was observed.

Usage: python master_response.py

No efficiency curve of SOXS is published as a table. What is: figures of the quality control of
commissioning frames in the documentation of soxspipe 0.17.4 - median efficiencies of 0.127 (VIS)
and 0.116 (NIR), a peak of 0.24 near 730 nm and 0.10 near 400 nm, medians between 0.04 and 0.30
(VIS), 0.02 and 0.20 (NIR) in what is accepted. A few points are drawn through these. Telescope,
instrument and detector are in them, the atmosphere and light lost at the slit are not; orders that
share a wavelength are taken together. The error is what such a reading is worth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator
from tables import column, write_table

HERE = Path(__file__).resolve().parent
#: Wavelength in nm, efficiency, relative error.
POINTS = {
    "VIS": (
        (335.0, 0.030, 0.60),
        (350.0, 0.040, 0.50),
        (400.0, 0.100, 0.30),
        (550.0, 0.160, 0.35),
        (730.0, 0.240, 0.30),
        (800.0, 0.200, 0.40),
        (870.0, 0.120, 0.60),
    ),
    "NIR": (
        (780.0, 0.030, 0.60),
        (850.0, 0.080, 0.50),
        (1000.0, 0.120, 0.40),
        (1250.0, 0.130, 0.35),
        (1650.0, 0.130, 0.35),
        (1900.0, 0.110, 0.40),
        (2080.0, 0.080, 0.60),
    ),
}
STEP_NM = 5.0


def main() -> None:
    """Write the tables."""
    for arm, points in POINTS.items():
        at, efficiency, error = np.array(points).T
        wavelength = np.arange(at[0], at[-1] + STEP_NM / 2, STEP_NM)
        write_table(
            HERE.parent / "soxs" / arm.lower() / f"MASTER_RESPONSE_{arm}.fits",
            "MASTER_RESPONSE",
            arm,
            {
                "EFFICIENCY": [
                    column("WAVELENGTH", wavelength, "nm"),
                    column("EFFICIENCY", PchipInterpolator(at, efficiency)(wavelength)),
                    column("REL_ERR", np.interp(wavelength, at, error)),
                ]
            },
        )


if __name__ == "__main__":
    main()
