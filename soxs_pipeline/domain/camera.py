"""Images of the acquisition camera: what is on the sky, where, and how bright."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.header import Header

__all__ = [
    "BANDS",
    "Astrometry",
    "Catalogue",
    "Passbands",
    "PhotometricTie",
    "SkyImage",
    "SourceTable",
    "StarField",
    "TargetPhotometry",
]

Floats = NDArray[np.float64]

#: Photometric bands of the camera's filters.
BANDS = ("u", "g", "r", "i", "z", "y", "V")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Stars of known place and brightness.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS at `epoch`, degrees, shape ``(n,)``.
    pm_ra, pm_dec
        Proper motion in mas/yr, that in right ascension with the factor cos(dec); NaN if unknown.
    epoch
        Julian year of the positions.
    magnitudes, errors
        Of each band that the catalogue has, AB but for V, NaN where a star has none.
    name
        Of the catalogue, with its reference.
    """

    ra_deg: Floats
    dec_deg: Floats
    pm_ra: Floats
    pm_dec: Floats
    epoch: float
    magnitudes: Mapping[str, Floats]
    errors: Mapping[str, Floats]
    name: str

    def __len__(self) -> int:
        """Return the number of stars."""
        return int(self.ra_deg.size)


@dataclass(frozen=True, eq=False)
class Passbands:
    """Responses of photometric bands for each photon.

    Parameters
    ----------
    bands
        Names.
    wavelength_nm, response
        Vacuum wavelength and response (peak one) of each band.
    ab_offset
        Added to a magnitude of the band's system it gives an AB magnitude.
    """

    bands: tuple[str, ...]
    wavelength_nm: tuple[Floats, ...]
    response: tuple[Floats, ...]
    ab_offset: Floats


@dataclass(frozen=True, eq=False)
class Astrometry:
    """A tangent-plane projection with distortion (FITS WCS, SIP convention).

    Parameters
    ----------
    crpix
        Reference pixel, FITS convention (the centre of the first pixel is 1), shape ``(2,)``.
    crval
        Right ascension and declination there in degrees, shape ``(2,)``.
    cd
        Degrees per pixel, shape ``(2, 2)``.
    sip_a, sip_b
        Distortion in pixels: coefficient of u**p * v**q at ``[p, q]``; shape ``(k, k)``, empty
        without one.
    tied
        True if stars of a catalogue gave it; else it is what the header says.
    stars
        Catalogue stars used.
    rms_mas
        Scatter of the stars about it, along one axis; NaN if not tied.
    error_mas
        Standard error of the zero point, along one axis; NaN if not tied.
    """

    crpix: Floats
    crval: Floats
    cd: Floats
    sip_a: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    sip_b: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    tied: bool = False
    stars: int = 0
    rms_mas: float = float("nan")
    error_mas: float = float("nan")

    @property
    def scale_arcsec(self) -> float:
        """Side of a pixel."""
        return float(np.sqrt(abs(np.linalg.det(self.cd)))) * 3600.0


@dataclass(frozen=True)
class PhotometricTie:
    """What makes counts magnitudes: m = zero_point + colour_term * (colour - pivot) + inst.

    Parameters
    ----------
    band, system
        Band, and the system of its magnitudes.
    zero_point, error
        Magnitude of a source of one electron per second at the pivot colour; standard error.
    tied
        True if stars of a catalogue gave it; else it is a nominal one of large error.
    colour
        Catalogue colour of the term, as ``g-r``; empty without.
    colour_term, colour_error, pivot
        Slope in mag per mag, its error, and the colour at which the zero point holds.
    stars
        Catalogue stars used.
    scatter
        Their scatter beyond their errors, mag.
    limit, saturation
        Magnitude of a point source of S/N 5, and of one whose peak reaches saturation.
    """

    band: str
    system: str
    zero_point: float
    error: float
    tied: bool
    colour: str = ""
    colour_term: float = 0.0
    colour_error: float = 0.0
    pivot: float = 0.0
    stars: int = 0
    scatter: float = float("nan")
    limit: float = float("nan")
    saturation: float = float("nan")


@dataclass(frozen=True, eq=False)
class SkyImage:
    """A calibrated image of the sky.

    Parameters
    ----------
    frame
        Electrons per second without the sky background, its variance and flags.
    weight
        Inverse of the variance of the background, zero where no exposure saw the sky,
        ``(ny, nx)``.
    astrometry, photometry
        What makes pixels places and counts magnitudes.
    band
        Of the filter; empty if the filter is unknown.
    fwhm_arcsec, ellipticity
        Of the stars; NaN if none was measured.
    sky
        Background in electrons per second and pixel, median.
    """

    frame: Frame
    weight: NDArray[np.float32]
    astrometry: Astrometry
    photometry: PhotometricTie
    band: str
    fwhm_arcsec: float
    ellipticity: float
    sky: float


@dataclass(frozen=True, eq=False)
class SourceTable:
    """Sources of an image; arrays of shape ``(n,)``.

    Parameters
    ----------
    x, y
        Position in pixels, FITS convention.
    xy_error
        Standard error of a coordinate in pixels.
    ra_deg, dec_deg
        ICRS at the epoch of the image.
    flux, flux_error
        Electrons per second by the profile of the stars.
    aperture_flux, aperture_error
        Electrons per second in the aperture, brought to all light by the profile.
    magnitude, magnitude_error
        By the profile, at the pivot colour; NaN for negative flux. The error is that of the
        source alone.
    elongation, fwhm
        Ratio of the axes, and full width at half maximum in pixels, by moments.
    quality
        Bits of `Quality` within the core.
    catalogue
        Row of the catalogue star, -1 without.
    band
        Of the filter.
    aperture_arcsec
        Radius of the aperture.
    header, exposures
        Of the image.
    """

    x: Floats
    y: Floats
    xy_error: Floats
    ra_deg: Floats
    dec_deg: Floats
    flux: Floats
    flux_error: Floats
    aperture_flux: Floats
    aperture_error: Floats
    magnitude: Floats
    magnitude_error: Floats
    elongation: Floats
    fwhm: Floats
    quality: NDArray[np.uint32]
    catalogue: NDArray[np.int64]
    band: str
    aperture_arcsec: float
    header: Header
    exposures: tuple[Exposure, ...] = ()

    def __len__(self) -> int:
        """Return the number of sources."""
        return int(self.x.size)


@dataclass(frozen=True, eq=False)
class StarField:
    """Catalogue stars found in an image, for judging the fits; arrays of shape ``(n,)``.

    Parameters
    ----------
    x, y
        Position in pixels, FITS convention.
    offset_ra_mas, offset_dec_mas
        Measured minus catalogue place.
    place_used, flux_used
        Entered the fit of the places, of the zero point.
    magnitude, colour
        Of the catalogue.
    difference, difference_error
        Measured minus catalogue magnitude, colour term taken off, and its standard error.
    """

    x: Floats
    y: Floats
    offset_ra_mas: Floats
    offset_dec_mas: Floats
    place_used: NDArray[np.bool_]
    magnitude: Floats
    colour: Floats
    difference: Floats
    difference_error: Floats
    flux_used: NDArray[np.bool_]


@dataclass(frozen=True)
class TargetPhotometry:
    """Brightness of the target of spectroscopy in an image.

    Parameters
    ----------
    band
        Of the filter.
    magnitude, error
        In the band's own system, zero point included in the error.
    ra_deg, dec_deg
        Where it was measured.
    offset_arcsec
        Distance from where it was looked for.
    found
        True if a source was found there; else the flux at the very place was measured.
    colour, colour_term, pivot
        Of the zero point: a target of another colour is of magnitude + colour_term * (its colour
        - pivot).
    header, exposures
        Of the image.
    """

    band: str
    magnitude: float
    error: float
    ra_deg: float
    dec_deg: float
    offset_arcsec: float
    found: bool
    header: Header
    exposures: tuple[Exposure, ...] = ()
    colour: str = ""
    colour_term: float = 0.0
    pivot: float = 0.0

    def at_colour(self, colour: float) -> float:
        """Return the magnitude of a target of known colour."""
        return self.magnitude + self.colour_term * (colour - self.pivot)
