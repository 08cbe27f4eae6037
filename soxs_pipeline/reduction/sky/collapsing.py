"""Collapse the light of an exposure that is not sky along the dispersion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from soxs_pipeline.reduction.sky.modelled import MAP_ERROR_PX, PROFILE_ERROR, ModelledOrder
from soxs_pipeline.reduction.slit.distortion import PRIOR_GAIN
from soxs_pipeline.reduction.slit.pixels import SLIT_BINS, SlitPixels
from soxs_pipeline.reduction.sources.objects import Collapsed, collapse
from soxs_pipeline.reduction.sources.shapes import Shape

__all__ = ["LEAST_TEMPLATE", "collapse_exposure", "collapse_unevenly_lit", "slit_medians"]

Floats = NDArray[np.float64]

#: Electrons added to the spectrum that weights the profile, so that it is nowhere zero.
LEAST_TEMPLATE = 1e-3


def collapse_exposure(modelled: list[ModelledOrder], target: Shape | None = None) -> Collapsed:
    """Collapse what is not sky along the dispersion.

    Parameters
    ----------
    modelled
        The orders with a model of their sky, and of the target if one is given.
    target
        If given, its spectrum is the weight, as far as it stands out of its noise, so that a
        source seen in one emission line is measured on that line; and its drift within a
        segment is taken out. If not, all wavelengths have equal weight.
    """
    gathered = _gathered(modelled, target)
    return gathered.collapsed(gathered.light)


def collapse_unevenly_lit(
    modelled: list[ModelledOrder], target: Shape | None, precision: Floats, *, rising: bool
) -> Collapsed:
    """Collapse what is not sky, and say how the sky may differ along the slit from its model.

    Parameters
    ----------
    modelled, target
        As in `collapse_exposure`.
    precision
        Inverse covariance of the illumination that all orders have in common, of Legendre degree
        1... along the slit, about that of the model.
    rising
        True if there is other light, which may rise along the slit.
    """
    gathered = _gathered(modelled, target)
    collapsed = gathered.collapsed(gathered.light)
    sky = gathered.collapsed([order.even_sky for order in modelled]).signal
    u = collapsed.slit_arcsec / float(np.abs(collapsed.slit_arcsec).max())
    along = sky * legendre.legvander(u, len(precision)).T[1:, None]
    beside, errors = along, [PRIOR_GAIN] * len(along)
    if rising:
        beside = np.concatenate((along, np.broadcast_to(u, (1, *sky.shape))))
        errors.append(np.inf)
    return replace(
        collapsed,
        beside=beside,
        beside_error=np.array(errors),
        common=along,
        common_precision=precision,
    )


class _Gathered(NamedTuple):
    """What is collapsed of each order: values, weights and templates, along a path."""

    pixels: list[SlitPixels]
    light: list[Floats]
    weights: list[Floats]
    templates: list[Floats]
    path: Callable[[Floats], Floats] | None

    def collapsed(self, light: list[Floats]) -> Collapsed:
        return collapse(self.pixels, light, self.weights, self.templates, self.path)


def _gathered(modelled: list[ModelledOrder], target: Shape | None) -> _Gathered:
    light, weights, templates = [], [], []
    for order in modelled:
        variance = order.variance
        good = order.pixels.usable & ~order.hit
        value = order.pixels.data - order.model.sky
        slack = np.sqrt(variance + (MAP_ERROR_PX * order.model.slope) ** 2)
        if target is None:
            template = np.ones_like(value)
            value = _without_spikes(order.pixels, value, slack)
        else:
            # With the noise of the data in the template the profile would follow its own start.
            template = order.calm_spectra[0] + LEAST_TEMPLATE
            good &= np.abs(order.residual) < 6.0 * (slack + PROFILE_ERROR * np.abs(order.light))
        light.append(value)
        weights.append(np.where(good, 1.0 / slack**2, 0.0))
        templates.append(template)
    path = None if target is None else target.position
    return _Gathered([order.pixels for order in modelled], light, weights, templates, path)


def slit_medians(pixels: SlitPixels, values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return medians of the usable pixels in bins along the slit, NaN if empty, and the bins."""
    place, rank, bounds = pixels.slit_bins
    ordered = values[rank]
    medians = np.full(SLIT_BINS, np.nan)
    for k, (first, last) in enumerate(pairwise(bounds)):
        if last > first:
            half = (last - first) // 2
            part = np.partition(ordered[first:last], (half, (last - first - 1) // 2))
            medians[k] = 0.5 * (part[half] + part[(last - first - 1) // 2])
    return medians, place


def _without_spikes(pixels: SlitPixels, light: Floats, noise: Floats) -> Floats:
    """Clip light at what is usual for its slit position: cosmic rays there are not known yet."""
    medians, place = slit_medians(pixels, light / noise)
    usual = np.nan_to_num(medians)
    limit = (6.0 + 6.0 * np.abs(usual[place])) * noise
    return np.clip(light, -limit, limit)
