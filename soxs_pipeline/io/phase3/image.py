"""SCIENCE.IMAGE and SCIENCE.SRCTBL: a calibrated image of the camera and its sources."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.camera import SkyImage, SourceTable
from soxs_pipeline.domain.filters import filter_of
from soxs_pipeline.io.codecs.tables import column, table
from soxs_pipeline.io.phase3.files import Associated, association_cards, fill, write_units
from soxs_pipeline.io.phase3.observation import Release, observation_cards
from soxs_pipeline.io.phase3.standard import IMAGE, IMAGE_ARRAY
from soxs_pipeline.io.wcs import wcs_cards
from soxs_pipeline.numerics.projection import pixel_to_sky

__all__ = ["image_category", "write_image", "write_source_list", "write_weight"]

#: Added to a magnitude of Johnson's V it gives an AB magnitude (Blanton & Roweis 2007).
_V_TO_AB = 0.02
#: Error of positions that no star confirms, degrees.
_POINTING_DEG = 20.0 / 3600.0
#: Systematic error of the catalogue's positions (Gaia DR2), degrees.
_CATALOGUE_DEG = 1e-3 / 3600.0
_NOT_FOR_IMAGES = ("RA_ERR", "DEC_ERR")


def image_category(image: SkyImage) -> str:
    """Return ``SCIENCE.IMAGE``, or ``ANCILLARY.IMAGE`` where no star ties the zero point."""
    return "SCIENCE.IMAGE" if image.photometry.tied else "ANCILLARY.IMAGE"


def write_image(
    path: Path,
    image: SkyImage,
    release: Release,
    associated: Sequence[Associated] = (),
    product: str = "",
) -> None:
    """Write an image in ADU per second, in the primary unit, as the archive takes it.

    Parameters
    ----------
    path
        The file.
    image
        The image.
    release
        What the data cannot tell.
    associated
        Weight map and preview, in the same folder.
    product
        Name of the product's own file, if it is to be noted.

    Raises
    ------
    InputError
        If the image does not tell its exposures.
    OutputError
        If it cannot be written.
    """
    gain = image.frame.setup.gain_e_per_adu
    data = np.where(image.weight > 0, image.frame.data / np.float32(gain), np.float32(np.nan))
    primary = fits.PrimaryHDU(data.astype(np.float32))
    cards = _shared(image, release)
    cards |= {
        "PRODCATG": image_category(image),
        "FLUXCAL": "ABSOLUTE" if image.photometry.tied else "UNCALIBRATED",
        "BUNIT": "adu/s",
        **{k: _value(v) for k, v in wcs_cards(image.astrometry).items() if "ESO" not in k},
        **_errors_of_places(image),
        **_photometry(image),
        "GAIN": gain,
        "WEIGHT": float(np.median(image.weight[image.weight > 0])),
        **association_cards(associated),
        **({"PIPEFILE": product} if product else {}),
    }
    fill(primary.header, (*IMAGE, *IMAGE_ARRAY), cards)
    write_units(path, [primary])


def write_weight(path: Path, image: SkyImage, release: Release) -> None:
    """Write the weight map that goes with an image, inverse variance in (adu/s)**-2."""
    gain = image.frame.setup.gain_e_per_adu
    primary = fits.PrimaryHDU((image.weight * np.float32(gain**2)).astype(np.float32))
    cards = {"PRODCATG": "ANCILLARY.WEIGHTMAP", "INSTRUME": image.frame.header.text("INSTRUME")}
    cards |= {"PROCSOFT": release.software}
    places = {k: _value(v) for k, v in wcs_cards(image.astrometry).items() if "ESO" not in k}
    fill(primary.header, (), {**cards, **places})
    write_units(path, [primary])


def write_source_list(
    path: Path, sources: SourceTable, image: SkyImage, image_name: str, release: Release
) -> None:
    """Write the sources of an image.

    Parameters
    ----------
    path
        The file.
    sources, image
        The sources and their image.
    image_name
        Name of the image's file, the one thing that the list is made from.
    release
        What the data cannot tell.
    """
    gain = image.frame.setup.gain_e_per_adu
    columns = (
        ("NUMBER", np.arange(1, len(sources) + 1, dtype=np.int32), "", "meta.id;meta.main"),
        ("RA", sources.ra_deg, "deg", "pos.eq.ra;meta.main"),
        ("DEC", sources.dec_deg, "deg", "pos.eq.dec;meta.main"),
        ("X", sources.x, "pixel", "pos.cartesian.x;instr.det"),
        ("Y", sources.y, "pixel", "pos.cartesian.y;instr.det"),
        ("ERR_XY", sources.xy_error, "pixel", "stat.error;pos.cartesian;instr.det"),
        ("MAG", sources.magnitude, "mag", "phot.mag"),
        ("ERR_MAG", sources.magnitude_error, "mag", "stat.error;phot.mag"),
        ("FLUX", sources.flux / gain, "adu/s", "phot.flux"),
        ("ERR_FLUX", sources.flux_error / gain, "adu/s", "stat.error;phot.flux"),
        ("FLUX_APER", sources.aperture_flux / gain, "adu/s", "phot.flux"),
        ("ELONGATION", sources.elongation, "", "src.morph.param"),
        ("FWHM", sources.fwhm, "pixel", "phys.angSize;instr.det"),
        ("FLAGS", sources.quality, "", "meta.code.qual"),
    )
    rows = table("SOURCES", [column(name, values) for name, values, _, _ in columns])
    for k, (_, _, unit, ucd) in enumerate(columns, 1):
        if unit:
            rows.header[f"TUNIT{k}"] = unit
        rows.header[f"TUCD{k}"] = ucd
    told = _photometry(image)
    for key in ("PHOTSYS", "ABMAGLIM", "ABMAGSAT", "PSF_FWHM", "PHOTZP", "PHOTZPER"):
        if key in told:
            rows.header[key] = told[key]
    primary = fits.PrimaryHDU()
    cards = {k: v for k, v in _shared(image, release).items() if not k.startswith("PROV")}
    cards |= {"PRODCATG": "SCIENCE.SRCTBL", "PROV1": image_name}
    fill(primary.header, IMAGE, cards)
    write_units(path, [primary, rows])


def _shared(image: SkyImage, release: Release) -> dict[str, object]:
    """Return what image and source list say alike."""
    frame, place = image.frame, image.astrometry
    ny, nx = frame.shape
    middle = np.array([[0.5 * nx + 0.5, 0.5 * ny + 0.5]])
    ra, dec = pixel_to_sky(
        middle, crpix=place.crpix, crval=place.crval, cd=place.cd,
        sip_a=place.sip_a, sip_b=place.sip_b,
    )  # fmt: skip
    cards = observation_cards(frame.header, frame.exposures, release)
    cards |= {"RA": float(ra[0]), "DEC": float(dec[0]), "FILTER": _filter(image)}
    technique = str(cards["OBSTECH"])
    cards["OBSTECH"] = technique if technique.startswith("IMAGE") else "IMAGE"
    return {k: v for k, v in cards.items() if k not in _NOT_FOR_IMAGES}


def _filter(image: SkyImage) -> str:
    return filter_of(image.frame.header) or image.band or "UNKNOWN"


def _photometry(image: SkyImage) -> dict[str, object]:
    tie = image.photometry
    gain = image.frame.setup.gain_e_per_adu
    to_ab = _V_TO_AB if tie.system == "VEGA" else 0.0
    cards: dict[str, object] = {
        "PHOTZP": tie.zero_point - 2.5 * float(np.log10(gain)),
        "PHOTZPER": tie.error,
        "PHOTSYS": tie.system,
        "ABMAGLIM": tie.limit + to_ab,
        "ABMAGSAT": tie.saturation + to_ab,
        "PSF_FWHM": image.fwhm_arcsec if np.isfinite(image.fwhm_arcsec) else -1.0,
        "ELLIPTIC": image.ellipticity,
    }
    return cards


def _errors_of_places(image: SkyImage) -> dict[str, object]:
    place = image.astrometry
    if not place.tied:
        return {"CRDER1": 0.5 * _POINTING_DEG, "CRDER2": 0.5 * _POINTING_DEG}
    # Half the scatter of the registration along each axis, as the standard has it.
    random = 0.5 * place.rms_mas * np.sqrt(2.0) / 3.6e6
    return {
        "CRDER1": random, "CRDER2": random, "CSYER1": _CATALOGUE_DEG, "CSYER2": _CATALOGUE_DEG,
    }  # fmt: skip


def _value(card: object) -> object:
    return card[0] if isinstance(card, tuple) else card
