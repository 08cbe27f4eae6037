"""A source on the slit as it is being fitted: where it runs and how wide it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from soxs_pipeline.domain.objects import WIDEST_STAR_ARCSEC, Source
from soxs_pipeline.numerics.detection import Peak
from soxs_pipeline.numerics.logspline import LogSpline
from soxs_pipeline.numerics.robust import mad_sigma, tukey_weights
from soxs_pipeline.numerics.slitprofile import NO_WING, Wing
from soxs_pipeline.reduction.slit.lightshare import light_share
from soxs_pipeline.reduction.slit.pixels import SlitPixels

__all__ = [
    "BLUR_PX",
    "LOG_BETA",
    "LOG_WIDTH",
    "WIDTH_POWER",
    "Shape",
    "is_point",
    "is_wide",
    "source_of",
    "source_profiles",
    "usual_beside",
    "usual_shape",
]

Floats = NDArray[np.float64]

#: Expectation of width, its change with wavelength and the exponent: mean and scatter. Seeing has
#: an exponent of 2.5 to 4.8.
LOG_WIDTH = (0.0, 0.5)
WIDTH_POWER = (-0.2, 0.07)
LOG_BETA = (np.log(3.2), 0.3)
BLUR_PX = (1.6, 0.4)
#: Relative scatter of the blur about what is expected of it. Profiles do not tell blur from
#: seeing, so it is small.
_BLUR_SCATTER = 0.032
#: Degree in wavelength of the blur, and rounds of its robust fit.
_TREND_DEGREE, _TREND_ROUNDS = 2, 4


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
        Full width at half maximum of the instrument's blur in pixels, on average.
    blur_trend
        How it changes, as in `Source`.
    blur_wing
        Its wing.
    blur_usual_px
        What it is expected to be, and the scatter of that.
    slit_width_arcsec
        Width of the slit that cuts the disc; 0 if it is not known.
    flux_error, blur_seen_px
        As in `Source`, the latter with its error; NaN before the fit.
    departure, outline
        As in `Source`.
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
    blur_trend: Floats = field(default_factory=lambda: np.zeros(0))
    blur_wing: Wing = NO_WING
    flux_error: float = float("nan")
    blur_seen_px: tuple[float, float] = (float("nan"), float("nan"))
    departure: Floats = field(default_factory=lambda: np.zeros(0))
    outline: LogSpline | None = None

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

    def blur(self, wavelength_nm: Floats) -> Floats:
        """Return the full width at half maximum of the blur in pixels."""
        series = np.concatenate(([1.0], self.blur_trend))
        return np.asarray(self.blur_px * chebyshev.chebval(self._scaled(wavelength_nm), series))

    def _scaled(self, wavelength_nm: Floats) -> Floats:
        low, high = self.domain_nm
        return (2.0 * wavelength_nm - low - high) / (high - low)


def is_point(shape: Shape, threshold: float) -> bool:
    """Return True for a source that was seen and is as narrow as a star."""
    return _seen(shape, threshold) and bool(np.exp(shape.log_fwhm) < WIDEST_STAR_ARCSEC)


def is_wide(shape: Shape, threshold: float) -> bool:
    """Return True for a source that was seen and is wider than stars are."""
    return _seen(shape, threshold) and bool(np.exp(shape.log_fwhm) >= WIDEST_STAR_ARCSEC)


def _seen(shape: Shape, threshold: float) -> bool:
    return not shape.forced and shape.significance >= threshold


def usual_shape(
    peak: Peak,
    domain_nm: tuple[float, float],
    blurs: tuple[Floats, Floats],
    slit_width_arcsec: float = 0.0,
    blur_wing: Wing = NO_WING,
) -> Shape:
    """Return a straight source at a peak with the profile that is expected beforehand.

    Parameters
    ----------
    peak
        Where, how wide and how significant.
    domain_nm
        Wavelengths of the exposure.
    blurs
        Wavelengths, and the full width at half maximum in pixels that the blur along the slit is
        expected to have there; empty if unknown.
    slit_width_arcsec
        Of the slit; 0 if unknown.
    blur_wing
        Of the blur.
    """
    blur, trend = _blur_of(blurs, domain_nm)
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
        blur_trend=trend,
        blur_wing=blur_wing,
        slit_width_arcsec=slit_width_arcsec,
    )


def usual_beside(peak: Peak, known: Shape) -> Shape:
    """Return a straight source at a peak, seen through the slit and optics of a known one.

    Parameters
    ----------
    peak
        Where, how wide and how significant.
    known
        A source of the same exposure.
    """
    nothing = np.zeros(0), np.zeros(0)
    return usual_shape(peak, known.domain_nm, nothing, known.slit_width_arcsec, known.blur_wing)


def _blur_of(
    blurs: tuple[Floats, Floats], domain_nm: tuple[float, float]
) -> tuple[tuple[float, float], Floats]:
    """Return expectation and scatter of the blur, on average, and its relative change."""
    wave, width = blurs
    if not wave.size:
        return BLUR_PX, np.zeros(0)
    low, high = domain_nm
    at = (2.0 * wave - low - high) / (high - low)
    degree = min(_TREND_DEGREE, wave.size - 2) if wave.size > 2 else 0
    series, weight = np.array([float(np.median(width))]), np.ones(wave.size)
    for _ in range(_TREND_ROUNDS if degree else 0):
        series = chebyshev.chebfit(at, width, degree, w=np.sqrt(weight))
        apart = width - chebyshev.chebval(at, series)
        weight = tukey_weights(apart / max(float(mad_sigma(apart)), 0.01), cutoff=6.0)
    middle = float(series[0])
    return (middle, _BLUR_SCATTER * middle), np.asarray(series[1:] / middle)


def source_profiles(pixels: SlitPixels, shapes: list[Shape]) -> Floats:
    """Return the fraction of each source's light in each pixel, shape ``(sources, n)``.

    All the light on the slit is one.
    """
    half = pixels.slit_half_arcsec
    args = (pixels.wavelength_nm, pixels.slit_arcsec, pixels.height_arcsec, (-half, half))
    # Far out the difference of two sums may come out below nothing.
    result = [np.maximum(light_share(shape, *args), 0.0) for shape in shapes]
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
        blur_trend=shape.blur_trend,
        blur_wing=shape.blur_wing,
        slit_width_arcsec=shape.slit_width_arcsec,
        flux_error=shape.flux_error,
        blur_seen_px=shape.blur_seen_px[0],
        blur_seen_error_px=shape.blur_seen_px[1],
        departure=shape.departure,
        outline=shape.outline,
    )
