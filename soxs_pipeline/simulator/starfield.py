"""Star fields for the camera, and the catalogue that knows some of their stars.

Places on the detector come from unit vectors on the sphere, not from the formulae of FITS
projections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from soxs_pipeline.simulator.data import data_file
from soxs_pipeline.simulator.light import source_rate
from soxs_pipeline.simulator.scenes import Source

__all__ = [
    "FILTERS",
    "SCALE_ARCSEC",
    "SIZE",
    "Filter",
    "Sky",
    "SkyStars",
    "magnitudes_of",
    "make_sky",
    "rates_of",
    "true_pixels",
    "true_zero_point",
    "write_refcat2",
]

Array = NDArray[np.floating]

SIZE = 1024
SCALE_ARCSEC = 0.2057
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


def rates_of(sky: Sky, band: str) -> Array:
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
