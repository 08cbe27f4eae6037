"""Measure what blends cost: blur lamps to the resolution of SOXS and fit the CLEAN lines.

Usage: python check_arc_lines.py WHEELS

For several tables of intensities, each lamp is blurred to pinholes of 1.7 px FWHM, each CLEAN line
is fitted with a Gaussian over 7 px, and a polynomial of the degree of a wavelength solution is put
through the offsets, with rejection, as a recipe would. Printed for each order: lines kept of lines
listed (some lamps lack some lines), the scatter of their offsets, and the rms of the polynomial,
that is the error of the wavelength scale that blends alone cause, in pixels.
"""

from __future__ import annotations

import sys
from pathlib import Path

import arc_lines_nir
import arc_lines_vis
import numpy as np
from arc_lines_vis import FWHM_PX, Lamp
from astropy.io import fits
from blends import Order, read_orders
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.optimize import least_squares
from wheels import pypeit_lines

ROOT = Path(__file__).resolve().parent.parent
DEGREE = {"VIS": 5, "NIR": 4}
LOST_PX = 1.5  # a recipe takes no line that far from its place
REJECT = 4.0

Floats = NDArray[np.float64]


def main(folder: Path) -> None:
    """Print one block of rows an arm."""
    for arm, lamps in (("VIS", lamps_vis(folder)), ("NIR", lamps_nir(folder))):
        place = ROOT / "soxs" / arm.lower()
        with fits.open(place / f"ARC_LINE_LIST_{arm}.fits") as hdus:
            table = hdus[1].data
            clean = np.array(table["WAVELENGTH"])[np.array(table["CLEAN"])]
        print(arm, *(f"{name:>18s}" for name in lamps))
        for order in read_orders(place / f"SPECTRAL_FORMAT_{arm}.fits"):
            cells = (cell(order, clean, lamp, DEGREE[arm]) for lamp in lamps.values())
            print(f"{order.name:5s}", *cells)


def lamps_vis(folder: Path) -> dict[str, Lamp | tuple]:
    """Return thorium-argon lamps by name; a tuple is a measured spectrum."""
    wavelength, intensity, _ = pypeit_lines(folder, "ThAr")
    murphy = arc_lines_vis.read_murphy(folder)
    return {
        "NIST": Lamp(wavelength, intensity),
        "Murphy": murphy,
        "log Murphy": Lamp(murphy.wavelength, np.log10(murphy.intensity).clip(0.05)),
        "UVES": arc_lines_vis.read_uves(folder),
    }


def lamps_nir(folder: Path) -> dict[str, Lamp | tuple]:
    """Return neon, argon, xenon and mercury together, in several proportions."""
    official = arc_lines_nir.official_lines(folder)
    return {
        "NIST": mixture(folder, {}),
        "Xe, Hg x 30": mixture(folder, {"Xe": 30.0, "Hg": 30.0}),
        "Ar x 5": mixture(folder, {"Ar": 5.0}),
        "official, equal": Lamp(official, np.ones(len(official))),
    }


def mixture(folder: Path, factors: dict[str, float]) -> Lamp:
    """Return the lines of all gases, some made brighter."""
    gases = {gas: arc_lines_nir.gather(folder, gas) for gas in arc_lines_nir.GASES}
    wavelength = np.concatenate([lines.wavelength for lines in gases.values()])
    intensity = np.concatenate(
        [lines.intensity * factors.get(gas, 1.0) for gas, lines in gases.items()]
    )
    sort = np.argsort(wavelength)
    return Lamp(wavelength[sort], intensity[sort])


def cell(order: Order, clean: Floats, lamp: Lamp | tuple, degree: int) -> str:
    """Return what one lamp does to one order, as text."""
    x = order.pixel(clean)
    inside = (clean > order.useful[0]) & (clean < order.useful[1]) & (x > 0) & (x < order.n_pixels)
    wavelength, t = clean[inside], 2 * x[inside] / order.n_pixels - 1
    step = order.step(wavelength)
    measure = measured if isinstance(lamp, tuple) else fitted
    offset = np.array([measure(lamp, w, s) for w, s in zip(wavelength, step, strict=True)])
    kept = np.abs(offset) < LOST_PX
    for _ in range(3):
        fit = chebyshev.chebfit(t[kept], offset[kept], degree)
        left = offset - chebyshev.chebval(t, fit)
        scale = max(1.4826 * np.median(np.abs(left[kept])), 0.005)
        kept = (np.abs(offset) < LOST_PX) & (np.abs(left) < REJECT * scale)
    curve = chebyshev.chebval(np.linspace(t.min(), t.max(), 200), fit)
    text = f"{kept.sum()}/{len(t)} {offset[kept].std():.3f} {np.sqrt(np.mean(curve**2)):.3f}"
    return f"{text:>18s}"


def measured(spectrum: tuple, wavelength: float, step: float) -> float:
    """Return the offset in a measured spectrum."""
    return arc_lines_vis.measured_offset(spectrum, wavelength, step)


def fitted(lamp: Lamp, wavelength: float, step: float) -> float:
    """Return the offset of a Gaussian fitted to a line with its neighbours, in pixels."""
    sigma = FWHM_PX / 2.3548
    low, high = np.searchsorted(lamp.wavelength, [wavelength - 9 * step, wavelength + 9 * step])
    distance = (lamp.wavelength[low:high] - wavelength) / step
    pixels = np.arange(-3.0, 4.0)
    kernel = np.exp(-(((pixels[:, None] - distance) / sigma) ** 2) / 2)
    seen = kernel @ lamp.intensity[low:high]
    if not len(distance) or np.abs(distance).min() > 1.0:
        return float("inf")  # this lamp does not have the line: no peak is found there
    seen /= seen.max()

    def residual(p: Floats) -> Floats:
        return p[0] * np.exp(-(((pixels - p[1]) / p[2]) ** 2) / 2) + p[3] - seen

    return float(least_squares(residual, [1.0, 0.0, sigma, 0.0]).x[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
