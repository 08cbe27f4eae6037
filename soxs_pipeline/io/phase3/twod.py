"""ANCILLARY.2DSPECTRUM: a rectified spectrum with its errors and flags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.flux import FLUX_UNIT
from soxs_pipeline.domain.rectified import RectifiedSpectrum
from soxs_pipeline.io.codecs.frame import quality_legend
from soxs_pipeline.io.codecs.rectified import axis_cards
from soxs_pipeline.io.phase3.files import fill, write_units
from soxs_pipeline.io.phase3.observation import Release, observation_cards
from soxs_pipeline.io.phase3.standard import FLUX_UNIT_TEXT, SDP_VERSION, TWO_D

__all__ = ["write_two_d"]

#: Extension, what it holds in the scheme of ESO, and of which kind it is.
_PLANES = (("FLUX", "DATA", ""), ("ERR", "ERROR", "RMSE"), ("QUAL", "QUALITY", "FLAG32BIT"))


def write_two_d(path: Path, image: RectifiedSpectrum, release: Release, product: str = "") -> None:
    """Write a rectified spectrum as a file that goes with a spectrum of the archive.

    Neighbouring cells are correlated; keywords ``NOISEWAV`` and ``NOISESLI`` tell by how much the
    noise of sums along either axis exceeds that of independent cells.

    Parameters
    ----------
    path
        The file.
    image
        The rectified spectrum.
    release
        What the data cannot tell.
    product
        Name of the product's own file, if it is to be noted.

    Raises
    ------
    InputError
        If the image does not tell its exposures.
    OutputError
        If it cannot be written.
    """
    cards = observation_cards(image.header, image.exposures, release)
    calibrated = image.unit.startswith(FLUX_UNIT)
    cards |= {
        "PRODCATG": "ANCILLARY.2DSPECTRUM",
        "FLUXCAL": "ABSOLUTE" if calibrated else "UNCALIBRATED",
        "NOISEWAV": image.noise_factor_wave,
        "NOISESLI": image.noise_factor_slit,
        **({"PIPEFILE": product} if product else {}),
    }
    primary = fits.PrimaryHDU()
    fill(primary.header, TWO_D, cards)
    planes: list[Any] = [
        image.data,
        np.sqrt(image.variance).astype(np.float32),
        image.quality.astype(np.int32),
    ]
    units = [primary]
    for (name, role, kind), values in zip(_PLANES, planes, strict=True):
        hdu = fits.ImageHDU(values, name=name)
        own = axis_cards(1, image.wavelength, "WAVE", "nm")
        own |= axis_cards(2, image.slit, "LINEAR", "arcsec")
        own |= {"HDUCLASS": "ESO", "HDUDOC": "SDP", "HDUVERS": SDP_VERSION}
        own |= {"HDUCLAS1": "IMAGE", "HDUCLAS2": role}
        if kind:
            own["HDUCLAS3"] = kind
        partners = {"SCIDATA": "FLUX", "ERRDATA": "ERR", "QUALDATA": "QUAL"}
        own |= {key: partner for key, partner in partners.items() if partner != name}
        if role != "QUALITY":
            unit = f"{FLUX_UNIT_TEXT}.arcsec**(-1)" if calibrated else "adu"
            own["BUNIT"] = unit
        else:
            own |= {key: value for key, (value, _) in _legend().items()}
        fill(hdu.header, (), own)
        units.append(hdu)
    write_units(path, units)


def _legend() -> dict[str, tuple[int, str]]:
    return {key: card for key, card in quality_legend().items() if isinstance(card, tuple)}
