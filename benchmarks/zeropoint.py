"""Compare the wavelengths of extracted spectra with the truth, order by order.

    soxspipe simulate RAW --seed 61
    soxspipe reduce RAW -o REDUCED
    python -m benchmarks.zeropoint RAW REDUCED

The truth is the wavelength that the simulator gave the detector position of each bin while the
exposure was taken; the instrument has moved since its calibrations. Prints the mean error of
each order in km/s with the correction by sky lines and without, and its error as the product
gives it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from benchmarks.accuracy import KINDS, canonical, find

__all__ = ["main", "zero_points"]

LIGHT_KM_S = 299792.458


def zero_points(raw: Path, reduced: Path, arm: str) -> list[dict[str, NDArray]]:
    """Return by exposure: orders, errors of the wavelengths, corrections and their errors."""
    truth = raw.with_name(raw.name + "_truth")
    checks = {
        round(float(h["MJD-OBS"]), 7): path for path, h in find(reduced, f"SCI_SKY_LINES_{arm}")
    }
    found = []
    for path, header in find(reduced, f"SCI_ORDERS_1D_{arm}"):
        names = [str(name).strip() for name in fits.getdata(path, "EXPOSURES")["NAME"]]
        maps = [
            truth / f"map_{kind}_{arm}_{name.removesuffix('.fits')}.fits"
            for name in names
            for kind in KINDS
        ]
        true = canonical(fits.getdata(next(m for m in maps if m.exists()), "WAVELENGTH"), arm)
        bins = fits.getdata(path, "EXTRACTED_ORDERS")
        check = fits.getdata(checks[round(float(header["MJD-OBS"]), 7)], "ORDERS")
        rows = []
        for row in check:
            mine = bins["ORDER"] == row["ORDER"]
            place = np.array([bins["Y"][mine], bins["X"][mine]], dtype=float)
            at = map_coordinates(true, place, order=1, cval=np.nan)
            apart = LIGHT_KM_S * (bins["WAVE"][mine] / at - 1.0)
            rows.append(
                (row["ORDER"], np.nanmedian(apart), row["VELOCITY"], row["VELOCITY_ERR"],
                 row["N_LINES"])
            )  # fmt: skip
        found.append(dict(zip(("order", "error", "shift", "told", "lines"),
                              np.array(rows, dtype=float).T, strict=True)))  # fmt: skip
    return found


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("raw", type=Path, help="folder of simulated raw frames")
    parser.add_argument("reduced", type=Path, help="folder of the reduction")
    arguments = parser.parse_args()
    for arm in ("VIS", "NIR"):
        for number, one in enumerate(zero_points(arguments.raw, arguments.reduced, arm), 1):
            print(f"{arm} exposure {number}: order, lines, error before and after, told [km/s]")
            for order, lines, after, shift, told in zip(
                one["order"], one["lines"], one["error"], one["shift"], one["told"], strict=True
            ):
                print(f"  {order:3.0f} {lines:4.0f} {after + shift:8.3f} {after:8.3f} {told:8.3f}")
            print(f"  rms before {np.sqrt(np.mean((one['error'] + one['shift']) ** 2)):.3f}, "
                  f"after {np.sqrt(np.mean(one['error'] ** 2)):.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
