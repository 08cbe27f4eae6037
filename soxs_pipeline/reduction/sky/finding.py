"""Find the sources of an exposure once a first sky is off."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.detection import Peak
from soxs_pipeline.reduction.sky.collapsing import collapse_exposure, collapse_unevenly_lit
from soxs_pipeline.reduction.sky.modelled import ModelledOrder
from soxs_pipeline.reduction.sources.departure import excess_of_one, excess_of_two
from soxs_pipeline.reduction.sources.linesources import detect_lines
from soxs_pipeline.reduction.sources.objects import (
    Collapsed,
    detect,
    expected_shape,
    follow,
)
from soxs_pipeline.reduction.sources.shapefit import fit_shapes, unexplained
from soxs_pipeline.reduction.sources.shapes import Shape, is_wide

__all__ = [
    "SourceOptions",
    "find_sources",
    "target_first",
]

Floats = NDArray[np.float64]

#: What the profile of a bright source leaves unexplained, of its own significance: no source.
_PROFILE_LEFT = 0.005
#: Least significance at which the best peak is taken rather than the expected position.
_MARGINAL = 3.5
#: A second source narrower than this, in widths of the first, must be this much surer.
_NARROW, _NARROW_FACTOR = 0.6, 4.0
#: A neighbour this much less significant than the brightest source is not the target.
_MINOR = 0.05
#: How far from the middle of a galaxy, in its widths, a place is still that of the galaxy.
_UPON = 0.5
#: A source may be two: how far apart and how wide they are tried, and how far around it the fits
#: are compared, in its widths. By how much the misfit must fall for each new term, and by what
#: part of it. How far apart they must come out, in widths of the narrower, and how much wider one
#: may be.
_APART, _NARROWER, _LOOKED_AT = 0.6, 0.65, 1.5
_GAIN_OF_TWO, _SHARE_OF_TWO, _TERMS_OF_SHAPE = 4.0, 0.5, 16
_LEAST_APART, _MOST_WIDER = 0.8, 5.0
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
    aim_arcsec
        As in `Sources`.
    """

    threshold: float = 5.0
    most: int = 3
    position_arcsec: float = 0.0
    forced: bool = False
    aim_arcsec: float = float("nan")


def find_sources(
    modelled: list[ModelledOrder],
    options: SourceOptions,
    gain_precision: Floats | None = None,
) -> list[Shape]:
    """Find the sources on the slit.

    Of several the target is the one next to the expected position, so that all arms take the
    same. If there is none, the expected position is taken for it.

    Parameters
    ----------
    modelled
        The orders with a model of their sky.
    options
        What the user set.
    gain_precision
        Inverse covariance of the illumination that all orders have in common, about that of the
        models; None if it is known.

    Returns
    -------
    list
        The target first.
    """
    if gain_precision is None:
        collapsed = collapse_exposure(modelled)
    else:
        collapsed = collapse_unevenly_lit(modelled, None, gain_precision, rising=False)
    shapes = _one_by_one(collapsed, options)
    if not shapes or shapes[0].significance < options.threshold:
        spot = _line_source(modelled, options.threshold)
        shapes = shapes if spot is None else [_assumed(collapsed, spot)]
    shapes, expected = target_first(shapes, options), options.position_arcsec
    if options.forced:
        near = [s for s in shapes if abs(s.trace[0] - expected) < _reach(s, options.threshold)]
        others = [s for s in shapes if s not in near]
        seen = near or shapes
        like = seen[0] if seen else None
        return [_assumed(collapsed, Peak(expected, 1.0, 0.0, 0.0), like), *others]
    return shapes or [_assumed(collapsed, Peak(expected, 1.0, 0.0, 0.0))]


def _reach(shape: Shape, threshold: float) -> float:
    """Return how far from a source a place is its own; upon a galaxy there may be stars."""
    return float(np.exp(shape.log_fwhm)) * (_UPON if is_wide(shape, threshold) else 1.0)


def target_first(shapes: list[Shape], options: SourceOptions) -> list[Shape]:
    """Return sources so that the one next to the expected position comes first.

    What is much fainter than the brightest is not it, and a host not if a star is upon it.

    Parameters
    ----------
    shapes
        The sources.
    options
        What the user set.
    """
    least = _MINOR * max((shape.significance for shape in shapes), default=0.0)
    return sorted(
        shapes,
        key=lambda shape: (
            not shape.forced and (shape.significance < least or shape.outline is not None),
            abs(shape.trace[0] - options.position_arcsec),
        ),
    )


def _one_by_one(collapsed: Collapsed, options: SourceOptions) -> list[Shape]:
    """Find sources, the most significant first, each in what those before leave unexplained."""
    shapes: list[Shape] = []
    left = collapsed
    while len(shapes) < options.most:
        peak = detect(left, threshold=options.threshold)
        if peak.significance < _least_significance(peak, shapes, options.threshold):
            break
        new = follow(left, peak)
        if any(abs(new.trace[0] - one.trace[0]) < 1.2 * np.exp(one.log_fwhm) for one in shapes):
            # What a source leaves beside itself is a matter of its profile.
            break
        together = fit_shapes(collapsed, [*shapes, new])
        if shapes and _crossed(together, collapsed.domain_nm):
            break
        shapes = together
        if shapes[0].significance < options.threshold:
            break
        left = unexplained(collapsed, shapes)
    return _taken_apart(collapsed, shapes, options)


def _taken_apart(collapsed: Collapsed, shapes: list[Shape], options: SourceOptions) -> list[Shape]:
    """Return the sources, of which each may turn out to be two that lie close together.

    Two stars look like a wide one, or an odd one. They are told from it where their colours
    differ, for then no profile that is the same at all wavelengths describes them: neither a disc
    with a departure, nor the one that both make up.
    """
    if len(shapes) >= options.most:
        return shapes
    # A second source brings a brightness in each segment, and a shape.
    terms = int((collapsed.precision > 0).any(axis=1).sum()) + _TERMS_OF_SHAPE
    for shape in shapes:
        others = [one for one in shapes if one is not shape]
        width = float(np.exp(shape.log_fwhm))
        near = shape.trace[0] - _LOOKED_AT * width, shape.trace[0] + _LOOKED_AT * width
        single = excess_of_one(collapsed, shapes, near)
        if single < _GAIN_OF_TWO * terms:
            continue
        two = [_beside(shape, side * 0.5 * _APART * width) for side in (-1.0, 1.0)]
        together = fit_shapes(collapsed, [*two, *others])
        left, as_one = excess_of_two(collapsed, together, near)
        enough = max(_GAIN_OF_TWO * terms, _SHARE_OF_TWO * min(single, as_one))
        gained = min(single, as_one) - left
        if gained > enough and _are_two(together[:2], collapsed.domain_nm):
            # All of them were fitted again: they are looked at anew.
            return _taken_apart(collapsed, together, options)
    return shapes


def _beside(shape: Shape, step_arcsec: float) -> Shape:
    """Return half of a source, narrower and moved along the slit."""
    trace = np.array([shape.trace[0] + step_arcsec, *shape.trace[1:]])
    narrower = shape.log_fwhm + np.log(_NARROWER)
    share = shape.significance / np.sqrt(2.0)
    return replace(shape, trace=trace, log_fwhm=narrower, significance=share)


def _are_two(pair: list[Shape], domain_nm: tuple[float, float]) -> bool:
    """Return True if the halves of a source are as far apart as two sources, and as wide."""
    one, other = pair
    wave = np.linspace(*domain_nm, 25)
    apart = np.abs(one.position(wave) - other.position(wave)).min()
    widths = np.exp([one.log_fwhm, other.log_fwhm])
    return bool(apart > _LEAST_APART * widths.min() and widths.max() < _MOST_WIDER * widths.min())


def _crossed(shapes: list[Shape], domain_nm: tuple[float, float]) -> bool:
    """Return True if two sources meet somewhere: one is then a piece of the other."""
    wave = np.linspace(*domain_nm, 25)
    paths = [shape.position(wave) for shape in shapes]
    return any(
        float(np.abs(paths[i] - paths[j]).min()) < 0.8 * float(np.exp(shapes[j].log_fwhm))
        for i in range(len(paths))
        for j in range(i)
    )


def _least_significance(peak: Peak, shapes: list[Shape], threshold: float) -> float:
    """Return what a peak must have to count as one more source."""
    if not shapes:
        return _MARGINAL
    # No star is narrower than the seeing; but it may lie on a galaxy that is taken for one.
    narrow = peak.width < _NARROW * np.exp(shapes[0].log_fwhm)
    asked = threshold * (_NARROW_FACTOR if narrow else 1.0)
    return max(asked, _PROFILE_LEFT * max(shape.significance for shape in shapes))


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
    usual = expected_shape(collapsed, peak)
    return replace(usual, forced=not peak.significance > 0.0)
