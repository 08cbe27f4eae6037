"""Find what stands out of the noise of a camera image."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from photutils.detection import find_peaks
from photutils.utils.exceptions import NoDetectionsWarning
from scipy import ndimage

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality

__all__ = ["FWHM_PER_SIGMA", "SAME_FWHM", "find_sources", "noise_factor", "weights_of"]

Floats = NDArray[np.float64]

FWHM_PER_SIGMA = 2.3548
#: Sources nearer than this, in widths, are one.
SAME_FWHM = 0.6
_EDGE_PX = 3


def weights_of(frame: Frame) -> Floats:
    """Return the inverse variance of every pixel, zero where it must not be used."""
    good = ~frame.bad & (frame.variance > 0)
    return np.where(good, 1.0 / np.where(good, frame.variance, 1.0), 0.0)


def find_sources(frame: Frame, fwhm: float, sigma: float) -> tuple[Floats, Floats]:
    """Return places where the image, smoothed by the width of a star, stands out.

    Parameters
    ----------
    frame
        Background subtracted.
    fwhm
        Width of a star in pixels.
    sigma
        Least significance, in terms of the scatter that the image shows if that exceeds its noise.
    """
    significance = _significance(frame, fwhm)
    # Fringes and the like are no sources: what stands out must stand out of them.
    sigma *= max(1.0, _scatter_below(significance, frame))
    saturated = (frame.quality & np.uint32(Quality.SATURATED)) != 0
    with warnings.catch_warnings():
        # That nothing was found is told by the table.
        warnings.simplefilter("ignore", NoDetectionsWarning)
        found = find_peaks(
            significance,
            sigma,
            footprint=disc(max(1.0, SAME_FWHM * fwhm)),
            border_width=_EDGE_PX,
        )
    x = y = np.empty(0)
    if found is not None:
        names = found.colnames
        x = np.asarray(found["x_peak" if "x_peak" in names else names[1]], dtype=float)
        y = np.asarray(found["y_peak" if "y_peak" in names else names[2]], dtype=float)
        clear = ~_grown(saturated, int(np.ceil(fwhm)))[y.astype(int), x.astype(int)]
        x, y = x[clear], y[clear]
    # The core of a saturated star is flat: one source for each.
    labels, count = ndimage.label(_grown(saturated, 1), structure=np.ones((3, 3)))
    if count:
        sizes = ndimage.sum_labels(saturated, labels, np.arange(1, count + 1))
        middles = ndimage.center_of_mass(saturated, labels, np.arange(1, count + 1))
        cores = np.array([m for m, size in zip(middles, sizes, strict=True) if size >= 3])
        if len(cores):
            x, y = np.concatenate([x, cores[:, 1]]), np.concatenate([y, cores[:, 0]])
    return x, y


def _significance(frame: Frame, fwhm: float) -> Floats:
    """Return the signal to noise ratio of a star of this width at every pixel."""
    weight = weights_of(frame)
    width = fwhm / FWHM_PER_SIGMA
    data = np.where(weight > 0, frame.data, 0.0)
    top = ndimage.gaussian_filter(data * weight, width)
    # The noise of a weighted sum: the square of a Gaussian is a narrower one.
    noise2 = ndimage.gaussian_filter(weight, width / np.sqrt(2.0)) / (4.0 * np.pi * width**2)
    typical = float(np.median(noise2[noise2 > 0])) if (noise2 > 0).any() else 1.0
    significance = top / np.sqrt(np.maximum(noise2, 0.05 * typical))
    significance[noise2 <= 0] = 0.0
    return np.asarray(significance)


def noise_factor(frame: Frame, fwhm: float) -> float:
    """Return by what the noise over the area of a star exceeds that of independent pixels."""
    return float(np.clip(_scatter_below(_significance(frame, fwhm), frame), 0.5, 3.0))


def _scatter_below(significance: Floats, frame: Frame) -> float:
    """Return the scatter of what lies below the background, for sources only add."""
    below = significance[(significance < 0) & ~frame.bad]
    # Of half a normal distribution so many lie beyond one sigma.
    return -float(np.percentile(below, 31.73)) if below.size >= 100 else 1.0


def disc(radius: float) -> NDArray[np.bool_]:
    half = int(np.ceil(radius))
    step = np.arange(-half, half + 1)
    return np.hypot(*np.meshgrid(step, step)) <= radius


def _grown(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    if not mask.any():
        return mask
    return np.asarray(ndimage.binary_dilation(mask, structure=disc(max(by, 1))))
