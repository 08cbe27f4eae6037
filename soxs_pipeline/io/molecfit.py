"""ESO's molecfit, called through `esorex` where it is installed.

The spectrum goes out as a table, the recipes ``molecfit_model`` and ``molecfit_calctrans`` run in
a scratch folder, and the transmission comes back. Only parameters that the installed version
lists in its own configuration file are set: their names differ between versions.

Source: Smette et al. 2015, A&A 576, A77; Kausch et al. 2015, A&A 576, A78; molecfit 4.4.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.domain.telluric import ForeignTransmission
from soxs_pipeline.errors import NoSolutionError

__all__ = ["Molecfit", "find_molecfit"]

LOG = logging.getLogger(__name__)

Floats = NDArray[np.float64]

_RECIPES = ("molecfit_model", "molecfit_calctrans")
_LIST_TIMEOUT_S = 30
#: From raw frame to product the paper allows half an hour.
_RUN_TIMEOUT_S = 1500
_SPEED_OF_LIGHT_KM_S = 299792.458
_FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))
#: Resolving power where sky lines did not tell it.
_USUAL_POWER = 4500.0
#: Molecules, where they absorb (nm): narrow windows with lines that are deep but not black.
_WINDOWS = {
    "O2": ((686.5, 694.0), (759.5, 770.0), (1260.0, 1270.0)),
    "H2O": ((716.0, 730.0), (815.0, 830.0), (895.0, 915.0), (1120.0, 1130.0), (1470.0, 1480.0)),
    "CO2": ((1570.0, 1582.0), (1600.0, 1612.0), (2000.0, 2020.0)),
    "CH4": ((1640.0, 1660.0),),
}
#: Columns against those of the standard atmosphere that molecfit knows.
_RELATIVE = {"CO2": 1.06}
#: What the header must tell, and what holds on La Silla where it does not.
_SITE: Mapping[str, float] = {
    "ESO TEL ALT": 50.0,
    "ESO TEL AIRM START": 1.3,
    "ESO TEL AIRM END": 1.3,
    "ESO TEL GEOELEV": 2375.0,
    "ESO TEL GEOLAT": -29.2543,
    "ESO TEL GEOLON": -70.7346,
    "ESO TEL AMBI PRES START": 768.0,
    "ESO TEL AMBI PRES END": 768.0,
    "ESO TEL AMBI RHUM": 30.0,
    "ESO TEL AMBI TEMP": 12.0,
    "ESO TEL TH M1 TEMP": 12.0,
    "MJD-OBS": 60000.0,
}
_MODEL_PRODUCTS = ("ATM_PARAMETERS", "MODEL_MOLECULES", "BEST_FIT_PARAMETERS")


@cache
def find_molecfit() -> Molecfit | None:
    """Return molecfit if an `esorex` in the path knows its recipes, else None."""
    esorex = shutil.which("esorex")
    if esorex is None:
        return None
    try:
        # A log is left in the folder it is called from.
        with TemporaryDirectory(prefix="molecfit") as folder:
            listed = _execute([esorex, "--recipes"], Path(folder), _LIST_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError):
        return None
    return Molecfit(esorex) if all(name in listed.stdout for name in _RECIPES) else None


@dataclass(frozen=True)
class Molecfit:
    """The recipes of molecfit behind an `esorex`."""

    esorex: str

    def __call__(self, spectrum: MergedSpectrum, resolving_power: float) -> ForeignTransmission:
        """Fit the air above a spectrum, arm by arm, and return its transmission.

        Parameters
        ----------
        spectrum
            Of one arm or of several.
        resolving_power
            Assumed beforehand; 0 for that of the sky lines.

        Raises
        ------
        NoSolutionError
            If a recipe fails, or its products cannot be understood.
        """
        transmission = np.ones(spectrum.wavelength_nm.size)
        water: list[tuple[float, float]] = []
        for number in range(len(spectrum.arms)):
            # Where arms overlap the later one has the last word: it is the redder one.
            here = (spectrum.arm & (1 << number)) != 0
            windows = _windows(spectrum.wavelength_nm[here])
            if not windows:
                continue
            with TemporaryDirectory(prefix="molecfit") as folder:
                found, column = self._fit(spectrum, here, windows, resolving_power, Path(folder))
            transmission[here] = found
            water.append(column)
        if not water:
            raise NoSolutionError(
                "the spectrum reaches into none of the windows that molecfit is given",
                wanted=f"data above {_WINDOWS['O2'][0][0]:.0f} nm",
            )
        best = min(water, key=lambda one: one[1] if np.isfinite(one[1]) else np.inf)
        return ForeignTransmission(transmission, *best, program="molecfit")

    def _fit(
        self,
        spectrum: MergedSpectrum,
        here: NDArray[np.bool_],
        windows: Mapping[str, Sequence[tuple[float, float]]],
        resolving_power: float,
        folder: Path,
    ) -> tuple[Floats, tuple[float, float]]:
        _write_science(folder / "SCIENCE.fits", spectrum, here)
        _write_windows(folder / "WAVE_INCLUDE.fits", windows)
        _write_mapping(folder / "MAPPING_ATMOSPHERIC.fits", "ATM_PARAMETERS_EXT")
        _write_mapping(folder / "MAPPING_CONVOLVE.fits", "LBLRTM_RESULTS_EXT")
        settings = _settings(spectrum, here, windows, resolving_power)
        self._run("molecfit_model", ("SCIENCE", "WAVE_INCLUDE"), settings, folder)
        mappings = ("MAPPING_ATMOSPHERIC", "MAPPING_CONVOLVE")
        self._run("molecfit_calctrans", ("SCIENCE", *mappings, *_MODEL_PRODUCTS), settings, folder)
        transmission = _read_transmission(folder, int(np.count_nonzero(here)))
        return transmission, _read_water(folder / "BEST_FIT_PARAMETERS.fits")

    def _run(
        self, recipe: str, tags: Sequence[str], settings: Mapping[str, str], folder: Path
    ) -> None:
        lacking = [tag for tag in tags if not (folder / f"{tag}.fits").is_file()]
        if lacking:
            raise NoSolutionError(f"{recipe} cannot run: there is no {', '.join(lacking)}")
        configuration = folder / f"{recipe}.rc"
        self._call([f"--create-config={configuration}", recipe], recipe, folder, _LIST_TIMEOUT_S)
        _configure(configuration, recipe, settings)
        sof = folder / f"{recipe}.sof"
        lines = [f"{folder / tag}.fits {tag}\n" for tag in tags]
        sof.write_text("".join(lines), encoding="utf-8")
        options = [
            f"--recipe-config={configuration}",
            f"--output-dir={folder}",
            "--suppress-prefix=TRUE",
        ]
        LOG.info("%s runs: this takes minutes", recipe)
        self._call([*options, recipe, str(sof)], recipe, folder, _RUN_TIMEOUT_S)

    def _call(self, words: Sequence[str], recipe: str, folder: Path, limit_s: float) -> None:
        try:
            done = _execute([self.esorex, f"--log-dir={folder}", *words], folder, limit_s)
        except subprocess.TimeoutExpired as error:
            raise NoSolutionError(f"{recipe} did not end within {limit_s:.0f} s") from error
        except OSError as error:
            raise NoSolutionError(f"{recipe} cannot be called: {error}") from error
        if done.returncode:
            raise NoSolutionError(f"{recipe} ended with status {done.returncode}: {_why(done)}")


def _execute(
    words: Sequence[str], folder: Path, limit_s: float
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the esorex in the user's path
        list(words),
        cwd=folder,
        timeout=limit_s,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _why(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    errors = [line for line in lines if "[ ERROR" in line]
    return (errors or lines or ["it said nothing"])[-1][-300:]


def _windows(wave: Floats) -> dict[str, list[tuple[float, float]]]:
    """Return the windows that lie within a spectrum, by molecule."""
    if not wave.size:
        return {}
    low, high = float(wave.min()), float(wave.max())
    inside = {
        name: [(a, b) for a, b in windows if low < a and b < high]
        for name, windows in _WINDOWS.items()
    }
    return {name: windows for name, windows in inside.items() if windows}


def _write_science(path: Path, spectrum: MergedSpectrum, here: NDArray[np.bool_]) -> None:
    # Lines of the air stand still at the telescope.
    velocity = spectrum.barycentric_km_s if spectrum.barycentric else 0.0
    wave = spectrum.wavelength_nm[here] / (1.0 + velocity / _SPEED_OF_LIGHT_KM_S)
    flux, error = spectrum.flux[here], np.sqrt(np.maximum(spectrum.variance[here], 0.0))
    good = (spectrum.quality[here] & np.uint32(FATAL)) == 0
    good &= np.isfinite(flux) & np.isfinite(error) & (error > 0)
    level = float(np.median(flux[good])) if good.any() else 1.0
    scale = 1.0 / level if level > 0 else 1.0
    columns = {
        "lambda": wave / 1e3,
        "flux": np.where(good, flux * scale, 0.0),
        "dflux": np.where(good, error * scale, 0.0),
    }
    # Where the mask holds nothing but 0 and 1, molecfit takes 1 for good.
    table = fits.BinTableHDU.from_columns(
        [
            *(fits.Column(name, "D", array=values) for name, values in columns.items()),
            fits.Column("mask", "J", array=good.astype(np.int32)),
        ]
    )
    primary = fits.PrimaryHDU()
    for key, value in _site(spectrum.header).items():
        primary.header[f"HIERARCH {key}" if key.startswith("ESO") else key] = value
    primary.header["HIERARCH ESO OBS EXECTIME"] = spectrum.header.number("EXPTIME", 0.0)
    primary.header["UTC"] = spectrum.header.number("UTC", 0.0)
    fits.HDUList([primary, table]).writeto(path)


def _site(header: Header) -> dict[str, float]:
    """Return what molecfit asks the header for; one value of a pair stands for the other."""
    found: dict[str, float] = {}
    for key, usual in _SITE.items():
        other = {"START": "END", "END": "START"}.get(key.rpartition(" ")[2], "")
        pair = f"{key.rpartition(' ')[0]} {other}" if other else key
        told = (header.number(key), header.number(pair))
        found[key] = next((value for value in told if np.isfinite(value)), usual)
    if not np.isfinite(header.number("ESO TEL TH M1 TEMP")):
        found["ESO TEL TH M1 TEMP"] = found["ESO TEL AMBI TEMP"]
    return found


def _write_windows(path: Path, windows: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    rows = sorted({one for several in windows.values() for one in several})
    low, high = np.array(rows).T / 1e3
    ones = np.ones(len(rows), dtype=np.int16)
    columns = [
        fits.Column("LOWER_LIMIT", "D", array=low),
        fits.Column("UPPER_LIMIT", "D", array=high),
        *(
            fits.Column(name, "I", array=ones)
            for name in ("MAPPED_TO_CHIP", "CONT_FIT_FLAG", "CONT_POLY_ORDER", "WLC_FIT_FLAG")
        ),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(path)


def _write_mapping(path: Path, column: str) -> None:
    # The empty primary unit counts as extension 0, the spectrum is extension 1.
    fits.BinTableHDU.from_columns([fits.Column(column, "K", array=[0, 1])]).writeto(path)


def _settings(
    spectrum: MergedSpectrum,
    here: NDArray[np.bool_],
    windows: Mapping[str, object],
    resolving_power: float,
) -> dict[str, str]:
    power = resolving_power or spectrum.resolving_power
    power = power if np.isfinite(power) and power > 0 else _USUAL_POWER
    wave = spectrum.wavelength_nm[here]
    step = float(np.median(np.diff(wave) / wave[:-1]))
    molecules = list(windows)
    return {
        "LIST_MOLEC": ",".join(molecules),
        "FIT_MOLEC": ",".join("1" for _ in molecules),
        "REL_COL": ",".join(f"{_RELATIVE.get(name, 1.0):g}" for name in molecules),
        "COLUMN_LAMBDA": "lambda",
        "COLUMN_FLUX": "flux",
        "COLUMN_DFLUX": "dflux",
        "COLUMN_MASK": "mask",
        "WLG_TO_MICRON": "1.0",
        "WAVELENGTH_FRAME": "VAC",
        "USE_ONLY_INPUT_PRIMARY_DATA": "FALSE",
        "CHIP_EXTENSIONS": "FALSE",
        "MODIFY_COLUMN": "FALSE",
        "FIT_CONTINUUM": "1",
        "CONTINUUM_N": "1",
        "FIT_WLC": "1",
        "WLC_N": "0",
        "WLC_CONST": "0.0",
        "FIT_RES_BOX": "FALSE",
        "RES_BOX": "0.0",
        "FIT_RES_GAUSS": "TRUE",
        "RES_GAUSS": f"{1.0 / power / step:.3f}",
        "FIT_RES_LORENTZ": "FALSE",
        "RES_LORENTZ": "0.0",
        "USE_INPUT_KERNEL": "FALSE",
        # On a grid even in ln(wavelength) a constant resolving power is a constant width.
        "VARKERN": "FALSE",
        "KERNFAC": "5.0",
        "FTOL": "1e-4",
        "XTOL": "1e-4",
        "MAPPING_ATMOSPHERIC": "0,1",
        "MAPPING_CONVOLVE": "0,1",
    }


def _configure(path: Path, recipe: str, settings: Mapping[str, str]) -> None:
    """Set parameters in the configuration that `esorex` wrote, those that it lists.

    Raises
    ------
    NoSolutionError
        If there is no such file, or it lists nothing that is known here.
    """
    if not path.is_file():
        raise NoSolutionError(f"esorex wrote no configuration of {recipe}")
    lines, used = path.read_text(encoding="utf-8", errors="replace").splitlines(), set()
    for number, line in enumerate(lines):
        found = re.match(r"([\w.\-]+)\s*=", line)
        name = found.group(1).rpartition(".")[2] if found else ""
        if found and name in settings:
            lines[number] = f"{found.group(1)}={settings[name]}"
            used.add(name)
    if not used & {"LIST_MOLEC", "MAPPING_ATMOSPHERIC", "COLUMN_LAMBDA"}:
        raise NoSolutionError(f"the parameters of {recipe} are not those of molecfit 4")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read_transmission(folder: Path, size: int) -> Floats:
    """Return the transmission at every bin, in the order of the bins that went out.

    Raises
    ------
    NoSolutionError
        If it is missing or of another length.
    """
    for name in ("TELLURIC_CORR", "TELLURIC_DATA"):
        path = folder / f"{name}.fits"
        if not path.is_file():
            continue
        try:
            with fits.open(path) as units:
                found = [values for unit in units for values in _values_of(unit)]
        except (OSError, ValueError, TypeError) as error:
            raise NoSolutionError(f"{path.name} of molecfit cannot be read: {error}") from error
        fitting = [v for v in found if v.size == size and np.isfinite(v).any()]
        if fitting:
            return np.clip(np.nan_to_num(fitting[0], nan=1.0), 0.0, 1.0)
    raise NoSolutionError(
        "molecfit_calctrans left no transmission of the spectrum",
        wanted=f"TELLURIC_CORR.fits or TELLURIC_DATA.fits with {size} bins",
    )


def _values_of(unit: Any) -> list[Floats]:
    if unit.data is None:
        return []
    names = getattr(unit.data, "names", None)
    if names is None:
        return [np.asarray(unit.data, dtype=float).ravel()]
    return [np.asarray(unit.data[n], dtype=float).ravel() for n in names if n.lower() == "mtrans"]


def _read_water(path: Path) -> tuple[float, float]:
    """Return the water column in mm and its error; NaN if the file does not tell."""
    try:
        with fits.open(path) as units:
            rows = next(u.data for u in units if getattr(u.data, "names", None))
            for row in rows:
                if str(row[0]).strip().lower() == "h2o_col_mm":
                    value, error = float(row[1]), float(row[2])
                    return value, error if error > 0 else float("nan")
    except (OSError, ValueError, TypeError, IndexError, StopIteration):
        LOG.debug("%s does not tell the water column", path)
    return float("nan"), float("nan")
