"""Write ``calib_static/simulator/geometry.json``: where each wavelength falls, for the simulator.

The input holds Chebyshev coefficients fitted to the published SOXS line tables (air
wavelengths, detector axes).  Only what the forward model needs is kept, so that the simulator
never reads the predicted format which the pipeline itself starts from.

Each echelle order was fitted by itself, so its errors are its own, about half a pixel.
A real echelle is smooth from order to order: ``x_smooth`` and ``y_smooth`` come from one fit to
all orders with polynomials in the order number, in order times wavelength and in slit.

Usage: python simulator_geometry.py FORMAT.json [OUT.json]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from numpy.polynomial import chebyshev

KEEP = ("wave_domain_nm", "wave_range_full_nm", "slit_domain_arcsec", "x_coef", "y_coef")
NIR_PINHOLES = [round((k - 4) * 1.43636, 5) for k in range(9)]


def smooth_orders(orders: dict[str, dict]) -> None:
    """Add coefficients that are smooth from order to order to each of the orders."""
    products = [int(m) * w for m, v in orders.items() for w in v["wave_domain_nm"]]
    ends = min(products), max(products)
    samples = {m: _sample(int(m), v, ends) for m, v in orders.items()}
    # Half an order, from few lines.
    weights = {m: 0.5 if m == "24" else 1.0 for m in orders}
    basis = np.vstack([samples[m]["basis"] * weights[m] for m in orders])
    for axis in ("x", "y"):
        values = np.concatenate([samples[m][axis] * weights[m] for m in orders])
        model = np.linalg.lstsq(basis, values, rcond=None)[0]
        for m, entry in orders.items():
            own = samples[m]["own"]
            fit = np.linalg.lstsq(own, samples[m]["basis"] @ model, rcond=None)[0]
            entry[f"{axis}_smooth"] = [
                [float(f"{c:.7g}") for c in row] for row in fit.reshape(5, 3)
            ]


def _sample(order: int, entry: dict, ends: tuple[float, float]) -> dict[str, np.ndarray]:
    low, high = entry["wave_domain_nm"]
    wave, u = (
        part.ravel()
        for part in np.meshgrid(np.linspace(low, high, 41), np.linspace(-1, 1, 7), indexing="ij")
    )
    t = (2 * wave - low - high) / (high - low)
    product = (2 * order * wave - sum(ends)) / (ends[1] - ends[0])
    across, slit = chebyshev.chebvander(product, 4), chebyshev.chebvander(u, 2)
    number = chebyshev.chebvander(np.full_like(wave, (order - 17) / 7), 5)
    return {
        "x": chebyshev.chebval2d(t, u, np.array(entry["x_coef"])),
        "y": chebyshev.chebval2d(t, u, np.array(entry["y_coef"])),
        "own": np.einsum("ni,nj->nij", chebyshev.chebvander(t, 4), slit).reshape(wave.size, -1),
        "basis": np.einsum("ni,nj,nk->nijk", number, across, slit).reshape(wave.size, -1),
    }


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
        if arm == "NIR":
            smooth_orders(orders)
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
