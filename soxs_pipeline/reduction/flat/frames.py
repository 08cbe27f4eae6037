"""From raw flats of one lamp to its light in every order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.reduction.detector.combine import combine_frames
from soxs_pipeline.reduction.detector.detrend import detrend_all
from soxs_pipeline.reduction.flat.flatfield import LampOrders
from soxs_pipeline.reduction.flat.lamps import LampExposure, OrderBand, fit_lamp
from soxs_pipeline.reduction.orders.scattered import scattered_light

__all__ = ["combine_flats", "expose_lamp", "fit_orders"]

#: Part of the pixels that tell the level of an exposure: the brightest.
BRIGHTEST = 0.1


def combine_flats(
    raws: Sequence[RawFrame], detector: DetectorCalibration, *, clip_sigma: float
) -> tuple[Frame, int, list[str]]:
    """Return the mean of flats of one lamp, brought to a common exposure level.

    Parameters
    ----------
    raws
        Flats of one lamp and exposure time.
    detector
        What removes the offset.
    clip_sigma
        Rejection limit of the stack in units of the expected noise.

    Returns
    -------
    tuple
        The mean in electrons of one exposure, the number combined, and remarks.

    Raises
    ------
    UnprocessableDataError
        If no frame holds light.
    """
    frames, remarks = detrend_all(raws, detector)
    factors, lit = _factors(frames)
    if not lit:
        raise UnprocessableDataError(
            f"{raws[0].name} and the other flats hold no light",
            wanted="exposures with the lamp on",
            remedy="check the lamp",
        )
    if len(lit) < len(frames):
        remarks.append(f"{len(frames) - len(lit)} of {len(frames)} flats hold too little light")
    chosen = [frames[k] for k in lit]
    mean = combine_frames(chosen, clip_sigma=clip_sigma, factors=[factors[k] for k in lit]).frame
    return mean, len(chosen), remarks


def _factors(frames: Sequence[Frame]) -> tuple[list[float], list[int]]:
    """Return what brings each frame to their common level, and which frames hold light."""
    sample = np.stack([frame.data.ravel()[::11] for frame in frames])
    good = ~np.stack([frame.bad.ravel()[::11] for frame in frames]).any(axis=0)
    middle = np.median(sample, axis=0)
    if not good.any():
        return [1.0] * len(frames), []
    bright = good & (middle >= np.quantile(middle[good], 1.0 - BRIGHTEST))
    levels = np.median(sample[:, bright], axis=1)
    noise = frames[0].setup.read_noise_e
    lit = [k for k, level in enumerate(levels) if level > max(3.0 * noise, 0.2 * np.max(levels))]
    if not lit:
        return [1.0] * len(frames), []
    common = float(np.mean(levels[lit]))
    return [common / float(max(level, 1e-3)) for level in levels], lit


def expose_lamp(
    frame: Frame,
    number: int,
    table: OrderTable,
    *,
    margin_px: float,
    name: str,
    subtract: bool,
) -> LampExposure:
    """Return a lamp's mean exposure without scattered light.

    Parameters
    ----------
    frame, number
        Mean of so many exposures.
    table
        Order table with edges.
    margin_px
        Distance from the edges beyond which there is no focused light.
    name
        Name of the lamp.
    subtract
        False to leave the scattered light in.
    """
    scattered = scattered_light(frame, table, margin_px=margin_px)
    if not subtract:
        scattered = replace(scattered, data=np.zeros_like(scattered.data))
    clean = replace(frame, data=frame.data - scattered.data)
    return LampExposure(clean, scattered, number, name)


def fit_orders(exposure: LampExposure, bands: Sequence[OrderBand]) -> tuple[LampOrders, list[int]]:
    """Fit a lamp's spectrum in every order; return also the orders without enough light."""
    orders, dark = {}, []
    for band in bands:
        try:
            orders[band.order] = fit_lamp(exposure, band)
        except ValueError:
            dark.append(band.order)
    return LampOrders(exposure, orders), dark
