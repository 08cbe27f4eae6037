"""The response of the pixels and the illumination along the slit."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.numerics.robust import clipped_moments
from soxs_pipeline.reduction.detector.prepare import require_same
from soxs_pipeline.reduction.flat.lamps import Lamp, LampExposure, OrderBand

__all__ = ["LampOrders", "divide_flat", "pixel_response", "with_lasting_flags"]

Floats = NDArray[np.float64]
Float32 = NDArray[np.float32]

#: Illumination below which a pixel is off the slit.
OFF_SLIT_LEVEL = 0.2
#: Depth in pixels inside the slit from which on the illumination is that of the middle.
FULL_DEPTH = 3.0
#: Bins along the slit in which its illumination is measured: about half a pixel.
SLIT_BINS = 80
#: Least scatter of the pixel response, and error of the model of a steep edge.
LEAST_SCATTER, EDGE_ERROR = 0.003, 0.04
#: Deviation in sigma beyond which a pixel keeps its own value, if its error is less than that.
OWN_VALUE_SIGMA, OWN_VALUE_ERROR = 4.5, 0.1
#: Responses that are low, high and dead; deviation that is an outlier, in sigma and at least.
LOW, HIGH, DEAD = 0.5, 2.0, 0.1
OUTLIER_SIGMA, OUTLIER_LEAST = 6.0, 0.2
#: Flags of a lamp exposure that hold for the detector, whatever it looks at.
LASTING = Quality.HOT | Quality.DEAD | Quality.NON_LINEAR | Quality.LOW_SENSITIVITY


@dataclass(frozen=True, eq=False)
class LampOrders:
    """One lamp's exposure and its spectrum in the orders in which it could be measured."""

    exposure: LampExposure
    orders: Mapping[int, Lamp]


@dataclass(frozen=True, eq=False)
class _Measured:
    """Response of a band's pixels by one lamp and its variance (infinite where unknown)."""

    response: Floats
    variance: Floats


def pixel_response(bands: Sequence[OrderBand], lamps: Sequence[LampOrders]) -> Frame:
    """Return the master flat: pixel response times illumination of the slit.

    The response is the light of a pixel over the smooth spectrum of the lamp at its
    wavelength. Several lamps are averaged with the inverse of their variances, the second
    only where it has the better signal to noise. Where the flat is noisier than pixels
    differ, the response is drawn towards the smooth illumination (a Wiener filter in the
    plane of the pixels): dividing by a faint flat must not add noise.

    Parameters
    ----------
    bands
        The pixels of every order.
    lamps
        The lamps, the principal one first.

    Returns
    -------
    Frame
        Response with a mean of one over the inner slit, variance and flags; off the slit one,
        flagged `Quality.OFF_SLIT` and `Quality.NO_CALIBRATION`.
    """
    first = lamps[0].exposure.frame
    data = np.ones(first.shape, dtype=np.float32)
    variance = np.zeros(first.shape, dtype=np.float32)
    quality = np.full(first.shape, np.uint32(Quality.OFF_SLIT | Quality.NO_CALIBRATION))
    for lamp in lamps:
        quality |= lamp.exposure.frame.quality & np.uint32(LASTING)
    for band in bands:
        _fill(band, lamps, data, variance, quality)
    return Frame(data, variance, quality, "", first.header, first.setup)


def _fill(
    band: OrderBand,
    lamps: Sequence[LampOrders],
    data: Float32,
    variance: Float32,
    quality: NDArray[np.uint32],
) -> None:
    """Write the response of one order into the frame being made."""
    known = [
        (lamp.exposure, lamp.orders[band.order]) for lamp in lamps if band.order in lamp.orders
    ]
    if not known:
        return
    measured = [_measure(exposure, lamp, band) for exposure, lamp in known]
    # The illumination of the second lamp is brought to that of the first.
    shapes = [lamp.along_slit(band.v) for _, lamp in known]
    response, noise2 = _averaged(
        [
            _Measured(one.response * shapes[0] / shape, one.variance * (shapes[0] / shape) ** 2)
            for one, shape in zip(measured, shapes, strict=True)
        ]
    )
    smooth, steepness = _smooth_illumination(band, response, noise2, shapes[0])
    lit = band.on_detector & (smooth > OFF_SLIT_LEVEL)
    scatter = _response_scatter(band, response, noise2, smooth)
    prior2 = scatter**2 + (EDGE_ERROR * steepness) ** 2
    apart = response - smooth
    total = np.sqrt(prior2 + np.where(np.isfinite(noise2), noise2, 0.0))
    found = np.isfinite(noise2)
    share = np.where(found, prior2 / (prior2 + np.where(found, noise2, 1.0)), 0.0)
    own = found & (np.abs(apart) > OWN_VALUE_SIGMA * total) & (noise2 < OWN_VALUE_ERROR**2)
    share = np.where(own, 1.0, share)
    place = tuple(index[lit] for index in band.place)
    value = smooth + share * np.where(found, apart, 0.0)
    data[place] = value[lit]
    # Unknown pixels take the smooth value, wrong by what pixels differ.
    variance[place] = np.where(found, share * np.where(found, noise2, 0.0), prior2)[lit]
    flags = np.where(found, 0, np.uint32(Quality.NO_CALIBRATION)).astype(np.uint32)
    flags |= _outlier_flags(band, apart, smooth, total, found)
    lasting = quality[place] & np.uint32(LASTING)
    quality[place] = flags[lit] | lasting


def _measure(exposure: LampExposure, lamp: Lamp, band: OrderBand) -> _Measured:
    place = band.place
    level = lamp.curve(band.mid_x) * band.area
    column = np.clip(np.rint(band.mid_x).astype(int) - int(band.x[0]), 0, len(band.x) - 1)
    error = lamp.error[column]
    setup = exposure.frame.setup
    # The variance of the expected light, not of the light that happened to come.
    light = np.maximum(level * lamp.along_slit(band.v) + exposure.scattered.data[place], 0.0)
    noise2 = (setup.read_noise_e**2 + light) / exposure.number
    usable = band.on_detector & ~exposure.frame.bad[place] & ~lamp.lines[column]
    usable &= (level > 0) & np.isfinite(error) & (error < 0.2)
    safe = np.where(usable, level, 1.0)
    response = np.where(usable, exposure.frame.data[place] / safe, 1.0)
    variance = np.where(usable, noise2 / safe**2 + error**2, np.inf)
    return _Measured(response, variance)


def _averaged(measured: Sequence[_Measured]) -> tuple[Floats, Floats]:
    first = measured[0]
    response, variance = first.response, first.variance
    for other in measured[1:]:
        # Fades in from half to twice the first lamp's weight, so that there is no seam.
        with np.errstate(invalid="ignore"):
            gain = np.where(np.isfinite(other.variance), variance / other.variance, 0.0)
        gain = np.where(np.isfinite(gain), gain, np.where(np.isfinite(other.variance), 9.0, 0.0))
        fade = np.clip((gain - 0.5) / 1.5, 0.0, 1.0)
        one, two = _inverse(variance), fade * _inverse(other.variance)
        total = one + two
        known = total > 0
        safe = np.where(known, total, 1.0)
        response = np.where(known, (one * response + two * other.response) / safe, 1.0)
        # With a faded weight the variance is not the inverse of the sum of the weights.
        spread = one**2 * np.where(one > 0, variance, 0.0)
        spread = spread + two**2 * np.where(two > 0, other.variance, 0.0)
        variance = np.where(known, spread / safe**2, np.inf)
    return response, variance


def _inverse(variance: Floats) -> Floats:
    return np.where(np.isfinite(variance), 1.0 / np.where(variance > 0, variance, 1.0), 0.0)


def _smooth_illumination(
    band: OrderBand, response: Floats, noise2: Floats, along: Floats
) -> tuple[Floats, Floats]:
    """Return the illumination with its fall at the edges, and how steep it is per pixel."""
    along = along * _along_slit_residual(band, response / along, noise2)
    step = 0.25
    grid = np.arange(-FULL_DEPTH, FULL_DEPTH + step, step)
    edge = np.empty((2, len(grid)))
    relative = np.where(np.isfinite(noise2), response / along, np.nan)
    for side, half in enumerate((band.v < 0, band.v >= 0)):
        near = half & (np.abs(band.depth) <= FULL_DEPTH + step) & np.isfinite(relative)
        part = np.clip(
            np.rint((band.depth[near] + FULL_DEPTH) / step).astype(int), 0, len(grid) - 1
        )
        values = relative[near]
        order = np.argsort(part, kind="stable")
        bounds = np.searchsorted(part[order], np.arange(len(grid) + 1))
        for k in range(len(grid)):
            cell = values[order[bounds[k] : bounds[k + 1]]]
            edge[side, k] = np.median(cell) if cell.size > 10 else float(grid[k] > 0)
    edge = np.clip(edge, 0.0, None)
    slope = np.gradient(edge, step, axis=1)
    fall, steep = np.ones_like(along), np.zeros_like(along)
    for side, half in enumerate((band.v < 0, band.v >= 0)):
        near = half & (band.depth < FULL_DEPTH)
        fall[near] = np.interp(band.depth[near], grid, edge[side])
        steep[near] = np.abs(np.interp(band.depth[near], grid, slope[side]))
    fall[band.depth < -FULL_DEPTH] = 0.0
    return along * fall, steep


def _along_slit_residual(band: OrderBand, relative: Floats, noise2: Floats) -> Floats:
    """Return what the slit does to the light beyond a low-order series: its nicks and dust."""
    inner = (band.depth > FULL_DEPTH) & np.isfinite(noise2) & band.on_detector
    if inner.sum() < 50 * SLIT_BINS:
        return np.ones_like(relative)
    low, high = float(band.v[inner].min()), float(band.v[inner].max())
    part = ((band.v[inner] - low) / (high - low) * SLIT_BINS).astype(int)
    values = relative[inner]
    rank = np.argsort(part, kind="stable")
    bounds = np.searchsorted(part[rank], np.arange(SLIT_BINS + 1))
    cells = [values[rank[a:b]] for a, b in itertools.pairwise(bounds)]
    level = np.array([np.median(cell) if cell.size > 30 else np.nan for cell in cells])
    centre = low + (np.arange(SLIT_BINS) + 0.5) / SLIT_BINS * (high - low)
    known = np.isfinite(level)
    return np.interp(band.v, centre[known], level[known])


def _response_scatter(band: OrderBand, response: Floats, noise2: Floats, smooth: Floats) -> float:
    """Return by how much pixels differ, from the part of the order with the least noise."""
    inner = (band.depth > FULL_DEPTH) & np.isfinite(noise2) & band.on_detector
    if inner.sum() < 100:
        return LEAST_SCATTER
    quiet = inner & (noise2 <= np.quantile(noise2[inner], 0.3))
    apart = (response - smooth)[quiet]
    _, sigma, _ = clipped_moments(apart, clip_sigma=4.0, iterations=8)
    return float(np.sqrt(max(sigma**2 - float(noise2[quiet].mean()), LEAST_SCATTER**2)))


def _outlier_flags(
    band: OrderBand, apart: Floats, smooth: Floats, total: Floats, found: NDArray[np.bool_]
) -> NDArray[np.uint32]:
    inner = found & (band.depth > 1.5) & (smooth > LOW)
    strange = inner & (np.abs(apart) > np.maximum(OUTLIER_SIGMA * total, OUTLIER_LEAST))
    significant = inner & (np.abs(apart) > OUTLIER_SIGMA * total)
    ratio = 1.0 + apart / np.where(smooth > 0, smooth, 1.0)
    flags = np.zeros(apart.shape, dtype=np.uint32)
    low = (strange & (apart < 0)) | (significant & (ratio < LOW))
    flags[low] |= np.uint32(Quality.LOW_SENSITIVITY)
    flags[significant & (ratio < DEAD)] |= np.uint32(Quality.DEAD)
    flags[(strange & (apart > 0)) | (significant & (ratio > HIGH))] |= np.uint32(Quality.HOT)
    return flags


def divide_flat(frame: Frame, master_flat: Frame) -> Frame:
    """Return a frame divided by the master flat.

    Parameters
    ----------
    frame
        Detrended frame.
    master_flat
        Pixel response with its variance.

    Returns
    -------
    Frame
        Variances of both add; flags of both hold.

    Raises
    ------
    InputError
        If the two are of different detector setups.
    """
    # The response does not depend on the readout mode, as it is free of gain.
    setup = replace(master_flat.setup, read_mode="")
    require_same("the frame", frame.setup, "the master flat", setup)
    response = np.where(master_flat.data > 0, master_flat.data, np.float32(1.0))
    data = frame.data / response
    variance = (frame.variance + data**2 * master_flat.variance) / response**2
    divided = frame.with_data(data, variance)
    return replace(divided, quality=frame.quality | master_flat.quality)


def with_lasting_flags(frame: Frame, master_flat: Frame) -> Frame:
    """Return the frame with the flags of pixels that the flat found unusable.

    Raises
    ------
    InputError
        If the two are of different detector setups.
    """
    # The response does not depend on the readout mode, as it is free of gain.
    setup = replace(master_flat.setup, read_mode="")
    require_same("the frame", frame.setup, "the master flat", setup)
    lasting = master_flat.quality & np.uint32(
        Quality.HOT | Quality.DEAD | Quality.LOW_SENSITIVITY | Quality.NON_LINEAR
    )
    return replace(frame, quality=frame.quality | lasting)
