"""Make ARC_LINE_LIST_VIS.fits: thorium-argon lines in vacuum, and which of them stand alone.

Usage: python arc_lines_vis.py WHEELS

WHEELS is a folder with the wheels of ``pypeit`` (2.0.1, BSD-3), ``rascal`` (0.3.11, BSD-3) and
``soxspipe`` (0.19.0, GPL-3; of it only Murphy's published amplitudes are read), from
``pip download --no-deps --ignore-requires-python``.

A line is CLEAN if its neighbours cannot pull its centroid by more than MAX_PULL_PX under each of
three tables of intensities (NIST as in PypeIt, NIST as in rascal, Murphy et al. 2007, MNRAS 378,
221), not by more than MAX_PULL_EQUAL_PX if all of Murphy's lines were equally bright, and if the
ThAr spectrum that UVES took (M. Murphy 2006, R about 1e5), blurred to the resolution of SOXS,
shows it within MAX_MEASURED_PX of its laboratory wavelength. All of this in each order that the
line reaches.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from blends import Order, drowned, pull, read_orders
from numpy.typing import NDArray
from refraction import vacuum_of_air
from scipy.optimize import least_squares
from tables import column, write_table
from wheels import fits_array, fits_table, nist_lines, pypeit_lines

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "soxs" / "vis"
WAVE_RANGE_NM = (340.0, 865.0)
MAX_PULL_PX = 0.2
MAX_PULL_EQUAL_PX = 0.5
MAX_MEASURED_PX = 0.06
FAINTEST = 1 / 300  # of the tenth brightest line of the order, in Murphy's amplitudes
KEPT = 1e-3  # of the brightest line within BIN_NM: fainter lines are not worth a row
BIN_NM = 20.0
FWHM_PX = 1.7

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lamp:
    """Wavelengths (vacuum nm, sorted) and intensities of one list."""

    wavelength: Floats
    intensity: Floats

    def find(self, wavelength_nm: Floats, within_nm: float) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the intensity of the nearest line and whether it is close enough."""
        right = np.clip(
            np.searchsorted(self.wavelength, wavelength_nm), 1, len(self.wavelength) - 1
        )
        left = right - 1
        nearest = np.where(
            np.abs(self.wavelength[right] - wavelength_nm)
            < np.abs(self.wavelength[left] - wavelength_nm),
            right,
            left,
        )
        close = np.abs(self.wavelength[nearest] - wavelength_nm) < within_nm
        return np.where(close, self.intensity[nearest], np.nan), close


def main(folder: Path) -> None:
    """Write the table."""
    wavelength, nist, ion = pypeit_lines(folder, "ThAr")
    inside = (wavelength > WAVE_RANGE_NM[0]) & (wavelength < WAVE_RANGE_NM[1])
    wavelength, nist, ion = wavelength[inside], nist[inside], ion[inside]
    murphy, rascal = read_murphy(folder), read_rascal(folder)
    lamps = [Lamp(wavelength, nist), murphy, rascal]
    spectrum = read_uves(folder)
    intensity = join_intensities(wavelength, nist, murphy)
    clean = np.zeros(len(wavelength), bool)
    spoilt = np.zeros(len(wavelength), bool)
    shift = np.zeros(len(wavelength))
    orders = read_orders(TARGET / "SPECTRAL_FORMAT_VIS.fits")
    for order in orders:
        here = np.flatnonzero(order.holds(wavelength))
        good, worst = judge(order, wavelength[here], lamps, spectrum)
        clean[here[good]] = True
        spoilt[here[~good]] = True
        shift[here] = np.fmax(shift[here], worst * order.step(wavelength[here]))
    clean &= ~spoilt
    keep = clean | bright(wavelength, intensity)
    report(orders, wavelength, clean, intensity)
    species = np.char.replace(np.char.replace(ion, "UNKNWN", "?"), "XX 1", "?")
    write_table(
        TARGET / "ARC_LINE_LIST_VIS.fits",
        "ARC_LINE_LIST",
        "VIS",
        {
            "LINES": [
                column("WAVELENGTH", wavelength[keep], "nm"),
                column("INTENSITY", intensity[keep].astype("f4")),
                column("SPECIES", species[keep]),
                column("CLEAN", clean[keep]),
                column("BLEND_NM", np.clip(shift[keep], 0, 1).astype("f4"), "nm"),
            ]
        },
    )
    print(f"{keep.sum()} lines, {clean.sum()} clean")


def read_murphy(folder: Path) -> Lamp:
    """Return the lines that Murphy et al. saw with UVES; their table holds log10 amplitudes."""
    member = "soxspipe/resources/static_calibrations/soxs/thar_murphy.fits"
    table = fits_table(folder, "soxspipe", member)
    wavelength = vacuum_of_air(table["wave"].astype(float))
    sort = np.argsort(wavelength)
    return Lamp(wavelength[sort], 10.0 ** table["amplitude"].astype(float)[sort])


def read_rascal(folder: Path) -> Lamp:
    """Return NIST's lines of neutral thorium and argon as rascal ships them."""
    parts = [nist_lines(folder, element)[:2] for element in ("Th", "Ar")]
    wavelength = np.concatenate([part[0] for part in parts])
    intensity = np.nan_to_num(np.concatenate([part[1] for part in parts]))
    sort = np.argsort(wavelength)
    return Lamp(wavelength[sort], intensity[sort])


def read_uves(folder: Path) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return vacuum wavelength, flux and validity of the UVES spectrum of a ThAr lamp."""
    data, header = fits_array(folder, "pypeit", "pypeit/data/arc_lines/thar_spec_MM201006.fits")
    steps = np.arange(data.shape[1])
    air = 10 ** (header["CRVAL1"] + header["CDELT1"] * steps) / 10
    valid = data[4] == 1
    return vacuum_of_air(air), np.where(valid, data[0], 0.0), valid


def judge(
    order: Order, wavelength: Floats, lamps: list[Lamp], spectrum: tuple
) -> tuple[NDArray[np.bool_], Floats]:
    """Return which lines are clean in this order, and the largest predicted pull in pixels."""
    step = order.step(wavelength)
    good = np.ones(len(wavelength), bool)
    worst = np.zeros(len(wavelength))
    for lamp in lamps:
        strength, listed = lamp.find(wavelength, 0.001)
        usable = listed & (np.nan_to_num(strength) > 0)
        strength = np.where(usable, strength, np.nan)
        pulled = pull(wavelength, strength, lamp.wavelength, lamp.intensity, step)
        near = drowned(wavelength, strength, lamp.wavelength, lamp.intensity, step)
        good &= usable & (pulled < MAX_PULL_PX) & ~near
        worst = np.fmax(worst, pulled)
    seen, _ = lamps[1].find(wavelength, 0.001)
    listed, one = lamps[1].wavelength, np.ones(len(wavelength))
    good &= pull(wavelength, one, listed, np.ones(len(listed)), step) < MAX_PULL_EQUAL_PX
    good &= seen > FAINTEST * np.sort(seen[np.isfinite(seen)])[-10]
    for k in np.flatnonzero(good):
        offset = measured_offset(spectrum, wavelength[k], step[k])
        good[k] = abs(offset) < MAX_MEASURED_PX
        worst[k] = max(worst[k], abs(offset))
    return good, worst


def measured_offset(spectrum: tuple, wavelength: float, step: float) -> float:
    """Return where the blurred UVES spectrum peaks relative to a wavelength, in SOXS pixels."""
    grid, flux, valid = spectrum
    low, high = np.searchsorted(grid, [wavelength - 12 * step, wavelength + 12 * step])
    if high - low < 30 or np.mean(valid[low:high]) < 0.98:
        return float("inf")
    distance = (grid[low:high] - wavelength) / step
    pixels = np.arange(-3.0, 4.0)
    sigma = FWHM_PX / 2.3548
    kernel = np.exp(-(((pixels[:, None] - distance) / sigma) ** 2) / 2)
    seen = (kernel * (flux[low:high] * np.gradient(distance))).sum(axis=1)
    seen = (seen - seen.min()) / np.ptp(seen)

    def residual(p: Floats) -> Floats:
        return p[0] * np.exp(-(((pixels - p[1]) / p[2]) ** 2) / 2) + p[3] - seen

    fit = least_squares(residual, [1.0, 0.0, sigma, 0.0])
    return float(fit.x[1]) if fit.x[0] > 0.5 else float("inf")


def join_intensities(wavelength: Floats, nist: Floats, murphy: Lamp) -> Floats:
    """Return Murphy's amplitudes, and NIST's brought to their scale where he saw no line."""
    seen, listed = murphy.find(wavelength, 0.001)
    result = np.where(listed, seen, np.nan)
    usable = listed & (nist > 1)
    for middle in np.arange(wavelength[0], wavelength[-1] + BIN_NM, BIN_NM):
        near = np.abs(wavelength - middle) < BIN_NM
        both = near & usable
        if both.sum() < 5:
            continue
        scale = np.median(seen[both] / nist[both])
        limit = np.percentile(seen[both], 5)  # brighter ones he would have listed
        fill = near & ~listed
        result[fill] = np.minimum(nist[fill] * scale, limit)
    return np.nan_to_num(result)


def bright(wavelength: Floats, intensity: Floats) -> NDArray[np.bool_]:
    """Return True for lines bright enough, compared with those about them, to be kept."""
    top = [np.partition(intensity[np.abs(wavelength - w) < BIN_NM], -3)[-3] for w in wavelength]
    return intensity > KEPT * np.array(top)


def report(orders: list[Order], wavelength: Floats, clean: NDArray, intensity: Floats) -> None:
    """Print clean lines of each order and the widest gap between them."""
    for order in orders:
        here = clean & (wavelength > order.useful[0]) & (wavelength < order.useful[1])
        x = np.sort(order.pixel(wavelength[here]))
        gaps = np.diff(np.concatenate([[0], x, [order.n_pixels]]))
        print(
            f"{order.name}: {here.sum()} clean lines in the useful range, "
            f"widest gap {gaps.max():.0f} px, faintest/brightest "
            f"{intensity[here].min() / intensity[here].max():.4f}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
