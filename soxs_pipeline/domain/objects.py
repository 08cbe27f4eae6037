"""Sources found on the slit."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

from soxs_pipeline.numerics.logspline import LogSpline
from soxs_pipeline.numerics.slitprofile import NO_WING, Wing

__all__ = ["WIDEST_STAR_ARCSEC", "BlurFraction", "SlitProfile", "Source", "Sources"]

Floats = NDArray[np.float64]

#: Full width at half maximum, in mid-range, from which a source is no star.
WIDEST_STAR_ARCSEC = 2.0


@dataclass(frozen=True)
class BlurFraction:
    """Width of the instrument's blur over that of a pinhole's image, along the slit.

    Parameters
    ----------
    fraction, error
        Value and one sigma.
    """

    fraction: float
    error: float

    def telling(self, limit: float) -> bool:
        """Return True if the relative error is below a limit."""
        return bool(self.fraction > 0 and self.error < limit * self.fraction)


@dataclass(frozen=True, eq=False)
class Source:
    """One source on the slit, in slit arcsec, slowly varying with wavelength.

    Parameters
    ----------
    trace_coef
        Chebyshev series of the slit position in arcsec against the wavelength scaled to
        [-1, 1] on ``wave_domain_nm``.
    fwhm_coef
        The same for the full width at half maximum of the disc in arcsec, before the instrument's
        blur.
    beta
        Exponent of the disc, a round Moffat function; large values are Gaussian.
    wave_domain_nm
        Domain of both series.
    significance
        Detection significance in sigma; 0 for a forced position.
    forced
        True if the position was assumed, not found.
    blur_px
        Full width at half maximum of the instrument's blur along the slit, on average, in pixels:
        of its core, a Gaussian.
    blur_trend
        Relative change of it: coefficients of the Chebyshev polynomials 1, 2... of the scaled
        wavelength.
    blur_wing
        Wing of the blur.
    slit_width_arcsec
        Width of the slit that cuts the disc: what is seen along it is the disc summed over that
        width. 0 if it is not known: width and exponent are then those of the profile along it.
    flux_error
        Relative error of the source's flux that the errors of its course, width and exponent
        bring, alike in all orders; NaN if they were not fitted.
    blur_seen_px, blur_seen_error_px
        What the profile alone tells of the blur, without what was expected, and its error; NaN if
        it tells nothing.
    departure
        How the profile departs from such a disc: multiples of the Gauss-Hermite functions of
        `numerics.gausshermite` in units of its width, in parts of the source's light.
    outline
        Profile of a host, which has no shape of its own, against the distance from its trace in
        arcsec, up to a factor; None for a disc.
    """

    trace_coef: Floats
    fwhm_coef: Floats
    beta: float
    wave_domain_nm: tuple[float, float]
    significance: float
    forced: bool
    blur_px: float = 0.0
    blur_wing: Wing = NO_WING
    slit_width_arcsec: float = 0.0
    blur_trend: Floats = field(default_factory=lambda: np.zeros(0))
    flux_error: float = float("nan")
    blur_seen_px: float = float("nan")
    blur_seen_error_px: float = float("nan")
    departure: Floats = field(default_factory=lambda: np.zeros(0))
    outline: LogSpline | None = None

    @property
    def wide(self) -> bool:
        """True if it was seen and is wider than stars are."""
        middle = 0.5 * sum(self.wave_domain_nm)
        return not self.forced and bool(self.fwhm(middle) >= WIDEST_STAR_ARCSEC)

    def position(self, wavelength_nm: ArrayLike) -> Floats:
        """Return the slit position in arcsec."""
        return np.asarray(chebyshev.chebval(self._scaled(wavelength_nm), self.trace_coef))

    def fwhm(self, wavelength_nm: ArrayLike) -> Floats:
        """Return the full width at half maximum in arcsec."""
        return np.asarray(chebyshev.chebval(self._scaled(wavelength_nm), self.fwhm_coef))

    def blur(self, wavelength_nm: ArrayLike) -> Floats:
        """Return the full width at half maximum of the blur in pixels."""
        series = np.concatenate(([1.0], self.blur_trend))
        return np.asarray(self.blur_px * chebyshev.chebval(self._scaled(wavelength_nm), series))

    def _scaled(self, wavelength_nm: ArrayLike) -> Floats:
        low, high = self.wave_domain_nm
        return np.asarray((2.0 * np.asarray(wavelength_nm, float) - low - high) / (high - low))


@dataclass(frozen=True, eq=False)
class SlitProfile:
    """Light along the slit, all orders collapsed: what the eye judges.

    Parameters
    ----------
    slit_arcsec, signal, error, model
        Shape ``(n,)``; signal in electrons per pixel, weighted mean over all orders.
    """

    slit_arcsec: Floats
    signal: Floats
    error: Floats
    model: Floats


@dataclass(frozen=True, eq=False)
class Sources:
    """All sources of an exposure, the one to extract first.

    Parameters
    ----------
    sources
        The first is the target.
    profile
        The collapsed slit profile.
    aim_arcsec
        Where on the slit the telescope put what it points at: zero, or the offset of a nod. NaN
        if the user told the place of the target.
    """

    sources: tuple[Source, ...]
    profile: SlitProfile
    aim_arcsec: float = float("nan")
