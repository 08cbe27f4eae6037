"""Make ARC_LINE_LIST_VIS.fits: thorium-argon lines in vacuum, and which of them stand alone.

Usage: python arc_lines_vis.py WHEELS

WHEELS is a folder with the wheels of ``pypeit`` (2.0.1, BSD-3), ``rascal`` (0.3.11, BSD-3) and
``soxspipe`` (0.19.0, GPL-3; of it only Murphy's published amplitudes are read), from
``pip download --no-deps --ignore-requires-python``.

A line is CLEAN if its neighbours cannot pull its centroid by more than MAX_PULL_PX under each of
three tables of intensities (NIST as in PypeIt, NIST as in rascal, the one written here), not by
more than MAX_PULL_EQUAL_PX if all lines of Murphy et al. 2007 (MNRAS 378, 221) were equally
bright, and if the ThAr spectrum that UVES took (M. Murphy 2006, R about 1e5), blurred to the
resolution of SOXS, shows it within MAX_MEASURED_PX of its laboratory wavelength. All of this in
each order that the line reaches.

INTENSITY is Murphy's amplitude. His list leaves out saturated and blended lines: they have NIST's
intensity, brought to his scale element by element. Fainter lines of NIST count as neighbours but
have no row.
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
FWHM_PX = 1.7
SAME_NM = 0.001
SATURATED = 3e5  # brighter lines are clipped in the spectrum of UVES
NEAREST, FAINT_PERCENT = 60, 25

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


@dataclass(frozen=True)
class Lamps:
    """What a line is judged by."""

    tables: list[Lamp]
    brightness: Lamp
    equal: Lamp


def main(folder: Path) -> None:
    """Write the table."""
    wavelength, nist, ion = pypeit_lines(folder, "ThAr")
    inside = (wavelength > WAVE_RANGE_NM[0]) & (wavelength < WAVE_RANGE_NM[1])
    wavelength, nist, ion = wavelength[inside], nist[inside], ion[inside]
    murphy, rascal = read_murphy(folder), read_rascal(folder)
    spectrum = read_uves(folder)
    intensity, kept = join_intensities(wavelength, nist, ion, murphy)
    joined = Lamp(wavelength[kept], intensity[kept])
    lamps = Lamps([Lamp(wavelength, nist), joined, rascal], joined, murphy)
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
    report(orders, wavelength, clean, intensity)
    species = np.char.replace(np.char.replace(ion, "UNKNWN", "?"), "XX 1", "?")
    write_table(
        TARGET / "ARC_LINE_LIST_VIS.fits",
        "ARC_LINE_LIST",
        "VIS",
        {
            "LINES": [
                column("WAVELENGTH", wavelength[kept], "nm"),
                column("INTENSITY", intensity[kept].astype("f4")),
                column("SPECIES", species[kept]),
                column("CLEAN", clean[kept]),
                column("BLEND_NM", np.clip(shift[kept], 0, 1).astype("f4"), "nm"),
            ]
        },
    )
    print(f"{kept.sum()} lines, {clean.sum()} clean")


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
    order: Order, wavelength: Floats, lamps: Lamps, spectrum: tuple
) -> tuple[NDArray[np.bool_], Floats]:
    """Return which lines are clean in this order, and the largest predicted pull in pixels."""
    step = order.step(wavelength)
    good = np.ones(len(wavelength), bool)
    worst = np.zeros(len(wavelength))
    for lamp in lamps.tables:
        strength, listed = lamp.find(wavelength, SAME_NM)
        usable = listed & (np.nan_to_num(strength) > 0)
        strength = np.where(usable, strength, np.nan)
        pulled = pull(wavelength, strength, lamp.wavelength, lamp.intensity, step)
        near = drowned(wavelength, strength, lamp.wavelength, lamp.intensity, step)
        good &= usable & (pulled < MAX_PULL_PX) & ~near
        worst = np.fmax(worst, pulled)
    seen, _ = lamps.brightness.find(wavelength, SAME_NM)
    alike, one = lamps.equal.wavelength, np.ones(len(wavelength))
    unsaturated, known = lamps.equal.find(wavelength, SAME_NM)
    # Where Murphy lists no line, a lamp made from his list must not offer another one instead.
    bound = np.where(known, MAX_PULL_EQUAL_PX, MAX_PULL_PX)
    good &= pull(wavelength, one, alike, np.ones(len(alike)), step) < bound
    good &= seen > FAINTEST * np.sort(unsaturated[known])[-10]
    for k in np.flatnonzero(good):
        if seen[k] > SATURATED:
            continue
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


def join_intensities(
    wavelength: Floats, nist: Floats, ion: NDArray[np.str_], murphy: Lamp
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return intensities on Murphy's scale, and which lines are bright enough to have a row."""
    intensity, listed = murphy.find(wavelength, SAME_NM)
    # Two of NIST's lines that he saw as one: the row goes to the brighter of them.
    twins = (np.diff(wavelength) < 2 * SAME_NM) & (np.diff(intensity) == 0)
    kept = listed.copy()
    kept[:-1] &= ~(twins & (nist[:-1] < nist[1:]))
    kept[1:] &= ~(twins & (nist[1:] <= nist[:-1]))
    for element in ("Th", "Ar"):
        mine = np.char.startswith(ion, element) & (nist > 1)
        known = np.flatnonzero(mine & listed)
        for k in np.flatnonzero(mine & ~listed):
            near = known[np.argsort(np.abs(wavelength[known] - wavelength[k]))[:NEAREST]]
            # The two scales are related by a power: NIST's spans more decades.
            slope, level = np.polyfit(np.log(nist[near]), np.log(intensity[near]), 1)
            intensity[k] = np.exp(level) * nist[k] ** np.clip(slope, 0.3, 1.0)
            kept[k] = intensity[k] > np.percentile(intensity[near], FAINT_PERCENT)
    return np.nan_to_num(intensity), kept


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
