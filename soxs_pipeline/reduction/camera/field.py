"""One field of the camera: from raw frames to places and magnitudes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.camera import (
    Astrometry,
    Catalogue,
    PhotometricTie,
    SkyImage,
    SourceTable,
    StarField,
    TargetPhotometry,
)
from soxs_pipeline.domain.filters import filter_of
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.domain.target import target_of
from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.numerics.astrometry import tangent_plane
from soxs_pipeline.reduction.camera.astrometry import (
    Placed,
    approximate,
    project,
    tie_places,
    to_sky,
)
from soxs_pipeline.reduction.camera.detection import noise_factor
from soxs_pipeline.reduction.camera.images import CleanImage, band_of, clean_image
from soxs_pipeline.reduction.camera.photometry import (
    Tied,
    instrumental,
    limits,
    nominal,
    tie_magnitudes,
)
from soxs_pipeline.reduction.camera.sources import Measured, forced_flux, measure_sources
from soxs_pipeline.reduction.camera.stack import register, stacked

__all__ = ["CameraOptions", "Field", "calibrate_field"]

Floats = NDArray[np.float64]

#: Ellipticity from which on stars are trailed, and width from which on they are out of focus.
_TRAILED, _WIDE_ARCSEC = 0.4, 4.0
#: Colour of a target may differ from the stars' by so much: what its colour term is worth.
_USUAL_COLOUR = 0.4
#: Error of a pointing that no star confirms, arcsec.
_POINTING_ARCSEC = 20.0


@dataclass(frozen=True)
class CameraOptions:
    """What the user may choose; see the parameters of ``soxs_astro_phot``."""

    detection_sigma: float = 5.0
    colour_term: bool = True
    target_radius_arcsec: float = 2.5
    least_stars: int = 4


@dataclass(frozen=True, eq=False)
class Field:
    """A calibrated field.

    Parameters
    ----------
    image, sources
        The image and what is on it.
    stars
        Catalogue stars found, None without a tie.
    target
        Brightness of the target, None if nothing says where it is.
    shift_arcsec
        Distance of the header's pointing from that found; NaN without a tie.
    """

    image: SkyImage
    sources: SourceTable
    stars: StarField | None
    target: TargetPhotometry | None
    shift_arcsec: float


def calibrate_field(
    raws: Sequence[RawFrame],
    detector: DetectorCalibration,
    flat: Frame | None,
    catalogue: Catalogue | None,
    options: CameraOptions,
) -> tuple[Field, list[str]]:
    """Return a calibrated field and remarks on anything assumed or of lower grade.

    Raises
    ------
    InputError
        If an exposure time is unknown, or a calibration is of another setup.
    UnprocessableDataError
        If no frame holds data, or nothing says where the camera pointed.
    """
    images, names, remarks = _clean(raws, detector, flat)
    band = band_of(images[0].frame.header)
    if not band:
        told = filter_of(images[0].frame.header) or "none"
        remarks.append(
            f"the filter {told!r} is none of the camera's (u g r i z y V): magnitudes are nominal"
        )
    guess = approximate(images[0].frame, names[0])
    image = images[0]
    measured = _measure(image, options, guess)
    placed = None if catalogue is None else tie_places(
        image.frame, measured, catalogue, guess, band
    )  # fmt: skip
    if len(images) > 1:
        image, measured, remarks_of_sum = _added(images, names, measured, placed, guess, options)
        remarks += remarks_of_sum
        if placed is not None and catalogue is not None:
            placed = tie_places(image.frame, measured, catalogue, placed.astrometry, band)
    if placed is not None and placed.used.sum() < options.least_stars:
        remarks.append(f"only {int(placed.used.sum())} stars match the catalogue: not believed")
        placed = None
    remarks += _grade(measured, placed, catalogue, guess.scale_arcsec)
    return _field(image, measured, placed, catalogue, guess, band, options, remarks)


def _clean(
    raws: Sequence[RawFrame], detector: DetectorCalibration, flat: Frame | None
) -> tuple[list[CleanImage], list[str], list[str]]:
    images, names, remarks = [], [], []
    for raw in raws:
        try:
            image, said = clean_image(raw, detector, flat)
        except UnprocessableDataError as error:
            if len(raws) == 1:
                raise
            remarks.append(f"left out: {error.what}")
            continue
        images.append(image)
        names.append(raw.name)
        remarks += [remark for remark in said if remark not in remarks]
    if not images:
        raise UnprocessableDataError(
            "none of the camera frames holds data: " + "; ".join(remarks),
            wanted="at least one good frame",
        )
    return images, names, remarks


def _measure(image: CleanImage, options: CameraOptions, guess: Astrometry) -> Measured:
    header = image.frame.header
    told = (header.number(f"ESO TEL {key} FWHM START") for key in ("AMBI", "IA"))
    seeing = next((value for value in told if 0.2 < value < 10.0), float("nan"))
    return measure_sources(
        image.frame, image.seconds, options.detection_sigma, seeing / guess.scale_arcsec
    )


def _added(
    images: Sequence[CleanImage],
    names: Sequence[str],
    measured: Measured,
    placed: Placed | None,
    guess: Astrometry,
    options: CameraOptions,
) -> tuple[CleanImage, Measured, list[str]]:
    place = guess if placed is None else placed.astrometry
    others = []
    for image, name in zip(images[1:], names[1:], strict=True):
        there = approximate(image.frame, name)
        others.append((image, _measure(image, options, there), there))
    registered, remarks = register(images[0].frame, measured, place, others, names[1:])
    if not registered:
        return images[0], measured, remarks
    total = stacked(images[0], place, registered)
    factor = noise_factor(total.frame, measured.shape.fwhm)
    total = replace(
        total, frame=total.frame.with_data(total.frame.data, total.frame.variance * factor**2)
    )
    remarks.append(
        f"{len(registered) + 1} exposures added; resampling correlates the noise of "
        f"neighbours: errors hold for the area of a star (factor {factor:.2f})"
    )
    return total, _measure(total, options, place), remarks


def _grade(
    measured: Measured, placed: Placed | None, catalogue: Catalogue | None, scale: float
) -> list[str]:
    """Return what is to be said of an image that is not as it should be."""
    remarks = []
    if not len(measured):
        remarks.append("no source was found on the image")
    elif not measured.shaped_by:
        remarks.append("no star was bright and clear enough to show its profile: one was assumed")
    else:
        if measured.shape.ellipticity > _TRAILED:
            remarks.append(
                f"stars are elongated (ellipticity {measured.shape.ellipticity:.2f}): "
                "the telescope trailed"
            )
        if measured.shape.fwhm * scale > _WIDE_ARCSEC:
            remarks.append(
                f"stars are {measured.shape.fwhm * scale:.1f} arcsec wide: out of focus"
            )
    if catalogue is None:
        remarks.append(
            "no catalogue: places are those of the header, good to some "
            f"{_POINTING_ARCSEC:.0f} arcsec, and the zero point is nominal"
        )
    elif placed is None:
        remarks.append(
            "no match with the catalogue could be believed: places are those of the header, and "
            "the zero point is nominal"
        )
    return remarks


def _field(
    image: CleanImage,
    measured: Measured,
    placed: Placed | None,
    catalogue: Catalogue | None,
    guess: Astrometry,
    band: str,
    options: CameraOptions,
    remarks: list[str],
) -> tuple[Field, list[str]]:
    place = guess if placed is None else placed.astrometry
    tied = None
    if placed is not None and catalogue is not None and band:
        tied = tie_magnitudes(measured, placed, catalogue, band, colour_term=options.colour_term)
        if tied is None:
            remarks.append(f"no catalogue star tells its {band} magnitude: zero point is nominal")
        elif tied.tie.stars < options.least_stars:
            remarks.append(f"only {tied.tie.stars} stars tie the zero point")
    tie = nominal(band) if tied is None else tied.tie
    setup = image.frame.setup
    saturation = setup.saturation_adu * setup.gain_e_per_adu / _seconds_each(image)
    sky = float(np.median(image.sky))
    faintest, brightest = limits(tie, image.frame, measured.shape, sky, saturation)
    tie = replace(tie, limit=faintest, saturation=brightest)
    good = ~image.frame.bad & (image.frame.variance > 0)
    weight = np.where(good, 1.0 / np.where(good, image.frame.variance, 1.0), 0.0)
    shaped = measured.shaped_by > 0
    sky_image = SkyImage(
        frame=image.frame,
        weight=weight.astype(np.float32),
        astrometry=place,
        photometry=tie,
        band=band,
        fwhm_arcsec=measured.shape.fwhm * place.scale_arcsec if shaped else float("nan"),
        ellipticity=measured.shape.ellipticity if shaped else float("nan"),
        sky=sky,
    )
    table = _table(image, measured, placed, place, tie, band)
    shift = float("nan")
    if placed is not None:
        ny, nx = image.frame.shape
        middle = np.array([0.5 * (nx + 1)]), np.array([0.5 * (ny + 1)])
        ra, dec = to_sky(place, *middle)
        there = to_sky(guess, *middle)
        shift = float(np.hypot(*tangent_plane(ra, dec, float(there[0][0]), float(there[1][0]))[0]))
    target = _target(image, measured, table, place, tie, options)
    return Field(sky_image, table, _stars(measured, placed, tied), target, shift), remarks


def _seconds_each(image: CleanImage) -> float:
    return image.seconds / max(len(image.frame.exposures), 1)


def _table(
    image: CleanImage,
    measured: Measured,
    placed: Placed | None,
    place: Astrometry,
    tie: PhotometricTie,
    band: str,
) -> SourceTable:
    fits = measured.fits
    x, y = fits.x + 1.0, fits.y + 1.0
    ra, dec = to_sky(place, x, y) if len(x) else (np.empty(0), np.empty(0))
    star = np.full(len(x), -1, dtype=np.int64)
    if placed is not None:
        star[placed.source] = placed.star
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(fits.flux > 0, fits.flux_error / fits.flux, np.nan)
    return SourceTable(
        x=x,
        y=y,
        xy_error=np.hypot(fits.x_error, fits.y_error) / np.sqrt(2.0),
        ra_deg=ra,
        dec_deg=dec,
        flux=fits.flux,
        flux_error=fits.flux_error,
        aperture_flux=measured.aperture_flux,
        aperture_error=measured.aperture_error,
        magnitude=instrumental(fits.flux) + tie.zero_point,
        magnitude_error=1.0857 * relative,
        elongation=measured.elongation,
        fwhm=measured.fwhm,
        quality=measured.quality,
        catalogue=star,
        band=band,
        aperture_arcsec=measured.aperture_px * place.scale_arcsec,
        header=image.frame.header,
        exposures=image.frame.exposures,
    )


def _stars(measured: Measured, placed: Placed | None, tied: Tied | None) -> StarField | None:
    if placed is None:
        return None
    unknown = np.full(len(placed.source), np.nan)
    return StarField(
        x=measured.fits.x[placed.source] + 1.0,
        y=measured.fits.y[placed.source] + 1.0,
        offset_ra_mas=1e3 * placed.offset_arcsec[:, 0],
        offset_dec_mas=1e3 * placed.offset_arcsec[:, 1],
        place_used=placed.used,
        magnitude=unknown if tied is None else tied.magnitude,
        colour=unknown if tied is None else tied.colour,
        difference=unknown if tied is None else tied.difference,
        difference_error=unknown if tied is None else tied.error,
        flux_used=np.zeros(len(unknown), bool) if tied is None else tied.used,
    )


def _target(
    image: CleanImage,
    measured: Measured,
    table: SourceTable,
    place: Astrometry,
    tie: PhotometricTie,
    options: CameraOptions,
) -> TargetPhotometry | None:
    """Measure what lies where the header says that the target is."""
    told = target_of(image.frame.header)
    if not told.known:
        return None
    ra, dec = told.ra_deg, told.dec_deg
    at = project(place, np.array([ra]), np.array([dec]))[0]
    ny, nx = image.frame.shape
    if not (0.5 <= at[0] <= nx + 0.5 and 0.5 <= at[1] <= ny + 0.5):
        return None
    reach = options.target_radius_arcsec if place.tied else _POINTING_ARCSEC
    distance = np.hypot(table.x - at[0], table.y - at[1]) * place.scale_arcsec
    fine = (table.quality & np.uint32(FATAL)) == 0
    near = np.flatnonzero((distance < reach) & fine)
    shared = float(np.hypot(tie.error, _USUAL_COLOUR * tie.colour_term))
    if len(near):
        # Without a tie the brightest source near the pointing is taken, with it the nearest.
        best = near[np.argmin(distance[near])] if place.tied else near[np.argmax(table.flux[near])]
        return TargetPhotometry(
            band=tie.band,
            magnitude=float(table.magnitude[best]),
            error=float(np.hypot(table.magnitude_error[best], shared)),
            ra_deg=float(table.ra_deg[best]),
            dec_deg=float(table.dec_deg[best]),
            offset_arcsec=float(distance[best]),
            found=True,
            header=image.frame.header,
            exposures=image.frame.exposures,
            colour=tie.colour,
            colour_term=tie.colour_term,
            pivot=tie.pivot,
        )
    if not place.tied:
        return None
    flux, error = forced_flux(image.frame, at[0] - 1.0, at[1] - 1.0, measured.shape, image.seconds)
    seen = flux > 0
    return TargetPhotometry(
        band=tie.band,
        magnitude=float(instrumental(np.array([flux]))[0] + tie.zero_point),
        error=float(np.hypot(1.0857 * error / flux, shared)) if seen else float("nan"),
        ra_deg=ra,
        dec_deg=dec,
        offset_arcsec=0.0,
        found=False,
        header=image.frame.header,
        exposures=image.frame.exposures,
        colour=tie.colour,
        colour_term=tie.colour_term,
        pivot=tie.pivot,
    )
