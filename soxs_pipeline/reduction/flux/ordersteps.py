"""Steps between orders that the flat lamp does not explain.

Sky and lamp pass the same optics, but a lamp need not light all of them as the sky does: each
quasi-order of VIS has its own grating, and u is flat-fielded by another lamp. Where two orders
share wavelengths they saw one star through one atmosphere, so that what they differ by there
is the lamp's. No model of the star or of its absorption lines enters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.robust import mad_sigma

__all__ = ["OrderLight", "OrderSteps", "find_steps"]

Floats = NDArray[np.float64]

#: Width in ln(wavelength) of the bins in which two orders are compared, and the fewest of them.
_BIN = 5e-4
_FEWEST = 3
#: Error granted to every step: edges of orders, where the lamp is faint and straylight tells.
_FLOOR = 0.002
#: Spread of the steps that is taken for granted where none is evident.
_USUAL = 0.003


@dataclass(frozen=True, eq=False)
class OrderLight:
    """ln of an order's light over the lamp's, with its error, at ``x`` = ln(wavelength)."""

    x: Floats
    y: Floats
    sigma: Floats


@dataclass(frozen=True, eq=False)
class OrderSteps:
    """How far each order stands above the lamp's scale.

    Parameters
    ----------
    levels
        ln of that, by order; zero on average.
    largest
        The largest step between neighbours, in ln; NaN if no two orders overlap.
    between
        The orders it lies between, by rising wavelength.
    """

    levels: dict[int, float]
    largest: float
    between: tuple[int, int] | None


def find_steps(exposures: Sequence[Mapping[int, OrderLight]]) -> OrderSteps:
    """Find the levels of orders from where they overlap.

    Steps that are no larger than usual are shrunk towards zero as far as their errors are
    larger than what the steps scatter by (empirical Bayes, normal prior of unknown width).

    Parameters
    ----------
    exposures
        Orders of each exposure of one arm.
    """
    middles: dict[int, float] = {}
    for exposure in exposures:
        middles |= {order: float(np.median(light.x)) for order, light in exposure.items()}
    orders = sorted(middles, key=lambda order: middles[order])
    pairs = list(pairwise(orders))
    found = [_step(exposures, pair) for pair in pairs]
    known = np.array([np.isfinite(error) for _, error in found], dtype=bool)
    step, error = np.array(found, dtype=float).reshape(-1, 2).T
    if not known.any():
        return OrderSteps(dict.fromkeys(orders, 0.0), float("nan"), None)
    spread2 = max(_USUAL**2, float(np.mean(step[known] ** 2 - error[known] ** 2)))
    step[known] *= spread2 / (spread2 + error[known] ** 2)
    step[~known] = 0.0
    level = np.concatenate([[0.0], np.cumsum(step)])
    level -= level.mean()
    widest = int(np.argmax(np.abs(step)))
    return OrderSteps(
        {order: float(value) for order, value in zip(orders, level, strict=True)},
        float(np.abs(step[widest])),
        pairs[widest],
    )


def _step(
    exposures: Sequence[Mapping[int, OrderLight]], pair: tuple[int, int]
) -> tuple[float, float]:
    """Return how far the second order stands above the first, and the error; NaN if unknown."""
    parts = [
        _difference(exposure[pair[0]], exposure[pair[1]])
        for exposure in exposures
        if pair[0] in exposure and pair[1] in exposure
    ]
    value = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0)
    error = np.concatenate([part[1] for part in parts]) if parts else np.zeros(0)
    if value.size < _FEWEST:
        return float("nan"), float("nan")
    middle = float(np.median(value))
    scatter = max(float(mad_sigma((value - middle) / error)), 1.0)
    near = np.abs(value - middle) < 3.0 * scatter * error
    weight = 1.0 / error[near] ** 2
    mean = float((weight * value[near]).sum() / weight.sum())
    return mean, float(np.hypot(scatter / np.sqrt(weight.sum()), _FLOOR))


def _difference(first: OrderLight, second: OrderLight) -> tuple[Floats, Floats]:
    """Compare two orders bin by bin; as the bins hold the same wavelengths, slopes do not tell."""
    low, high = max(first.x.min(), second.x.min()), min(first.x.max(), second.x.max())
    count = int((high - low) / _BIN)
    if count < 1:
        return np.zeros(0), np.zeros(0)
    means, errors = zip(*(_means(light, low, count) for light in (first, second)), strict=True)
    both = np.isfinite(means[0]) & np.isfinite(means[1])
    return (means[1] - means[0])[both], np.hypot(*errors)[both]


def _means(light: OrderLight, low: float, count: int) -> tuple[Floats, Floats]:
    place = np.floor((light.x - low) / _BIN).astype(int)
    inside = (place >= 0) & (place < count)
    weight = np.bincount(place[inside], 1.0 / light.sigma[inside] ** 2, count)
    total = np.bincount(place[inside], (light.y / light.sigma**2)[inside], count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / weight), np.asarray(1.0 / np.sqrt(weight))
