"""Write ``calib_static/simulator/geometry.json``: where each wavelength falls, for the simulator.

The input holds Chebyshev coefficients fitted to the published SOXS line tables (air
wavelengths, detector axes).  Only what the forward model needs is kept, so that the simulator
never reads the predicted format which the pipeline itself starts from.

Usage: python simulator_geometry.py FORMAT.json [OUT.json]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

KEEP = ("wave_domain_nm", "wave_range_full_nm", "slit_domain_arcsec", "x_coef", "y_coef")
NIR_PINHOLES = [round((k - 4) * 1.43636, 5) for k in range(9)]


def main(source: Path, target: Path) -> None:
    """Copy the needed numbers of each arm."""
    given = json.loads(source.read_text())
    out: dict[str, object] = {
        "about": "Air nm, arcsec, 0-based trimmed detector pixels; Chebyshev in wave and slit.",
    }
    for arm in ("VIS", "NIR"):
        orders = {
            name: {key: value[key] for key in KEEP} for name, value in given[arm]["orders"].items()
        }
        pinholes = given[arm].get("pinhole_slit_positions_arcsec") if arm == "VIS" else None
        out[arm] = {
            "rows_columns": given[arm]["trimmed_shape_rows_cols"],
            "pinholes_arcsec": pinholes or NIR_PINHOLES,
            "orders": orders,
        }
    target.write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent / "simulator" / "geometry.json"
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else here)
