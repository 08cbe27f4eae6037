"""Make ARC_LINE_LIST_NIR.fits: lines of neon, argon, xenon and mercury, and which stand alone.

Usage: python arc_lines_nir.py WHEELS

WHEELS is a folder with the wheels of ``pypeit`` (2.0.1, BSD-3), ``rascal`` (0.3.11, BSD-3) and
``soxspipe`` (0.19.0, GPL-3), from ``pip download --no-deps --ignore-requires-python``.

Wavelengths are NIST's, in vacuum: those of rascal up to 1500 nm; beyond, those that PypeIt took
from NIST for NIRSPEC and MOSFIRE. A few lines come only from the list of the official pipeline.
Its near-infrared wavelengths are in air by a conversion that differs from Ciddor's by
1.545 nm^2 / wavelength (found on 482 lines common with NIST, scatter 0.00002 nm), removed here.

A line is CLEAN if its neighbours cannot pull its centroid by more than MAX_PULL_PX with NIST's
intensities, neighbours taken brighter by OWN_FACTOR (same gas) or OTHER_FACTOR (other lamps),
and with those that NIRSPEC and MOSFIRE saw; by more than MAX_PULL_EQUAL_PX if all lines of the
official pipeline's list were equally bright; if its wavelength is known to MAX_ERROR_NM; and if
it is not too faint. All of this in each order that the line reaches.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from blends import Order, drowned, pull, read_orders
from numpy.typing import NDArray
from refraction import vacuum_of_air
from tables import column, write_table
from wheels import fits_table, nist_lines, pypeit_lines

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "soxs" / "nir"
WAVE_RANGE_NM = (785.0, 2060.0)
NIST_ENDS_NM = 1480.0
MAX_PULL_PX = 0.15
MAX_PULL_EQUAL_PX = 0.5
OWN_FACTOR, OTHER_FACTOR = 2.0, 4.0
MAX_ERROR_NM = 0.003
MAX_CONFLICT_NM, CONFLICT_REACH_NM = 0.002, 0.03
FAINTEST = 1 / 1000  # of the third brightest line of the order
TWINS_NM = 0.004  # a tenth of a pixel
GASES = ("Ne", "Ar", "Xe", "Hg")
# NIST's scales differ from gas to gas: factors that make the strongest lines of xenon and mercury
# as bright beside those of argon and neon as they are in spectra of lamps.
SCALE = {"Ne": 1.0, "Ar": 1.0, "Xe": 5.0, "Hg": 5.0}
# Argon at 1792.09 nm (from an older list) is NIST's 1791.961 nm, on which three lists agree.
WRONG_NM = (1792.09,)
# Median ratio to NIST's intensity, of the same line, in spectra that NIRSPEC and MOSFIRE took.
NIRSPEC_SCALE = {"Ne": 3.0, "Ar": 500.0, "Xe": 340.0}
MOSFIRE_SCALE = {"Ne": 1.0, "Ar": 60.0}
# The lamp lists give no strength of mercury beyond 1.5 um: rough values on NIST's scale.
MERCURY = {
    1529.583: 200, 1688.149: 20, 1692.017: 80, 1693.328: 10, 1694.201: 60, 1707.280: 120,
    1710.994: 120, 1711.676: 15, 1719.868: 20, 1720.616: 15, 1721.321: 15, 1732.942: 30,
    1743.619: 20, 1813.039: 30, 1970.018: 80,
}  # fmt: skip
FAINTEST_MERCURY = 20.0  # weaker ones are seen in microwave discharges only

Floats = NDArray[np.float64]


@dataclass
class Lines:
    """Lines of one gas: vacuum nm, intensity on NIST's scale, wavelength error in nm."""

    wavelength: Floats
    intensity: Floats
    error: Floats

    def part(self, chosen: NDArray[np.bool_]) -> Lines:
        """Return the chosen lines."""
        return Lines(self.wavelength[chosen], self.intensity[chosen], self.error[chosen])

    def add(self, other: Lines, within_nm: float) -> None:
        """Append the lines of another list that are not yet in this one."""
        for wavelength, intensity, error in zip(
            other.wavelength, other.intensity, other.error, strict=True
        ):
            distance = np.abs(self.wavelength - wavelength)
            if not len(distance) or distance.min() > within_nm:
                self.wavelength = np.append(self.wavelength, wavelength)
                self.intensity = np.append(self.intensity, intensity)
                self.error = np.append(self.error, error)


def main(folder: Path) -> None:
    """Write the table."""
    gases = {gas: gather(folder, gas) for gas in GASES}
    wavelength = np.concatenate([lines.wavelength for lines in gases.values()])
    strength = np.concatenate([lines.intensity * SCALE[gas] for gas, lines in gases.items()])
    error = np.concatenate([lines.error for lines in gases.values()])
    gas = np.concatenate([np.full(len(lines.wavelength), g) for g, lines in gases.items()])
    sort = np.argsort(wavelength)
    wavelength, strength, error, gas = wavelength[sort], strength[sort], error[sort], gas[sort]
    wavelength, strength, error, gas = join_twins(wavelength, strength, error, gas)
    others = [seen_lines(folder, "NIRSPEC-ArNeKrXe"), seen_lines(folder, "Ar_IR_MOSFIRE")]
    official = official_lines(folder)
    clean = error < 1.01 * MAX_ERROR_NM
    clean &= ~((gas == "Hg") & (strength < SCALE["Hg"] * FAINTEST_MERCURY))
    shift = np.zeros(len(wavelength))
    orders = read_orders(TARGET / "SPECTRAL_FORMAT_NIR.fits")
    for order in orders:
        here = np.flatnonzero(order.holds(wavelength))
        step = order.step(wavelength[here])
        good, worst = judge(wavelength, strength, gas, here, step)
        for lamp in others:
            pulled = pull_by_name(wavelength[here], lamp, step)
            good &= ~(pulled > MAX_PULL_PX)
            worst = np.fmax(worst, pulled)
        one = np.ones(len(here))
        equal = pull(wavelength[here], one, official, np.ones(len(official)), step)
        good &= equal < MAX_PULL_EQUAL_PX
        clean[here] &= good
        shift[here] = np.fmax(shift[here], worst * step)
    report(orders, wavelength, clean, gas, strength)
    write_table(
        TARGET / "ARC_LINE_LIST_NIR.fits",
        "ARC_LINE_LIST",
        "NIR",
        {
            "LINES": [
                column("WAVELENGTH", wavelength, "nm"),
                column("INTENSITY", strength.astype("f4")),
                column("SPECIES", np.char.add(gas, " I")),
                column("CLEAN", clean),
                column("BLEND_NM", np.clip(shift, 0, 1).astype("f4"), "nm"),
            ]
        },
    )
    print(f"{len(wavelength)} lines, {clean.sum()} clean")


def join_twins(
    wavelength: Floats, strength: Floats, error: Floats, gas: NDArray
) -> tuple[Floats, Floats, Floats, NDArray]:
    """Return the list with lines too close to tell apart joined under the brightest one."""
    group = np.concatenate([[0], np.cumsum(np.diff(wavelength) > TWINS_NM)])
    total = np.bincount(group, strength)
    centroid = np.bincount(group, strength * wavelength) / total
    by_strength = np.lexsort((strength, group))
    brightest = by_strength[np.searchsorted(group[by_strength], np.unique(group), "right") - 1]
    return centroid, total, error[brightest], gas[brightest]


def gather(folder: Path, gas: str) -> Lines:
    """Return all lines of one gas, the most accurate source first."""
    wavelength, intensity, error = nist_lines(folder, gas)
    lines = Lines(np.empty(0), np.empty(0), np.empty(0))
    lines.add(Lines(wavelength, intensity, np.nan_to_num(error, nan=0.001)), 0.0005)
    if gas in NIRSPEC_SCALE:
        lines.add(listed(folder, "NIRSPEC-ArNeKrXe", gas, NIRSPEC_SCALE[gas]), 0.012)
    if gas in MOSFIRE_SCALE:
        lines.add(listed(folder, f"{gas}_IR_MOSFIRE", gas, MOSFIRE_SCALE[gas]), 0.012)
    if gas == "Ar":
        lines.add(listed(folder, "Ar_IR_GNIRS", gas, 1.0), 0.02)
    official = from_official(folder, gas)
    lines.add(official.part(official.wavelength > NIST_ENDS_NM), 0.012)
    settle_conflicts(folder, gas, lines)
    inside = (lines.wavelength > WAVE_RANGE_NM[0]) & (lines.wavelength < WAVE_RANGE_NM[1])
    inside &= np.nan_to_num(lines.intensity) > 0
    return lines.part(inside)


def listed(folder: Path, name: str, gas: str, scale: float) -> Lines:
    """Return the lines of one gas from one of PypeIt's lists; errors from their decimals."""
    wavelength, intensity, ion = pypeit_lines(folder, name)
    keep = np.char.startswith(ion, gas) & ~np.isin(np.round(wavelength, 3), WRONG_NM)
    wavelength, intensity = wavelength[keep], intensity[keep]
    return Lines(wavelength, intensity / scale, rounding_error(wavelength))


def rounding_error(wavelength: Floats) -> Floats:
    """Return half a unit of the last decimal in Angstrom, in nm."""
    error = np.full(len(wavelength), 0.05)
    for decimals in (1, 2, 3, 4):
        angstrom = wavelength * 10
        exact = np.abs(angstrom - np.round(angstrom, decimals)) < 1e-6
        error = np.where(exact & (error == 0.05), 0.05 * 10.0**-decimals, error)
    return error


def from_official(folder: Path, gas: str) -> Lines:
    """Return the lines of the official list, a conversion error taken out."""
    table = fits_table(
        folder, "soxspipe", "soxspipe/resources/static_calibrations/soxs/ArHgNeXe.fits"
    )
    keep = np.char.strip(table["ion"]) == f"{gas}I"
    air = np.unique(table["wave"][keep].astype(float))
    decimals_lost = np.abs(air - np.round(air, 2)) < 1e-7
    strength = np.ones(len(air))
    if gas == "Hg":
        strength = np.array([MERCURY.get(round(w, 3), 1.0) for w in air])
    error = np.where(decimals_lost, 0.005, 0.001)
    return Lines(vacuum_of_air(air) - 1.545 / air, strength, error)


def settle_conflicts(folder: Path, gas: str, lines: Lines) -> None:
    """Mark as uncertain the lines for which the sources differ by more than MAX_CONFLICT_NM."""
    names = {"Ar": ("NIRSPEC-ArNeKrXe", "Ar_IR_MOSFIRE"), "Xe": ("NIRSPEC-ArNeKrXe",)}
    lists = [listed(folder, name, gas, 1.0) for name in names.get(gas, ())]
    sources = [entry.wavelength[entry.error < 0.001] for entry in lists]
    official = from_official(folder, gas)
    sources.append(official.wavelength[official.error <= MAX_CONFLICT_NM])
    for other in sources:
        for k, wavelength in enumerate(lines.wavelength):
            distance = np.abs(other - wavelength)
            nearest = distance.min() if len(distance) else np.inf
            if MAX_CONFLICT_NM < nearest < CONFLICT_REACH_NM and lines.error[k] > 0.0002:
                lines.error[k] = max(lines.error[k], 2 * MAX_ERROR_NM)


def seen_lines(folder: Path, name: str) -> tuple[Floats, Floats]:
    """Return wavelengths and intensities of a list of lines seen by another spectrograph."""
    wavelength, intensity, ion = pypeit_lines(folder, name)
    keep = ~np.char.startswith(ion, "Kr") & np.isfinite(intensity)
    return wavelength[keep], intensity[keep]


def official_lines(folder: Path) -> Floats:
    """Return the lines that the official pipeline looks for, any ion, one entry a line."""
    table = fits_table(
        folder,
        "soxspipe",
        "soxspipe/resources/static_calibrations/soxs/ArHgNeXe_clean_within_2.0pixel.fits",
    )
    air = np.unique(table["wavelength"].astype(float))
    wavelength = vacuum_of_air(air) - 1.545 / air
    return wavelength[np.concatenate([[True], np.diff(wavelength) > 0.01])]


def judge(
    wavelength: Floats, strength: Floats, gas: NDArray, here: NDArray, step: Floats
) -> tuple[NDArray[np.bool_], Floats]:
    """Return which lines of one order stand alone, and the pull of their neighbours in pixels."""
    good = np.zeros(len(here), bool)
    worst = np.zeros(len(here))
    for name in GASES:
        mine = gas[here] == name
        at, own, size = wavelength[here][mine], strength[here][mine], step[mine]
        feared = strength * np.where(gas == name, OWN_FACTOR, OTHER_FACTOR)
        pulled = pull(at, own, wavelength, feared, size)
        good[mine] = (pulled < MAX_PULL_PX) & ~drowned(at, own, wavelength, strength, size)
        worst[mine] = pulled / OWN_FACTOR
    good &= strength[here] > FAINTEST * np.sort(strength[here])[-3]
    return good, worst


def pull_by_name(at: Floats, lamp: tuple[Floats, Floats], step: Floats) -> Floats:
    """Return the pull in a list of seen lines; NaN for lines that the list does not hold."""
    distance = np.abs(lamp[0][None, :] - at[:, None])
    nearest = distance.argmin(axis=1)
    own = np.where(distance.min(axis=1) < 0.003, lamp[1][nearest], np.nan)
    pulled = pull(at, own, lamp[0], lamp[1], step)
    return np.where(np.isfinite(own), pulled, np.nan)


def report(
    orders: list[Order], wavelength: Floats, clean: NDArray, gas: NDArray, strength: Floats
) -> None:
    """Print the clean lines of each order."""
    for order in orders:
        inside = (wavelength > order.useful[0]) & (wavelength < order.useful[1])
        here = clean & inside & (order.pixel(wavelength) < order.n_pixels)
        bright = here & (strength > np.sort(strength[inside])[-3] / 100)
        x = np.sort(order.pixel(wavelength[here]))
        ends = [max(order.pixel(np.array(order.useful[0])), 0), order.n_pixels]
        gap = np.diff(np.concatenate([ends[:1], x, ends[1:]])).max()
        tally = ", ".join(f"{name} {np.sum(gas[here] == name)}" for name in GASES)
        print(
            f"{order.name}: {here.sum()} clean ({tally}), {bright.sum()} bright, gap {gap:.0f} px"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
