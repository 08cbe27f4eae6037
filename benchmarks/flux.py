"""Measure calibrated spectra of simulated nights against the flux that was put in.

    soxspipe simulate RAW --block night --seed 1
    soxspipe reduce RAW -o REDUCED
    python -m benchmarks.flux RAW REDUCED --scene standard

The response comes from the flux standard of the night, the science target is another star: no
spectrum is judged by itself. Telluric bands are told apart: what the correction leaves there, and
how far the response is from the true efficiency. The pipeline makes up for the light that the
slit cut off, so the truth is what came from the star.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from benchmarks.accuracy import find
from soxs_pipeline.simulator.light import source_rate
from soxs_pipeline.simulator.optics import TELESCOPE_AREA_M2, efficiency
from soxs_pipeline.simulator.scenes import get_scene

__all__ = ["compare", "compare_bands", "compare_response", "main"]

Floats = NDArray[np.float64]
_PLANCK_TIMES_C_ERG_NM = 6.62607015e-27 * 2.99792458e17
_BANDS = Path(__file__).parents[1] / "calib_static" / "common" / "MOLECULAR_BANDS.fits"
#: Bins of the comparison, in nm.
_BIN_NM = 2.0
#: Bins of a band through which less of the light came are left out; what is near a band, in nm.
_LEAST_PASSED, _NEAR_NM = 0.2, 60.0


def true_flux(scene: str, wave: Floats) -> Floats:
    """Return the flux of the first source in erg/s/cm2/Angstrom."""
    source = get_scene(scene).sources[0]
    photons = source_rate(source, wave)
    flux: Floats = photons * _PLANCK_TIMES_C_ERG_NM / wave / (TELESCOPE_AREA_M2 * 1e4) / 10.0
    return flux


def outside_bands(wave: Floats) -> NDArray[np.bool_]:
    """Return True for wavelengths outside of the molecular bands."""
    bands = fits.getdata(_BANDS, "BANDS")
    return ~np.any(
        [(wave > b["WAVE_LOW"] - 2) & (wave < b["WAVE_HIGH"] + 2) for b in bands], axis=0
    )


def compare(reduced: Path, scene: str) -> dict[str, dict[str, float]]:
    """Return rms and mean of the relative departure from the truth, for each arm."""
    path, header = find(reduced, "SCI_MERGED_1D")[0]
    if "erg" not in str(header["ESO PRO UNIT"]):
        raise SystemExit(f"{path} is not calibrated in flux")
    rows = fits.getdata(path, "MERGED")
    wave, flux = np.asarray(rows["WAVE"], float), np.asarray(rows["FLUX"], float)
    error = np.asarray(rows["ERR"], float)
    true = true_flux(scene, wave)
    good = (rows["QUAL"] == 0) & np.isfinite(flux) & np.isfinite(true) & outside_bands(wave)
    result = {}
    for number in range(1, 3):
        name = header.get(f"ESO PRO ARM{number}")
        mine = good & (rows["ARM"] == number)
        if name is None or not mine.any():
            continue
        place = ((wave[mine] - wave[mine][0]) / _BIN_NM).astype(int)
        weight = 1.0 / error[mine] ** 2
        total = np.bincount(place, weight)
        filled = total > 0
        top, bottom = (
            np.bincount(place, weight * flux[mine]),
            np.bincount(place, weight * true[mine]),
        )
        ratio = top[filled] / bottom[filled] - 1.0
        noise = 1.0 / np.sqrt(total[filled]) / (bottom[filled] / total[filled])
        sure = noise < 0.02
        result[str(name)] = {
            "mean_percent": 100 * float(np.mean(ratio[sure])),
            "rms_percent": 100 * float(np.sqrt(np.mean(ratio[sure] ** 2))),
            "worst_percent": 100 * float(np.max(np.abs(ratio[sure]))),
            "noise_percent": 100 * float(np.sqrt(np.mean(noise[sure] ** 2))),
            "bins": float(sure.sum()),
        }
    return result


def compare_bands(reduced: Path, scene: str) -> dict[str, dict[str, float]]:
    """Return how far the corrected spectrum is from the truth in each molecular band.

    Relative to what the spectrum is off by beside the band, so that the level of the slit losses
    does not tell. Bins through which less than `_LEAST_PASSED` came are left out. Nothing without
    a corrected spectrum.
    """
    corrected, models = find(reduced, "SCI_TELLURIC_1D"), find(reduced, "SCI_TELLURIC_MODEL")
    if not corrected or not models:
        return {}
    rows = fits.getdata(corrected[0][0], "MERGED")
    wave, flux = np.asarray(rows["WAVE"], float), np.asarray(rows["FLUX"], float)
    error, true = np.asarray(rows["ERR"], float), true_flux(scene, wave)
    air = fits.getdata(models[0][0], "TELLURIC")
    passed = np.interp(wave, air["WAVE"], air["TRANSMISSION"])
    good = (rows["QUAL"] == 0) & np.isfinite(flux) & np.isfinite(true) & (error > 0)
    good &= passed > _LEAST_PASSED
    between = outside_bands(wave)
    result = {}
    for band in fits.getdata(_BANDS, "BANDS"):
        low, high = float(band["WAVE_LOW"]), float(band["WAVE_HIGH"])
        inside = good & (wave > low) & (wave < high)
        near = good & between & (wave > low - _NEAR_NM) & (wave < high + _NEAR_NM)
        if not inside.any() or not near.any():
            continue
        mean, noise = _ratio(flux[inside], true[inside], error[inside])
        level, _ = _ratio(flux[near], true[near], error[near])
        result[f"{low:.0f}-{high:.0f} nm"] = {
            "off_percent": 100 * (mean / level - 1.0),
            "noise_percent": 100 * noise,
            "mean_transmission": float(passed[inside].mean()),
        }
    return result


def _ratio(flux: Floats, true: Floats, error: Floats) -> tuple[float, float]:
    """Return flux over truth by inverse variance, and its relative error."""
    information = float((true**2 / error**2).sum())
    return float((flux * true / error**2).sum() / information), float(information**-0.5)


def compare_response(reduced: Path, arm: str) -> dict[str, dict[str, float]]:
    """Return rms and worst departure of a response from the true efficiency, in bands and not.

    Relative to its median between the bands. Where an order has less than a tenth of its peak
    it is left out. Nothing without a response.
    """
    found = find(reduced, f"RESPONSE_{arm}")
    if not found:
        return {}
    ratio, wave = [], []
    for row in fits.getdata(found[0][0], "RESPONSE"):
        known = np.isfinite(row["WAVE"]) & np.isfinite(row["EFFICIENCY"])
        here = np.asarray(row["WAVE"], float)[known]
        true = efficiency(arm, int(row["ORDER"]), here)
        lit = true > 0.1 * true.max()
        wave.append(here[lit])
        ratio.append((np.asarray(row["EFFICIENCY"], float)[known] / true)[lit])
    place, values = np.concatenate(wave), np.concatenate(ratio)
    between = outside_bands(place)
    off = values / np.median(values[between]) - 1.0
    return {
        name: {
            "rms_percent": 100 * float(np.sqrt(np.mean(off[mine] ** 2))),
            "worst_percent": 100 * float(np.abs(off[mine]).max()),
        }
        for name, mine in (("between bands", between), ("in bands", ~between))
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("raw", type=Path, help="of the reduction, for the record")
    parser.add_argument("reduced", type=Path)
    parser.add_argument("--scene", default="standard", help="what was simulated")
    arguments = parser.parse_args()
    for arm, spectrum in compare(arguments.reduced, arguments.scene).items():
        print(arm, _told(spectrum))
        for part, response in compare_response(arguments.reduced, arm).items():
            print(f"response {arm} {part}", _told(response))
    for band, left in compare_bands(arguments.reduced, arguments.scene).items():
        print(band, _told(left))
    for category in ("SCI_MERGED_1D", "RESPONSE_VIS", "RESPONSE_NIR"):
        for path, header in find(arguments.reduced, category):
            told = {k[7:]: header[k] for k in header if k.startswith("ESO QC ")}
            shown = {k: v for k, v in told.items() if not k.startswith("O") and "BIN" not in k}
            print(path.name, shown)


def _told(values: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.2f}" for name, value in values.items())


if __name__ == "__main__":
    main()
