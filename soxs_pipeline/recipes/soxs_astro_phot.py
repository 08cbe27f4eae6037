"""Calibrate images of the acquisition camera in place and brightness.

1. Bias, pixel response and cosmic rays are taken out, and the sky.
2. Sources are found, and one profile of the stars; places and fluxes come from fits of it, fluxes
   from apertures as well.
3. Sources are matched with the stars of a catalogue, moved to the epoch of the image, under any
   shift and rotation that the header may be wrong by. What chance would do as well is refused.
   A tangent-plane projection with distortion is fitted, outliers left out.
4. The zero point and a colour term are fitted to the catalogue's magnitudes. Bands that the
   catalogue lacks are transformed from others, with the larger error that this entails.
5. Exposures of a dithered sequence are brought to the grid of the first by their common stars and
   added; sources are then measured on the sum.
6. The target of spectroscopy is measured: it sets the absolute scale of its spectra.

Without a catalogue, or where no match can be believed, the image keeps the places of its header
and a nominal zero point of large error, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.camera import (
    Catalogue,
    SkyImage,
    SourceTable,
    StarField,
    TargetPhotometry,
)
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.errors import InputError
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.camera import CAMERA_QC, measure_image
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.camera.field import CameraOptions, calibrate_field
from soxs_pipeline.reduction.detector.prepare import require_one_setup

__all__ = ["RECIPE", "AstroPhotParameters", "AstroPhotProducts", "soxs_astro_phot"]


@dataclass(frozen=True, kw_only=True)
class AstroPhotParameters(ParameterSet):
    """Parameters of `soxs_astro_phot`."""

    detection_sigma: float = parameter(
        5.0, "Least significance of a source in the smoothed image.", unit="sigma", ge=3, le=100
    )
    colour_term: bool = parameter(True, "Fit a colour term with the zero point.")
    target_radius: float = parameter(
        2.5,
        "Distance from the pointing within which the target is looked for.",
        unit="arcsec",
        ge=0.2,
        le=60,
    )
    least_stars: int = parameter(
        4, "Fewer catalogue stars than this do not tie the image to the sky.", ge=3, le=100
    )


@dataclass(frozen=True)
class AstroPhotProducts:
    """Products of `soxs_astro_phot`."""

    image: SkyImage
    sources: SourceTable
    stars: StarField | None
    target: TargetPhotometry | None


def soxs_astro_phot(
    raw: Sequence[RawFrame],
    detector: DetectorCalibration,
    flat: Frame | None,
    catalogue: Catalogue | None,
    *,
    parameters: AstroPhotParameters,
) -> Outcome[AstroPhotProducts]:
    """Calibrate images of the acquisition camera in place and brightness.

    Parameters
    ----------
    raw
        Exposures of one field through one filter.
    detector
        Master bias; the master dark's hot pixels are flagged.
    flat
        Master flat of the filter, or None.
    catalogue
        Stars of known place and brightness, or None.
    parameters
        Thresholds.

    Raises
    ------
    InputError
        If the frames are of several setups, or an exposure time is unknown.
    UnprocessableDataError
        If a frame holds no data, or nothing says where it points.
    """
    if not raw:
        raise InputError("there is no camera frame", wanted="at least one")
    require_one_setup(raw)
    options = CameraOptions(
        detection_sigma=parameters.detection_sigma,
        colour_term=parameters.colour_term,
        target_radius_arcsec=parameters.target_radius,
        least_stars=parameters.least_stars,
    )
    field, remarks = calibrate_field(raw, detector, flat, catalogue, options)
    qc = measure_image(field.image, field.sources, field.target, field.shift_arcsec)
    products = AstroPhotProducts(field.image, field.sources, field.stars, field.target)
    return Outcome(products, qc, remarks)


RECIPE = Recipe(soxs_astro_phot, AstroPhotParameters, AstroPhotProducts, CAMERA_QC)
