"""Light that is left beside a point source once the sky of other exposures is off.

The continuum of the sky changes between exposures, and a bright source scatters light over the
detector. Both are smooth along an order and the same all along the slit, where the source is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.reduction.sky.modelled import ModelledOrder, with_spectra
from soxs_pipeline.reduction.sources.shapes import Shape, source_profiles

__all__ = ["Beside", "level_beside", "without_level"]

Floats = NDArray[np.float64]

#: Beside the sources is where a pixel gets less than this of what their brightest one gets.
_FAR_SHARE = 0.01
#: Terms along the order, rejection limit and rounds of the fit.
_TERMS, _CLIP_SIGMA, _ROUNDS = 3, 4.0, 4
#: Fewest pixels beside the sources that tell a level.
_FEWEST = 500
#: Greatest part of the sky, and of the source's peak, that a level may be: more is an object.
_MOST_OF_SKY, _MOST_OF_PEAK = 0.05, 0.03


@dataclass(frozen=True, eq=False)
class Beside:
    """The level beside the sources of one order.

    Parameters
    ----------
    level, error
        Electrons at each pixel, shape ``(n,)``.
    most
        Median of what a change of the sky and scattered light may come to.
    """

    level: Floats
    error: Floats
    most: float


def level_beside(order: ModelledOrder, shapes: Sequence[Shape]) -> Beside | None:
    """Fit a level, smooth along the order, to what the sources leave beside themselves.

    Parameters
    ----------
    order
        With its sky.
    shapes
        The sources, whose wings are taken out.

    Returns
    -------
    Beside or None
        None if too few pixels lie beside the sources.
    """
    pixels = order.pixels
    profiles = source_profiles(pixels, list(shapes))
    lit = replace(order, profiles=profiles, model=with_spectra(order, profiles))
    summit = np.zeros(pixels.column[-1] + 1)
    np.maximum.at(summit, pixels.column, profiles.max(axis=0))
    far = profiles.max(axis=0) < _FAR_SHARE * summit[pixels.column]
    use = far & pixels.usable & ~order.hit
    if np.count_nonzero(use) < _FEWEST:
        return None
    basis = pixels.along_order(_TERMS)
    # Noise of the model, not of the data: low pixels must not weigh more.
    variance = lit.variance + order.model.sky_variance
    level, covariance = np.zeros(use.size), np.eye(_TERMS)
    for _ in range(_ROUNDS):
        pull = (lit.residual - level) / np.sqrt(variance)
        kept = use & (np.abs(pull) < _CLIP_SIGMA)
        weighted = basis[:, kept] / variance[kept]
        covariance = np.linalg.inv(weighted @ basis[:, kept].T + 1e-9 * np.eye(_TERMS))
        level = (covariance @ (weighted @ lit.residual[kept])) @ basis
    error = np.sqrt(np.einsum("an,ab,bn->n", basis, covariance, basis))
    core = profiles.max(axis=0) > 0.5 * summit[pixels.column]
    peak = float(np.median(np.maximum(lit.light, 0.0)[core]))
    most = _MOST_OF_SKY * float(np.median(np.maximum(order.model.sky, 0.0)))
    return Beside(level, error, most + _MOST_OF_PEAK * peak)


def without_level(order: ModelledOrder, beside: Beside | None) -> ModelledOrder:
    """Return the order with a level counted as sky."""
    if beside is None:
        return order
    model = order.model
    return replace(
        order,
        model=replace(
            model,
            sky=model.sky + beside.level,
            sky_variance=model.sky_variance + beside.error**2,
        ),
    )
