"""Model sky and sources of an exposure together and take the sky off."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.objects import SlitProfile, Sources
from soxs_pipeline.numerics.robust import tukey_weights
from soxs_pipeline.numerics.sharpness import sharp_pixels
from soxs_pipeline.reduction.sky.collapsing import collapse_exposure, slit_medians
from soxs_pipeline.reduction.sky.finding import SourceOptions, find_sources
from soxs_pipeline.reduction.sky.hosted import fit_again, upon_host
from soxs_pipeline.reduction.sky.modelled import (
    MAP_ERROR_PX,
    PROFILE_ERROR,
    ModelledOrder,
    with_spectra,
)
from soxs_pipeline.reduction.sky.ownlines import with_own_lines
from soxs_pipeline.reduction.sky.spectrum import SkyOptions, first_guess, fit_order
from soxs_pipeline.reduction.sky.uneven import with_uneven_lines
from soxs_pipeline.reduction.slit.distortion import (
    Distortion,
    Misfit,
    common_gain,
    improve,
    no_distortion,
)
from soxs_pipeline.reduction.slit.pixels import SlitPixels
from soxs_pipeline.reduction.sources.objects import collapse
from soxs_pipeline.reduction.sources.shapes import Shape, is_wide, source_of, source_profiles

__all__ = ["model_exposure", "sources_of", "with_hits"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: Uncertainty of the wavelength map, in pixels, granted while outliers are looked for: at the
#: start, and once the map was refined on the sky lines themselves.
_MAP_ERRORS_PX = (0.4, 0.15, MAP_ERROR_PX)
#: Error of a source's profile granted in the weights.
_PROFILE_ERROR_IN_WEIGHT = 0.01
#: Profile from which a pixel belongs to a source where regions of sky were given.
_SOURCE_SHARE = 0.02
#: Rounds of the joint fit. Other light that rises along the slit by less than this part of the
#: noise is left alone.
_ROUNDS, _RISING = 4, 0.05
#: Degree along the order of what varies along the slit.
_ORDER_DEGREE = 2
#: Slit positions whose light stands out by this many sigma are kept from the first sky.
_MASK_SIGMA = 3.5


def model_exposure(
    orders: list[SlitPixels],
    shape: tuple[int, int],
    sky: SkyOptions,
    source: SourceOptions,
) -> tuple[list[ModelledOrder], Sources]:
    """Model the sky of all orders and the sources on the slit.

    Parameters
    ----------
    orders
        The pixels.
    shape
        Shape of the frame.
    sky, source
        What the user set.
    """
    start = no_distortion(sky.slit_degree, _ORDER_DEGREE)
    modelled = [_sky_alone(pixels, start, sky) for pixels in orders]
    # Where light stands out along the slit nothing can be told sharp before it is modelled.
    modelled = [
        order.flagged(hit=order.hit & order.used) for order in with_hits(modelled, shape, sky)
    ]
    modelled, level, precision = _lit_by_lines(modelled, sky)
    rising = any(map(_rises, modelled))
    # Other light that rises would be taken for illumination beyond all expectation.
    shapes = find_sources(level, source, None if rising else precision)
    shapes = upon_host(level, shapes, source)
    # A host with a shape of its own is a source of its own: a slope beside it could be anything.
    rising = rising and len(shapes) == 1
    if not rising:
        modelled = level
    for _ in range(_ROUNDS - 1):
        modelled, shapes, rising = _one_more_round(modelled, shapes, sky, rising=rising)
        modelled = with_hits(modelled, shape, sky)
    modelled = [_joint(order, shapes, sky, last=True) for order in modelled]
    if sky.uneven_lines and is_wide(shapes[0], source.threshold):
        modelled = [with_own_lines(order, _weight(order), sky) for order in modelled]
    else:
        modelled = [with_uneven_lines(order, sky, last=True) for order in modelled]
    modelled = with_hits(modelled, shape, sky)
    return modelled, sources_of(modelled, shapes, source.aim_arcsec)


def _one_more_round(
    modelled: list[ModelledOrder], shapes: list[Shape], sky: SkyOptions, *, rising: bool
) -> tuple[list[ModelledOrder], list[Shape], bool]:
    """Fit sky and spectra, then the sources' profiles, then what varies along the slit.

    Returns orders, sources, and whether other light still rises along the slit.
    """
    modelled = [_joint(order, shapes, sky) for order in modelled]
    left = [_misfit(order) for order in modelled]
    usual, precision = common_gain(
        (order.distortion, misfit) for order, misfit in zip(modelled, left, strict=True)
    )
    # Wings of sources and the illumination look alike: they are found together.
    lit = [order.relit(order.distortion.lit_as(usual)) for order in modelled]
    shapes, more = fit_again(lit, shapes, precision, rising=rising)
    modelled = [
        order.relit(
            improve(
                order.distortion,
                misfit,
                follow_lines=sky.follow_lines,
                usual_gain=usual + more,
                other_light=rising,
            )
        )
        for order, misfit in zip(modelled, left, strict=True)
    ]
    if rising and not any(map(_rises, modelled)):
        # It was the wings of the source, which are known now.
        rising = False
        modelled = [order.relit(order.distortion.without_slope()) for order in modelled]
    return modelled, shapes, rising


def _sky_alone(pixels: SlitPixels, distortion: Distortion, options: SkyOptions) -> ModelledOrder:
    """Fit the sky while no source is known: what stands out along the slit is left out."""
    none = np.zeros((0, pixels.w.size))
    admitted = pixels.usable & options.admits(pixels.slit_arcsec)
    model = first_guess(pixels, admitted)
    used = admitted
    for map_error in _MAP_ERRORS_PX:
        variance = pixels.variance(model.sky)
        tolerance = np.sqrt(variance + (map_error * model.slope) ** 2)
        pull = (pixels.data - model.sky) / tolerance
        used = admitted if options.regions else admitted & ~_bright_slit(pixels, pull)
        weight = np.where(used, tukey_weights(pull, cutoff=options.clip_sigma), 0.0) / variance
        model = fit_order(pixels, weight, none, distortion, options, last=False)
        if map_error < _MAP_ERRORS_PX[0]:
            distortion = improve(
                distortion,
                Misfit(
                    pixels,
                    pixels.data - model.sky,
                    weight,
                    model.sky,
                    model.slope,
                    model.curvature,
                    None,
                ),
                follow_lines=options.follow_lines,
                # Wings of a source would pass for it.
                usual_gain=None,
                # From one side of the slit a slope could be carried on to anywhere.
                other_light=not options.regions,
            )
    return ModelledOrder(pixels, model, none, used, ~pixels.usable & False, distortion)


def _bright_slit(pixels: SlitPixels, pull: Floats) -> Booleans:
    """Return the pixels at slit positions where light stands out over the whole order."""
    medians, place = slit_medians(pixels, pull)
    count = np.bincount(place[pixels.usable], minlength=medians.size)
    filled = np.isfinite(medians)
    medians = np.where(filled, medians, -np.inf)
    low = float(np.percentile(medians[filled], 40.0))
    # The error of a median, with some for the sky's own unevenness.
    error = np.sqrt(1.57 / np.maximum(count, 1) + 0.02**2)
    bright = medians - low > _MASK_SIGMA * error
    wide = bright.copy()
    wide[1:] |= bright[:-1]
    wide[:-1] |= bright[1:]
    if wide[filled].mean() > 0.6:
        wide = medians > low
    return wide[place]


def _joint(
    order: ModelledOrder,
    shapes: list[Shape],
    options: SkyOptions,
    *,
    last: bool = False,
) -> ModelledOrder:
    """Fit sky and spectra of the sources together."""
    pixels, distortion = order.pixels, order.distortion
    profiles = source_profiles(pixels, shapes)
    if order.model.spectra.shape[0] != len(shapes):
        # The first joint round knows no spectra; robust means along the slit start them.
        order = order.with_profiles(profiles, with_spectra(order, profiles))
    else:
        order = order.with_profiles(profiles)
    light, variance = order.light, order.variance
    tolerance = np.sqrt(
        variance + (MAP_ERROR_PX * order.model.slope) ** 2 + (PROFILE_ERROR * light) ** 2
    )
    pull = order.residual / tolerance
    used = pixels.usable & ~order.hit & (np.abs(pull) < options.clip_sigma)
    # Beyond the regions of sky the sources still need their own pixels.
    used &= options.admits(pixels.slit_arcsec) | (profiles.max(axis=0) > _SOURCE_SHARE)
    weight = np.where(used, 1.0 / (variance + (_PROFILE_ERROR_IN_WEIGHT * light) ** 2), 0.0)
    model = fit_order(pixels, weight, profiles, distortion, options, last=last)
    fitted = replace(order, model=model, profiles=profiles, used=used)
    return fitted if last else with_uneven_lines(fitted, options, last=False)


def _lit_by_lines(
    modelled: list[ModelledOrder], options: SkyOptions
) -> tuple[list[ModelledOrder], list[ModelledOrder], Floats]:
    """Let the sky lines tell how the slit is lit before sources are looked for.

    Else the sky is brighter than its model at one end of the slit, which passes for sources.

    Returns
    -------
    rising
        The orders, with what light is left that rises along the slit.
    level
        The same without that light.
    precision
        Inverse covariance of the illumination.
    """
    usual, precision = common_gain((order.distortion, _misfit(order)) for order in modelled)
    level = [order.relit(order.distortion.lit_as(usual).without_slope()) for order in modelled]
    sloping = [
        order.relit(
            improve(
                order.distortion,
                # Sources are not known yet: where they may be was left out.
                _misfit(order),
                follow_lines=False,
                other_light=not options.regions,
            )
        )
        for order in level
    ]
    return sloping, level, precision


def _misfit(order: ModelledOrder) -> Misfit:
    model = order.model
    return Misfit(
        order.pixels, order.residual, _weight(order),
        model.sky, model.slope, model.curvature, order.profiles,
    )  # fmt: skip


def _weight(order: ModelledOrder) -> Floats:
    """Return the weight of pixels that were used in the fit, by the variance of the model."""
    granted = order.variance + (_PROFILE_ERROR_IN_WEIGHT * order.light) ** 2
    # What an uneven line does along the slit tells nothing of how the slit is lit.
    return np.where(order.used, 1.0 / granted, 0.0)


def _rises(order: ModelledOrder) -> bool:
    """Return True if light that is not the sky's rises along the slit of an order."""
    noise = float(np.sqrt(np.median(order.variance)))
    return bool(abs(order.distortion.slope_e[0, 0]) > _RISING * noise)


def with_hits(
    modelled: list[ModelledOrder], shape: tuple[int, int], options: SkyOptions
) -> list[ModelledOrder]:
    """Recognise cosmic rays on the frame of residuals."""
    pulls = np.zeros(shape, np.float32)
    flat = pulls.ravel()
    for order in modelled:
        light = np.maximum(order.light, 0.0)
        tolerance = order.variance + (MAP_ERROR_PX * order.model.slope) ** 2
        tolerance += (PROFILE_ERROR * light) ** 2
        pull = order.residual / np.sqrt(tolerance)
        # To a model that knows one profile only, a rotating galaxy's lines are sharp.
        told = order.pixels.usable & ~order.model.own
        flat[order.pixels.place] = np.where(told, pull, 0.0)
    hit = sharp_pixels(pulls, seed_sigma=options.clip_sigma, grow_sigma=2.5).ravel()
    return [order.flagged(hit=hit[order.pixels.place]) for order in modelled]


def sources_of(
    modelled: list[ModelledOrder], shapes: list[Shape], aim_arcsec: float = math.nan
) -> Sources:
    """Return the sources with the slit profile that the eye judges."""
    plain = collapse_exposure(modelled)
    signal, precision = plain.together(np.arange(plain.order.size))
    fitted = collapse(
        [order.pixels for order in modelled],
        [order.light for order in modelled],
        [np.where(order.used, 1.0 / order.variance, 0.0) for order in modelled],
        [np.ones_like(order.light) for order in modelled],
    )
    model, _ = fitted.together(np.arange(fitted.order.size))
    filled = precision > 0
    return Sources(
        sources=tuple(source_of(shape) for shape in shapes),
        profile=SlitProfile(
            slit_arcsec=plain.slit_arcsec[filled],
            signal=signal[filled],
            error=1.0 / np.sqrt(precision[filled]),
            model=model[filled],
        ),
        aim_arcsec=aim_arcsec,
    )
