"""Take what exposures of the sky hold beyond their models off an exposure of the object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.reduction.exposures.frames import subtracted_variance
from soxs_pipeline.reduction.sky.modelled import ModelledOrder

__all__ = ["common_light_off"]


def common_light_off(
    frames: tuple[Frame, Frame],
    skies: Sequence[Sequence[ModelledOrder]],
    weights: Sequence[float],
    ratios: Sequence[float],
) -> tuple[Frame, Frame]:
    """Return frames without sky and of the sky, what the sky's exposures have left taken off too.

    With their models off already, the sum is the difference of the exposures. Where a pixel of the
    sky's exposure is not good the model alone is taken off.

    Parameters
    ----------
    frames
        Frame without the model of the sky, and frame of that model.
    skies
        Orders of each exposure of the sky with their models.
    weights, ratios
        Share of each exposure, and exposure time over its.
    """
    without, sky = frames
    data = without.data.ravel().copy()
    noise2 = without.variance.ravel().copy()
    common = sky.data.ravel().copy()
    for orders, weight, ratio in zip(skies, weights, ratios, strict=True):
        for order in orders:
            good = order.pixels.usable & ~order.hit
            place = order.pixels.place[good]
            left = weight * ratio * order.residual[good]
            data[place] -= left
            common[place] += left
            noise2[place] += (weight * ratio) ** 2 * subtracted_variance(order)[good]
    shape = without.shape
    return (
        replace(without, data=data.reshape(shape), variance=noise2.reshape(shape)),
        replace(sky, data=common.reshape(shape), variance=np.zeros_like(sky.variance)),
    )
