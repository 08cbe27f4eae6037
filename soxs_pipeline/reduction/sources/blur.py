"""How much of a source's width is the instrument's blur: what standards tell of it.

Along the slit a source is a disc of seeing with the blur of the optics upon it. The images of
pinholes bound the blur, but pinholes have a size of their own. A bright star tells the two apart
by the shape of its profile, a faint one does not: its width is then split as that of the standard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.flux import Response
from soxs_pipeline.domain.objects import BlurFraction, Source
from soxs_pipeline.domain.spectra import OrderSpectra
from soxs_pipeline.numerics.slitprofile import matched_disc

__all__ = ["blur_of", "split_as_usual", "usual_blur", "with_blur"]

Floats = NDArray[np.float64]

#: A star whose blur is not known better than this, relative, tells nothing of use.
_TELLING = 0.05
#: No image of a pinhole is narrower than the blur, nor mostly pinhole: what lies beyond is of a
#: disc unlike that which was fitted.
_POSSIBLE = (0.4, 1.1)
#: No star's disc is quite the function that is fitted; of the fraction.
_FLOOR = 0.03
#: A change of the blur larger than this is told.
_TOLD = 0.03
#: Wavelengths at which the width is split anew.
_NODES = 5


def blur_of(source: Source, geometry: Geometry) -> BlurFraction | None:
    """Return what a source's profile tells of the blur, over the width of the pinholes' images.

    Parameters
    ----------
    source
        As it was fitted.
    geometry
        With the widths of the pinholes' images.

    Returns
    -------
    BlurFraction or None
        None if the pinholes' widths are not known or the profile tells nothing.
    """
    fitted = _fraction(source, geometry)
    if fitted is None or not np.isfinite(source.blur_seen_px):
        return None
    per_px = fitted / source.blur_px
    return BlurFraction(per_px * source.blur_seen_px, per_px * source.blur_seen_error_px)


def _fraction(source: Source, geometry: Geometry) -> float | None:
    """Return the blur that was fitted over the width of the pinholes' images, median of orders."""
    spots, dispersion = geometry.pixel_map.spot_fwhm_px, geometry.dispersion
    ratios = [
        float(source.blur(middle)) / spots[order]
        for order, middle in _middles(dispersion)
        if spots.get(order, np.nan) > 0
    ]
    return float(np.median(ratios)) if ratios and source.blur_px > 0 else None


def _middles(dispersion: DispersionSolution) -> list[tuple[int, float]]:
    """Return every order with the wavelength of its middle, by wavelength."""
    middles = dispersion.wave_domain_nm.mean(axis=1).tolist()
    found = zip(dispersion.orders.tolist(), middles, strict=True)
    return sorted(found, key=lambda one: one[1])


def usual_blur(exposures: Sequence[OrderSpectra]) -> BlurFraction | None:
    """Return the mean of what exposures of standards tell, None if none is bright enough."""
    return _mean([_granted(one.blur) for one in exposures])


def _granted(blur: BlurFraction | None) -> BlurFraction | None:
    """Return what a star tells, with the error granted to its disc; None if nothing of use."""
    if blur is None or not blur.telling(_TELLING):
        return None
    if not _POSSIBLE[0] < blur.fraction < _POSSIBLE[1]:
        return None
    return BlurFraction(blur.fraction, float(np.hypot(blur.error, _FLOOR)))


def _mean(told: Sequence[BlurFraction | None]) -> BlurFraction | None:
    """Return the mean of what is known, by inverse variance."""
    known = [one for one in told if one is not None]
    if not known:
        return None
    weight = np.array([one.error for one in known]) ** -2.0
    mean = float(np.average([one.fraction for one in known], weights=weight))
    return BlurFraction(mean, float(weight.sum() ** -0.5))


def split_as_usual(
    source: Source, geometry: Geometry, response: Response | None
) -> tuple[Source, list[str]]:
    """Split the width of a target into seeing and blur as the standards of a response have it.

    What a bright target tells itself counts like one more standard.

    Parameters
    ----------
    source
        The target.
    geometry
        Pinholes' widths, and the extent of pixels along the slit.
    response
        That of the standards, or None.

    Returns
    -------
    source, remarks
        The target, and what the user should know.
    """
    fitted = _fraction(source, geometry)
    usual = None if response is None else response.blur
    if fitted is None or usual is None or not _can_be_split(source):
        return source, []
    usual = _mean([usual, _granted(blur_of(source, geometry))]) or usual
    factor = usual.fraction / fitted
    told = (
        f"seeing told from blur as the standards have it: {usual.fraction:.3f} of a pinhole's "
        f"image is blur, where {fitted:.3f} was fitted"
    )
    return with_blur(source, geometry, factor), [told] if abs(factor - 1.0) > _TOLD else []


def _can_be_split(source: Source) -> bool:
    """Return True if a source has a width that was fitted, at all its wavelengths."""
    width = source.fwhm(np.linspace(*source.wave_domain_nm, _NODES))
    return not source.forced and bool((width > 0).all())


def with_blur(source: Source, geometry: Geometry, factor: float) -> Source:
    """Return a source of the same profile along the slit whose blur is another.

    Parameters
    ----------
    source
        As it was fitted.
    geometry
        For the extent of pixels along the slit.
    factor
        The new blur over the old one. Width and exponent of the disc follow.
    """
    wave = np.linspace(*source.wave_domain_nm, _NODES)
    height = _pixel_arcsec(geometry, wave)
    blur = source.blur(wave) * height
    width, beta = matched_disc(
        source.fwhm(wave),
        source.beta,
        source.slit_width_arcsec,
        height,
        blur,
        factor * blur,
        source.blur_wing,
    )
    scaled = np.linspace(-1.0, 1.0, _NODES)
    degree = min(source.fwhm_coef.size - 1, _NODES - 1)
    return replace(
        source,
        blur_px=factor * source.blur_px,
        beta=beta,
        fwhm_coef=np.asarray(chebyshev.chebfit(scaled, width, degree), np.float64),
    )


def _pixel_arcsec(geometry: Geometry, wavelength_nm: Floats) -> Floats:
    """Return the extent of pixels along the slit, between the middles of the orders."""
    dispersion = geometry.dispersion
    slit = np.array(dispersion.slit_domain_arcsec)
    middles, heights = [], []
    for order, middle in _middles(dispersion):
        _, y = dispersion.detector_position(order, np.full(2, middle), slit)
        middles.append(middle)
        heights.append(float(abs(np.ptp(slit) / np.ptp(y))))
    return np.interp(wavelength_nm, middles, heights)
