"""Simulate the acquisition camera: biases, twilight flats, star fields.

The sky is drawn star by star with a Moffat profile integrated over sub-pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from soxs_pipeline.errors import ParameterError
from soxs_pipeline.simulator.files import write_raw
from soxs_pipeline.simulator.headers import file_name
from soxs_pipeline.simulator.starfield import (
    FILTERS,
    SCALE_ARCSEC,
    SIZE,
    Sky,
    make_sky,
    rates_of,
    true_pixels,
    true_zero_point,
    write_refcat2,
)

__all__ = ["Camera", "simulate_camera"]

Array = NDArray[np.floating]

SATURATED = 65535
RON_E, BIAS_ADU = 2.9, 480.0
_OVER = 5


@dataclass
class Camera:
    """The detector of a night."""

    rng: np.random.Generator
    flat: Array = field(init=False)
    structure: Array = field(init=False)
    hot: Array = field(init=False)

    def __post_init__(self) -> None:
        rng = self.rng
        y, x = np.mgrid[:SIZE, :SIZE] / (SIZE / 2.0) - 1.0
        response = 1.0 - 0.05 * ((x - 0.1) ** 2 + (y + 0.05) ** 2)
        for _ in range(6):
            cx, cy, r = rng.uniform(-0.9, 0.9), rng.uniform(-0.9, 0.9), rng.uniform(0.03, 0.06)
            ring = np.hypot(x - cx, y - cy) / r
            response = response * (1.0 - 0.03 * np.exp(-((ring - 1.0) ** 2) / 0.05))
        response *= 1.0 + rng.normal(0.0, 0.006, (SIZE, SIZE))
        dead = rng.random((SIZE, SIZE)) < 2e-5
        self.flat = np.where(dead, 0.02, response)
        self.structure = rng.normal(0.0, 0.6, (1, SIZE)) + 3.0 * y
        self.hot = np.where(
            rng.random((SIZE, SIZE)) < 1e-4, rng.exponential(8.0, (SIZE, SIZE)), 0.0005
        )

    def read(self, electrons: Array, seconds: float, *, cosmics: bool) -> Array:
        """Return a frame in ADU of expected electrons."""
        rng = self.rng
        light = rng.poisson(np.maximum(electrons + self.hot * seconds, 0.0)).astype(float)
        if cosmics:
            _strike(light, rng, rng.poisson(0.09 * seconds))
        full = 110_000.0
        over = np.maximum(light - full, 0.0)
        light = np.minimum(light, full) + 0.3 * (np.roll(over, 1, 0) + np.roll(over, -1, 0))
        adu = light + BIAS_ADU + self.structure + rng.normal(0.0, RON_E, light.shape)
        return np.clip(np.rint(adu), 0, SATURATED)


def _strike(light: Array, rng: np.random.Generator, count: int) -> None:
    for _ in range(count):
        x, y = rng.uniform(0, SIZE, 2)
        angle, length = rng.uniform(0, np.pi), 1.0 + rng.exponential(4.0)
        for step in np.arange(0.0, length, 0.5):
            i, j = int(y + step * np.sin(angle)), int(x + step * np.cos(angle))
            if 0 <= i < SIZE and 0 <= j < SIZE:
                light[i, j] += rng.exponential(700.0)


def _draw(sky: Sky, band: str, seconds: float, dither: tuple[float, float]) -> Array:
    """Return expected electrons of all sources."""
    image = np.zeros((SIZE, SIZE))
    places, rates = true_pixels(sky, dither), rates_of(sky, band)
    fwhm = sky.seeing_arcsec / SCALE_ARCSEC * (0.6 / _MICRON[band]) ** -0.2
    for (x, y), rate, size, ratio, angle in zip(
        places, rates, sky.stars.size, sky.stars.axis_ratio, sky.stars.angle, strict=True
    ):
        if not (-60 < x < SIZE + 60 and -60 < y < SIZE + 60):
            continue
        half = 70 if rate * seconds > 2e6 else 34 if rate * seconds > 2e4 else 18
        half = max(half, int(3.5 * fwhm))
        wide = np.hypot(fwhm, 2.0 * size / SCALE_ARCSEC)
        shape = (ratio, angle) if size else (1.0 / sky.elongation, 0.6)
        beta = sky.beta if not size else 2.2
        _stamp(image, (x, y), rate * seconds, wide, beta, shape, half)
    return image


_MICRON = {"u": 0.36, "g": 0.48, "r": 0.62, "i": 0.75, "z": 0.87, "y": 0.96, "V": 0.55}


def _stamp(
    image: Array,
    at: tuple[float, float],
    light: float,
    fwhm: float,
    beta: float,
    shape: tuple[float, float],
    half: int,
) -> None:
    """Add a Moffat profile, averaged over sub-pixels, to an image."""
    ratio, angle = shape
    x0, y0 = int(np.floor(at[0] + 0.5)), int(np.floor(at[1] + 0.5))
    sub = (np.arange((2 * half + 1) * _OVER) + 0.5) / _OVER - half - 0.5
    dx, dy = sub[None, :] - (at[0] - x0), sub[:, None] - (at[1] - y0)
    c, s = np.cos(angle), np.sin(angle)
    major, minor = (dx * c + dy * s) * np.sqrt(ratio), (-dx * s + dy * c) / np.sqrt(ratio)
    alpha2 = fwhm**2 / (4.0 * (2.0 ** (1.0 / beta) - 1.0))
    profile = (beta - 1.0) / (np.pi * alpha2) * (1.0 + (major**2 + minor**2) / alpha2) ** -beta
    cells = profile.reshape(2 * half + 1, _OVER, 2 * half + 1, _OVER).sum(axis=(1, 3)) / _OVER**2
    rows, columns = np.arange(-half, half + 1) + y0, np.arange(-half, half + 1) + x0
    fit_r, fit_c = (rows >= 0) & (rows < SIZE), (columns >= 0) & (columns < SIZE)
    if fit_r.any() and fit_c.any():
        image[np.ix_(rows[fit_r], columns[fit_c])] += light * cells[np.ix_(fit_r, fit_c)]


# --- frames -------------------------------------------------------------------------------------
@dataclass
class _Folder:
    """The folder being filled, and the clock."""

    out: Path
    camera: Camera
    clock: datetime
    compress: str = ""
    progress: Callable[[str], None] | None = None
    written: list[Path] = field(default_factory=list)

    def put(self, adu: Array, cards: Mapping[str, object], seconds: float) -> Path:
        name = file_name(self.clock)
        header = fits.Header()
        for key, value in {**_common(self.clock, seconds, name), **cards}.items():
            header[f"HIERARCH {key}" if key.startswith("ESO ") else key] = value
        path = write_raw(self.out, name, adu, header, self.compress)
        self.written.append(path)
        if self.progress:
            self.progress(f"ACQ {cards['ESO DPR TYPE']} {cards.get('ESO INS ACFW ID', '')} {name}")
        self.clock += timedelta(seconds=seconds + 3.1, milliseconds=7)
        return path


def _common(start: datetime, seconds: float, name: str) -> dict[str, object]:
    mjd = (start - datetime(1858, 11, 17)) / timedelta(days=1)  # noqa: DTZ001 - FITS times
    return {
        "INSTRUME": "SOXS", "TELESCOP": "ESO-NTT", "ORIGIN": "ESO",
        "DATE-OBS": start.strftime("%Y-%m-%dT%H:%M:%S.%f"), "MJD-OBS": round(mjd, 8),
        "EXPTIME": seconds, "ARCFILE": name, "ORIGFILE": "SOXS_ACQ.fits",
        "ESO SEQ ARM": "ACQ", "ESO DET3 CAM NAME": "ACQ", "ESO DET3 EXPO TIME": seconds,
        "ESO DET BINX": 1, "ESO DET BINY": 1,
        "ESO TPL START": start.strftime("%Y-%m-%dT%H:%M:%S"),
        "ESO OBS PROG ID": "60.A-9800(A)", "ESO OBS ID": 200000, "ESO OBS NAME": "Calibration",
    }  # fmt: skip


def _triplet(category: str, kind: str) -> dict[str, object]:
    return {"ESO DPR CATG": category, "ESO DPR TYPE": kind, "ESO DPR TECH": "IMAGE",
            "OBJECT": kind}  # fmt: skip


def simulate_camera(  # noqa: PLR0913 - one keyword for each choice of the user
    out: Path,
    *,
    seed: int = 1,
    sky: Sky | None = None,
    filters: Sequence[str] = tuple(FILTERS),
    n_dither: int = 3,
    seconds: float = 40.0,
    n_bias: int = 5,
    n_flat: int = 5,
    start: datetime | None = None,
    observation: Mapping[str, object] | None = None,
    compress: str = "",
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write camera frames of a night, the catalogue of the field, and the truth.

    The catalogue lies in ``<out>_catalogue`` in the published format of ATLAS Refcat2, the truth
    in ``<out>_truth``.

    Parameters
    ----------
    out
        Folder for the raw frames; made if missing.
    seed
        Of everything that is left to chance.
    sky
        The field; a random one if None.
    filters
        Some of `FILTERS`.
    n_dither, seconds
        Exposures through each filter, and their exposure time.
    n_bias, n_flat
        Sizes of the sets.
    start
        Start of the exposures on the sky.
    observation
        Further cards of these.
    compress, progress
        See `soxs_pipeline.simulator.night.simulate`.

    Raises
    ------
    ParameterError
        If a filter is unknown.
    """
    unknown = [one for one in filters if one not in FILTERS]
    if unknown:
        raise ParameterError(f"unknown filter {unknown[0]!r}", wanted=", ".join(FILTERS))
    out = Path(out)
    beside = out.with_name(out.name + "_truth")
    for folder in (out, beside):
        folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 31])
    sky = make_sky(seed) if sky is None else sky
    day = datetime(2026, 3, 14, 22, 10, 0, 411000)  # noqa: DTZ001 - FITS times carry no zone
    night = _Folder(out, Camera(rng), day, compress, progress)
    begun = night.clock.strftime("%Y-%m-%dT%H:%M:%S")
    for number in range(n_bias):
        adu = night.camera.read(np.zeros((SIZE, SIZE)), 0.0, cosmics=False)
        cards = _triplet("CALIB", "BIAS") | {
            "ESO TPL START": begun, "ESO TPL EXPNO": number + 1, "ESO TPL NEXP": n_bias,
        }  # fmt: skip
        night.put(adu, cards, 0.0)
    for band in filters if n_flat else ():
        _twilight(night, band, n_flat, rng)
    night.clock = start or datetime(2026, 3, 15, 0, 40, 0, 733000)  # noqa: DTZ001
    for band in filters:
        _expose(night, sky, band, n_dither, seconds, observation or {}, beside, rng)
    write_refcat2(out.with_name(out.name + "_catalogue"), sky, rng)
    return night.written


def _twilight(night: _Folder, band: str, count: int, rng: np.random.Generator) -> None:
    begun = night.clock.strftime("%Y-%m-%dT%H:%M:%S")
    y, x = np.mgrid[:SIZE, :SIZE] / (SIZE / 2.0) - 1.0
    for number in range(count):
        level, seconds = rng.uniform(18000, 32000), rng.uniform(3.0, 12.0)
        gradient = 1.0 + rng.normal(0, 0.006) * x + rng.normal(0, 0.006) * y
        light = level * gradient * night.camera.flat
        stars = np.zeros((SIZE, SIZE))
        for _ in range(rng.poisson(7)):
            at = rng.uniform(0, SIZE, 2)
            _stamp(stars, (at[0], at[1]), rng.exponential(3e5), 5.0, 3.0, (1.0, 0.0), 25)
        adu = night.camera.read(light + stars * night.camera.flat, seconds, cosmics=True)
        cards = _triplet("CALIB", "FLAT,SKY") | {
            "ESO INS ACFW ID": FILTERS[band].label, "ESO TPL START": begun,
            "ESO TPL EXPNO": number + 1, "ESO TPL NEXP": count,
        }  # fmt: skip
        night.put(adu, cards, round(seconds, 3))


def _expose(
    night: _Folder,
    sky: Sky,
    band: str,
    count: int,
    seconds: float,
    more: Mapping[str, object],
    beside: Path,
    rng: np.random.Generator,
) -> None:
    begun = night.clock
    used = FILTERS[band]
    sky_rate = 10.0 ** (-0.4 * (used.sky - used.zero_point)) * SCALE_ARCSEC**2
    for number in range(count):
        dither = (0.0, 0.0) if number == 0 else tuple(rng.uniform(-12.0, 12.0, 2))
        light = _draw(sky, band, seconds, dither) + sky_rate * seconds
        adu = night.camera.read(light * night.camera.flat, seconds, cosmics=True)
        cards = (
            _triplet("ACQUISITION", "OBJECT")
            | _pointing(sky, dither)
            | {
                "OBJECT": "SIM-field", "ESO OBS TARG NAME": "SIM-field", "ESO OBS ID": 200150,
                "ESO OBS NAME": "SIM_camera",
                "ESO OBS START": begun.strftime("%Y-%m-%dT%H:%M:%S.000"),
                "ESO INS ACFW ID": used.label,
                "ESO TPL START": begun.strftime("%Y-%m-%dT%H:%M:%S"),
                "ESO TPL EXPNO": number + 1, "ESO TPL NEXP": count,
                "ESO TEL AIRM START": sky.airmass, "ESO TEL AIRM END": sky.airmass,
                "ESO TEL AMBI FWHM START": sky.seeing_arcsec,
                "ESO TEL AMBI FWHM END": sky.seeing_arcsec,
            }
            | dict(more)
        )  # fmt: skip
        path = night.put(adu, cards, seconds)
        _write_truth(beside / f"{path.name.split('.fits')[0]}_camera.fits", sky, band, dither)


def _pointing(sky: Sky, dither: tuple[float, float]) -> dict[str, object]:
    """Return what the header says of the pointing, which is wrong."""
    ra = sky.ra + dither[0] / 3600.0 / np.cos(np.deg2rad(sky.dec))
    dec = sky.dec + dither[1] / 3600.0
    nominal = 0.205 / 3600.0
    return {
        "RA": ra, "DEC": dec,
        "ESO TEL TARG ALPHA": _packed(sky.ra / 15.0), "ESO TEL TARG DELTA": _packed(sky.dec),
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": ra, "CRVAL2": dec,
        "CRPIX1": SIZE / 2 + 0.5, "CRPIX2": SIZE / 2 + 0.5,
        "CD1_1": -nominal, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": nominal,
    }  # fmt: skip


def _packed(value: float) -> float:
    size = abs(value)
    whole, rest = int(size), (size - int(size)) * 60.0
    minutes, seconds = int(rest), (rest - int(rest)) * 60.0
    return float(np.copysign(whole * 10000 + minutes * 100 + round(seconds, 5), value))


def _write_truth(path: Path, sky: Sky, band: str, dither: tuple[float, float]) -> None:
    places = true_pixels(sky, dither)
    columns = [
        fits.Column("X", "D", array=places[:, 0]), fits.Column("Y", "D", array=places[:, 1]),
        fits.Column("RA", "D", array=sky.stars.ra), fits.Column("DEC", "D", array=sky.stars.dec),
        fits.Column("MAG", "D", array=sky.stars.magnitude[band]),
        fits.Column("RATE", "D", array=rates_of(sky, band)),
        fits.Column("SIZE", "D", array=sky.stars.size),
        fits.Column("KNOWN", "L", array=sky.stars.known),
    ]  # fmt: skip
    table = fits.BinTableHDU.from_columns(columns, name="SOURCES")
    table.header["BAND"] = band
    table.header["ZP0"] = true_zero_point(sky, band, 0.0)
    table.header["CTERM"] = FILTERS[band].colour_term
    table.header["TARGET"] = sky.target
    table.header["SEEING"] = sky.seeing_arcsec
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path, overwrite=True)
