"""Bring all orders of a frame onto one grid of wavelength and slit position."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.exposure import exposure_of
from soxs_pipeline.domain.flux import FLUX_UNIT, FluxCalibration
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.pixelmap import PixelMap
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.domain.rectified import Axis, RectifiedSpectrum
from soxs_pipeline.domain.spectra import Blaze, OrderSpectra, OrderSpectrum
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.numerics.rectify import Grid, Rectified, cell_shares, rectify
from soxs_pipeline.reduction.extraction.optimal import with_blaze
from soxs_pipeline.reduction.flux.sensitivity import all_calibrated, with_sensitivity
from soxs_pipeline.reduction.merging.commonscale import flux_scale, lamp_scale, reference_lamp

__all__ = ["StraightenOptions", "straighten"]

Floats = NDArray[np.float64]

#: A cell covered by good pixels to less than this is unknown; to less than the second, filled in.
_LEAST_COVERAGE, _WHOLE = 0.4, 0.9
#: Columns over which the noise of an order is smoothed for its weight; share of an order over
#: which its weight fades in.
_SMOOTH, _FADE = 31, 0.1


@dataclass(frozen=True)
class StraightenOptions:
    """What a user may set.

    Parameters
    ----------
    wave_step_nm, slit_step_arcsec
        Cells; 0 for those of the detector's own pixels (median).
    """

    wave_step_nm: float = 0.0
    slit_step_arcsec: float = 0.0


@dataclass(frozen=True, eq=False)
class _Pixels:
    """Pixels of one order, shape ``(n,)`` each."""

    order: int
    values: Floats
    variance: Floats
    good: NDArray[np.bool_]
    wave: Floats
    slit: Floats
    slopes: tuple[Floats, Floats, Floats, Floats]

    @property
    def wave_reach(self) -> tuple[float, float]:
        """Wavelengths between which the pixels lie, with their corners."""
        half = 0.5 * (np.abs(self.slopes[0]) + np.abs(self.slopes[1]))
        return float((self.wave - half).min()), float((self.wave + half).max())

    @property
    def area(self) -> Floats:
        """Area of each pixel in nm arcsec."""
        a, b, c, d = self.slopes
        return np.abs(a * d - b * c)


def straighten(
    frame: Frame,
    geometry: Geometry,
    blaze: Blaze | None,
    flux: FluxCalibration | None,
    options: StraightenOptions,
) -> tuple[RectifiedSpectrum, list[str]]:
    """Rectify a frame without sky and merge its orders.

    Every pixel's light goes to the cells that its parallelogram covers, along the tilted lines, so
    that all of it arrives. Orders are brought to one scale as in merging, and averaged with
    weights that are smooth along the order.

    Parameters
    ----------
    frame
        In electrons, divided by the flat, sky taken off.
    geometry
        Where every pixel lies, as the calibrations have it; how far the slit's image moved since
        is told by the frame.
    blaze, flux
        What brings orders to one scale; see `soxs_pipeline.reduction.merging.merge`.
    options
        The grid.

    Raises
    ------
    InputError
        If frame and pixel map are of different shapes.
    UnprocessableDataError
        If no order holds usable pixels.
    """
    if geometry.pixel_map.order.shape != frame.shape:
        raise InputError(
            f"the pixel map has shape {geometry.pixel_map.order.shape}, the frame {frame.shape}",
            wanted="a pixel map of the same detector and binning",
        )
    now = geometry.moved_across(frame.slit_moved_px).pixel_map
    pixels = [p for p in _orders(frame, now) if p.good.any()]
    if not pixels:
        raise UnprocessableDataError(
            "no order holds usable pixels", remedy="look at the frame without sky"
        )
    grid = _grid(pixels, _native_steps(geometry.pixel_map), options)
    scales, unit, remarks = _scales(frame, [p.order for p in pixels], grid, blaze, flux)
    images = []
    for one, scale in zip(pixels, scales, strict=True):
        # An order fills a small part of the grid.
        columns = grid.columns(*one.wave_reach)
        images.append((columns, _rectified(one, grid.within(columns), scale[columns])))
    return _combine(frame, images, grid, unit), remarks


def _orders(frame: Frame, pixel_map: PixelMap) -> list[_Pixels]:
    on_slit = (frame.quality & np.uint32(Quality.OFF_SLIT)) == 0
    usable = on_slit & ~frame.bad & np.isfinite(frame.data) & (frame.variance > 0)
    found = []
    for label, window in enumerate(ndimage.find_objects(pixel_map.order), 1):
        if window is None:
            continue
        here = pixel_map.order[window] == label
        wave = pixel_map.wavelength_nm[window]
        slit = pixel_map.slit_arcsec[window].astype(float)
        slopes = (*_slopes(wave, here), *_slopes(slit, here))
        known = here & on_slit[window] & np.all([np.isfinite(s) for s in slopes], axis=0)
        found.append(
            _Pixels(
                order=label,
                values=frame.data[window][known].astype(float),
                variance=frame.variance[window][known].astype(float),
                good=usable[window][known],
                wave=wave[known],
                slit=slit[known],
                slopes=(slopes[0][known], slopes[1][known], slopes[2][known], slopes[3][known]),
            )
        )
    return found


def _slopes(values: Floats, here: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the change from pixel to pixel along rows and columns, one-sided at the edges."""
    plane = np.where(here, values, np.nan)
    found = []
    for axis in (1, 0):
        ahead = np.full(plane.shape, np.nan)
        step = np.diff(plane, axis=axis)
        front = (slice(None), slice(0, -1)) if axis else (slice(0, -1), slice(None))
        back = (slice(None), slice(1, None)) if axis else (slice(1, None), slice(None))
        behind = ahead.copy()
        ahead[front], behind[back] = step, step
        both = 0.5 * (ahead + behind)
        found.append(
            np.where(np.isfinite(both), both, np.where(np.isfinite(ahead), ahead, behind))
        )
    return found[0], found[1]


def _native_steps(pixel_map: PixelMap) -> tuple[float, float]:
    """Return the steps of pixels in wavelength and along the slit, medians over the orders.

    They are those of the calibrations, so that all exposures reduced with them are alike.
    """
    steps: list[tuple[float, float]] = []
    for label, window in enumerate(ndimage.find_objects(pixel_map.order), 1):
        if window is not None:
            here = pixel_map.order[window] == label
            wave = _slopes(pixel_map.wavelength_nm[window], here)[0]
            slit = _slopes(pixel_map.slit_arcsec[window].astype(float), here)[1]
            steps.append((float(np.nanmedian(np.abs(wave))), float(np.nanmedian(np.abs(slit)))))
    wave_nm, slit_arcsec = np.median(steps, axis=0)
    return float(wave_nm), float(slit_arcsec)


def _grid(pixels: list[_Pixels], native: tuple[float, float], options: StraightenOptions) -> Grid:
    wave_step = options.wave_step_nm or native[0]
    slit_step = options.slit_step_arcsec or native[1]
    low = min(float(p.wave.min()) for p in pixels)
    high = max(float(p.wave.max()) for p in pixels)
    # Whole multiples of the steps make images of different exposures share their cells.
    first, last = np.floor(low / wave_step), np.ceil(high / wave_step)
    half = np.ceil(max(float(np.abs(p.slit).max()) for p in pixels) / slit_step)
    return Grid(
        first * wave_step, wave_step, int(last - first) + 1,
        -half * slit_step, slit_step, int(2 * half) + 1,
    )  # fmt: skip


def _scales(
    frame: Frame,
    orders: list[int],
    grid: Grid,
    blaze: Blaze | None,
    flux: FluxCalibration | None,
) -> tuple[list[Floats], str, list[str]]:
    """Return for each order what turns electrons/nm/arcsec into the common unit, else NaN."""
    wave, one, none = grid.x, np.ones(grid.x_size), np.zeros(grid.x_size)
    spectra = tuple(
        with_blaze(
            OrderSpectrum(
                order, wave, one, none, one, none, none, one, none,
                np.zeros(wave.size, np.uint32), np.full(wave.size, np.nan), none, none,
            ),
            blaze,
        )
        for order in orders
    )  # fmt: skip
    arm = frame.setup.arm
    # An exposure of the sky counts for no target's time, but it, too, was seen through air.
    seen = frame.exposures or (exposure_of(frame.header, "", arm),)
    dummy = OrderSpectra(spectra, frame.exposure_s, arm, frame.header, seen)
    calibrated, remarks = with_sensitivity(dummy, flux)
    if all_calibrated([calibrated]):
        found = [flux_scale(s, frame.exposure_s) for s in calibrated.spectra]
        unit = f"{FLUX_UNIT}/arcsec"
    else:
        reference, said = reference_lamp([dummy], wave)
        remarks = [*remarks, *said]
        found = [lamp_scale(s, frame.exposure_s, wave, reference) for s in dummy.spectra]
        unit = "electron/s/nm/arcsec"
    return [np.where(usable, scale, np.nan) for scale, usable in found], unit, remarks


def _rectified(pixels: _Pixels, grid: Grid, scale: Floats) -> Rectified:
    shares = cell_shares(pixels.wave, pixels.slit, pixels.slopes, grid)
    image = rectify(shares, pixels.values, pixels.variance, pixels.area, pixels.good, grid)
    known = np.isfinite(scale)
    gain = np.where(known, scale, 0.0)[None, :]
    beside = np.roll(gain, -1, axis=1)
    return replace(
        image,
        value=image.value * gain,
        variance=image.variance * gain**2,
        x_covariance=image.x_covariance * gain * beside,
        y_covariance=image.y_covariance * gain**2,
        coverage=np.where(known[None, :], image.coverage, 0.0),
    )


def _weights(image: Rectified) -> Floats:
    """Return smooth inverse-variance weights along the order, fading in at its ends."""
    covered = image.coverage >= _LEAST_COVERAGE
    seen = np.flatnonzero(covered.any(axis=0))
    weights = np.zeros(image.coverage.shape[1])
    if not seen.size:
        return weights
    noise2 = np.where(covered, image.variance, np.nan)[:, seen]
    typical = np.nanmedian(noise2, axis=0)
    smooth = ndimage.median_filter(typical, size=_SMOOTH, mode="nearest")
    index = np.arange(seen.size)
    ramp = np.minimum(index, index[::-1]) + 1.0
    weights[seen] = np.clip(ramp / max(_FADE * seen.size, 1.0), 0.0, 1.0) / smooth
    return weights


def _combine(
    frame: Frame, images: list[tuple[slice, Rectified]], grid: Grid, unit: str
) -> RectifiedSpectrum:
    total = np.zeros(grid.shape)
    sums = {name: np.zeros(grid.shape) for name in ("value", "variance", "x", "y", "coverage")}
    for columns, image in images:
        known = image.coverage >= _LEAST_COVERAGE
        weight = np.where(known, _weights(image)[None, :], 0.0)
        here = {name: plane[:, columns] for name, plane in sums.items()}
        total[:, columns] += weight
        here["value"] += weight * image.value
        here["variance"] += weight**2 * image.variance
        here["x"] += weight * np.roll(weight, -1, axis=1) * image.x_covariance
        here["y"] += weight * np.roll(weight, -1, axis=0) * image.y_covariance
        np.maximum(here["coverage"], np.where(known, image.coverage, 0.0), out=here["coverage"])
    filled = total > 0
    safe = np.where(filled, total, 1.0)
    variance = np.where(filled, sums["variance"] / safe**2, np.nan)
    quality = np.where(filled, 0, np.uint32(Quality.NO_DATA)).astype(np.uint32)
    partly = filled & (sums["coverage"] < _WHOLE)
    quality[partly] |= np.uint32(Quality.INTERPOLATED)
    factors = []
    for name, axis in (("x", 1), ("y", 0)):
        beside = np.roll(safe, -1, axis=axis)
        both = filled & np.roll(filled, -1, axis=axis)
        covariance = np.where(both, sums[name] / (safe * beside), 0.0)
        noise = np.sqrt(variance * np.roll(variance, -1, axis=axis))
        ratio = float(np.median((covariance / noise)[both])) if both.any() else 0.0
        factors.append(float(np.sqrt(1.0 + 2.0 * ratio)))
    return RectifiedSpectrum(
        wavelength=Axis(float(grid.x_first), float(grid.x_step), int(grid.x_size)),
        slit=Axis(float(grid.y_first), float(grid.y_step), int(grid.y_size)),
        data=np.where(filled, sums["value"] / safe, np.nan).astype(np.float32),
        variance=variance,
        quality=quality,
        unit=unit,
        noise_factor_wave=factors[0],
        noise_factor_slit=factors[1],
        arm=frame.setup.arm,
        header=frame.header,
        exposures=frame.exposures,
    )
