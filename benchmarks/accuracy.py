"""Measure a reduction of simulated frames against what the simulator put in.

    soxspipe simulate RAW --seed 1
    soxspipe reduce RAW -o REDUCED
    python benchmarks/accuracy.py RAW REDUCED

Reads the products as any user would, with astropy, and the truth that the simulator leaves in
``RAW_truth``. Prints one table a quantity; ``--json FILE`` also writes the numbers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["assess", "assess_centres", "assess_extraction", "assess_map", "assess_sky", "main"]

Floats = NDArray[np.float64]
#: Flags that forbid the use of a pixel or bin, as the products' headers explain them.
FATAL = 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256
#: Exposures of the science target, as the simulator calls them.
KINDS = ("object", "object_nod", "object_offset")
TRANSPOSED = {"VIS": True, "NIR": False}
#: Half the slit without three pixels at its end: over that the mean of the flat is one.
INNER_ARCSEC = 5.2


def canonical(image: NDArray, arm: str) -> NDArray:
    """Return an image with the dispersion along axis 1, as native floats."""
    image = image.T if TRANSPOSED[arm] else image
    return image if image.dtype.kind == "i" else np.asarray(image, dtype=float)


def binned_to(image: NDArray, shape: tuple[int, ...], *, summed: bool = False) -> NDArray:
    """Bring the truth, which is kept pixel by pixel, to the shape of a binned frame."""
    rows, columns = image.shape[0] // shape[0], image.shape[1] // shape[1]
    if rows == columns == 1:
        return image
    parts = image[: rows * shape[0], : columns * shape[1]]
    parts = parts.reshape(shape[0], rows, shape[1], columns)
    if image.dtype.kind == "i":
        low, high = parts.min(axis=(1, 3)), parts.max(axis=(1, 3))
        return np.where(low == high, low, 0)
    return parts.sum(axis=(1, 3)) if summed else parts.mean(axis=(1, 3))


def products(folder: Path) -> Iterator[tuple[str, Path, fits.Header]]:
    """Yield category, path and primary header of every product."""
    for path in sorted(folder.rglob("*.fits")):
        header = fits.getheader(path)
        if "ESO PRO CATG" in header:
            yield str(header["ESO PRO CATG"]), path, header


def find(folder: Path, category: str) -> list[tuple[Path, fits.Header]]:
    """Return the products of a category."""
    return [(path, header) for name, path, header in products(folder) if name == category]


def rms(values: Floats) -> float:
    """Return the root mean square of the finite values."""
    values = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")


def assess_map(reduced: Path, truth: Path, arm: str) -> dict[int, dict[str, float]]:
    """Compare the pixel map with the true wavelength of every pixel."""
    path, _ = find(reduced, f"DISP_IMAGE_{arm}")[-1]
    measured = {n: canonical(fits.getdata(path, n), arm) for n in ("WAVELENGTH", "SLIT", "ORDER")}
    true_path = truth / f"map_{arm}_day.fits"
    shape = measured["ORDER"].shape
    true = {
        n: binned_to(canonical(fits.getdata(true_path, n), arm), shape)
        for n in ("WAVELENGTH", "SLIT", "ORDER")
    }
    nm_per_px = np.abs(np.gradient(true["WAVELENGTH"], axis=1))
    result = {}
    for order in np.unique(true["ORDER"][true["ORDER"] > 0]).astype(int):
        same = (measured["ORDER"] == order) & (true["ORDER"] == order)
        same &= np.isfinite(nm_per_px)
        error = np.where(same, (measured["WAVELENGTH"] - true["WAVELENGTH"]) / nm_per_px, np.nan)
        count = np.maximum(np.isfinite(error).sum(axis=0), 1)
        along_slit = error - np.nansum(error, axis=0) / count
        slit = np.where(same, measured["SLIT"] - true["SLIT"], np.nan)
        result[int(order)] = {
            "rms_px": rms(error),
            "worst_px": float(np.nanmax(np.abs(error))),
            "along_slit_px": rms(along_slit),
            "slit_arcsec": rms(slit),
        }
    return result


def assess_centres(reduced: Path, truth: Path, arm: str) -> dict[int, float]:
    """Compare the order centres with the true ones: rms in pixels."""
    path, _ = find(reduced, f"ORDER_TAB_CENTRES_{arm}")[-1]
    rows, header = fits.getdata(path, 1), fits.getheader(path)
    true = fits.getdata(truth / f"map_{arm}_day.fits", "TRACES")
    # The dispersion of VIS runs along the detector's rows, BINY.
    across, along = (
        (int(header.get(f"ESO DET BIN{k}", 1)) for k in "XY") if TRANSPOSED[arm] else (1, 1)
    )
    true_x, true_y = ((true[k] + 0.5) / f - 0.5 for k, f in (("X", along), ("Y", across)))
    result = {}
    for row in rows:
        order = int(row["ORDER"])
        mine = (true["ORDER"] == order) & np.isfinite(true["Y"])
        low, high = row["X_FIRST"], row["X_LAST"]
        mine &= (true_x >= low) & (true_x <= high)
        t = (2 * true_x[mine] - low - high) / (high - low)
        found = np.polynomial.chebyshev.chebval(t, row["CENTRE_COEF"])
        result[order] = rms(found - true_y[mine])
    return result


class Exposure:
    """A reduced science exposure beside its truth, dispersion along axis 1."""

    def __init__(self, reduced: Path, truth: Path, sky_subtracted: Path, arm: str) -> None:
        header = fits.getheader(sky_subtracted)
        names = [str(header[k]) for k in header if k.startswith("ESO PRO REC1 RAW")]
        stems = [n.removesuffix(".fits") for n in names if n.startswith("SOXS.")]
        kind, stem = next(
            (kind, s)
            for s in stems
            for kind in KINDS
            if (truth / f"map_{kind}_{arm}_{s}.fits").exists()
        )
        self.arm, self.header, self.mjd = arm, header, header["MJD-OBS"]
        self.reduced, self.truth, self.stem = reduced, truth, stem
        with fits.open(sky_subtracted) as units:
            self.data = canonical(units[0].data, arm)
            self.error = canonical(units["ERRS"].data, arm)
            self.quality = canonical(units["QUAL"].data.astype(np.int64), arm)
        self.light = truth / f"light_{kind}_{arm}_{stem}.fits"
        shape = self.data.shape

        def true(path: Path, name: str, *, summed: bool = False) -> NDArray:
            return binned_to(canonical(fits.getdata(path, name), arm), shape, summed=summed)

        self.spectra = truth / f"spectra_{kind}_{arm}_{stem}.fits"
        self.sky = true(self.light, "SKY", summed=True)
        true_map = truth / f"map_{kind}_{arm}_{stem}.fits"
        self.wave, self.slit, self.order = (
            true(true_map, name) for name in ("WAVELENGTH", "SLIT", "ORDER")
        )
        # Flat-fielding refers every slit position to the mean illumination of the inner slit.
        illumination = true(true_map, "ILLUMINATION")
        inner = (self.order > 0) & (np.abs(self.slit) < INNER_ARCSEC)
        self.illumination = illumination / illumination[inner].mean()
        self.object = self._true_light("OBJECT")
        detector = fits.getheader(truth / f"detector_{arm}.fits")
        self.read_noise = float(detector["RON"])
        self.seconds = float(header["EXPTIME"])
        self.dark = true(truth / f"detector_{arm}.fits", "DARK", summed=True)

    @property
    def good(self) -> NDArray[np.bool_]:
        """True for unflagged pixels well inside the slit."""
        inside = (self.order > 0) & (np.abs(self.slit) < 5.5) & (self.error > 0)
        return inside & ((self.quality & FATAL) == 0)

    def light_of(self, position_arcsec: float) -> Floats:
        """Return the image of the one source next to a slit position."""
        with fits.open(self.spectra) as units:
            tables = [unit.data for unit in units if unit.name.startswith("SOURCE")]
        if len(tables) < 2:
            return self.object
        chosen = int(np.argmin([abs(np.median(t["POSITION"]) - position_arcsec) for t in tables]))
        return self._true_light(f"OBJECT{chosen + 1}")

    def _true_light(self, name: str) -> Floats:
        """Return expected electrons, divided by the illumination as the flat does it."""
        image = canonical(fits.getdata(self.light, name), self.arm)
        return binned_to(image, self.data.shape, summed=True) / self.illumination


def science(reduced: Path, truth: Path, arm: str) -> list[Exposure]:
    """Return the sky-subtracted science exposures of an arm."""
    found = find(reduced, f"SCI_SKYSUB_2D_{arm}")
    return [Exposure(reduced, truth, path, arm) for path, _ in found]


def assess_sky(exposure: Exposure) -> dict[int, dict[str, float]]:
    """Measure the residual of the sky on pixels that hold no light of the object."""
    residual = (exposure.data - exposure.object) / np.where(exposure.error > 0, exposure.error, 1)
    blank = exposure.good & (exposure.object < 0.3 * exposure.error)
    result = {}
    for order in np.unique(exposure.order[exposure.order > 0]).astype(int):
        mine = blank & (exposure.order == order)
        if mine.sum() < 500:
            continue
        sky = exposure.sky[mine]
        core = sky > 3.0 * np.median(sky) + 50.0
        pull = residual[mine]
        enough = core.sum() > 200
        result[int(order)] = {
            "chi2": float(np.mean(pull[~core] ** 2)),
            "chi2_cores": float(np.mean(pull[core] ** 2)) if enough else float("nan"),
            "cores_error": float(np.sqrt(2.0 / core.sum())) if enough else float("nan"),
            "beyond_5_sigma": float(np.mean(np.abs(pull) > 5)),
            "mean_pull": float(np.mean(pull)),
        }
    return result


def true_spectrum(
    exposure: Exposure, target: Floats, order: int, wave: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the target's electrons in each bin and two ideal signal-to-noise ratios.

    The noise-free image of the target is brought row by row to the wavelengths of the bins and
    summed; the first ideal is the Fisher information of all rows for the true noise of each
    pixel, as if the sky were known. The second fits a constant sky in the bin beside the target.
    """
    rows = np.flatnonzero((exposure.order == order).any(axis=1))
    total, information, cross, plain = (np.zeros(len(wave)) for _ in range(4))
    width = np.abs(np.gradient(wave))
    sky = exposure.sky + exposure.object + exposure.dark * exposure.seconds
    for row in rows:
        mine = np.flatnonzero((exposure.order[row] == order) & np.isfinite(exposure.wave[row]))
        if mine.size < 4:
            continue
        at = exposure.wave[row, mine]
        rank = np.argsort(at)
        at, mine = at[rank], mine[rank]
        per_nm = target[row, mine] / np.abs(np.gradient(at))
        variance = sky[row, mine] + exposure.read_noise**2
        signal = np.interp(wave, at, per_nm, left=0, right=0) * width
        noise = np.interp(wave, at, variance, left=np.inf, right=np.inf)
        total += signal
        information += signal**2 / noise
        cross += signal / noise
        plain += 1.0 / noise
    beside = information - cross**2 / np.maximum(plain, 1e-30)
    return total, np.sqrt(information), np.sqrt(np.maximum(beside, 0.0))


def target_position(exposure: Exposure) -> float:
    """Return where on the slit the extracted source was found."""
    for path, header in find(exposure.reduced, f"SCI_OBJECT_TAB_{exposure.arm}"):
        courses = fits.getdata(path, "SOURCES")["TRACE_COEF"]
        if abs(header["MJD-OBS"] - exposure.mjd) < 1e-7 and len(courses):
            return float(courses[0].flat[0])
    return 0.0


def compare_sums(
    flux: Floats, true: Floats, error: Floats, correlation: Floats, good: NDArray[np.bool_]
) -> dict[str, float]:
    """Compare the light of all stretches that stand out of the noise, lines included.

    Sums over whole stretches do not mind that lines are sharper than the truth is sampled.
    """
    apart = ndimage.binary_dilation(true > 3 * error, iterations=10) & good
    if apart.sum() < 20:
        return {"sum_bias": float("nan"), "sum_error": float("nan")}
    total = float(true[apart].sum())
    pairs = apart[:-1] & apart[1:]
    variance = (error[apart] ** 2).sum()
    variance += 2 * (correlation[:-1] * error[:-1] * error[1:])[pairs].sum()
    return {
        "sum_bias": float(flux[apart].sum()) / total - 1,
        "sum_error": float(np.sqrt(variance)) / total,
    }


def assess_extraction(exposure: Exposure) -> dict[int, dict[str, float]]:
    """Compare the extracted orders with the object's true electrons."""
    found = [
        path
        for path, header in find(exposure.reduced, f"SCI_ORDERS_1D_{exposure.arm}")
        if abs(header["MJD-OBS"] - exposure.mjd) < 1e-7
    ]
    result: dict[int, dict[str, float]] = {}
    if not found:
        return result
    bins = fits.getdata(found[0], "EXTRACTED_ORDERS")
    if not len(bins):
        # An exposure of the sky holds no spectrum.
        return result
    target = exposure.light_of(target_position(exposure))
    for order in np.unique(bins["ORDER"]):
        mine = bins[bins["ORDER"] == order]
        wave, flux, error = (np.asarray(mine[n], float) for n in ("WAVE", "FLUX", "ERR"))
        true, ideal, beside = true_spectrum(exposure, target, int(order), wave)
        good = ((mine["QUAL"] & FATAL) == 0) & (error > 0) & (ideal > 0)
        good[:20] = good[-20:] = False
        summed = compare_sums(flux, true, error, np.asarray(mine["CORRELATION"], float), good)
        # Where a telluric line is sharper than a bin the truth itself is interpolated.
        smooth = np.abs(np.gradient(true)) < 0.1 * np.abs(true) + 3 * error
        good &= smooth
        if good.sum() < 50:
            result[int(order)] = summed
            continue
        pull = (flux - true)[good] / error[good]
        level = ideal**2 / np.where(true > 0, true, np.inf)
        bright = good & (ideal >= 3)
        # Weights from the truth: reported errors know of the noise and would favour low bins.
        weight = (ideal**2 / np.where(true > 0, true, 1))[bright]
        bias = spread = float("nan")
        if bright.sum() > 50:
            bias = float(weight @ flux[bright] / (weight @ true[bright]) - 1)
            spread = float(1 / np.sqrt(np.sum(ideal[bright] ** 2)))
        result[int(order)] = {
            "snr": float(np.median(ideal[good])),
            "bias": bias,
            "bias_error": spread,
            "level": float(level[good] @ flux[good] / (level[good] @ true[good]) - 1),
            "level_error": float(1 / np.sqrt(np.sum(ideal[good] ** 2))),
            "pull_mean": float(np.mean(pull)),
            "pull_width": float(1.4826 * np.median(np.abs(pull - np.median(pull)))),
            "pull_std": float(np.std(np.clip(pull, -6, 6))),
            # Where the target has no light its share of a pixel means nothing.
            "snr_to_ideal": float(np.median(((true / error) / ideal)[good & (ideal > 0.1)])),
            "snr_to_local": float(
                np.median(((true / error) / np.maximum(beside, 1e-30))[good & (ideal > 0.1)])
            ),
            **summed,
            "kept": float(np.mean(good[20:-20] | ~smooth[20:-20])),
        }
    return result


def assess(raw: Path, reduced: Path) -> dict[str, dict[str, object]]:
    """Assess every arm of a reduction that has the products for it."""
    truth = raw.with_name(raw.name + "_truth")
    result: dict[str, dict[str, object]] = {}
    for arm in ("VIS", "NIR"):
        if not find(reduced, f"DISP_IMAGE_{arm}"):
            continue
        found: dict[str, object] = {
            "map": assess_map(reduced, truth, arm),
            "centres": assess_centres(reduced, truth, arm),
        }
        for number, exposure in enumerate(science(reduced, truth, arm), 1):
            found[f"sky {number}"] = assess_sky(exposure)
            found[f"extraction {number}"] = assess_extraction(exposure)
        result[arm] = found
    return result


def show(result: dict[str, dict[str, object]]) -> None:
    """Print one table a quantity."""
    for arm, quantities in result.items():
        for name, by_order in quantities.items():
            print(f"\n{arm} {name}")
            if not isinstance(by_order, dict) or not by_order:
                print("  nothing measured")
                continue
            for order, values in by_order.items():
                if isinstance(values, dict):
                    text = "  ".join(f"{k} {v:9.4f}" for k, v in values.items())
                else:
                    text = f"{values:9.4f}"
                print(f"  order {order:3d}  {text}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("raw", type=Path, help="folder of simulated raw frames")
    parser.add_argument("reduced", type=Path, help="folder of the reduction")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    arguments = parser.parse_args()
    result = assess(arguments.raw, arguments.reduced)
    show(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
