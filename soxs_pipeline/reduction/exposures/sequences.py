"""Use the other exposures of a sequence: cosmic rays and common residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.reduction.exposures.frames import make_sky_frames, subtracted_variance
from soxs_pipeline.reduction.sky.modelled import MAP_ERROR_PX, PROFILE_ERROR, ModelledOrder
from soxs_pipeline.reduction.slit.pixels import SlitPixels

__all__ = ["common_off", "struck_by_comparison"]

#: How much the sky may brighten between exposures before a pixel is held for a cosmic ray.
_SKY_CHANGE = 0.2


def struck_by_comparison(
    modelled: Sequence[ModelledOrder],
    partner: Sequence[SlitPixels],
    ratio: float,
    clip_sigma: float,
) -> tuple[list[ModelledOrder], int]:
    """Mark pixels that exceed both their own model and the partner exposure.

    A grazing cosmic ray is not sharp, but it is not there twice.

    Parameters
    ----------
    modelled
        The exposure's orders.
    partner
        Pixels of the partner, of the same orders.
    ratio
        Exposure time over the partner's.
    clip_sigma
        Significance in both comparisons.

    Returns
    -------
    list, int
        The orders, and the number of pixels not known as struck before.
    """
    marked, number = [], 0
    for order, other in zip(modelled, partner, strict=True):
        pixels, light = order.pixels, np.maximum(order.light, 0.0)
        slack2 = order.variance + (MAP_ERROR_PX * order.model.slope) ** 2
        slack2 += (PROFILE_ERROR * light) ** 2
        excess = pixels.data - light - ratio * other.data
        noise2 = slack2 + ratio**2 * other.variance(other.data)
        new = pixels.usable & other.usable & ~order.hit
        new &= order.residual > clip_sigma * np.sqrt(slack2)
        new &= excess > clip_sigma * np.sqrt(noise2) + _SKY_CHANGE * np.abs(order.model.sky)
        number += int(new.sum())
        marked.append(order.flagged(hit=order.hit | new, used=order.used & ~new))
    return marked, number


def common_off(
    frame: Frame,
    modelled: Sequence[ModelledOrder],
    partner: Sequence[ModelledOrder],
    ratio: float,
) -> tuple[Frame, Frame]:
    """Return frame without sky and frame of the sky, what the partner has left taken off too.

    What neither model explains but both exposures hold goes away: structure of the dark, of the
    flat, or of the slit. It costs the noise of the partner's pixels. Where those are not good
    nothing is taken off.

    Parameters
    ----------
    frame
        Frame the orders were gathered from.
    modelled, partner
        Orders of the exposure and of its partner.
    ratio
        Exposure time over the partner's.
    """
    without, sky = make_sky_frames(frame, list(modelled))
    data, noise2, lit = (
        without.data.ravel().copy(),
        without.variance.ravel().copy(),
        sky.data.copy(),
    )
    common = lit.ravel()
    for other in partner:
        good = other.pixels.usable & ~other.hit
        place = other.pixels.place[good]
        left = ratio * other.residual[good]
        data[place] -= left
        common[place] += left
        noise2[place] += ratio**2 * subtracted_variance(other)[good]
    shape = frame.shape
    return without.with_data(data.reshape(shape), noise2.reshape(shape)), replace(sky, data=lit)
