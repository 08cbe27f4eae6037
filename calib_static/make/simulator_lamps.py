"""Write ``calib_static/simulator/lamps.fits``: every line of the arc lamps, vacuum nm.

Sources (unpacked wheels of PyPI):
* pypeit 2.0.1, BSD-3: ``data/arc_lines/lists`` (ThAr; Ar, Ne and Xe beyond 1.4 um)
* rascal 0.3.11, BSD-3: ``arc_lines/all_nist.csv`` (NIST observed vacuum wavelengths)
* mercury beyond 1.4 um: CRC Handbook of Chemistry and Physics, "Line spectra of the
  elements", air wavelengths, converted with Ciddor (1996)

Nothing is curated out: blends, faint lines and ions stay, as a lamp has them.  Catalogue
intensities span seven decades and several scales; they are compressed to the counts of a real
exposure, ELECTRONS = expected electrons through one pinhole at unit efficiency.

Usage: python simulator_lamps.py PYPEIT_DIR RASCAL_DIR [OUT.fits]
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

import numpy as np
from astropy.io import fits

#: Air wavelength in A and strength of neutral mercury in the near infrared.
MERCURY = (
    (10139.76, 10000), (11287.40, 4000), (12070.0, 400), (13209.95, 250), (13426.57, 250),
    (13468.38, 250), (13505.58, 200), (13570.21, 900), (13673.51, 700), (13950.55, 500),
    (15295.82, 3000), (16881.48, 150), (16920.16, 400), (16942.00, 400), (17072.79, 700),
    (17109.93, 600), (17116.75, 150), (17198.67, 300), (17213.20, 100), (17329.41, 250),
    (17436.18, 100), (18130.38, 150), (19700.17, 120),
)  # fmt: skip

#: Electrons of a line of the reference intensity, the reference intensity, the exponent.
SCALES = {
    "Th": (2.8e3, 500.0, 1.0),
    "ThLampAr": (1.0e4, 500.0, 0.75),
    "Ar": (2.0e4, 1000.0, 0.60),
    "Ne": (1.8e4, 2000.0, 0.60),
    "Xe": (1.0e4, 500.0, 0.60),
    "Hg": (1.5e4, 500.0, 0.70),
}
ION_FACTOR = 0.02


def air_to_vacuum(angstrom: np.ndarray) -> np.ndarray:
    """Invert Ciddor's index of refraction (standard air) by iteration."""
    vacuum = angstrom.copy()
    for _ in range(4):
        sigma2 = (1e4 / vacuum) ** 2
        index = 1 + 1e-8 * (5792105.0 / (238.0185 - sigma2) + 167917.0 / (57.362 - sigma2))
        vacuum = angstrom * index
    return vacuum


def number(text: str) -> float:
    """Leading number of an intensity such as ``96*`` or ``20:``; 1 if there is none."""
    found = re.match(r"\s*([0-9.]+)", text or "")
    return float(found.group(1)) if found else 1.0


def read_pypeit(path: Path) -> list[tuple[float, str, float]]:
    """Rows (vacuum A, ion, amplitude) of one of pypeit's lists."""
    rows = [r.strip().strip("|").split("|") for r in path.read_text().splitlines() if "|" in r]
    rows = [r for r in rows if not r[0].startswith("#")]
    head = [h.strip() for h in rows[0]]
    wave, ion, amplitude = (head.index(k) for k in ("wave", "ion", "amplitude"))
    return [(float(r[wave]), r[ion].strip(), number(r[amplitude])) for r in rows[1:]]


def read_nist(path: Path, element: str) -> list[tuple[float, str, float]]:
    """Rows of one element of rascal's copy of the NIST table."""
    out = []
    with path.open() as handle:
        for row in csv.DictReader(handle):
            wave = row["obs_wl_vac(A)"].strip()
            if row["element"].strip() == element and re.fullmatch(r"[0-9.]+", wave):
                ion = element if row["sp_num"].strip() == "1" else element + " II"
                out.append((float(wave), ion, number(row["intens"])))
    return out


def merge(first: list, *others: list) -> list:
    """Add lines of other lists that are not within 0.6 A of a line already there."""
    out = list(first)
    for other in others:
        have = np.sort([r[0] for r in out]) if out else np.array([])
        out += [r for r in other if have.size == 0 or np.abs(have - r[0]).min() > 0.6]
    return out


def electrons(rows: list, key: str) -> np.ndarray:
    """Compress catalogue intensities to electrons."""
    reference, intensity, power = SCALES[key]
    value = np.array([max(r[2], 0.3) for r in rows])
    ion = np.array([ION_FACTOR if r[1].endswith("II") else 1.0 for r in rows])
    return np.minimum(reference * (value / intensity) ** power, 1.2e6) * ion


def thorium_argon(lists: Path) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Return wavelengths, ions and electrons of the thorium-argon lamp."""
    rows = [r for r in read_pypeit(lists / "ThAr_lines.dat") if 3350 < r[0] < 8700]
    value = np.empty(len(rows))
    argon = np.array([r[1].startswith("Ar") for r in rows])
    for flag, key in ((False, "Th"), (True, "ThLampAr")):
        reference, intensity, power = SCALES[key]
        part = np.array([max(r[2], 0.5) for r in rows])[argon == flag]
        value[argon == flag] = np.minimum(reference * (part / intensity) ** power, 8e5)
    # A hollow cathode shows ions, too, but the third spectrum hardly.
    weak = np.array([0.02 if r[1].endswith("III") else 1.0 for r in rows])
    return np.array([r[0] for r in rows]) / 10, [r[1] for r in rows], value * weak


def penrays(lists: Path, nist: Path) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Return wavelengths, ions and electrons of the four pencil lamps."""
    infrared = read_pypeit(lists / "NIRSPEC-ArNeKrXe_lines.dat")

    def of(element: str) -> list:
        return [(w, element, a / 15) for w, ion, a in infrared if ion.startswith(element)]

    argon = merge(
        read_nist(nist, "Ar"),
        of("Ar"),
        [(w, "Ar", 30 * a) for w, _, a in read_pypeit(lists / "Ar_IR_GNIRS_lines.dat")],
    )
    neon = merge(read_nist(nist, "Ne"), of("Ne"), read_pypeit(lists / "Ne_IR_MOSFIRE_lines.dat"))
    neon = [(w, "Ne II" if ion.endswith("II") else "Ne", a) for w, ion, a in neon]
    xenon = merge(read_nist(nist, "Xe"), of("Xe"))
    air = np.array([m[0] for m in MERCURY])
    strong = [(w, "Hg", float(m[1])) for w, m in zip(air_to_vacuum(air), MERCURY, strict=True)]
    mercury = merge(strong, read_nist(nist, "Hg"))
    wave, ions, value = [], [], []
    for key, rows in (("Ar", argon), ("Ne", neon), ("Xe", xenon), ("Hg", mercury)):
        rows = [r for r in rows if 7900 < r[0] < 20800]
        wave += [r[0] / 10 for r in rows]
        ions += [r[1] for r in rows]
        value.append(electrons(rows, key))
    return np.array(wave), ions, np.concatenate(value)


def table(name: str, wave: np.ndarray, ions: list[str], value: np.ndarray) -> fits.BinTableHDU:
    """One lamp as a binary table, sorted by wavelength."""
    order = np.argsort(wave)
    columns = [
        fits.Column("WAVELENGTH", "D", unit="nm", array=wave[order]),
        fits.Column("ELECTRONS", "E", unit="electron", array=value[order]),
        fits.Column("SPECIES", "6A", array=np.array(ions)[order]),
    ]
    hdu = fits.BinTableHDU.from_columns(columns, name=name)
    hdu.header["WAVEMED"] = "VACUUM"
    return hdu


def main(pypeit: Path, rascal: Path, target: Path) -> None:
    """Write both lamps."""
    lists = next(pypeit.rglob("data/arc_lines/lists"))
    nist = next(rascal.rglob("all_nist.csv"))
    hdus = [
        fits.PrimaryHDU(),
        table("THAR", *thorium_argon(lists)),
        table("PENRAY", *penrays(lists, nist)),
    ]
    fits.HDUList(hdus).writeto(target, overwrite=True)


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent / "simulator" / "lamps.fits"
    main(*map(Path, sys.argv[1:3]), Path(sys.argv[3]) if len(sys.argv) > 3 else here)
