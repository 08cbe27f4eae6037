"""Write ``calib_static/simulator/sky.fits``: sky emission, transmission, a standard star.

Sources (unpacked wheels of PyPI):
* scopesim 0.11.4, GPL-3: a table that ESO's SkyCalc 2.0.9 computed (Noll et al. 2012, A&A 543,
  A92; Jones et al. 2013, A&A 560, A91) for airmass 1 and 2.5 mm of water; numbers only
* pypeit 2.0.1, BSD-3: ``OH_R24000_lines.dat`` (vacuum A) and the night sky of
  ``paranal_sky.fits`` (vacuum A, 0.05 A steps)
* aspired 0.5.1, BSD-3: LTT 3218 (Moehler et al. 2014, A&A 568, A9)

SkyCalc puts each airglow line into one bin of R = 6000.  Its flux is kept and shared out, by their
amplitudes, among the lines of the OH list within the bin and its neighbours: both halves of a
Lambda doublet are lines of their own. Where there is none the wavelength is that of the centroid
of the peak in the high-resolution night sky (below 1 um), else that of the bin.

Usage: python simulator_sky.py SCOPESIM_DIR PYPEIT_DIR ASPIRED_DIR [OUT.fits]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from astropy.io import fits
from simulator_lamps import air_to_vacuum, read_pypeit

LIMITS = (300.0, 2100.0)
FAINTEST = 0.002  # photon/s/m2/arcsec2


def peak_centroid(wave: np.ndarray, sky: np.ndarray, near: float, width: float) -> float | None:
    """Centroid of the brightest narrow peak within ``width`` of ``near``, or None."""
    window = np.flatnonzero(np.abs(wave - near) <= width)
    if window.size < 5:
        return None
    at = window[np.argmax(sky[window])]
    part = slice(at - 3, at + 4)
    level = np.median(sky[at - 40 : at + 41])
    excess = np.clip(sky[part] - level, 0, None)
    if sky[at] < 1.3 * level or excess.sum() <= 0:
        return None
    return float((excess * wave[part]).sum() / excess.sum())


def line_table(sky: fits.FITS_rec, pypeit: Path) -> fits.BinTableHDU:
    """Airglow lines: vacuum nm, photon/s/m2/arcsec2, where the wavelength comes from."""
    lam, radiance = sky["lam"], sky["flux_ael"]
    step_um = np.gradient(lam) * 1e-3
    flux = radiance * step_um
    rows = read_pypeit(next(pypeit.rglob("OH_R24000_lines.dat")))
    rows.sort()
    known = np.array([r[0] for r in rows]) / 10
    amplitude = np.maximum([r[2] for r in rows], 1e-3)
    high = fits.open(next(pypeit.rglob("paranal_sky.fits")))
    fine, spectrum = high[1].data / 10, high[0].data
    place, strength, origin = [], [], []
    for k in np.flatnonzero(flux >= FAINTEST):
        width = 1e3 * step_um[k]
        near = np.flatnonzero(np.abs(known - lam[k]) < 0.55 * width)
        if not near.size:
            near = np.flatnonzero(np.abs(known - lam[k]) < 1.2 * width)
        if near.size:
            share = amplitude[near] / amplitude[near].sum()
            place += list(known[near])
            strength += list(flux[k] * share)
            origin += [1] * near.size
            continue
        centroid = peak_centroid(fine, spectrum, lam[k], 0.6 * width) if lam[k] < 1000 else None
        place.append(lam[k] if centroid is None else centroid)
        strength.append(flux[k])
        origin.append(0 if centroid is None else 2)
    # What several bins gave to one line is one line.
    wave, inverse = np.unique(np.round(place, 6), return_inverse=True)
    total = np.bincount(inverse, strength)
    kind = np.zeros(wave.size, dtype=np.int16)
    kind[inverse] = origin
    keep = total >= 0.1 * FAINTEST
    columns = [
        fits.Column("WAVELENGTH", "D", unit="nm", array=wave[keep]),
        fits.Column("FLUX", "E", unit="ph/s/m2/arcsec2", array=total[keep]),
        fits.Column("ORIGIN", "I", array=kind[keep]),
    ]
    return fits.BinTableHDU.from_columns(columns, name="LINES")


def continuum_table(sky: fits.FITS_rec) -> fits.BinTableHDU:
    """Continuum radiance by component, and transmission at airmass 1."""
    names = {
        "MOON": "flux_sml",
        "STARS": "flux_ssl",
        "ZODIACAL": "flux_zl",
        "RESIDUAL": "flux_arc",
        "THERMAL": "flux_tme",
    }
    unit = "ph/s/m2/um/arcsec2"
    columns = [fits.Column("WAVELENGTH", "D", unit="nm", array=sky["lam"])]
    columns += [fits.Column(k, "E", unit=unit, array=sky[v]) for k, v in names.items()]
    columns.append(fits.Column("TRANSMISSION", "E", array=sky["trans"]))
    return fits.BinTableHDU.from_columns(columns, name="CONTINUUM")


def star_table(aspired: Path) -> fits.BinTableHDU:
    """LTT 3218 averaged in steps of 0.1 nm, vacuum wavelengths."""
    path = next(aspired.rglob("fLTT3218.dat"))
    air, flux = np.loadtxt(path, usecols=(0, 1)).T
    wave = air_to_vacuum(air) / 10
    edges = np.arange(300.05, 2100.0, 0.1)
    index = np.digitize(wave, edges)
    good = (index > 0) & (index < edges.size)
    total = np.bincount(index[good], flux[good], minlength=edges.size)[1:]
    count = np.bincount(index[good], minlength=edges.size)[1:]
    centre = (edges[:-1] + edges[1:]) / 2
    value = np.interp(centre, centre[count > 0], (total / np.maximum(count, 1))[count > 0])
    columns = [
        fits.Column("WAVELENGTH", "E", unit="nm", array=centre),
        fits.Column("FLUX", "E", unit="erg/s/cm2/Angstrom", array=value),
    ]
    hdu = fits.BinTableHDU.from_columns(columns, name="STANDARD")
    hdu.header["OBJECT"] = "LTT3218"
    return hdu


def main(scopesim: Path, pypeit: Path, aspired: Path, target: Path) -> None:
    """Write the file."""
    name = "eso_skycalc_r_6000_wave_0.3_15nm_airmass_1_pwv_2.5.fits"
    with fits.open(next(scopesim.rglob(name))) as given:
        sky = given[1].data
        sky = sky[(sky["lam"] >= LIMITS[0]) & (sky["lam"] <= LIMITS[1])]
        hdus = [
            fits.PrimaryHDU(),
            continuum_table(sky),
            line_table(sky, pypeit),
            star_table(aspired),
        ]
        fits.HDUList(hdus).writeto(target, overwrite=True)


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent / "simulator" / "sky.fits"
    main(*map(Path, sys.argv[1:4]), Path(sys.argv[4]) if len(sys.argv) > 4 else here)
