"""Extract all light within a window of the slit: for extended objects, with no profile assumed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.objects import Source
from soxs_pipeline.domain.quality import FATAL, Quality
from soxs_pipeline.domain.spectra import OrderSpectrum
from soxs_pipeline.reduction.extraction.bins import Bins, lay_bins
from soxs_pipeline.reduction.extraction.planes import Planes, sample_noise2, sample_precision
from soxs_pipeline.reduction.extraction.spectralerrors import UNKNOWN, errors_of_sums
from soxs_pipeline.reduction.extraction.structure import in_structure

__all__ = ["bridge_bad_pixels", "extract_window", "lit_range", "window_bins"]

Floats = NDArray[np.float64]

#: Bins over which the light along the slit is taken for constant.
_SMOOTH_BINS = 25
_ROUNDS = 3
#: Bins in a row that a line of a galaxy departs in: samples spread a hit over up to six.
_LASTING = (8, 9)


def lit_range(frame: Frame, geometry: Geometry) -> tuple[float, float]:
    """Return the slit positions in arcsec between which the frame holds data."""
    known = (frame.quality & np.uint32(Quality.OFF_SLIT)) == 0
    slit = geometry.pixel_map.slit_arcsec[known & (geometry.pixel_map.order > 0)]
    if not slit.size:
        return geometry.dispersion.slit_domain_arcsec
    # Orders differ a little in where their edges are: what nearly all hold counts.
    return float(np.nanpercentile(slit, 0.5)), float(np.nanpercentile(slit, 99.5))


def bridge_bad_pixels(planes: Planes) -> None:
    """Put in place of bad pixels what their row has beside them.

    A sample is made of several pixels; one that owes little to a bad one is still of use, but must
    not take over what a cosmic ray left there.
    """
    columns = np.arange(planes.data.shape[1])
    for row in np.flatnonzero(planes.bad.any(axis=1) & ~planes.bad.all(axis=1)):
        bad = planes.bad[row]
        planes.data[row, bad] = np.interp(columns[bad], columns[~bad], planes.data[row, ~bad])


def window_bins(geometry: Geometry, window: tuple[float, float], order: int) -> Bins | None:
    """Lay bins along the middle of a window of the slit; None if the order holds too few."""
    domain = geometry.dispersion.wave_domain_nm
    middle = Source(
        trace_coef=np.array([0.5 * (window[0] + window[1])]),
        fwhm_coef=np.array([window[1] - window[0]]),
        beta=10.0,
        wave_domain_nm=(float(np.min(domain)), float(np.max(domain))),
        significance=0.0,
        forced=True,
    )
    return lay_bins(geometry, middle, order)


def _coverage(bins: Bins, window: tuple[float, float]) -> Floats:
    """Return the share of each sample that lies in the window, by its extent along the line."""
    half = 0.5 * bins.height_arcsec
    low = np.maximum(bins.slit_arcsec - half, window[0])
    high = np.minimum(bins.slit_arcsec + half, window[1])
    inside = np.clip((high - low) / bins.height_arcsec, 0.0, 1.0)
    return np.where(bins.on_slit, inside * bins.spacing, 0.0)


def extract_window(
    planes: Planes,
    sky_model: Frame,
    bins: Bins,
    window: tuple[float, float],
    *,
    clip_sigma: float,
    profile_error: float,
    most_lost: float,
) -> OrderSpectrum:
    """Sum all light of one order within a window.

    Parameters
    ----------
    planes, sky_model, bins
        The frame, bad pixels bridged; the sky taken off; the bins.
    window
        Slit positions in arcsec.
    clip_sigma, profile_error
        Rejection limit, and the relative error granted to the light expected with it.
    most_lost
        A bin that lost more of its light than this is flagged.
    """
    weight = _coverage(bins, window)
    sampled, lost, why = _filled_samples(
        planes, bins, weight, clip_sigma=clip_sigma, profile_error=profile_error
    )
    flux = (weight * sampled).sum(axis=1)
    sky_sigma = np.sqrt(np.maximum(bins.samples.typical(planes.sky_variance), 0.0))
    variance, correlation = errors_of_sums(planes, bins, weight, sky_sigma)
    unknown = ~(variance > 0) | ~np.isfinite(flux) | ~(weight > 0).any(axis=1)
    variance = variance / np.maximum(1.0 - lost, 0.05)
    largest = float(variance[~unknown].max(initial=1.0))
    flags = np.where(lost > most_lost, why, 0).astype(np.uint32)
    flags |= np.where(
        (lost > 0.0) & (lost <= most_lost), np.uint32(Quality.INTERPOLATED), np.uint32(0)
    ).astype(np.uint32)
    flags |= np.where(unknown, np.uint32(Quality.NO_DATA), np.uint32(0)).astype(np.uint32)
    plain = np.where(unknown, 0.0, flux)
    noise2 = np.where(unknown, largest * UNKNOWN, variance)
    return OrderSpectrum(
        order=bins.order,
        wavelength_nm=bins.wavelength_nm,
        width_nm=bins.width_nm,
        flux=plain,
        variance=noise2,
        correlation=np.where(unknown, 0.0, correlation),
        boxcar=plain,
        boxcar_variance=noise2,
        sky=(weight * bins.samples(sky_model.data)).sum(axis=1),
        quality=flags,
        blaze=np.full(bins.x.size, np.nan),
        x=bins.x,
        y=bins.y,
    )


def _filled_samples(
    planes: Planes, bins: Bins, weight: Floats, *, clip_sigma: float, profile_error: float
) -> tuple[Floats, Floats, NDArray[np.uint32]]:
    """Return the samples of an order, bad ones filled in as the light along the slit has it.

    The light of a sample is that which its row has nearby, times the brightness of its bin
    relative to nearby ones. What exceeds it by far is a cosmic ray.

    Parameters
    ----------
    planes, bins
        The frame and the bins.
    weight
        Weight of each sample in the sum, shape ``(bins, k)``.
    clip_sigma, profile_error
        Rejection limit, and the relative error granted to the light expected.

    Returns
    -------
    samples, lost, quality
        Electrons, shape ``(bins, k)``; the share of each bin's light that had to be filled in;
        and flags, shape ``(bins,)``.
    """
    sampled = bins.samples(planes.data)
    variance = sample_noise2(planes, bins)
    precision = sample_precision(planes, bins, variance)
    good = (precision > 0) & (weight > 0)
    expected = np.zeros_like(sampled)
    struck = np.zeros_like(good)
    bins_of = np.broadcast_to(np.arange(len(good))[:, None], good.shape)
    for _ in range(_ROUNDS):
        expected = _expected(sampled, good, precision)
        tolerance = np.sqrt(variance + (profile_error * np.maximum(expected, 0.0)) ** 2)
        pull = np.where(good, (sampled - expected) / tolerance, 0.0)
        own = in_structure(pull, bins_of, clip_sigma, lasting=_LASTING)
        new = (pull > clip_sigma) & ~own
        struck |= new
        good &= ~new
    share = weight * np.abs(expected) + 1e-9 * weight
    lost = np.where(good, 0.0, share).sum(axis=1) / np.maximum(share.sum(axis=1), 1e-300)
    nearest = planes.quality.ravel()[
        bins.samples.rows * planes.quality.shape[1]
        + bins.samples.columns
        + len(bins.samples.taps) // 2
        - 1
    ]
    flags = np.where(weight > 0, nearest, 0).astype(np.uint32)
    flags |= np.where(struck, np.uint32(Quality.COSMIC_RAY), np.uint32(0)).astype(np.uint32)
    why = np.bitwise_or.reduce(flags, axis=1) & np.uint32(FATAL)
    return np.where(good | (weight <= 0), sampled, expected), lost, why.astype(np.uint32)


def _expected(sampled: Floats, good: NDArray[np.bool_], precision: Floats) -> Floats:
    """Return the light of each sample from its row nearby and its bin's brightness."""
    along = np.empty_like(sampled)
    index = np.arange(sampled.shape[0])
    for k in range(sampled.shape[1]):
        known = good[:, k]
        if known.sum() < 3:
            along[:, k] = 0.0
            continue
        filled = np.interp(index, index[known], sampled[known, k])
        along[:, k] = median_filter(filled, _SMOOTH_BINS, mode="nearest")
    weight = np.where(good, precision, 0.0)
    top = (weight * along * sampled).sum(axis=1)
    bottom = (weight * along**2).sum(axis=1)
    # A bin without light nearby has no brightness of its own to tell.
    certain = bottom > 25.0
    factor = np.where(certain, top / np.where(certain, bottom, 1.0), 1.0)
    return along * np.clip(factor, 0.0, 50.0)[:, None]
