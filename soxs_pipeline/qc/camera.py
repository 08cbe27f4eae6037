"""Quality-control measures of the camera's images and flats."""

from __future__ import annotations

import numpy as np

from soxs_pipeline.domain.camera import SkyImage, SourceTable, TargetPhotometry
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = ["CAMERA_QC", "FLAT_QC", "measure_flat", "measure_image"]

SOURCES = QcDefinition("SRC NUM", "Number of sources")
FWHM = QcDefinition("IMG FWHM", "Full width at half maximum of the stars", "arcsec")
ELLIPTICITY = QcDefinition("IMG ELLIP", "Ellipticity of the stars")
SKY = QcDefinition("IMG SKYMAG", "Brightness of the sky in a square arcsecond", "mag")
PLACES = QcDefinition("AST NUM", "Catalogue stars that tie the places")
PLACE_RMS = QcDefinition("AST RMS", "Scatter of the stars about the projection, one axis", "mas")
PLACE_ERROR = QcDefinition("AST ERR", "Error of the zero point of the places, one axis", "mas")
POINTING = QcDefinition("AST SHIFT", "Distance of the header's pointing from that found", "arcsec")
STARS = QcDefinition("ZP NUM", "Catalogue stars that tie the zero point")
ZERO = QcDefinition("ZP", "Magnitude of a source of one electron per second", "mag")
ZERO_ERROR = QcDefinition("ZP ERR", "Error of the zero point", "mag")
SCATTER = QcDefinition("ZP SCATTER", "Scatter of the stars beyond their errors", "mag")
COLOUR = QcDefinition("ZP COLOUR", "Colour term")
LIMIT = QcDefinition("IMG LIMIT", "Magnitude of a point source of S/N 5", "mag")
SATURATION = QcDefinition("IMG SATUR", "Magnitude of a point source that saturates", "mag")
TARGET = QcDefinition("TARG MAG", "Magnitude of the target", "mag")
TARGET_ERROR = QcDefinition("TARG MAG ERR", "Its error", "mag")

CAMERA_QC = (
    SOURCES, FWHM, ELLIPTICITY, SKY, PLACES, PLACE_RMS, PLACE_ERROR, POINTING, STARS, ZERO,
    ZERO_ERROR, SCATTER, COLOUR, LIMIT, SATURATION, TARGET, TARGET_ERROR,
)  # fmt: skip

FLAT_NUMBER = QcDefinition("RAW NUM", "Number of flats combined")
FLAT_SCATTER = QcDefinition("FLAT SCATTER", "Scatter of the response from pixel to pixel")
FLAT_RANGE = QcDefinition("FLAT RANGE", "Range of the smooth response, 1st to 99th percentile")
FLAT_BAD = QcDefinition("BADPIX NUM", "Number of flagged pixels", "pixel")
FLAT_GRADIENT = QcDefinition("FLAT GRADIENT", "Largest disagreement of a flat with the mean")
FLAT_QC = (FLAT_NUMBER, FLAT_SCATTER, FLAT_RANGE, FLAT_BAD, FLAT_GRADIENT)


def measure_image(
    image: SkyImage, sources: SourceTable, target: TargetPhotometry | None, shift_arcsec: float
) -> tuple[QcValue, ...]:
    """Measure a calibrated image; what could not be measured is left out."""
    tie, place = image.photometry, image.astrometry
    area = place.scale_arcsec**2
    sky = tie.zero_point - 2.5 * np.log10(image.sky / area) if image.sky > 0 else np.nan
    values = [SOURCES.value(len(sources)), PLACES.value(place.stars), STARS.value(tie.stars)]
    told = (
        (FWHM, image.fwhm_arcsec), (ELLIPTICITY, image.ellipticity), (SKY, sky),
        (PLACE_RMS, place.rms_mas), (PLACE_ERROR, place.error_mas), (POINTING, shift_arcsec),
        (ZERO, tie.zero_point), (ZERO_ERROR, tie.error), (SCATTER, tie.scatter),
        (LIMIT, tie.limit), (SATURATION, tie.saturation),
        (TARGET, target.magnitude if target else np.nan),
        (TARGET_ERROR, target.error if target else np.nan),
    )  # fmt: skip
    if tie.colour:
        values.append(COLOUR.value(tie.colour_term))
    return (*values, *(what.value(float(v)) for what, v in told if np.isfinite(v)))


def measure_flat(flat: Frame) -> tuple[QcValue, ...]:
    """Measure scatter and range of the camera's response."""
    low, high = np.percentile(flat.data[~flat.bad], [1.0, 99.0])
    beside = np.diff(flat.data, axis=1)[~flat.bad[:, 1:] & ~flat.bad[:, :-1]]
    spread = 1.4826 * float(np.median(np.abs(beside))) / np.sqrt(2.0)
    return FLAT_SCATTER.value(spread), FLAT_RANGE.value(float(high - low))
