"""Tie a camera image to the places of catalogue stars."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.camera import Astrometry, Catalogue
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.numerics.astrometry import match_field
from soxs_pipeline.numerics.motion import propagate
from soxs_pipeline.numerics.projection import PlaneFit, fit_plane, pixel_to_sky, sky_to_pixel
from soxs_pipeline.reduction.camera.sources import Measured

__all__ = ["Placed", "StarsHere", "approximate", "project", "stars_here", "tie_places", "to_sky"]

Floats = NDArray[np.float64]

#: Scale of the camera, arcsec per unbinned pixel (Brucalassi et al. 2018).
_SCALE_ARCSEC = 0.205
_MJD_2000, _DAYS_PER_YEAR = 51544.5, 365.25
#: How wrong the header's pointing and rotation may be.
_REACH_ARCSEC, _TURN_DEG = 40.0, 3.0
#: Radius within which a star pairs in the search, and brightest stars that take part, in turn: the
#: more of them are saturated, the more it takes until those of image and catalogue are the same.
_TOLERANCE_ARCSEC, _SEARCHED = 0.9, (30, 80, 300)
#: So many are too many to try any rotation with: right angles have to do.
_RIGHT_ANGLES_FROM = 300
#: Expected number of alignments by chance above which a match is not believed.
_CREDIBLE = 1e-3
#: Error of a catalogue star along one axis, its motion included, and that of the image itself
#: (centroids of an undersampled, wandering image), arcsec.
_CATALOGUE_ARCSEC, _FLOOR_ARCSEC = 0.005, 0.003
#: Departure from the usual zero point, colours included, from which a pair is of two stars.
_ALIEN_MAG = 2.5
#: Stars from which on more than a shift, rotation and scale is fitted.
_DISTORTED = 6


@dataclass(frozen=True, eq=False)
class StarsHere:
    """Catalogue stars near an image, at its epoch; arrays of shape ``(n,)``."""

    ra: Floats
    dec: Floats
    row: NDArray[np.intp]
    brightness: Floats


@dataclass(frozen=True, eq=False)
class Placed:
    """What the tie to the catalogue gave.

    Parameters
    ----------
    astrometry
        The projection.
    source, star
        Paired rows: of the sources, and of the catalogue, shape ``(n_pairs,)``.
    offset_arcsec
        Measured minus catalogue in right ascension (on the sky) and declination.
    used
        Pairs that entered the fit.
    """

    astrometry: Astrometry
    source: NDArray[np.intp]
    star: NDArray[np.intp]
    offset_arcsec: Floats
    used: NDArray[np.bool_]


def approximate(frame: Frame, name: str) -> Astrometry:
    """Return the projection that a header tells: its world coordinates, else its pointing.

    Raises
    ------
    UnprocessableDataError
        If the header tells neither.
    """
    header, (ny, nx) = frame.header, frame.shape
    middle = np.array([0.5 * (nx + 1), 0.5 * (ny + 1)])
    cd = _matrix(header)
    ra, dec = header.number("RA"), header.number("DEC")
    told = header.number("CRVAL1"), header.number("CRVAL2")
    crpix = header.number("CRPIX1"), header.number("CRPIX2")
    if cd is not None and np.isfinite([*told, *crpix]).all() and abs(told[1]) <= 90:
        return Astrometry(np.array(crpix), np.array([told[0] % 360.0, told[1]]), cd)
    if not (np.isfinite([ra, dec]).all() and abs(dec) <= 90):
        raise UnprocessableDataError(
            f"{name}: neither RA and DEC nor world coordinates say where the camera pointed",
            wanted="the keywords RA and DEC in degrees",
            remedy="add the keywords to the header, or leave the frame out",
        )
    scale = _SCALE_ARCSEC * frame.setup.binning[0] / 3600.0
    usual = np.array([[-scale, 0.0], [0.0, scale]]) if cd is None else cd
    return Astrometry(middle, np.array([ra % 360.0, dec]), usual)


def _matrix(header: Header) -> Floats | None:
    cd = np.array([[header.number(f"CD{i}_{j}") for j in (1, 2)] for i in (1, 2)])
    if not np.isfinite(cd).all():
        steps = np.array([header.number("CDELT1"), header.number("CDELT2")])
        if not np.isfinite(steps).all():
            return None
        turn = np.deg2rad(header.number("CROTA2", 0.0))
        c, s = np.cos(turn), np.sin(turn)
        cd = np.array([[steps[0] * c, -steps[1] * s], [steps[0] * s, steps[1] * c]])
        keys = [[f"PC{i}_{j}" for j in (1, 2)] for i in (1, 2)]
        if any(key in header for row in keys for key in row):
            unit = np.eye(2)
            pc = [[header.number(keys[i][j], unit[i, j]) for j in (0, 1)] for i in (0, 1)]
            cd = steps[:, None] * np.array(pc)
    scale = np.sqrt(abs(np.linalg.det(cd))) * 3600.0
    # A placeholder such as one degree per pixel is no projection.
    return cd if 0.5 * _SCALE_ARCSEC < scale < 8.0 * _SCALE_ARCSEC else None


def stars_here(catalogue: Catalogue, guess: Astrometry, frame: Frame, band: str) -> StarsHere:
    """Return the catalogue stars on or near an image, at its epoch, brightest first."""
    mjd = frame.header.number("MJD-OBS")
    years = 0.0
    if np.isfinite(mjd):
        years = 2000.0 + (mjd - _MJD_2000) / _DAYS_PER_YEAR - catalogue.epoch
    ra, dec = propagate(
        catalogue.ra_deg, catalogue.dec_deg, catalogue.pm_ra, catalogue.pm_dec, years
    )
    ny, nx = frame.shape
    # Stars of a whole night lie in one catalogue: most are far from this field.
    reach = 0.75 * np.hypot(nx, ny) * guess.scale_arcsec + _REACH_ARCSEC
    away = np.cos(np.deg2rad(dec)) * ((ra - guess.crval[0] + 180.0) % 360.0 - 180.0)
    near = np.flatnonzero(np.hypot(away, dec - guess.crval[1]) * 3600.0 < reach)
    bands = [band, *(b for b in ("r", "g", "i", "z", "V") if b != band)]
    found = np.full(len(catalogue), np.nan)
    for one in bands:
        values = catalogue.magnitudes.get(one)
        if values is not None:
            found = np.where(np.isfinite(found), found, values)
    order = near[np.argsort(np.nan_to_num(found[near], nan=99.0), kind="stable")]
    return StarsHere(ra[order], dec[order], order, found[order])


def project(found: Astrometry, ra: Floats, dec: Floats) -> Floats:
    """Return pixels, counted from one, of places on the sky."""
    return sky_to_pixel(
        ra, dec, crpix=found.crpix, crval=found.crval, cd=found.cd,
        sip_a=found.sip_a, sip_b=found.sip_b,
    )  # fmt: skip


def to_sky(found: Astrometry, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return right ascension and declination of pixels, counted from one."""
    return pixel_to_sky(
        np.column_stack([x, y]), crpix=found.crpix, crval=found.crval, cd=found.cd,
        sip_a=found.sip_a, sip_b=found.sip_b,
    )  # fmt: skip


def tie_places(
    frame: Frame, sources: Measured, catalogue: Catalogue, guess: Astrometry, band: str
) -> Placed | None:
    """Tie an image to catalogue stars; None if no alignment can be believed.

    1. The brightest sources and stars are matched under any shift and small rotation; what chance
       would do as well is refused.
    2. A projection is fitted to all pairs by inverse variance, its distortion as large as they ask
       for, outliers left out; pairs are sought anew until nothing changes.

    Parameters
    ----------
    frame
        The image.
    sources
        Its sources.
    catalogue
        Stars.
    guess
        Projection of the header.
    band
        Of the filter: stars are ordered by their brightness in it.
    """
    stars = stars_here(catalogue, guess, frame, band)
    usable = np.flatnonzero(sources.fits.flux > 5.0 * sources.fits.flux_error)
    if min(len(usable), len(stars.ra)) < 3:
        return None
    begun = _search(frame, sources, usable, stars, guess)
    return None if begun is None else _refined(frame, sources, usable, stars, begun)


def _search(
    frame: Frame, sources: Measured, usable: NDArray[np.intp], stars: StarsHere, guess: Astrometry
) -> Astrometry | None:
    """Return a linear projection that many stars agree on, None if chance would do as well."""
    oriented = guess.tied or _matrix(frame.header) is not None
    for most in _SEARCHED:
        turns = [0.0] if oriented else _all_turns(most)
        for turn in turns:
            for parity in (1.0, -1.0):
                turned = replace(guess, cd=guess.cd @ _rotation(turn) @ np.diag([parity, 1.0]))
                begun = _aligned(frame, sources, usable, stars, turned, most, len(turns))
                if begun is not None:
                    return begun
    return None


def _all_turns(most: int) -> list[float]:
    """Return rotations, in degrees, right angles first, that leave none out."""
    right = [0.0, 90.0, 180.0, 270.0]
    if most >= _RIGHT_ANGLES_FROM:
        return right
    return right + [turn for turn in np.arange(0.0, 360.0, 2.0 * _TURN_DEG) if turn not in right]


def _rotation(degrees: float) -> Floats:
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[c, -s], [s, c]])


def _aligned(
    frame: Frame,
    sources: Measured,
    usable: NDArray[np.intp],
    stars: StarsHere,
    guess: Astrometry,
    most: int,
    turns: int,
) -> Astrometry | None:
    """Align the brightest sources and stars under any shift and a small rotation.

    Parameters
    ----------
    frame, sources, usable, stars, guess
        See `tie_places`.
    most
        How many take part.
    turns
        How many guesses of the rotation are made: each is another chance to be wrong.
    """
    ny, nx = frame.shape
    scale = guess.scale_arcsec
    margin = _REACH_ARCSEC / scale
    predicted = project(guess, stars.ra, stars.dec)
    inside = (predicted[:, 0] > -margin) & (predicted[:, 0] < nx + margin)
    inside &= (predicted[:, 1] > -margin) & (predicted[:, 1] < ny + margin)
    known, bright = np.flatnonzero(inside)[:most], usable[:most]
    if min(len(bright), len(known)) < 3:
        return None
    match = match_field(
        np.column_stack([sources.fits.x[bright] + 1, sources.fits.y[bright] + 1]),
        predicted[known],
        centre=(0.5 * (nx + 1), 0.5 * (ny + 1)),
        reach=margin,
        turn=_TURN_DEG,
        tolerance=_TOLERANCE_ARCSEC / scale,
    )
    if match.chance * turns > _CREDIBLE or not _rigid(match.matrix):
        return None
    # detected = [1, predicted] @ matrix: the header's pixels become those of the image.
    linear, shift = match.matrix[1:].T, match.matrix[0]
    cd = guess.cd @ np.linalg.inv(linear)
    return replace(guess, crpix=linear @ guess.crpix + shift, cd=cd)


def _rigid(matrix: Floats) -> bool:
    """Return True if a linear map is next to a rotation: the camera has one scale."""
    singular = np.linalg.svd(matrix[1:], compute_uv=False)
    return bool(np.all(np.abs(singular - 1.0) < 0.03))


def _refined(
    frame: Frame, sources: Measured, usable: NDArray[np.intp], stars: StarsHere, begun: Astrometry
) -> Placed | None:
    ny, nx = frame.shape
    middle = np.array([0.5 * (nx + 1), 0.5 * (ny + 1)])
    now, radius = begun, 2.0 * _TOLERANCE_ARCSEC
    fit: PlaneFit | None = None
    pairs = np.empty((0, 2), dtype=np.intp)
    for _ in range(6):
        places = project(now, stars.ra, stars.dec)
        pairs = _pairs(sources, usable, places, radius / now.scale_arcsec)
        pairs = pairs[_as_bright(sources, stars, pairs)]
        if len(pairs) < 3:
            return None
        source, star = pairs.T
        fits = sources.fits
        xy = np.column_stack([fits.x[source] + 1.0, fits.y[source] + 1.0])
        centroid = np.hypot(fits.x_error[source], fits.y_error[source]) / np.sqrt(2.0)
        sigma = np.hypot(np.hypot(centroid * now.scale_arcsec, _CATALOGUE_ARCSEC), _FLOOR_ARCSEC)
        # Saturated cores, hits and blends shift a centre by more than its error says.
        doubtful = (sources.quality[source] != 0) | ~sources.isolated[source]
        sigma = np.where(doubtful, np.hypot(sigma, 0.1), sigma)
        ra0, dec0 = to_sky(now, middle[:1], middle[1:])
        fit = fit_plane(
            xy, stars.ra[star], stars.dec[star], sigma, crpix=list(middle),
            start=[float(ra0[0]), float(dec0[0])],
            distorted=int((~doubtful).sum()) >= _DISTORTED,
        )  # fmt: skip
        size = np.hypot(*fit.residual_arcsec[fit.used].T)
        spread = float(np.sqrt(np.mean(size**2) / 2.0))
        now = Astrometry(fit.crpix, fit.crval, fit.cd, fit.sip_a, fit.sip_b)
        radius = float(np.clip(6.0 * spread, 0.25, radius))
    assert fit is not None
    source, star = pairs.T
    done = replace(
        now, tied=True, stars=int(fit.used.sum()), rms_mas=1e3 * spread,
        error_mas=1e3 * fit.error_arcsec,
    )  # fmt: skip
    if done.stars < 3:
        return None
    return Placed(done, source, stars.row[star], -fit.residual_arcsec, fit.used)


def _as_bright(sources: Measured, stars: StarsHere, pairs: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which pairs are of about the brightness that the others tell."""
    source, star = pairs.T
    apart = stars.brightness[star] + 2.5 * np.log10(np.maximum(sources.fits.flux[source], 1e-30))
    clean = sources.quality[source] == 0
    if clean.sum() < 3:
        return np.ones(len(pairs), dtype=bool)
    # Stars that saturate have lost light.
    far = np.abs(apart - np.nanmedian(apart[clean])) > _ALIEN_MAG
    return np.asarray(~(clean & far))


def _pairs(
    sources: Measured, usable: NDArray[np.intp], places: Floats, radius: float
) -> NDArray[np.intp]:
    """Pair sources and stars that are nearest to each other; shape ``(n, 2)``."""
    from scipy.spatial import cKDTree  # noqa: PLC0415

    detected = np.column_stack([sources.fits.x[usable] + 1, sources.fits.y[usable] + 1])
    known = np.flatnonzero(np.isfinite(places).all(axis=1))
    there, back = cKDTree(detected), cKDTree(places[known])
    distance, nearest = there.query(places[known])
    home = back.query(detected)[1]
    kept = (distance < radius) & (home[nearest] == np.arange(len(known)))
    return np.column_stack([usable[nearest[kept]], known[kept]])
