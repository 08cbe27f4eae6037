"""Assemble rectified spectra of many slit positions into a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.cube import SpectralCube
from soxs_pipeline.domain.exposure import all_exposures
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.rectified import Axis, RectifiedSpectrum
from soxs_pipeline.errors import InputError

__all__ = ["assemble", "place_of"]

Floats = NDArray[np.float64]

#: Place of an exposure in the scan, across and along the slit, arcsec.
_ACROSS = ("ESO SEQ CUMOFF X", "ESO SEQ CUMOFF RA")
_ALONG = ("ESO SEQ CUMOFF Y", "ESO SEQ CUMOFF DEC")
#: Exposures nearer to each other than this part of the slit's width are of one place.
_ONE_PLACE = 0.1


def place_of(header: Header) -> tuple[float, float]:
    """Return where the object stands in an exposure, across and along the slit, in arcsec.

    The offsets are those of the object on the slit, as in nodding. NaN if no header tells it.
    """
    for keys in zip(_ACROSS, _ALONG, strict=True):
        across, along = (header.number(key) for key in keys)
        if np.isfinite(across):
            return across, along if np.isfinite(along) else 0.0
    return float("nan"), 0.0


def assemble(
    images: Sequence[RectifiedSpectrum], *, slit_width_arcsec: float, scan_step_arcsec: float
) -> SpectralCube:
    """Assemble a map; where exposures overlap they are averaged by their share and variance.

    Parameters
    ----------
    images
        Rectified spectra of one arm and one grid of wavelengths.
    slit_width_arcsec
        Extent of each exposure across the slit.
    scan_step_arcsec
        Cells of the map across the slit; 0 for the width of the slit, or the step of the scan
        where that is less.

    Raises
    ------
    InputError
        If the images are of several arms, units or grids, or a header does not tell its place.
    """
    _require_alike(images)
    places = np.array([place_of(image.header) for image in images])
    if not np.isfinite(places).all():
        lacking = next(i for i, p in zip(images, places, strict=True) if not np.isfinite(p).all())
        name = lacking.header.text("ARCFILE") or "an exposure"
        raise InputError(
            f"{name} does not tell its place in the map",
            wanted=f"{_ACROSS[0]} and {_ALONG[0]} in every exposure",
            remedy="add the keywords to the raw frames",
        )
    # Where the object stands to the right, the slit looks to its left.
    scan, along = -places[:, 0], -places[:, 1]
    step = scan_step_arcsec or min(slit_width_arcsec, _usual_step(scan, slit_width_arcsec))
    low, high = scan.min() - 0.5 * slit_width_arcsec, scan.max() + 0.5 * slit_width_arcsec
    size = max(int(np.rint((high - low) / step)), 1)
    scan_axis = Axis(float(0.5 * (low + high - (size - 1) * step)), float(step), size)
    slit_axis = _slit_axis(images, along)
    wave = _wave_axis(images)
    total = np.zeros((wave.size, slit_axis.size, size))
    flux, noise2 = np.zeros_like(total), np.zeros_like(total)
    coverage = np.zeros((slit_axis.size, size), np.float32)
    for image, at, moved in zip(images, scan, along, strict=True):
        share = _shares(scan_axis, at, slit_width_arcsec)
        _add(image, share, moved, (wave, slit_axis), (total, flux, noise2, coverage))
    seen = total > 0
    safe = np.where(seen, total, 1.0)
    return SpectralCube(
        scan=scan_axis,
        slit=slit_axis,
        wavelength=wave,
        # The brightness of a rectified image is summed over the width of the slit.
        data=np.where(seen, flux / safe / slit_width_arcsec, np.nan).astype(np.float32),
        variance=np.where(seen, noise2 / safe**2 / slit_width_arcsec**2, np.nan),
        coverage=coverage,
        unit=f"{images[0].unit}2",
        arm=images[0].arm,
        header=min(images, key=lambda i: i.header.number("MJD-OBS", 0.0)).header,
        exposures=all_exposures(image.exposures for image in images),
    )


def _usual_step(scan: Floats, slit_width_arcsec: float) -> float:
    """Return the distance of neighbouring places, infinite if there is one place only."""
    rank = np.sort(scan)
    breaks = np.flatnonzero(np.diff(rank) > _ONE_PLACE * slit_width_arcsec) + 1
    places = [part.mean() for part in np.split(rank, breaks)]
    return float(np.median(np.diff(places))) if len(places) > 1 else float("inf")


def _require_alike(images: Sequence[RectifiedSpectrum]) -> None:
    if not images:
        raise InputError("nothing to map", wanted="rectified spectra of a scan")
    for what, values in (
        ("arms", {image.arm for image in images}),
        ("units", {image.unit for image in images}),
        ("wavelength steps", {round(image.wavelength.step, 9) for image in images}),
        ("slit steps", {round(image.slit.step, 9) for image in images}),
    ):
        if len(values) > 1:
            raise InputError(
                f"the exposures are of several {what}: {', '.join(sorted(map(str, values)))}",
                wanted="rectified spectra of one arm, made alike",
                remedy="give wave_step and slit_step to soxs_straighten",
            )


def _wave_axis(images: Sequence[RectifiedSpectrum]) -> Axis:
    step = images[0].wavelength.step
    first = min(image.wavelength.first for image in images)
    last = max(image.wavelength.centres[-1] for image in images)
    return Axis(first, step, int(np.rint((last - first) / step)) + 1)


def _slit_axis(images: Sequence[RectifiedSpectrum], along: Floats) -> Axis:
    step = images[0].slit.step
    lows = [i.slit.first + a for i, a in zip(images, along, strict=True)]
    highs = [i.slit.centres[-1] + a for i, a in zip(images, along, strict=True)]
    first = float(np.floor(min(lows) / step) * step)
    return Axis(first, step, int(np.ceil((max(highs) - first) / step)) + 1)


def _shares(axis: Axis, at: float, width: float) -> Floats:
    """Return the share of each cell of the scan that the slit covers."""
    low = np.maximum(axis.centres - 0.5 * axis.step, at - 0.5 * width)
    high = np.minimum(axis.centres + 0.5 * axis.step, at + 0.5 * width)
    return np.asarray(np.clip((high - low) / axis.step, 0.0, 1.0))


def _add(
    image: RectifiedSpectrum,
    share: Floats,
    moved: float,
    axes: tuple[Axis, Axis],
    sums: tuple[Floats, Floats, Floats, NDArray[np.float32]],
) -> None:
    wave, slit = axes
    total, flux, noise2, coverage = sums
    first = int(np.rint((image.wavelength.first - wave.first) / wave.step))
    columns = slice(first, first + image.wavelength.size)
    known = np.isfinite(image.data) & np.isfinite(image.variance) & (image.variance > 0)
    typical = np.where(known, image.variance, np.nan)
    with np.errstate(invalid="ignore"):
        middle = np.nanmedian(typical) if known.any() else 1.0
    # Offsets along the slit by fractions of a cell: two rows share each.
    rows = (image.slit.centres + moved - slit.first) / slit.step
    lower = np.floor(rows).astype(int)
    for extra in (0, 1):
        part = np.clip(1.0 - np.abs(rows - (lower + extra)), 0.0, 1.0)
        for k in np.flatnonzero(part > 1e-9):
            row = lower[k] + extra
            if not 0 <= row < slit.size:
                continue
            weight = np.where(known[k], part[k] / middle, 0.0)[:, None] * share[None, :]
            total[columns, row] += weight
            flux[columns, row] += weight * np.where(known[k], image.data[k], 0.0)[:, None]
            noise2[columns, row] += weight**2 * np.where(known[k], image.variance[k], 0.0)[:, None]
            coverage[row] += (part[k] * share * known[k].any()).astype(np.float32)
