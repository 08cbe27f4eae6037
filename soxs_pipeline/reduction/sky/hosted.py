"""Stars upon a galaxy that fills the slit: a supernova and its host."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.detection import Peak
from soxs_pipeline.reduction.sky.collapsing import (
    LEAST_TEMPLATE,
    collapse_unevenly_lit,
    slit_medians,
)
from soxs_pipeline.reduction.sky.finding import SourceOptions, target_first
from soxs_pipeline.reduction.sky.modelled import MAP_ERROR_PX, PROFILE_ERROR, ModelledOrder
from soxs_pipeline.reduction.sources.departure import fit_sources
from soxs_pipeline.reduction.sources.hostpixels import HostPixels
from soxs_pipeline.reduction.sources.hosts import HostedSources, find_star, fit_hosted, host_like
from soxs_pipeline.reduction.sources.shapefit import solve_segments
from soxs_pipeline.reduction.sources.shapes import Shape, is_point, is_wide, usual_beside

__all__ = ["fit_again", "upon_host"]

Floats = NDArray[np.float64]

#: Illumination further than this from what the lines tell is not believed.
_UNLIKELY_SIGMA = 4.0
#: A star upon a host is to be so many times surer than one on the sky.
_SURER = 2.0
#: Least significance of a galaxy in terms of that of the surest source.
_FAINTEST = 0.1
#: Fall of chi square from which the colour of a star is not that of the galaxy.
_OTHER_COLOUR = 40.0
#: Distance from the middle of a galaxy, in arcsec and in its widths, from which a telescope was
#: not pointed at it; its light there, over that of its middle, if the target is upon it; and at
#: the ends of the slit, above which it may be scattered light.
_ASIDE_ARCSEC, _ASIDE_WIDTHS, _LIT, _ENDS = 1.5, 0.4, 0.05, 0.4
#: Relative error of profiles in the weights.
_PROFILE_ERROR = 0.03
#: Pixels along the dispersion in which stars and host are of one colour while stars are looked
#: for, and in which their spectra are known up to a factor later.
_SEARCH_BLOCK_PX, _FIT_BLOCK_PX = 24, 64
#: Relative error of the sky, for its illumination is not known yet, or hardly better.
_SKY_ERRORS = (0.02, 0.005)
#: Pixels below which an order tells nothing.
_FEWEST = 200
#: Pixels that are enough to look for stars, and to fit them; steps of a fit that looks for stars,
#: and of one that has been made before. Sigmas from which a pixel is left out.
_SEARCHED, _FITTED, _STIFF_STEPS, _STEPS, _CLIP_SIGMA = 120_000, 400_000, 6, 4, 6.0


def upon_host(
    modelled: list[ModelledOrder], shapes: list[Shape], options: SourceOptions
) -> list[Shape]:
    """Look whether a source is a galaxy with stars upon it, and fit them together.

    Parameters
    ----------
    modelled
        The orders with a first model of their sky.
    shapes
        The sources as discs.
    options
        What the user set.

    Returns
    -------
    list
        Stars and a host without a shape, the target first; or the sources as they were, if there
        is no galaxy, or no star upon it.
    """
    # Faint wings beside a bright star are no galaxy.
    least = max(options.threshold, _FAINTEST * max(shape.significance for shape in shapes))
    wide = [shape for shape in shapes if is_wide(shape, least)]
    if not wide:
        return shapes
    orders = _thinned([_first_light(order) for order in modelled], _SEARCHED)
    if not orders:
        return shapes
    host = host_like(orders, max(wide, key=lambda shape: shape.significance), [])
    best = fit_hosted(orders, [host, *(shape for shape in shapes if shape.forced)])
    seen = [shape for shape in shapes if is_point(shape, options.threshold)]
    seen.sort(key=lambda shape: -shape.significance)
    while len(best.shapes) <= options.most:
        unseen = not seen
        star = _another_star(orders, best.shapes, options.threshold) if unseen else seen.pop(0)
        if star is None:
            break
        known = [shape for shape in best.shapes if shape.outline is None]
        more = fit_hosted(orders, [host_like(orders, host, [*known, star]), *known, star])
        # What did not stand out by itself may be a part of the galaxy, or of a trailed image.
        told = not unseen or more.other_colours[-1] > _OTHER_COLOUR
        if told and _is_better(more, best, options.threshold):
            best = more
        elif unseen:
            break
    if len(best.shapes) == 1:
        return _with_target_unseen(orders, shapes, best.shapes[0], options)
    return target_first(best.shapes, options)


def _with_target_unseen(
    orders: list[HostPixels], shapes: list[Shape], host: Shape, options: SourceOptions
) -> list[Shape]:
    """Return a galaxy with a target that is not seen upon it, if the telescope pointed beside it.

    Nobody points at the flank of a galaxy but for what is there. That the galaxy's middle be
    taken for the target would be worse than that nothing is found.
    """
    aim, outline = options.aim_arcsec, host.outline
    if outline is None or len(shapes) > 1 or not np.isfinite(aim):
        return shapes
    half = max(one.pixels.slit_half_arcsec for one in orders)
    there, middle, *ends = outline(np.array([aim, host.trace[0], -half, half]) - host.trace[0])
    width = float(np.exp(shapes[0].log_fwhm))
    aside = abs(aim - host.trace[0]) > max(_ASIDE_ARCSEC, _ASIDE_WIDTHS * width)
    if not aside or there < _LIT * middle or max(ends) > _ENDS * middle:
        return shapes
    usual = usual_beside(Peak(aim, 1.0, 0.0, 0.0), host)
    assumed = replace(usual, forced=True, significance=0.0)
    return target_first(fit_hosted(orders, [host, assumed]).shapes, options)


def _another_star(orders: list[HostPixels], shapes: list[Shape], threshold: float) -> Shape | None:
    """Look for a star upon a host that has a smooth profile."""
    stiff = fit_hosted(orders, shapes, steps=_STIFF_STEPS, stiff=True).shapes
    peak = find_star(orders, stiff)
    if peak.significance < _SURER * threshold:
        return None
    return usual_beside(peak, stiff[0])


def _is_better(more: HostedSources, best: HostedSources, threshold: float) -> bool:
    """Return True if one more star explains what the host does not, and each is sure."""
    least = _SURER * threshold
    stars = [shape for shape in more.shapes if shape.outline is None and not shape.forced]
    # A star that came out as wide as a galaxy is a part of the galaxy.
    sure = all(is_point(shape, least) for shape in stars)
    # By noise alone chi square falls by one for each brightness that is free.
    gained = best.misfit - more.misfit - more.blocks
    return sure and gained > least * np.sqrt(2.0 * more.blocks)


def fit_again(
    modelled: list[ModelledOrder], shapes: list[Shape], gain_precision: Floats, *, rising: bool
) -> tuple[list[Shape], Floats]:
    """Fit the sources of an exposure again, once sky and spectra are known better.

    Parameters
    ----------
    modelled
        The orders with a model of sky and sources.
    shapes
        The sources, the target first.
    gain_precision
        Inverse covariance of the illumination that all orders have in common.
    rising
        True if there is light that rises along the slit beside them.

    Returns
    -------
    shapes
        The sources.
    gain
        By how much the common illumination differs from that of the models.
    """
    held = np.zeros(len(gain_precision))
    if all(shape.outline is None for shape in shapes):
        collapsed = collapse_unevenly_lit(modelled, shapes[0], gain_precision, rising=rising)
        fitted = fit_sources(collapsed, shapes)
        gain = solve_segments(collapsed, fitted).common
        if gain @ gain_precision @ gain < _UNLIKELY_SIGMA**2:
            return fitted, gain
        # A profile that is none of those known asks for any illumination.
        return fit_sources(collapsed.evenly_lit(), shapes), held
    # The host comes last.
    ranked = sorted(range(len(shapes)), key=lambda k: shapes[k].outline is not None)
    orders = _thinned([_light(order, ranked) for order in modelled], _FITTED)
    return (fit_hosted(orders, shapes, steps=_STEPS).shapes if orders else shapes), held


def _thinned(orders: list[HostPixels], enough: int) -> list[HostPixels]:
    """Return one in so many groups of pixels that about enough are left, of orders with any."""
    every = max(1, sum(one.light.size for one in orders) // enough)
    thinned = [one.only(one.along % every == 0) for one in orders]
    return [one for one in thinned if one.light.size >= _FEWEST]


def _first_light(order: ModelledOrder) -> HostPixels:
    """Return what is known of an order before its sources are."""
    pixels = order.pixels
    light = pixels.data - order.model.sky
    noise2 = order.variance + (MAP_ERROR_PX * order.model.slope) ** 2
    noise2 = noise2 + (_SKY_ERRORS[0] * order.model.sky) ** 2
    noise = np.sqrt(noise2)
    medians, place = slit_medians(pixels, light / noise)
    usual = np.maximum(np.nan_to_num(medians)[place] * noise, 0.0)
    tolerance = np.sqrt(noise2 + usual) + 0.5 * usual
    good = pixels.usable & ~order.hit & (np.abs(light - usual) < _CLIP_SIGMA * tolerance)
    noise2 = noise2 + usual + (_PROFILE_ERROR * usual) ** 2
    nothing = np.ones((1, light.size))
    return HostPixels(pixels, light, 1.0 / noise2, nothing, _SEARCH_BLOCK_PX).only(good)


def _light(order: ModelledOrder, ranked: list[int]) -> HostPixels:
    """Return what is known of an order with a model.

    Parameters
    ----------
    order
        The order.
    ranked
        Its sources in the order in which their spectra are wanted.
    """
    pixels, light = order.pixels, np.maximum(order.light, 0.0)
    noise2 = order.variance + (MAP_ERROR_PX * order.model.slope) ** 2
    noise2 = noise2 + (_SKY_ERRORS[1] * order.model.sky) ** 2
    granted = _CLIP_SIGMA * (np.sqrt(noise2) + PROFILE_ERROR * light)
    good = pixels.usable & ~order.hit & (np.abs(order.residual) < granted)
    calm = np.einsum("kn,kn->n", order.calm_spectra, order.profiles)
    noise2 = noise2 + (_PROFILE_ERROR * calm) ** 2
    spectra = order.calm_spectra[ranked] + LEAST_TEMPLATE
    light = pixels.data - order.model.sky
    return HostPixels(pixels, light, 1.0 / noise2, spectra, _FIT_BLOCK_PX).only(good)
