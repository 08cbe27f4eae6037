"""The frame being extracted, as arrays, and the pixels of one order in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.objects import Sources
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.reduction.exposures.frames import sky_leverage
from soxs_pipeline.reduction.extraction.bins import Bins
from soxs_pipeline.reduction.slit.lightshare import light_share

__all__ = [
    "NativePixels",
    "Planes",
    "native_pixels",
    "planes_of",
    "restore_pixel_noise",
    "sample_noise2",
    "sample_precision",
    "usable_samples",
]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: A sample that owes more than this to bad pixels is not used.
_MOST_LOST = 0.3
#: Least part of the variance of a pixel without sky that is its own.
_LEAST_OWN = 0.3


@dataclass(frozen=True, eq=False)
class Planes:
    """The frame as arrays that the extraction may change."""

    data: NDArray[np.float32]
    variance: NDArray[np.float32]
    sky_variance: NDArray[np.float32]
    bad: Booleans
    quality: NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class NativePixels:
    """The pixels of one order: place, wavelength, slit position and shares of the sources."""

    place: NDArray[np.int64]
    wave: Floats
    slit: Floats
    height: Floats
    shares: Floats


def planes_of(frame: Frame, sky_model: Frame) -> Planes:
    """Return copies of a frame's arrays; pixels off the slit count as bad."""
    off_slit = (frame.quality & np.uint32(Quality.OFF_SLIT)) != 0
    return Planes(
        frame.data.copy(),
        frame.variance.copy(),
        sky_model.variance,
        frame.bad | off_slit | ~(frame.variance > 0),
        frame.quality.copy(),
    )


def native_pixels(
    geometry: Geometry, bins: Bins, sources: Sources, slit: tuple[float, float]
) -> NativePixels:
    """Return the pixels of the order that the bins cover."""
    pixel_map = geometry.pixel_map
    place = pixel_map.places[bins.order]
    wave = pixel_map.wavelength_nm.ravel()[place]
    inside = (wave >= bins.wavelength_nm[0]) & (wave <= bins.wavelength_nm[-1])
    place, wave = place[inside], wave[inside]
    position = pixel_map.slit_arcsec.ravel()[place].astype(float)
    middle = bins.height_arcsec.shape[1] // 2
    height = np.interp(wave, bins.wavelength_nm, bins.height_arcsec[:, middle])
    shares = np.array(
        [light_share(source, wave, position, height, slit) for source in sources.sources]
    )
    return NativePixels(place, wave, position, height, shares)


def restore_pixel_noise(planes: Planes, native: NativePixels, bins: Bins, profile: Floats) -> None:
    """Turn the variance of sky-subtracted pixels back into that of the pixels alone.

    A pixel that helped to fit the sky scatters less about it than its noise: see
    `soxs_pipeline.reduction.exposures.frames.subtracted_variance`, of which this is the inverse.
    """
    sharpness = np.interp(
        native.wave, bins.wavelength_nm, np.maximum((profile**2).sum(axis=1), 1e-6)
    )
    leverage = sky_leverage(native.shares[0], sharpness)
    flat, sky = planes.variance.ravel(), planes.sky_variance.ravel()
    here = flat[native.place]
    known = here > 0
    # Pixels left out of the sky-subtracted frame get a likely noise, so that what their loss
    # costs a bin can be told.
    flat[native.place] = np.where(known, here, np.median(here[known]) if known.any() else 1.0)
    most = flat[native.place].copy()
    flat[native.place] += sky[native.place] * (2.0 * leverage - 1.0)
    # A pixel that had no part in the fit of its sky has a part of the sum that is not told here.
    flat[native.place] = np.maximum(flat[native.place], np.maximum(_LEAST_OWN * most, 1e-6))


def sample_noise2(planes: Planes, bins: Bins) -> Floats:
    """Return the variance of a pixel at each sample, shape ``(bins, k)``."""
    return np.maximum(bins.samples.typical(planes.variance), 1e-6)


def usable_samples(planes: Planes, bins: Bins) -> Booleans:
    """Return True for the samples on the slit that do not owe too much to bad pixels."""
    return bins.on_slit & (bins.samples.lost(planes.bad) < _MOST_LOST)


def sample_precision(planes: Planes, bins: Bins, noise2: Floats) -> Floats:
    """Return the inverse variance of each sample, 0 if it owes too much to bad pixels.

    Parameters
    ----------
    planes, bins
        The frame and the bins of an order.
    noise2
        From `sample_noise2`.
    """
    return np.where(usable_samples(planes, bins), 1.0 / noise2, 0.0)
