"""A source on the slit as it is being fitted: where it runs and how wide it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from soxs_pipeline.domain.objects import Source
from soxs_pipeline.numerics.detection import Peak
from soxs_pipeline.reduction.lightshare import light_share
from soxs_pipeline.reduction.slitpixels import SlitPixels

__all__ = [
    "BLUR_PX",
    "LOG_BETA",
    "LOG_WIDTH",
    "WIDTH_POWER",
    "Shape",
    "source_of",
    "source_profiles",
    "usual_shape",
]

Floats = NDArray[np.float64]

#: Expectation of width, its change with wavelength and the exponent: mean and scatter. Seeing has
#: an exponent of 2.5 to 4.8.
LOG_WIDTH = (0.0, 0.5)
WIDTH_POWER = (-0.2, 0.07)
LOG_BETA = (np.log(3.2), 0.3)
BLUR_PX = (1.6, 0.4)
#: Blur over the width of the image of a pinhole, and its scatter. The size of the holes is not
#: published: a point leaves nearly all of the width to the optics, a hole of 0.5 arcsec four
#: fifths. Profiles do not tell blur from seeing, so the scatter is small: either way the share of
#: the light that passes a slit is right to a per cent or two.
_BLUR_OF_SPOT = (0.95, 0.03)


@dataclass(frozen=True, eq=False)
class Shape:
    """A source as it is fitted.

    Parameters
    ----------
    trace
        Chebyshev series of the slit position in arcsec.
    log_fwhm, power
        Logarithm of the width at mid-range, and the power of the wavelength it goes with.
    log_beta
        Logarithm of the Moffat exponent.
    blur_px
        Full width at half maximum of the instrument's blur in pixels.
    blur_usual_px
        What it is expected to be, and the scatter of that.
    slit_width_arcsec
        Width of the slit that cuts the disc; 0 if it is not known.
    """

    trace: Floats
    log_fwhm: float
    power: float
    log_beta: float
    significance: float
    forced: bool
    domain_nm: tuple[float, float]
    blur_px: float = 0.0
    blur_usual_px: tuple[float, float] = BLUR_PX
    slit_width_arcsec: float = 0.0

    @property
    def beta(self) -> float:
        """Exponent of the disc."""
        return float(np.exp(self.log_beta))

    def position(self, wavelength_nm: Floats) -> Floats:
        """Return the slit position in arcsec."""
        return np.asarray(chebyshev.chebval(self._scaled(wavelength_nm), self.trace))

    def fwhm(self, wavelength_nm: Floats) -> Floats:
        """Return the full width at half maximum in arcsec."""
        middle = np.sqrt(self.domain_nm[0] * self.domain_nm[1])
        return np.asarray(np.exp(self.log_fwhm) * (wavelength_nm / middle) ** self.power)

    def _scaled(self, wavelength_nm: Floats) -> Floats:
        low, high = self.domain_nm
        return (2.0 * wavelength_nm - low - high) / (high - low)


def usual_shape(
    peak: Peak,
    domain_nm: tuple[float, float],
    spot_fwhm_px: float = math.nan,
    slit_width_arcsec: float = 0.0,
) -> Shape:
    """Return a straight source at a peak with the profile that is expected beforehand.

    Parameters
    ----------
    peak
        Where, how wide and how significant.
    domain_nm
        Wavelengths of the exposure.
    spot_fwhm_px
        Of the image of a pinhole along the slit; NaN if unknown.
    slit_width_arcsec
        Of the slit; 0 if unknown.
    """
    known = math.isfinite(spot_fwhm_px)
    mean, scatter = _BLUR_OF_SPOT
    blur = (mean * spot_fwhm_px, scatter * spot_fwhm_px) if known else BLUR_PX
    return Shape(
        trace=np.array([peak.position, 0.0, 0.0, 0.0]),
        log_fwhm=float(np.log(peak.width)),
        power=WIDTH_POWER[0],
        log_beta=LOG_BETA[0],
        significance=peak.significance,
        forced=False,
        domain_nm=domain_nm,
        blur_px=blur[0],
        blur_usual_px=blur,
        slit_width_arcsec=slit_width_arcsec,
    )


def source_profiles(pixels: SlitPixels, shapes: list[Shape]) -> Floats:
    """Return the fraction of each source's light in each pixel, shape ``(sources, n)``.

    All the light on the slit is one.
    """
    half = pixels.slit_half_arcsec
    args = (pixels.wavelength_nm, pixels.slit_arcsec, pixels.height_arcsec, (-half, half))
    result = [light_share(shape, *args) for shape in shapes]
    return np.array(result).reshape(len(shapes), pixels.w.size)


def source_of(shape: Shape) -> Source:
    """Return the source as the products carry it: both series on the whole domain."""
    low, high = shape.domain_nm
    nodes = np.cos(np.pi * (np.arange(32) + 0.5) / 32)
    width = shape.fwhm(0.5 * (low + high + (high - low) * nodes))
    return Source(
        trace_coef=np.asarray(shape.trace, float),
        fwhm_coef=np.asarray(chebyshev.chebfit(nodes, width, 3)),
        beta=shape.beta,
        wave_domain_nm=shape.domain_nm,
        significance=shape.significance,
        forced=shape.forced,
        blur_px=shape.blur_px,
        slit_width_arcsec=shape.slit_width_arcsec,
    )
