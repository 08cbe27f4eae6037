"""Simulate the acquisition camera: star fields, flats, biases, and the catalogue of the field.

The sky is drawn star by star with a Moffat profile integrated over sub-pixels. Places come from
unit vectors on the sphere, not from the formulae of FITS projections.
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
from soxs_pipeline.simulator.data import data_file
from soxs_pipeline.simulator.files import write_raw
from soxs_pipeline.simulator.headers import file_name
from soxs_pipeline.simulator.light import source_rate
from soxs_pipeline.simulator.scenes import Source

__all__ = ["FILTERS", "Sky", "SkyStars", "magnitudes_of", "make_sky", "simulate_camera"]

Array = NDArray[np.floating]

SIZE = 1024
SCALE_ARCSEC = 0.2057
SATURATED = 65535
RON_E, BIAS_ADU = 2.9, 480.0
_OVER = 5
_EPOCH_OF_CATALOGUE = 2015.5


@dataclass(frozen=True)
class Filter:
    """A filter: name in headers, zero point in electrons/s, colour term, sky brightness."""

    label: str
    zero_point: float
    colour_term: float
    colour: tuple[str, str]
    sky: float
    extinction: float


FILTERS: dict[str, Filter] = {
    "u": Filter("u_LSST", 23.41, 0.031, ("g", "r"), 22.0, 0.5),
    "g": Filter("g_LSST", 25.83, -0.024, ("g", "r"), 21.9, 0.19),
    "r": Filter("r_LSST", 25.77, 0.012, ("g", "r"), 20.9, 0.1),
    "i": Filter("i_LSST", 25.49, 0.035, ("r", "i"), 20.1, 0.05),
    "z": Filter("z_LSST", 24.86, -0.041, ("r", "i"), 19.3, 0.04),
    "y": Filter("y_LSST", 23.77, 0.02, ("r", "i"), 18.2, 0.06),
    "V": Filter("V_Johnson", 25.61, 0.015, ("g", "r"), 21.6, 0.12),
}


@dataclass(frozen=True, eq=False)
class SkyStars:
    """Sources of a field: ICRS places at the epoch of the night, magnitudes above the air.

    ``size`` is the half-light radius in arcsec, zero for stars; ``known`` are in the catalogue.
    """

    ra: Array
    dec: Array
    pm_ra: Array
    pm_dec: Array
    magnitude: Mapping[str, Array]
    size: Array
    axis_ratio: Array
    angle: Array
    known: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sky:
    """A field and how the camera looks at it.

    Parameters
    ----------
    ra, dec
        Where the header says that it points.
    true_ra, true_dec, turn_deg
        Where it points, and by what it is turned against what the header says.
    stars
        What is there.
    seeing_arcsec, beta, elongation
        Of the profile.
    airmass
        At mid-exposure.
    target
        Row of the target among the stars, -1 without.
    """

    ra: float
    dec: float
    true_ra: float
    true_dec: float
    turn_deg: float
    stars: SkyStars
    seeing_arcsec: float = 0.9
    beta: float = 3.1
    elongation: float = 1.0
    airmass: float = 1.15
    target: int = 0
    distortion: float = 1.6


@dataclass
class _Camera:
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


# --- what is on the sky -------------------------------------------------------------------------
def make_sky(
    seed: int,
    *,
    n_known: int = 60,
    n_faint: int = 250,
    n_galaxies: int = 30,
    pointing: tuple[float, float] = (104.2417, -23.5122),
    target: Mapping[str, float] | None = None,
    **more: float,
) -> Sky:
    """Return a random field.

    Parameters
    ----------
    seed
        Of everything.
    n_known, n_faint, n_galaxies
        Stars of the catalogue within the field, fainter stars, galaxies.
    pointing
        Right ascension and declination in the header.
    target
        Magnitudes of a source put where the header points, which no catalogue knows.
    more
        Other fields of `Sky`, as ``seeing_arcsec``.
    """
    rng = np.random.default_rng([seed, 77])
    ra, dec = pointing
    # Wrong by up to 20 arcsec and two degrees.
    radius, angle = 20.0 * np.sqrt(rng.random()) / 3600.0, rng.uniform(0, 2 * np.pi)
    true_ra = ra + radius * np.cos(angle) / np.cos(np.deg2rad(dec))
    true_dec = dec + radius * np.sin(angle)
    # The catalogue reaches beyond the field, as catalogues do.
    reach, area = 260.0 / 3600.0, (520.0 / 210.0) ** 2
    n_cat, n_all = int(n_known * area), int((n_known + n_faint + n_galaxies) * area)
    dra, ddec = rng.uniform(-reach, reach, (2, n_all))
    galaxy = np.zeros(n_all, dtype=bool)
    galaxy[n_all - int(n_galaxies * area) :] = True
    known = np.arange(n_all) < n_cat
    r = np.where(known, 12.5 + 6.8 * rng.random(n_all) ** 0.55, 19.3 + 3.2 * rng.random(n_all))
    magnitude = _locus(rng, r)
    pm = rng.normal(0.0, 9.0, (2, n_all)) * np.exp(rng.normal(0.0, 0.7, n_all))
    stars = SkyStars(
        ra=ra + dra / np.cos(np.deg2rad(dec)),
        dec=dec + ddec,
        pm_ra=np.where(galaxy, 0.0, pm[0]),
        pm_dec=np.where(galaxy, 0.0, pm[1]),
        magnitude=magnitude,
        size=np.where(galaxy, rng.uniform(0.3, 1.4, n_all), 0.0),
        axis_ratio=np.where(galaxy, rng.uniform(0.3, 1.0, n_all), 1.0),
        angle=rng.uniform(0, np.pi, n_all),
        known=known,
    )
    if target is not None:
        stars = _with_target(stars, ra, dec, target)
    turn = float(rng.uniform(-2.0, 2.0))
    return Sky(ra, dec, true_ra, true_dec, turn, stars, target=-1 if target is None else 0, **more)


def _locus(rng: np.random.Generator, r: Array) -> dict[str, Array]:
    """Return magnitudes of stars of random colours near the stellar locus."""
    x = rng.beta(1.4, 1.6, r.size) * 2.0 + 0.45  # g - i
    gr = 0.78 * x - 0.06 * x**2 + rng.normal(0, 0.02, r.size)
    ri = x - gr
    iz = 0.5 * ri + 0.02 + rng.normal(0, 0.02, r.size)
    g, i = r + gr, r - ri
    z = i - iz
    # Finkbeiner et al. 2016 and Tonry et al. 2012, with the scatter that nature adds.
    u = g - (0.04438 - 2.26095 * x - 0.13387 * x**2 + 0.27099 * x**3)
    y = z + (0.08924 - 0.20878 * x + 0.1036 * x**2 - 0.02441 * x**3)
    y -= -0.01062 + 0.07529 * x - 0.03592 * x**2 + 0.0089 * x**3
    v = r + 0.005 + 0.462 * gr + 0.013 * gr**2
    return {
        "u": u + rng.normal(0, 0.1, r.size), "g": g, "r": r, "i": i, "z": z,
        "y": y + rng.normal(0, 0.03, r.size), "V": v + rng.normal(0, 0.012, r.size),
    }  # fmt: skip


def _with_target(
    stars: SkyStars, ra: float, dec: float, magnitudes: Mapping[str, float]
) -> SkyStars:
    def put(values: Array, value: float) -> Array:
        return np.concatenate([[value], values])

    return SkyStars(
        ra=put(stars.ra, ra),
        dec=put(stars.dec, dec),
        pm_ra=put(stars.pm_ra, 0.0),
        pm_dec=put(stars.pm_dec, 0.0),
        magnitude={band: put(m, magnitudes[band]) for band, m in stars.magnitude.items()},
        size=put(stars.size, 0.0),
        axis_ratio=put(stars.axis_ratio, 1.0),
        angle=put(stars.angle, 0.0),
        known=np.concatenate([[False], stars.known]),
    )


def magnitudes_of(source: Source) -> dict[str, float]:
    """Return AB magnitudes (V: Vega) of a source of the spectrograph's scenes.

    Means of photon rates over the passbands that the pipeline's magnitudes refer to, read from
    the same table but summed here.
    """
    path = data_file("sky.fits").parent.parent / "common" / "PASSBANDS.fits"
    with fits.open(path) as units:
        rows = units["RESPONSE"].data
        found = {}
        for band in FILTERS:
            mine = np.char.strip(np.asarray(rows["BAND"], dtype=str)) == band
            wave = np.asarray(rows["WAVELENGTH"], dtype=float)[mine]
            weight = np.asarray(rows["RESPONSE"], dtype=float)[mine]
            flat = source_rate(Source("ab", 0.0), wave)
            ratio = (source_rate(source, wave) * weight).sum() / (flat * weight).sum()
            found[band] = float(-2.5 * np.log10(ratio)) - (0.02 if band == "V" else 0.0)
    return found


def true_pixels(sky: Sky, dither: tuple[float, float] = (0.0, 0.0)) -> Array:
    """Return where the sources fall, pixels counted from zero, shape ``(n, 2)``.

    Parameters
    ----------
    sky
        The field.
    dither
        Offset of the telescope to the east and north in arcsec.
    """
    a, d = np.deg2rad(sky.stars.ra), np.deg2rad(sky.stars.dec)
    ra0 = sky.true_ra + dither[0] / 3600.0 / np.cos(np.deg2rad(sky.true_dec))
    a0, d0 = np.deg2rad(ra0), np.deg2rad(sky.true_dec + dither[1] / 3600.0)
    star = np.column_stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
    axis = np.array([np.cos(d0) * np.cos(a0), np.cos(d0) * np.sin(a0), np.sin(d0)])
    east = np.array([-np.sin(a0), np.cos(a0), 0.0])
    north = np.cross(axis, east)
    along = star @ axis
    focal = np.column_stack([star @ east, star @ north]) / along[:, None]
    focal = np.rad2deg(focal) * 3600.0 / SCALE_ARCSEC
    turn = np.deg2rad(sky.turn_deg)
    c, s = np.cos(turn), np.sin(turn)
    # East is to the left.
    x = -(c * focal[:, 0] + s * focal[:, 1])
    y = -s * focal[:, 0] + c * focal[:, 1]
    r2 = (x * x + y * y) / (SIZE / np.sqrt(2.0)) ** 2
    bent = 1.0 + sky.distortion * r2 / (SIZE / np.sqrt(2.0))
    return np.column_stack([x * bent + SIZE / 2.0 + 3.3, y * bent + SIZE / 2.0 - 5.1])


def _rates(sky: Sky, band: str) -> Array:
    """Return electrons per second of every source."""
    used = FILTERS[band]
    stars = sky.stars.magnitude
    colour = stars[used.colour[0]] - stars[used.colour[1]]
    instrumental = stars[band] - used.colour_term * colour
    dimmed = used.extinction * (sky.airmass - 1.0)
    return np.asarray(10.0 ** (-0.4 * (instrumental + dimmed - used.zero_point)))


def true_zero_point(sky: Sky, band: str, colour: float) -> float:
    """Return the magnitude of a source of that colour that gives one electron per second."""
    used = FILTERS[band]
    return used.zero_point + used.colour_term * colour - used.extinction * (sky.airmass - 1.0)


def _draw(sky: Sky, band: str, seconds: float, dither: tuple[float, float]) -> Array:
    """Return expected electrons of all sources."""
    image = np.zeros((SIZE, SIZE))
    places, rates = true_pixels(sky, dither), _rates(sky, band)
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
    camera: _Camera
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
    night = _Folder(out, _Camera(rng), day, compress, progress)
    for _ in range(n_bias):
        adu = night.camera.read(np.zeros((SIZE, SIZE)), 0.0, cosmics=False)
        night.put(adu, _triplet("CALIB", "BIAS"), 0.0)
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
        fits.Column("RATE", "D", array=_rates(sky, band)),
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


def write_refcat2(folder: Path, sky: Sky, rng: np.random.Generator) -> list[Path]:
    """Write the field's stars as files of ATLAS Refcat2, one a square degree.

    44 columns of whole numbers (Tonry et al. 2018, ApJ 867, 105, table 4): places in 1e-8 deg at
    2015.5, proper motions in 1e-5 arcsec/yr, magnitudes in mmag.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stars = sky.stars
    rows: dict[tuple[int, int], list[str]] = {}
    years = 2026.2 - _EPOCH_OF_CATALOGUE
    for k in np.flatnonzero(stars.known):
        error = {b: max(2, int(2 + 10 ** (0.4 * (stars.magnitude[b][k] - 16.5)))) for b in "griz"}
        mmag = {b: round(1e3 * stars.magnitude[b][k] + rng.normal(0, error[b])) for b in "griz"}
        ra = stars.ra[k] - stars.pm_ra[k] * years / 3.6e6 / np.cos(np.deg2rad(stars.dec[k]))
        dec = stars.dec[k] - stars.pm_dec[k] * years / 3.6e6
        ra += rng.normal(0, 0.3) / 3.6e6
        dec += rng.normal(0, 0.3) / 3.6e6
        row = [round(ra * 1e8), round(dec * 1e8), 120, 40, round(100 * stars.pm_ra[k]), 10,
               round(100 * stars.pm_dec[k]), 10, mmag["r"], 2, mmag["g"], 5, mmag["i"], 5, 5200,
               0, 0, 0, 999, 999, 999]  # fmt: skip
        for band in "griz":
            row += [mmag[band], error[band], 10, "3f"]
        row += [12, mmag["z"] - 500, 25, mmag["z"] - 900, 25, mmag["z"] - 1000, 25]
        cell = (int(np.floor(ra)), int(np.floor(dec)))
        rows.setdefault(cell, []).append(",".join(map(str, row)))
    written = []
    for (ra_deg, dec_deg), lines in rows.items():
        path = folder / f"{ra_deg:03d}{dec_deg:+03d}.rc2"
        path.write_text("\n".join(lines) + "\n")
        written.append(path)
    return written
