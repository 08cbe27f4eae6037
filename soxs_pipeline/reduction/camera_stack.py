"""Add exposures of a dithered sequence on the grid of the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from astropy.wcs import WCS, Sip
from numpy.typing import NDArray
from reproject import reproject_interp

from soxs_pipeline.domain.camera import Astrometry, Catalogue
from soxs_pipeline.domain.exposure import all_exposures
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.reduction.camera import CleanImage
from soxs_pipeline.reduction.camera_astrometry import tie_places, to_sky
from soxs_pipeline.reduction.camera_sources import Measured

__all__ = ["Registered", "register", "stacked", "wcs_of"]

Floats = NDArray[np.float64]

#: Rejection of a value of one exposure against the others, in errors.
_CLIP = 5.0
#: Fraction of a pixel by which a model of a star may be off when one exposure is judged.
_SLACK = 0.1


@dataclass(frozen=True, eq=False)
class Registered:
    """An exposure with its place and transparency relative to the first."""

    image: CleanImage
    astrometry: Astrometry
    scale: float


def wcs_of(found: Astrometry) -> WCS:
    """Return a projection as astropy has it."""
    wcs = WCS(naxis=2)
    tail = "-SIP" if found.sip_a.size else ""
    wcs.wcs.ctype = [f"RA---TAN{tail}", f"DEC--TAN{tail}"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.crpix = found.crpix
    wcs.wcs.crval = found.crval
    wcs.wcs.cd = found.cd
    if found.sip_a.size:
        wcs.sip = Sip(found.sip_a, found.sip_b, None, None, found.crpix)
    wcs.wcs.set()
    return wcs


def register(
    first: Frame,
    first_sources: Measured,
    first_place: Astrometry,
    others: Sequence[tuple[CleanImage, Measured, Astrometry]],
    names: Sequence[str],
) -> tuple[list[Registered], list[str]]:
    """Find where other exposures lie on the sky and how clear they were, by common stars.

    Parameters
    ----------
    first, first_sources, first_place
        The exposure whose grid is kept, its sources and projection.
    others
        The others, with what their headers say of their places.
    names
        Of the others, for messages.

    Returns
    -------
    tuple
        Those that could be registered, and remarks on those that could not.
    """
    known = _catalogue_of(first, first_sources, first_place)
    found, remarks = [], []
    for (image, sources, guess), name in zip(others, names, strict=True):
        placed = tie_places(image.frame, sources, known, guess, "r")
        if placed is None or placed.used.sum() < 3:
            remarks.append(f"left out of the sum: {name}: too few stars in common with the first")
            continue
        mine = sources.fits.flux[placed.source][placed.used]
        theirs = first_sources.fits.flux[placed.star][placed.used]
        ratio = float(np.median(mine / theirs))
        found.append(Registered(image, placed.astrometry, ratio))
    return found, remarks


def _catalogue_of(frame: Frame, sources: Measured, place: Astrometry) -> Catalogue:
    """Return the sources of an image as a catalogue of its own epoch."""
    ra, dec = to_sky(place, sources.fits.x + 1.0, sources.fits.y + 1.0)
    mjd = frame.header.number("MJD-OBS")
    epoch = 2000.0 + (mjd - 51544.5) / 365.25 if np.isfinite(mjd) else 2000.0
    still = np.zeros(len(ra))
    flux = np.maximum(sources.fits.flux, 1e-6)
    return Catalogue(
        ra, dec, still, still, epoch, {"r": -2.5 * np.log10(flux)}, {"r": still}, "first exposure"
    )


def stacked(first: CleanImage, place: Astrometry, others: Sequence[Registered]) -> CleanImage:
    """Return the mean of exposures by inverse variance on the grid of the first.

    Others are resampled by bicubic interpolation. With three exposures or more, values that no
    other bears out are left out; with two the higher one is, if it exceeds the lower by far.

    Parameters
    ----------
    first, place
        The exposure whose grid is kept.
    others
        Registered exposures.
    """
    target, shape = wcs_of(place), first.frame.shape
    data, weight, sky = [first.frame.data.astype(float)], [_weight(first.frame)], [first.sky]
    for other in others:
        source = wcs_of(other.astrometry)
        filled = np.where(other.image.frame.bad, np.nan, other.image.frame.data.astype(float))
        clean = _filled(filled)
        moved, inside = reproject_interp((clean, source), target, shape, order="bicubic")
        trust, _ = reproject_interp(
            (_weight(other.image.frame), source), target, shape, order="nearest-neighbor"
        )
        bad, _ = reproject_interp(
            (np.isnan(filled).astype(float), source), target, shape, order="bilinear"
        )
        usable = (inside > 0) & np.isfinite(moved) & (np.nan_to_num(bad, nan=1.0) < 0.3)
        data.append(np.where(usable, moved / other.scale, 0.0))
        weight.append(np.where(usable, np.nan_to_num(trust) * other.scale**2, 0.0))
        level = float(np.median(other.image.sky)) / other.scale
        sky.append(np.full(shape, level, dtype=np.float32))
    cube, weights = np.array(data), np.array(weight)
    weights = np.where(_outliers(cube, weights), 0.0, weights)
    total = weights.sum(axis=0)
    mean = (cube * weights).sum(axis=0) / np.where(total > 0, total, 1.0)
    variance = np.where(total > 0, 1.0 / np.where(total > 0, total, 1.0), 0.0)
    covered = total > 0
    quality = np.where(covered, np.uint32(0), first.frame.quality | np.uint32(Quality.NO_DATA))
    # A star that saturates in the first exposure is as wrong in the sum.
    saturated = first.frame.quality & np.uint32(Quality.SATURATED)
    frame = replace(
        first.frame.with_data(mean, variance),
        quality=(quality | saturated).astype(np.uint32),
        exposures=all_exposures(
            [first.frame.exposures, *(other.image.frame.exposures for other in others)]
        ),
    )
    seconds = first.seconds + sum(other.image.seconds for other in others)
    return CleanImage(frame, np.mean(sky, axis=0).astype(np.float32), seconds)


def _weight(frame: Frame) -> Floats:
    good = ~frame.bad & (frame.variance > 0)
    return np.where(good, 1.0 / np.where(good, frame.variance.astype(float), 1.0), 0.0)


def _filled(image: Floats) -> Floats:
    """Return an image with gaps filled by the median about them, for interpolation alone."""
    from scipy.ndimage import median_filter  # noqa: PLC0415

    gaps = np.isnan(image)
    if not gaps.any():
        return image
    rough = median_filter(np.where(gaps, 0.0, image), size=5)
    return np.where(gaps, rough, image)


def _outliers(cube: Floats, weights: Floats) -> NDArray[np.bool_]:
    """Return values that the others do not bear out."""
    if len(cube) < 2:
        return np.zeros(cube.shape, dtype=bool)
    known = np.where(weights > 0, cube, np.nan)
    # Slopes of stars move with the seeing: what the neighbourhood spans is no outlier.
    with np.errstate(invalid="ignore"):
        middle = np.nanmin(_or_zero(known), axis=0) if len(cube) == 2 else _nanmedian(known)
        error = np.sqrt(np.where(weights > 0, 1.0 / np.where(weights > 0, weights, 1.0), np.inf))
        slack = _SLACK * _span(middle)
        return np.asarray(np.abs(cube - middle) > _CLIP * error + slack) & (weights > 0)


def _or_zero(known: Floats) -> Floats:
    return np.where(np.isnan(known).all(axis=0), 0.0, known)


def _nanmedian(known: Floats) -> Floats:
    return np.asarray(np.nanmedian(_or_zero(known), axis=0))


def _span(image: Floats) -> Floats:
    """Return the range of values within a pixel's neighbours."""
    from scipy.ndimage import maximum_filter, minimum_filter  # noqa: PLC0415

    return np.asarray(maximum_filter(image, 3) - minimum_filter(image, 3))
