"""Make SKY_LINE_LIST_{VIS,NIR}.fits: emission lines of the night sky in vacuum.

Usage: python sky_lines.py WHEELS

WHEELS is a folder with the wheels of ``pypeit`` (2.0.1, BSD-3) and ``soxspipe`` (0.19.0, GPL-3;
of it only Hanuschik's published table is read).

Below JOIN_NM the lines that UVES saw (Hanuschik 2003, A&A 407, 1157), above it hydroxyl lines of
the NIRSPEC list that PypeIt ships (Rousselot et al. 2000, A&A 354, 1134). Lines closer than a
pixel, above all the halves of a Lambda doublet, are one row at their centroid. CLEAN: neighbours
cannot pull the centroid by more than MAX_PULL_PX through the 1 arcsec slit.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from blends import Order, pull, read_orders
from numpy.typing import NDArray
from refraction import vacuum_of_air
from tables import column, write_table
from wheels import fits_table, pypeit_lines

HERE = Path(__file__).resolve().parent
WAVE_RANGE_NM = {"VIS": (345.0, 860.0), "NIR": (790.0, 2060.0)}
JOIN_NM = 1000.0
SLIT_SIGMA_PX = 1.8  # the 1 arcsec slit is 3.6-4 px wide
MAX_PULL_PX = 0.15
FAINTEST = 1 / 100  # of the third brightest line of the order
# Known lines by name, vacuum nm; the rest of the list is hydroxyl and molecular oxygen.
NAMED = {
    519.937: "N I", 557.889: "O I", 589.158: "Na I", 589.756: "Na I", 630.205: "O I",
    636.554: "O I",
}  # fmt: skip
OXYGEN_NM = ((860.0, 872.0),)  # of the optical list; the infrared one is hydroxyl only

Floats = NDArray[np.float64]


def main(folder: Path) -> None:
    """Write both tables."""
    wavelength, intensity = gather(folder)
    for arm, (low, high) in WAVE_RANGE_NM.items():
        target = HERE.parent / "soxs" / arm.lower()
        orders = read_orders(target / f"SPECTRAL_FORMAT_{arm}.fits")
        inside = (wavelength > low) & (wavelength < high)
        joined, strength = join_unresolved(orders, wavelength[inside], intensity[inside])
        clean, shift = judge(orders, joined, strength)
        write_table(
            target / f"SKY_LINE_LIST_{arm}.fits",
            "SKY_LINE_LIST",
            arm,
            {
                "LINES": [
                    column("WAVELENGTH", joined, "nm"),
                    column("INTENSITY", strength.astype("f4")),
                    column("SPECIES", species(joined)),
                    column("CLEAN", clean),
                    column("BLEND_NM", np.clip(shift, 0, 1).astype("f4"), "nm"),
                ]
            },
        )
        print(f"{arm}: {len(joined)} lines, {clean.sum()} clean")
        for order in orders:
            here = clean & (joined > order.useful[0]) & (joined < order.useful[1])
            print(f"  {order.name}: {here.sum()} clean")


def gather(folder: Path) -> tuple[Floats, Floats]:
    """Return all lines and their intensities on the scale of the near-infrared list."""
    member = "soxspipe/resources/static_calibrations/soxs/uves_skylines.fits"
    table = fits_table(folder, "soxspipe", member)
    optical = vacuum_of_air(table["WAVELENGTH"].astype(float) / 10)
    flux = table["FLUX"].astype(float)
    infrared, strength, _ = pypeit_lines(folder, "OH_R24000")
    common = (infrared > 950) & (infrared < 1030) & (strength > 50)
    nearest = np.abs(optical[None, :] - infrared[common, None]).argmin(axis=1)
    close = np.abs(optical[nearest] - infrared[common]) < 0.02
    scale = np.median(strength[common][close] / flux[nearest[close]])
    wavelength = np.concatenate([optical[optical < JOIN_NM], infrared[infrared >= JOIN_NM]])
    intensity = np.concatenate([flux[optical < JOIN_NM] * scale, strength[infrared >= JOIN_NM]])
    keep = intensity > 0
    sort = np.argsort(wavelength[keep])
    return wavelength[keep][sort], intensity[keep][sort]


def widest_step(orders: list[Order], wavelength: Floats) -> Floats:
    """Return the largest pixel in nm of the orders that hold a wavelength."""
    steps = [np.where(o.holds(wavelength), o.step(wavelength), 0.0) for o in orders]
    found = np.max(steps, axis=0)
    return np.where(found > 0, found, np.median(found[found > 0]))


def join_unresolved(
    orders: list[Order], wavelength: Floats, intensity: Floats
) -> tuple[Floats, Floats]:
    """Return the list with lines closer than a pixel replaced by their centroid."""
    apart = np.diff(wavelength) > widest_step(orders, wavelength)[1:]
    group = np.concatenate([[0], np.cumsum(apart)])
    total = np.bincount(group, intensity)
    return np.bincount(group, intensity * wavelength) / total, total


def judge(
    orders: list[Order], wavelength: Floats, intensity: Floats
) -> tuple[NDArray[np.bool_], Floats]:
    """Return which lines stand alone in each order that they reach, and the pull in nm."""
    clean = np.zeros(len(wavelength), bool)
    spoilt = np.zeros(len(wavelength), bool)
    shift = np.zeros(len(wavelength))
    for order in orders:
        here = np.flatnonzero(order.holds(wavelength))
        step = order.step(wavelength[here])
        strength = intensity[here]
        pulled = pull(wavelength[here], strength, wavelength, intensity, step, SLIT_SIGMA_PX)
        good = (pulled < MAX_PULL_PX) & (strength > FAINTEST * np.sort(strength)[-3])
        clean[here[good]] = True
        spoilt[here[~good]] = True
        shift[here] = np.fmax(shift[here], pulled * step)
    return clean & ~spoilt, shift


def species(wavelength: Floats) -> NDArray[np.str_]:
    """Return the emitter of each line."""
    names = np.full(len(wavelength), "OH", dtype="U4")
    for low, high in OXYGEN_NM:
        names[(wavelength > low) & (wavelength < high)] = "O2"
    names[wavelength < 500] = "?"
    for known, name in NAMED.items():
        names[np.abs(wavelength - known) < 0.03] = name
    return names


if __name__ == "__main__":
    main(Path(sys.argv[1]))
