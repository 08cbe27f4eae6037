"""Make SPECTRAL_FORMAT_{VIS,NIR}.fits: where each wavelength and slit position falls.

Usage: python spectral_format.py

Input is ``spectral_format_air.json`` beside this script: Chebyshev series fitted to the line
positions that the SOXS consortium publishes (air wavelengths, detector axes). The series are
refitted to vacuum wavelengths, one degree higher, and VIS is turned so that x runs along the
dispersion. Prints the error of the refit inside the domain and a little beyond it.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from refraction import air_of_vacuum, vacuum_of_air
from tables import column, write_table

HERE = Path(__file__).resolve().parent
MARGIN = 0.025  # of the domain: about 50 px beyond each end, where the prediction is still used
NEGLIGIBLE_PX = 1e-9  # rounding noise of the published cross terms

Floats = NDArray[np.float64]


def main() -> None:
    """Write both tables."""
    published = json.loads((HERE / "spectral_format_air.json").read_text())
    for arm in ("VIS", "NIR"):
        make(arm, published[arm])


def make(arm: str, source: dict) -> None:
    """Write the table of one arm."""
    orders = sorted(source["orders"].values(), key=lambda entry: entry["order"])
    degree = max(len(entry["x_coef"]) for entry in orders)  # one above the published degree
    turned = source["dispersion_axis"] == "y"
    refitted = [refit(entry, degree, "y" if turned else "x") for entry in orders]
    useful = [entry.get("wave_range_trim_nm", entry["wave_range_full_nm"]) for entry in orders]
    domain = vacuum_of_air([entry["wave_domain_nm"] for entry in orders])
    useful = vacuum_of_air(useful)
    names = [entry.get("band") or f"m={entry['order']}" for entry in orders]
    rows, columns = source["trimmed_shape_rows_cols"]
    along_slit, along_dispersion = (columns, rows) if turned else (rows, columns)
    write_table(
        HERE.parent / "soxs" / arm.lower() / f"SPECTRAL_FORMAT_{arm}.fits",
        "SPECTRAL_FORMAT",
        arm,
        {
            "ORDERS": [
                column("ORDER", np.array([entry["order"] for entry in orders], np.int32)),
                column("NAME", np.array(names)),
                column("WAVE_LOW", domain[:, 0], "nm"),
                column("WAVE_HIGH", domain[:, 1], "nm"),
                column("WAVE_MIN", useful[:, 0], "nm"),
                column("WAVE_MAX", useful[:, 1], "nm"),
                column("X_COEF", np.array([x for x, _ in refitted]), "pixel"),
                column("Y_COEF", np.array([y for _, y in refitted]), "pixel"),
            ],
            "PINHOLES": [
                column("SLIT_POS", np.array(source["pinhole_slit_positions_arcsec"]), "arcsec")
            ],
        },
        header={
            "SLIT_LOW": (-6.0, "[arcsec] Lower end of the slit domain"),
            "HIERARCH SLIT_HIGH": (6.0, "[arcsec] Upper end of the slit domain"),
            "SLITLEN": (12.0, "[arcsec] Length of the slit"),
            "TOGETHER": (arm == "NIR", "All orders share one flexure"),
            "NPIXSLIT": (along_slit, "[pixel] Trimmed, unbinned, along the slit"),
            "NPIXDISP": (along_dispersion, "[pixel] Trimmed, unbinned, along the dispersion"),
        },
    )


def refit(entry: dict, degree: int, along_dispersion: str) -> tuple[Floats, Floats]:
    """Return the series of one order in vacuum wavelength, along dispersion and slit."""
    low, high = vacuum_of_air(entry["wave_domain_nm"])
    t = np.cos(np.pi * (np.arange(8 * degree) + 0.5) / (8 * degree))
    wavelength = 0.5 * (low + high) + 0.5 * (high - low) * t
    series = {}
    for axis in ("x", "y"):
        coef = np.array(entry[f"{axis}_coef"])
        in_air = chebyshev.chebvander(scaled_air(entry, wavelength), len(coef) - 1)
        fitted = np.linalg.lstsq(chebyshev.chebvander(t, degree), in_air @ coef, rcond=None)[0]
        fitted[np.abs(fitted) < NEGLIGIBLE_PX] = 0.0
        report(entry, axis, fitted, (low, high))
        series[axis] = fitted
    across = "x" if along_dispersion == "y" else "y"
    return series[along_dispersion], series[across]


def scaled_air(entry: dict, vacuum_nm: Floats) -> Floats:
    """Return vacuum wavelengths scaled to the published domain in air."""
    low, high = entry["wave_domain_nm"]
    return (2.0 * air_of_vacuum(vacuum_nm) - low - high) / (high - low)


def report(entry: dict, axis: str, fitted: Floats, domain: tuple[float, float]) -> None:
    """Print the largest difference to the published series in and beyond the domain."""
    coef = np.array(entry[f"{axis}_coef"])
    edge = 1.0 + 2.0 * MARGIN
    t, u = (grid.ravel() for grid in np.meshgrid(np.linspace(-edge, edge, 401), [-1.0, 0.0, 1.0]))
    wavelength = 0.5 * sum(domain) + 0.5 * (domain[1] - domain[0]) * t
    error = np.abs(
        chebyshev.chebval2d(t, u, fitted)
        - chebyshev.chebval2d(scaled_air(entry, wavelength), u, coef)
    )
    inside = np.abs(t) <= 1.0
    print(
        f"order {entry['order']:2d} {axis}: {error[inside].max():.1e} px inside, "
        f"{error.max():.1e} px within {MARGIN:.1%} of the domain"
    )


if __name__ == "__main__":
    main()
