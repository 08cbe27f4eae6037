"""Find sources that show in emission lines only: no continuum, nothing when collapsed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

from soxs_pipeline.numerics.detection import Peak
from soxs_pipeline.reduction.slit.pixels import SlitPixels

__all__ = ["detect_lines"]

Floats = NDArray[np.float64]

#: Step of the grid along the slit in arcsec; along the dispersion it is a pixel.
_STEP = 0.3
#: Widths of lines in pixels and of sources in arcsec that are tried.
_LINE_PX, _SOURCE_ARCSEC = (2.5, 5.0), (0.7, 1.3)
#: Significance asked beyond the threshold: hundreds of thousands of places are looked at.
_EXTRA_SIGMA = 1.8
#: Share of the significance expected of half the pixels that each half must have.
_LEAST_HALF = 0.5
#: Places looked at in each order, brightest first.
_CANDIDATES = 4
_TO_SIGMA = 2.3548


def detect_lines(
    orders: list[SlitPixels],
    light: list[Floats],
    variance: list[Floats],
    good: list[NDArray[np.bool_]],
    *,
    threshold: float,
) -> Peak | None:
    """Find the most significant spot of light that is as wide as a line and a source.

    A spot counts if even and odd columns, and even and odd rows, show it alike: cosmic rays
    and bad pixels do not.

    Parameters
    ----------
    orders
        The pixels.
    light, variance
        Data minus sky, and its variance with what the sky may be wrong by.
    good
        True for pixels to be used.
    threshold
        Least significance.

    Returns
    -------
    Peak or None
        Slit position of the spot; its significance is reduced for the places looked at.
    """
    best = None
    for pixels, value, noise2, use in zip(orders, light, variance, good, strict=True):
        weight = np.where(use, 1.0 / noise2, 0.0)
        for peak in _spots(pixels, value, weight):
            if peak.significance >= threshold and (
                best is None or peak.significance > best.significance
            ):
                best = peak
    return best


def _spots(pixels: SlitPixels, light: Floats, weight: Floats) -> Iterator[Peak]:
    """Yield the most significant spots of an order."""
    half = pixels.slit_half_arcsec
    column = pixels.column
    row = np.clip(((pixels.slit_arcsec + half) / _STEP).astype(int), 0, int(2 * half / _STEP))
    shape = (int(column[-1]) + 1, int(2 * half / _STEP) + 1)
    place = column * shape[1] + row
    top = np.bincount(place, light * weight, shape[0] * shape[1]).reshape(shape)
    bottom = np.bincount(place, weight, shape[0] * shape[1]).reshape(shape)
    for width_px in _LINE_PX:
        for width_arcsec in _SOURCE_ARCSEC:
            along, across = _kernel(width_px), _kernel(width_arcsec / _STEP)
            signal = convolve1d(convolve1d(top, along, 0, mode="constant"), across, 1,
                                mode="constant")  # fmt: skip
            noise2 = convolve1d(convolve1d(bottom, along**2, 0, mode="constant"), across**2, 1,
                                mode="constant")  # fmt: skip
            pull = signal / np.sqrt(np.maximum(noise2, 1e-300))
            pull[noise2 < 0.3 * np.median(noise2)] = 0.0
            for spot in np.argsort(pull, axis=None)[: -_CANDIDATES - 1 : -1]:
                at, slit = np.unravel_index(spot, shape)
                centre = pixels.w[0] + at + 0.5, (slit + 0.5) * _STEP - half
                peak = _measured(pixels, light, weight, centre, (width_px, width_arcsec))
                if peak is not None:
                    yield peak


def _kernel(fwhm: float) -> Floats:
    reach = max(1, int(np.ceil(1.2 * fwhm)))
    x = np.arange(-reach, reach + 1)
    return np.asarray(np.exp(-0.5 * (x * _TO_SIGMA / fwhm) ** 2))


def _measured(
    pixels: SlitPixels,
    light: Floats,
    weight: Floats,
    centre: tuple[float, float],
    widths: tuple[float, float],
) -> Peak | None:
    """Return the spot as a peak along the slit, None if halves of its pixels disagree."""
    first, last = np.searchsorted(pixels.w, (centre[0] - 8.0, centre[0] + 8.0))
    near = slice(first, last)
    slit = pixels.slit_arcsec[near]
    distance2 = ((pixels.w[near] - centre[0]) * _TO_SIGMA / widths[0]) ** 2
    distance2 += ((slit - centre[1]) * _TO_SIGMA / widths[1]) ** 2
    kernel = np.exp(-0.5 * distance2)
    w, value = weight[near], light[near]

    def pull(part: NDArray) -> float:
        noise2 = float((w * kernel**2)[part].sum())
        return float((w * kernel * value)[part].sum()) / np.sqrt(noise2) if noise2 > 0 else 0.0

    total = pull(np.ones(w.size, bool))
    row, column = np.divmod(pixels.place[near], pixels.width)
    halves = [pull(index % 2 == parity) for index in (row, column) for parity in (0, 1)]
    if min(halves) < _LEAST_HALF * total / np.sqrt(2.0):
        return None
    gain = w * kernel * np.maximum(value, 0.0)
    position = float((gain * slit).sum() / max(float(gain.sum()), 1e-300))
    amplitude = float((w * kernel * value).sum() / max(float((w * kernel**2).sum()), 1e-300))
    return Peak(position, widths[1], amplitude, total - _EXTRA_SIGMA)
