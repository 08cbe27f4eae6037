"""Write ``calib_static/simulator/MANIFEST.toml``: what the simulator's data are.

Usage: python simulator_manifest.py          (after any of them was made anew)
"""

from __future__ import annotations

import hashlib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "simulator"
FILES = (
    (
        "geometry.json",
        "where each wavelength and slit position falls (air nm), pinhole positions",
        "fit to line positions published with soxspipe 0.17.4; simulator_geometry.py",
        "GPL-3.0-or-later",
    ),
    (
        "lamps.fits",
        "all lines of the arc lamps (vacuum nm), electrons through a pinhole",
        "pypeit 2.0.1 and rascal 0.3.11 (NIST), mercury of the CRC Handbook; simulator_lamps.py",
        "BSD-3-Clause",
    ),
    (
        "sky.fits",
        "sky continuum by component, transmission, airglow lines (vacuum nm), LTT 3218",
        "ESO SkyCalc 2.0.9 (scopesim 0.11.4), OH lines of pypeit 2.0.1, LTT 3218 of aspired 0.5.1",
        "GPL-3.0-or-later",
    ),
)


def main() -> None:
    """Write the manifest."""
    parts = ["# Data of the simulator only. Written by make/simulator_manifest.py.\n"]
    for name, what, source, licence in FILES:
        digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
        parts.append(
            f'\n[[file]]\nfile = "{name}"\nwhat = "{what}"\nsource = "{source}"\n'
            f'licence = "{licence}"\nsha256 = "{digest}"\n'
        )
    (FOLDER / "MANIFEST.toml").write_text("".join(parts))


if __name__ == "__main__":
    main()
