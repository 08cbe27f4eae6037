"""Take the sky of other exposures off one in which the object leaves none to be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import (
    gaussian_filter1d,
    maximum_filter1d,
    median_filter,
    percentile_filter,
)

from soxs_pipeline.domain.objects import Sources
from soxs_pipeline.numerics.robust import tukey_weights
from soxs_pipeline.reduction.sky.besides import level_beside, without_level
from soxs_pipeline.reduction.sky.collapsing import collapse_exposure
from soxs_pipeline.reduction.sky.finding import SourceOptions, find_sources
from soxs_pipeline.reduction.sky.hosted import upon_host
from soxs_pipeline.reduction.sky.modelled import ModelledOrder, with_spectra
from soxs_pipeline.reduction.sky.slitlight import light_share
from soxs_pipeline.reduction.sky.spectrum import OrderModel, SkyOptions
from soxs_pipeline.reduction.sky.subtraction import sources_of, with_hits
from soxs_pipeline.reduction.sky.uneven import with_uneven_lines
from soxs_pipeline.reduction.slit.distortion import no_distortion
from soxs_pipeline.reduction.slit.pixels import SlitPixels
from soxs_pipeline.reduction.sources.departure import fit_sources
from soxs_pipeline.reduction.sources.shapes import Shape, is_point, source_profiles

__all__ = ["SkyMatch", "around", "match_sky", "model_under_sky"]

Floats = NDArray[np.float64]

#: Columns over which the continuum is taken for smooth; lines are what stands out of it.
_SMOOTH_PX = 41
#: What of a stretch of so many pixels is taken for the bottom of the valleys between lines.
_VALLEY_PERCENT, _VALLEY_PX = 10.0, 101
#: Step along the slit in which the light of the object is told.
_SLIT_BIN_ARCSEC = 0.25
#: How far the brightness of airglow and the wavelength scale may be expected to change.
_FACTOR_PRIOR, _SHIFT_PRIOR_PX = 0.2, 0.3
#: Rounds of the robust fit, and of the sources' shapes.
_ROUNDS, _SHAPE_ROUNDS = 5, 2
_CLIP_SIGMA = 4.0
#: What is a line of the sky: sigmas of a column mean, share of the continuum, columns about it.
_STRONG_SIGMA, _STRONG_SHARE, _REACH_PX = 6.0, 0.2, 3
#: Relative error of a line in the model, and columns below which nothing is matched.
_LINE_ERROR, _FEWEST_COLUMNS = 0.02, 20


@dataclass(frozen=True)
class SkyMatch:
    """How the sky lines of an exposure differ from those of the exposures around it.

    Parameters
    ----------
    factor, error
        Brightness of the lines relative to those around, and its error.
    shift_px
        Shift of the lines along the dispersion.
    """

    factor: float
    error: float
    shift_px: float


def around(
    skies: Sequence[Sequence[ModelledOrder]], weights: Sequence[float], ratios: Sequence[float]
) -> list[OrderModel]:
    """Return the sky at the pixels of each order, between the exposures around.

    Parameters
    ----------
    skies
        Orders with their models, for each exposure of the sky; all of one detector and geometry.
    weights
        Share of each exposure.
    ratios
        Exposure time over that of each exposure of the sky.
    """
    models = []
    for orders in zip(*skies, strict=True):
        parts = [(w * r, order.model) for w, r, order in zip(weights, ratios, orders, strict=True)]
        none = np.zeros((0, parts[0][1].sky.size))
        models.append(
            OrderModel(
                sky=sum((f * m.sky for f, m in parts), np.zeros(none.shape[1])),
                slope=sum((f * m.slope for f, m in parts), np.zeros(none.shape[1])),
                curvature=sum((f * m.curvature for f, m in parts), np.zeros(none.shape[1])),
                spectra=none,
                sky_variance=sum(
                    (f**2 * m.sky_variance for f, m in parts), np.zeros(none.shape[1])
                ),
                uneven=sum((f * m.uneven for f, m in parts), np.zeros(none.shape[1])),
                # Lines that differ are those of the exposure itself.
                interpolated=np.zeros(none.shape[1], bool),
                own=np.zeros(none.shape[1], bool),
            )
        )
    return models


def match_sky(pixels: SlitPixels, sky: OrderModel) -> tuple[OrderModel, SkyMatch]:
    """Match brightness and place of the sky's lines to those of an exposure.

    Lines brighten and fade within minutes while the continuum stays. What is narrow along the
    dispersion is the sky's lines, whatever light the object has: their factor and shift follow
    from a robust fit of the column means, both freed of what is smooth.

    Parameters
    ----------
    pixels
        Of the exposure.
    sky
        Of the exposures around, at the same pixels.

    Returns
    -------
    OrderModel, SkyMatch
        The sky as it is expected in the exposure, and by how much it was changed.
    """
    column = pixels.column
    variance = pixels.variance(np.maximum(sky.sky, 0.0))
    weight = np.where(pixels.usable, 1.0 / _variance_along_slit(pixels, sky.sky, variance), 0.0)
    total = np.bincount(column, weight)
    known = total > 0
    sigma = np.sqrt(np.bincount(column, weight**2 * variance)[known]) / total[known]

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(column, weight * values)[known] / total[known])

    def narrow(values: Floats) -> Floats:
        return np.asarray(values - median_filter(values, _SMOOTH_PX, mode="nearest"))

    level = mean(sky.sky)
    lines = narrow(level)
    strong = lines > np.maximum(_STRONG_SIGMA * sigma, _STRONG_SHARE * np.abs(level - lines))
    strong = maximum_filter1d(strong, 2 * _REACH_PX + 1)
    match = SkyMatch(1.0, 0.0, 0.0)
    if np.count_nonzero(strong) >= _FEWEST_COLUMNS:
        match = _match(
            narrow(mean(pixels.data)), lines, mean(sky.slope), mean(sky.curvature), sigma, strong
        )
    continuum = _continuum(pixels.w, sky.sky)
    airglow = sky.sky - continuum
    shift, factor = match.shift_px, match.factor
    matched = replace(
        sky,
        # The continuum is not the airglow's: only what stands out of it is scaled.
        sky=continuum + factor * (airglow - shift * sky.slope + 0.5 * shift**2 * sky.curvature),
        slope=factor * sky.slope,
        curvature=factor * sky.curvature,
        sky_variance=sky.sky_variance * factor**2 + (match.error * airglow) ** 2,
    )
    return matched, match


def _variance_along_slit(pixels: SlitPixels, sky: Floats, variance: Floats) -> Floats:
    """Return a typical variance of pixels, the object's light included, by slit position alone.

    It makes the weights of column means. Were they those of single pixels they would follow tilted
    lines through the rows of a bright object, and let its light rise and fall with them: that
    looks like a shift of the lines. As it is, rows of the object count little.
    """
    place = ((pixels.slit_arcsec + pixels.slit_half_arcsec) / _SLIT_BIN_ARCSEC).astype(int)
    place = np.maximum(place, 0)
    typical = np.full(int(place.max()) + 1, np.inf)
    for one in np.unique(place[pixels.usable]):
        mine = pixels.usable & (place == one)
        light = max(float(np.median((pixels.data - sky)[mine])), 0.0)
        typical[one] = float(np.median(variance[mine])) + light
    return np.asarray(typical[place])


def _continuum(w: Floats, sky: Floats) -> Floats:
    """Return what of a modelled sky is no airglow: what lies below the lines and between them.

    Along the wavelength, not along detector columns, which tilted lines cross: among crowded
    lines only the valleys tell, and a mean of them and of the lines beside is no continuum.
    """
    place = np.floor(w - w[0]).astype(int)
    count = np.bincount(place)
    filled = np.flatnonzero(count)
    # A model may leave all bounds at the end of an order, where hardly a pixel holds it.
    total = np.bincount(place, np.maximum(sky, 0.0))
    level = np.interp(np.arange(count.size), filled, total[filled] / count[filled])
    low = percentile_filter(level, _VALLEY_PERCENT, size=_VALLEY_PX, mode="nearest")
    smooth = gaussian_filter1d(low, _VALLEY_PX / 4.0, mode="nearest")
    return np.minimum(np.interp(w - w[0], np.arange(count.size) + 0.5, smooth), sky)


def _match(
    seen: Floats,
    lines: Floats,
    slope: Floats,
    curvature: Floats,
    sigma: Floats,
    strong: NDArray[np.bool_],
) -> SkyMatch:
    """Fit factor and shift of the lines to column means, deaf to lines of the object."""
    factor, shift, error = 1.0, 0.0, _FACTOR_PRIOR
    prior = np.array([1.0 / _FACTOR_PRIOR**2, 1.0 / _SHIFT_PRIOR_PX**2])
    for _ in range(_ROUNDS):
        bend = 0.5 * shift**2 * curvature
        expected = factor * (lines - shift * slope + bend)
        tolerance = np.hypot(sigma, _LINE_ERROR * np.abs(lines))
        pull = np.where(strong, (seen - expected) / tolerance, 0.0)
        spread = max(1.0, 1.48 * float(np.median(np.abs(pull[strong]))))
        weight = np.where(strong, tukey_weights(pull / spread, cutoff=_CLIP_SIGMA), 0.0)
        weight /= tolerance**2
        basis = np.column_stack(
            (lines - shift * slope + bend, factor * (shift * curvature - slope))
        )
        normal = (basis * weight[:, None]).T @ basis + np.diag(prior)
        now = np.array([factor, shift])
        right = (basis * weight[:, None]).T @ (seen - expected) - prior * (now - [1.0, 0.0])
        step = np.linalg.solve(normal, right)
        factor, shift = factor + float(step[0]), shift + float(step[1])
        # The noise of the object is not in the tolerance; it widens the pulls.
        error = spread * float(np.sqrt(np.linalg.inv(normal)[0, 0]))
    return SkyMatch(factor, error, shift)


def _lit(order: ModelledOrder) -> ModelledOrder:
    """Return an order with the light on its slit modelled as it is: no shape is assumed."""
    light = order.pixels.data - order.model.sky
    profiles = light_share(order.pixels, np.where(order.hit, 0.0, light))[None, :]
    return order.with_profiles(profiles, with_spectra(order, profiles))


def _without_lines(
    order: ModelledOrder, shapes: Sequence[Shape], options: SkyOptions
) -> ModelledOrder:
    """Return an order with the lines beside a point source, of its host, counted as sky."""
    profiles = source_profiles(order.pixels, list(shapes))
    known = order.with_profiles(profiles, with_spectra(order, profiles))
    fitted = with_uneven_lines(known, options, last=True, even_too=True).model
    parts = {
        name: getattr(fitted, name) for name in ("sky", "sky_variance", "uneven", "interpolated")
    }
    return replace(order, model=replace(order.model, **parts))


def _fit_again(modelled: list[ModelledOrder], shapes: list[Shape]) -> list[Shape]:
    """Fit discs again. A host is held: how far the flux of stars depends on it stays as it was."""
    fitted = fit_sources(collapse_exposure(modelled, shapes[0]), shapes)
    if all(shape.outline is None for shape in shapes):
        return fitted
    return [
        replace(now, flux_error=max(before.flux_error, now.flux_error))
        for before, now in zip(shapes, fitted, strict=True)
    ]


def model_under_sky(
    orders: Sequence[SlitPixels],
    skies: Sequence[OrderModel],
    shape: tuple[int, int],
    options: SkyOptions,
    source: SourceOptions,
    level: Literal["automatic", "take", "leave"] = "leave",
) -> tuple[list[ModelledOrder], Sources, tuple[float, bool]]:
    """Find the sources of an exposure whose sky is known from elsewhere.

    Parameters
    ----------
    orders
        The pixels.
    skies
        The sky at them.
    shape
        Of the frame.
    options, source
        What the user set.
    level
        What to do with the light beside the target: ``automatic`` counts it as sky if the target
        is a point source and the level no more than a change of the sky or scattered light may
        come to.

    Returns
    -------
    list, Sources, tuple
        The orders, the sources; median of the level beside the target in electrons, NaN if it was
        not looked at, and whether it was counted as sky.
    """
    undistorted = no_distortion(options.slit_degree, 2)
    modelled = [
        ModelledOrder(
            pixels, sky, np.zeros((0, pixels.w.size)), pixels.usable, ~pixels.usable & False,
            undistorted,
        )
        for pixels, sky in zip(orders, skies, strict=True)
    ]  # fmt: skip
    shapes = upon_host(modelled, find_sources(modelled, source), source)
    for _ in range(_SHAPE_ROUNDS):
        modelled = with_hits([_lit(order) for order in modelled], shape, options)
        shapes = _fit_again(modelled, shapes)
    told = math.nan, False
    if level == "take" or (level == "automatic" and is_point(shapes[0], source.threshold)):
        modelled = [_lit(_without_lines(order, shapes, options)) for order in modelled]
        shapes = _fit_again(modelled, shapes)
        beside = [level_beside(order, shapes) for order in modelled]
        known = [one for one in beside if one is not None]
        if known:
            median = float(np.median(np.concatenate([one.level for one in known])))
            largest = float(np.median([one.most for one in known]))
            told = median, level == "take" or abs(median) <= largest
        if told[1]:
            modelled = [
                _lit(without_level(order, one))
                for order, one in zip(modelled, beside, strict=True)
            ]
            shapes = _fit_again(modelled, shapes)
    found = sources_of(modelled, shapes, source.aim_arcsec)
    # No pixel of this exposure helped to find its sky: none is drawn to it.
    flagged = [order.flagged(hit=order.hit, used=order.used & False) for order in modelled]
    return flagged, found, told
