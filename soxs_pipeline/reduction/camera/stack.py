"""Add exposures of a dithered sequence on the grid of the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import RectBivariateSpline

from soxs_pipeline.domain.camera import Astrometry, Catalogue
from soxs_pipeline.domain.exposure import all_exposures
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.reduction.camera.astrometry import project, tie_places, to_sky
from soxs_pipeline.reduction.camera.images import CleanImage
from soxs_pipeline.reduction.camera.sources import Measured

__all__ = ["Registered", "register", "stacked"]

Floats = NDArray[np.float64]

#: Rejection of a value of one exposure against the others, in errors.
_CLIP = 5.0
#: Share of the range of a pixel's neighbours by which exposures may differ: the seeing does.
_SLACK = 0.5
#: Steps of the grid on which projections are worked out, and the share of a resampled pixel that
#: may come from bad ones.
_GRID_PX, _MOST_BAD = 32, 0.3


@dataclass(frozen=True, eq=False)
class Registered:
    """An exposure with its place and transparency relative to the first."""

    image: CleanImage
    astrometry: Astrometry
    scale: float


def _places(target: Astrometry, source: Astrometry, shape: tuple[int, int]) -> Floats:
    """Return where in one image the pixels of another lie, row and column, ``(2, ny, nx)``.

    Projections are smooth: they are worked out on a coarse grid and interpolated by cubic splines,
    which is exact to far less than a thousandth of a pixel.
    """
    ny, nx = shape
    rows, columns = (np.linspace(0, n - 1, max(n // _GRID_PX, 4)) for n in (ny, nx))
    x, y = np.meshgrid(columns, rows)
    ra, dec = to_sky(target, x.ravel() + 1.0, y.ravel() + 1.0)
    there = project(source, ra, dec) - 1.0
    full = []
    for values in (there[:, 1], there[:, 0]):
        spline = RectBivariateSpline(rows, columns, values.reshape(x.shape))
        full.append(spline(np.arange(ny), np.arange(nx)))
    return np.array(full)


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

    Others are resampled by cubic splines. With three exposures or more, values that no
    other bears out are left out; with two the higher one is, if it exceeds the lower by far.

    Parameters
    ----------
    first, place
        The exposure whose grid is kept.
    others
        Registered exposures.
    """
    shape = first.frame.shape
    data, weight, sky = [first.frame.data.astype(float)], [_weight(first.frame)], [first.sky]
    for other in others:
        frame = other.image.frame
        at = _places(place, other.astrometry, shape)
        gaps = frame.bad
        moved = ndimage.map_coordinates(_filled(frame.data, gaps), at, order=3, mode="nearest")
        trust = ndimage.map_coordinates(_weight(frame), at, order=0, cval=0.0)
        bad = ndimage.map_coordinates(gaps.astype(float), at, order=1, cval=1.0)
        usable = bad < _MOST_BAD
        data.append(np.where(usable, moved / other.scale, 0.0))
        weight.append(np.where(usable, trust * other.scale**2, 0.0))
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


def _filled(image: NDArray[np.float32], gaps: NDArray[np.bool_]) -> Floats:
    """Return an image with gaps filled by the mean about them, for interpolation alone."""
    clean = np.where(gaps, 0.0, image).astype(float)
    if not gaps.any():
        return clean
    share = ndimage.uniform_filter((~gaps).astype(float), 5)
    mean = ndimage.uniform_filter(clean, 5) / np.maximum(share, 0.04)
    return np.where(gaps, mean, clean)


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
    return np.asarray(ndimage.maximum_filter(image, 3) - ndimage.minimum_filter(image, 3))
