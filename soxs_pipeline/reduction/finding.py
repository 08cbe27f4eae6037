"""Find the sources of an exposure once a first sky is off."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.detection import Peak
from soxs_pipeline.reduction.linesources import detect_lines
from soxs_pipeline.reduction.modelled import MAP_ERROR_PX, PROFILE_ERROR, ModelledOrder
from soxs_pipeline.reduction.objects import (
    Collapsed,
    Shape,
    collapse,
    detect,
    fit_shapes,
    follow,
    usual_shape,
)
from soxs_pipeline.reduction.slitpixels import SlitPixels

__all__ = ["SLIT_BINS", "SourceOptions", "collapse_exposure", "find_sources"]

Floats = NDArray[np.float64]

#: Bins along the slit in which light that stands out is looked for.
SLIT_BINS = 48
#: Least significance at which the best peak is taken rather than the expected position.
_MARGINAL = 3.5
#: A neighbour this much less significant than the brightest source is not the target.
_MINOR = 0.05
#: Errors of the map (px) and of the sky granted while line emission is looked for.
_LINE_MAP_ERROR_PX, _LINE_SKY_ERROR = 0.15, 0.02


@dataclass(frozen=True)
class SourceOptions:
    """What a user may set of finding sources.

    Parameters
    ----------
    threshold
        Least significance of a source.
    most
        Greatest number of sources.
    position_arcsec
        Expected slit position of the target.
    forced
        True to take that position unseen.
    """

    threshold: float = 5.0
    most: int = 3
    position_arcsec: float = 0.0
    forced: bool = False


def find_sources(modelled: list[ModelledOrder], options: SourceOptions) -> list[Shape]:
    """Find the sources on the slit.

    Of several the target is the one next to the expected position, so that all arms take the
    same. If there is none, the expected position is taken for it.

    Parameters
    ----------
    modelled
        The orders with a model of their sky.
    options
        What the user set.

    Returns
    -------
    list
        The target first.
    """
    collapsed = collapse_exposure(modelled, plain=True)
    peaks = detect(collapsed, threshold=options.threshold, most=options.most)
    shapes = [follow(collapsed, peak) for peak in peaks if peak.significance >= _MARGINAL]
    shapes = fit_shapes(collapsed, shapes)
    if peaks[0].significance < options.threshold:
        spot = _line_source(modelled, options.threshold)
        shapes = shapes if spot is None else [_assumed(collapsed, spot)]
    expected = options.position_arcsec
    least = _MINOR * max((shape.significance for shape in shapes), default=0.0)
    shapes.sort(key=lambda s: (s.significance < least, abs(s.trace[0] - expected)))
    if options.forced:
        near = [s for s in shapes if abs(s.trace[0] - expected) < np.exp(s.log_fwhm)]
        others = [s for s in shapes if s not in near]
        seen = near or shapes
        like = seen[0] if seen else None
        return [_assumed(collapsed, Peak(expected, 1.0, 0.0, 0.0), like), *others]
    return shapes or [_assumed(collapsed, Peak(expected, 1.0, 0.0, 0.0))]


def _line_source(modelled: list[ModelledOrder], threshold: float) -> Peak | None:
    slack2 = [
        order.variance
        + (_LINE_MAP_ERROR_PX * order.model.slope) ** 2
        + (_LINE_SKY_ERROR * order.model.sky) ** 2
        for order in modelled
    ]
    return detect_lines(
        [order.pixels for order in modelled],
        [order.pixels.data - order.model.sky for order in modelled],
        slack2,
        [order.pixels.usable & ~order.hit for order in modelled],
        threshold=threshold,
    )


def _assumed(collapsed: Collapsed, peak: Peak, like: Shape | None = None) -> Shape:
    """Return a straight source at a place, as wide as one that was seen if there is one.

    A peak without significance is a place where nothing was seen: the source is forced.
    """
    if like is not None:
        trace = np.array([peak.position, *like.trace[1:]])
        return replace(like, trace=trace, significance=0.0, forced=True)
    return replace(usual_shape(peak, collapsed.domain_nm), forced=not peak.significance > 0.0)


def collapse_exposure(modelled: list[ModelledOrder], *, plain: bool) -> Collapsed:
    """Collapse what is not sky; ``plain`` with equal weight for all wavelengths.

    Otherwise the spectrum of the brightest source is the weight, as far as it stands out of
    its noise: a source seen in one emission line is measured on that line.
    """
    light, weights, templates = [], [], []
    for order in modelled:
        variance = order.variance
        good = order.pixels.usable & ~order.hit
        value = order.pixels.data - order.model.sky
        slack = np.sqrt(variance + (MAP_ERROR_PX * order.model.slope) ** 2)
        if plain:
            template = np.ones_like(value)
            value = _without_spikes(order.pixels, value, slack)
        else:
            template = _template(order, variance)
            good &= np.abs(order.residual) < 6.0 * (slack + PROFILE_ERROR * np.abs(order.light))
        light.append(value)
        weights.append(np.where(good, 1.0 / slack**2, 0.0))
        templates.append(template)
    return collapse([order.pixels for order in modelled], light, weights, templates)


def _without_spikes(pixels: SlitPixels, light: Floats, noise: Floats) -> Floats:
    """Clip light at what is usual for its slit position: cosmic rays there are not known yet."""
    place = np.clip(((pixels.u + 1.0) * 0.5 * SLIT_BINS).astype(int), 0, SLIT_BINS - 1)
    usual = np.zeros(SLIT_BINS)
    pull = light / noise
    for k in np.unique(place):
        usual[k] = np.median(pull[place == k])
    limit = (6.0 + 6.0 * np.abs(usual[place])) * noise
    return np.clip(light, -limit, limit)


def _template(order: ModelledOrder, variance: Floats) -> Floats:
    spectrum = order.model.spectra[0]
    power = (order.profiles**2).max(initial=1e-6)
    noise2 = 2.0 * variance / power
    return np.maximum(spectrum, 0.0) * spectrum**2 / (spectrum**2 + noise2) + 1e-3
