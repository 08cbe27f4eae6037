"""Write MANIFEST.toml: what each static calibration is, where from, and its checksum.

Usage: python manifest.py          (after any table was made anew)
"""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VALID_FROM = "2000-01-01"
GEOMETRY = "fit to line positions published with soxspipe 0.17.4; spectral_format.py"
THAR = (
    "NIST and Murphy et al. 2007 by way of pypeit 2.0.1, rascal 0.3.11, soxspipe 0.19.0; "
    "UVES spectrum of M. Murphy for curation; arc_lines_vis.py"
)
GASES = (
    "NIST by way of rascal 0.3.11 and pypeit 2.0.1, a few lines from soxspipe 0.19.0; "
    "arc_lines_nir.py"
)
SKY = (
    "Hanuschik 2003 by way of soxspipe 0.19.0, Rousselot et al. 2000 by way of pypeit 2.0.1; "
    "sky_lines.py"
)
EXTINCTION = (
    "Rayleigh and ozone matched to ESO's La Silla table (pypeit 2.0.1); ozone of ESO SkyCalc "
    "(scopesim 0.11.4); extinction.py"
)
STANDARDS = "Moehler et al. 2014 (aspired 0.5.1), EG 21 from soxspipe 0.19.0; flux_standards.py"
BANDS = "ESO SkyCalc (scopesim 0.11.4); molecular_bands.py"
TELLURIC = (
    "H2O and O2 cross sections of pwv_kpno 1.3.0; NASA PSG and TelFit by way of muler 0.5.6; "
    "ATRAN by way of pyspextool 2.1; columns scaled to ESO SkyCalc (scopesim 0.11.4); telluric.py"
)
PASSBANDS = (
    "Tonry et al. 2012 (g r i z y), LSST throughputs 1.9 (u), Bessell 1990 (V) by way of speclite "
    "1.0.0; passbands.py"
)
MASTER = (
    "quality-control figures of commissioning frames in the documentation of soxspipe 0.17.4; "
    "master_response.py"
)
TABLES = (
    ("SPECTRAL_FORMAT", "VIS", "soxs/vis/SPECTRAL_FORMAT_VIS.fits", GEOMETRY),
    ("SPECTRAL_FORMAT", "NIR", "soxs/nir/SPECTRAL_FORMAT_NIR.fits", GEOMETRY),
    ("ARC_LINE_LIST", "VIS", "soxs/vis/ARC_LINE_LIST_VIS.fits", THAR),
    ("ARC_LINE_LIST", "NIR", "soxs/nir/ARC_LINE_LIST_NIR.fits", GASES),
    ("SKY_LINE_LIST", "VIS", "soxs/vis/SKY_LINE_LIST_VIS.fits", SKY),
    ("SKY_LINE_LIST", "NIR", "soxs/nir/SKY_LINE_LIST_NIR.fits", SKY),
    ("MASTER_RESPONSE", "VIS", "soxs/vis/MASTER_RESPONSE_VIS.fits", MASTER),
    ("MASTER_RESPONSE", "NIR", "soxs/nir/MASTER_RESPONSE_NIR.fits", MASTER),
    ("EXTINCTION", "ALL", "common/EXTINCTION.fits", EXTINCTION),
    ("FLUX_STANDARDS", "ALL", "common/FLUX_STANDARDS.fits", STANDARDS),
    ("MOLECULAR_BANDS", "ALL", "common/MOLECULAR_BANDS.fits", BANDS),
    ("TELLURIC_GRID", "ALL", "common/TELLURIC_GRID.fits", TELLURIC),
    ("PASSBANDS", "ALL", "common/PASSBANDS.fits", PASSBANDS),
)
HEAD = """\
# The static calibrations: one entry a file. Written by make/manifest.py.
# arm "ALL" serves every arm. A calibration is valid from its date until the next one of its tag
# and arm. Files carry facts (wavelengths, intensities, fluxes) from the sources named; the tables
# and the scripts that made them are under the licence of the project.
"""


def main() -> None:
    """Write the manifest."""
    parts = [HEAD]
    for tag, arm, name, source in TABLES:
        digest = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
        parts.append(
            "\n[[table]]\n"
            f'tag = "{tag}"\narm = "{arm}"\nfile = "{name}"\nvalid_from = {VALID_FROM}\n'
            f'sha256 = "{digest}"\nsource = "{source}"\n'
            'licence = "GPL-3.0-or-later"\nmedium = "VACUUM"\n'
        )
    (ROOT / "MANIFEST.toml").write_text("".join(parts))


if __name__ == "__main__":
    main()
