"""Frames without sky, and of the sky, made from the models of the orders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.reduction.sky.modelled import ModelledOrder

__all__ = ["make_sky_frames", "sky_leverage", "sky_pulls", "subtracted_variance"]

Floats = NDArray[np.float64]


def make_sky_frames(frame: Frame, modelled: list[ModelledOrder]) -> tuple[Frame, Frame]:
    """Return the frame without sky and the frame of the sky, zero off the slit.

    Parameters
    ----------
    frame
        Frame the orders were gathered from; gives header, setup and flags.
    modelled
        The orders with their models.
    """
    data, noise2, sky, sky2 = (np.zeros(frame.data.size, np.float32) for _ in range(4))
    quality = (frame.quality | np.uint32(Quality.OFF_SLIT)).ravel()
    off_slit = ~np.uint32(Quality.OFF_SLIT)
    for order in modelled:
        place = order.pixels.place
        data[place] = order.pixels.data - order.model.sky
        sky[place] = order.model.sky
        sky2[place] = order.model.sky_variance
        noise2[place] = subtracted_variance(order)
        flags = quality[place] & off_slit
        flags[order.hit] |= np.uint32(Quality.COSMIC_RAY)
        quality[place] = flags
    shape = frame.shape
    without = replace(
        frame,
        data=data.reshape(shape),
        variance=noise2.reshape(shape),
        quality=quality.reshape(shape),
    )
    model = replace(
        frame,
        data=sky.reshape(shape),
        variance=sky2.reshape(shape),
        quality=quality.reshape(shape) & np.uint32(Quality.OFF_SLIT),
    )
    return without, model


def subtracted_variance(order: ModelledOrder) -> Floats:
    """Return the variance of the pixels of an order once the fitted sky is off.

    A pixel that helped to fit the sky pulls the sky towards itself and scatters less about it:
    its variance is ``V - V_sky``. A pixel where the source takes up the light has no say in
    the sky: ``V + V_sky``. In between the say follows from the least-squares fit of both,
    see `sky_leverage`.
    """
    sky2 = order.model.sky_variance
    shares = order.profiles.max(axis=0) if len(order.profiles) else np.zeros(sky2.size)
    per_column = np.maximum(_sharpness(order), 1e-6)
    leverage = np.where(order.used, sky_leverage(shares, per_column), 0.0)
    plain = order.variance
    return np.maximum(plain + sky2 * (1.0 - 2.0 * leverage), 0.2 * plain)


def sky_leverage(share: Floats, sharpness: Floats) -> Floats:
    """Return a pixel's covariance with the fitted sky in units of the sky's variance.

    For a source of profile ``p`` on a constant sky the joint least-squares fit gives
    ``1 - p / sum(p^2)``.

    Parameters
    ----------
    share
        Profile at the pixel.
    sharpness
        Sum of the squared profile over the slit.
    """
    return np.maximum(1.0 - share / sharpness, -1.0)


def _sharpness(order: ModelledOrder) -> Floats:
    """Return the sum over the slit of the squared profile of the target."""
    if not len(order.profiles):
        return np.ones(order.pixels.w.size)
    column = order.pixels.column
    total = np.asarray(np.bincount(column, order.profiles[0] ** 2), float)
    return total[column]


def sky_pulls(order: ModelledOrder) -> tuple[Floats, Floats]:
    """Return residual over expected scatter, and sky, of the pixels without a source.

    Pixels with a cosmic ray or known as bad do not count; those rejected for other reasons do.
    """
    expected = np.sqrt(subtracted_variance(order))
    alone = order.pixels.usable & ~order.hit & (np.abs(order.light) < 0.3 * expected)
    pulls = (order.pixels.data - order.model.sky - order.light) / expected
    return pulls[alone], order.model.sky[alone]
