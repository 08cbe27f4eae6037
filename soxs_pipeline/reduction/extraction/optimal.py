"""Optimal extraction along tilted lines, without rectification."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.objects import Source, Sources
from soxs_pipeline.domain.quality import FATAL, Quality
from soxs_pipeline.domain.spectra import Aperture, Blaze, OrderSpectrum
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.numerics.extraction import optimal_weights, weighted_median
from soxs_pipeline.reduction.extraction import windows
from soxs_pipeline.reduction.extraction.bins import Bins, lay_bins, profile_of
from soxs_pipeline.reduction.extraction.localprofile import local_profile, measured_profile
from soxs_pipeline.reduction.extraction.planes import (
    NativePixels,
    Planes,
    native_pixels,
    planes_of,
    restore_pixel_noise,
    sample_noise2,
    sample_precision,
    usable_samples,
)
from soxs_pipeline.reduction.extraction.spectralerrors import UNKNOWN, errors_of_sums
from soxs_pipeline.reduction.extraction.structure import in_structure

__all__ = ["ExtractionOptions", "aperture_of", "extract_orders", "with_blaze"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: How far beyond the robust spectrum nearby a bin may reach.
_WILD = 3.0
#: Bins whose extremes bound the curve through them: what it puts in the place of a rejected
#: pixel comes back as data, and must not grow.
_NEARBY_BINS = 7
#: Least part of a bin's weight left for it to tell others the brightness, and to tell anything.
_LEAST_SEEN, _SEEN_AT_ALL = 0.15, 0.02
#: How far beyond what a tenth of a source's pixels depart a pixel must lie to be a cosmic ray.
_COMMON_MARGIN = 1.5
#: Rounds of rejection, and turns in which overlapping sources are measured first.
_ROUNDS, _TURNS = 3, 8
#: Pixels of error granted to the position of lines while outliers are looked for.
_MAP_ERROR_PX = 0.1


@dataclass(frozen=True)
class ExtractionOptions:
    """What a user may set of the extraction.

    Parameters
    ----------
    method
        ``optimal`` or ``boxcar``.
    aperture_arcsec
        Full width of the boxcar aperture; 0 is three times the width of the source.
    clip_sigma, profile_error
        Rejection limit, and the relative error granted to the profile with it.
    most_lost
        A bin that lost more of its weight than this is flagged.
    window
        Slit positions in arcsec between which all light is summed, whatever the sources; None
        to extract the first source.
    """

    method: Literal["optimal", "boxcar"] = "optimal"
    aperture_arcsec: float = 0.0
    clip_sigma: float = 5.0
    profile_error: float = 0.05
    most_lost: float = 0.5
    window: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class _Fit:
    """Spectra of all sources at the bins, and how the first one's comes about."""

    spectra: Floats
    weight: Floats
    lost: Floats


def extract_orders(
    frame: Frame,
    sky_model: Frame,
    sources: Sources,
    geometry: Geometry,
    blaze: Blaze | None,
    options: ExtractionOptions,
) -> list[OrderSpectrum]:
    """Extract the first source from every order its trace crosses.

    Parameters
    ----------
    frame
        Frame without sky; its variance is that of the model.
    sky_model
        Sky with its own variance, which is the same error in all rows of a wavelength.
    sources
        The target and its neighbours on the slit, which are fitted with it.
    geometry
        Where every wavelength falls.
    blaze
        Signal of the flat lamp, or None.
    options
        What the user set.

    Raises
    ------
    InputError
        If the inputs are not of one shape.
    UnprocessableDataError
        If the trace crosses no order.
    """
    if not frame.shape == sky_model.shape == geometry.pixel_map.order.shape:
        raise InputError(
            f"shapes differ: frame {frame.shape}, sky model {sky_model.shape}, pixel map "
            f"{geometry.pixel_map.order.shape}",
            wanted="products of one exposure and of one binning",
        )
    planes = planes_of(frame, sky_model)
    if options.window is not None:
        windows.bridge_bad_pixels(planes)
    spectra = []
    for number in np.unique(geometry.pixel_map.order[geometry.pixel_map.order > 0]):
        order = int(number)
        if options.window is not None:
            bins = windows.window_bins(geometry, options.window, order)
            if bins is not None:
                spectra.append(
                    windows.extract_window(
                        planes,
                        sky_model,
                        bins,
                        options.window,
                        clip_sigma=options.clip_sigma,
                        profile_error=options.profile_error,
                        most_lost=options.most_lost,
                    )
                )
            continue
        bins = lay_bins(geometry, sources.sources[0], order)
        if bins is not None:
            spectra.append(_extract(planes, sky_model, sources, geometry, bins, options))
    if not spectra:
        raise UnprocessableDataError(
            "the trace of the source crosses no order",
            wanted="a slit position inside the slit",
            remedy="check the position of the source in the object table, or the window",
        )
    spectra.sort(key=lambda spectrum: float(np.median(spectrum.wavelength_nm)))
    return [with_blaze(spectrum, blaze) for spectrum in spectra]


def _extract(
    planes: Planes,
    sky_model: Frame,
    sources: Sources,
    geometry: Geometry,
    bins: Bins,
    options: ExtractionOptions,
) -> OrderSpectrum:
    slit, target = geometry.dispersion.slit_domain_arcsec, sources.sources[0]
    profiles = np.array([profile_of(source, bins, slit) for source in sources.sources])
    native = native_pixels(geometry, bins, sources, slit)
    restore_pixel_noise(planes, native, bins, profiles[0])
    noise2 = sample_noise2(planes, bins)
    start = _first_spectra(planes, bins, noise2, profiles)
    profiles, native = local_profile(planes, sources, bins, native, profiles, start, noise2)
    fit = _Fit(start, np.empty(0), np.empty(0))
    for k in range(_ROUNDS):
        _reject(planes, native, bins, fit.spectra, profiles[0], options, wide=target.wide)
        precision = sample_precision(planes, bins, noise2)
        fit = _fit(planes, bins, profiles, precision, noise2)
        if k == 0:
            profiles, native = measured_profile(
                planes, sources, bins, native, profiles, fit.spectra, precision
            )
    aperture = _aperture(target, bins, options)
    weight = fit.weight if options.method == "optimal" else aperture
    sampled = bins.samples(planes.data)
    flux = (weight * sampled).sum(axis=1)
    sky_sigma = np.sqrt(np.maximum(bins.samples.typical(planes.sky_variance), 0.0))
    variance, correlation = errors_of_sums(planes, bins, weight, sky_sigma)
    # What robust medians do not bear out came from the model put in place of rejected pixels.
    bound = _WILD * maximum_filter1d(np.abs(start[0]), 2 * _NEARBY_BINS + 1)
    wild = np.abs(flux) > bound + 20.0 * np.sqrt(np.maximum(variance, 0.0))
    wild |= fit.lost > 1.0 - _SEEN_AT_ALL
    unknown = ~(variance > 0) | ~np.isfinite(flux) | (wild & (options.method == "optimal"))
    largest = float(variance[~unknown].max(initial=1.0))
    return OrderSpectrum(
        order=bins.order,
        wavelength_nm=bins.wavelength_nm,
        width_nm=bins.width_nm,
        flux=np.where(unknown, 0.0, flux),
        variance=np.where(unknown, largest * UNKNOWN, variance),
        correlation=np.where(unknown, 0.0, correlation),
        boxcar=(aperture * sampled).sum(axis=1),
        boxcar_variance=errors_of_sums(planes, bins, aperture, sky_sigma)[0],
        sky=(weight * bins.samples(sky_model.data)).sum(axis=1),
        quality=_flags(planes, bins, profiles[0], fit, unknown, options),
        blaze=np.full(bins.x.size, np.nan),
        x=bins.x,
        y=bins.y,
    )


def aperture_of(
    sources: Sources, window: tuple[float, float] | None, aperture_arcsec: float
) -> Aperture:
    """Return where on the slit light is summed.

    Parameters
    ----------
    sources
        The target first.
    window, aperture_arcsec
        See `ExtractionOptions`.
    """
    if window is not None:
        return Aperture(*window, on_target=False)
    target = sources.sources[0]
    half = 0.5 * aperture_arcsec or 1.5 * float(target.fwhm(np.mean(target.wave_domain_nm)))
    return Aperture(-half, half, on_target=True)


def _first_spectra(planes: Planes, bins: Bins, noise2: Floats, profiles: Floats) -> Floats:
    """Return robust spectra to start from: medians over the brightest rows of each source.

    Where sources overlap each is measured in turn in what the others leave.
    """
    sampled = bins.samples(planes.data)
    precision = sample_precision(planes, bins, noise2)
    core = profiles > 0.35 * profiles.max(axis=2, keepdims=True)
    weights = np.where(core, profiles**2 * precision, 0.0)
    spectra = np.zeros(profiles.shape[:2])
    for _ in range(_TURNS if len(profiles) > 1 else 1):
        for k, profile in enumerate(profiles):
            others = np.einsum("aj,ajk->jk", spectra, profiles) - spectra[k, :, None] * profile
            left = (sampled - others) / np.maximum(profile, 1e-6)
            spectra[k] = weighted_median(left, weights[k])
    return spectra


def _reject(
    planes: Planes,
    native: NativePixels,
    bins: Bins,
    spectra: Floats,
    profile: Floats,
    options: ExtractionOptions,
    *,
    wide: bool,
) -> None:
    """Mark pixels that no source can explain and put the model in their place."""
    wave = bins.wavelength_nm
    # Bins that hardly saw the target take their neighbours' values, lest the curve swings out of
    # them: what a distant wing tells of its brightness is noise.
    share = np.where(bins.on_slit, profile**2, 0.0)
    seen = (share * usable_samples(planes, bins)).sum(axis=1)
    known = seen > _LEAST_SEEN * share.sum(axis=1)
    if known.any():
        spectra = np.array([np.interp(wave, wave[known], values[known]) for values in spectra])
    curves = [CubicSpline(wave, values) for values in spectra]
    middles = 0.5 * (wave[1:] + wave[:-1])
    values = np.array(
        [
            np.clip(
                curve(native.wave),
                np.interp(native.wave, wave, minimum_filter1d(spectrum, _NEARBY_BINS)),
                np.interp(native.wave, wave, maximum_filter1d(spectrum, _NEARBY_BINS)),
            )
            for curve, spectrum in zip(curves, spectra, strict=True)
        ]
    )
    model = (values * native.shares).sum(axis=0)
    width = np.interp(native.wave, wave, bins.width_nm)
    slope = np.abs(curves[0](native.wave, 1)) * width * native.shares[0]
    flat = planes.data.ravel()
    tolerance2 = planes.variance.ravel()[native.place] + (_MAP_ERROR_PX * slope) ** 2
    before = planes.bad.ravel()[native.place]
    departure = np.abs(flat[native.place] - model)
    # Cosmic rays are rare: where every tenth pixel of the source departs, the profile is wrong.
    core = ~before & (native.shares[0] > 0.3 * native.shares[0].max()) & (model > 0)
    common = np.percentile(departure[core] / model[core], 90.0) if core.any() else 0.0
    error = max(options.profile_error, _COMMON_MARGIN * float(common) / options.clip_sigma)
    tolerance2 += (error * model) ** 2
    pull = np.where(before, 0.0, (flat[native.place] - model) / np.sqrt(tolerance2))
    new = np.abs(pull) > options.clip_sigma
    if wide:
        new &= ~in_structure(pull, np.searchsorted(middles, native.wave), options.clip_sigma)
    planes.bad.ravel()[native.place[new]] = True
    planes.quality.ravel()[native.place[new]] |= np.uint32(Quality.COSMIC_RAY)
    flat[native.place] = np.where(before | new, model, flat[native.place])


def _fit(planes: Planes, bins: Bins, profiles: Floats, precision: Floats, noise2: Floats) -> _Fit:
    sampled = bins.samples(planes.data)
    count = len(profiles)
    weights = [optimal_weights(np.roll(profiles, -k, axis=0), precision)[0] for k in range(count)]
    everything = np.where(bins.on_slit, 1.0 / noise2, 0.0)
    full = (profiles[0] ** 2 * everything).sum(axis=1)
    kept = (profiles[0] ** 2 * precision).sum(axis=1)
    return _Fit(
        np.array([(weight * sampled).sum(axis=1) for weight in weights]),
        weights[0],
        1.0 - kept / np.maximum(full, 1e-300),
    )


def _aperture(source: Source, bins: Bins, options: ExtractionOptions) -> Floats:
    """Return the weight of each sample in a plain sum over the aperture."""
    half = 0.5 * options.aperture_arcsec or 1.5 * source.fwhm(bins.wavelength_nm)[:, None]
    distance = np.abs(bins.slit_arcsec - source.position(bins.wavelength_nm)[:, None])
    inside = np.clip((half - distance) / bins.height_arcsec + 0.5, 0.0, 1.0)
    return np.where(bins.on_slit, inside * bins.spacing, 0.0)


def _flags(
    planes: Planes,
    bins: Bins,
    profile: Floats,
    fit: _Fit,
    unknown: Booleans,
    options: ExtractionOptions,
) -> NDArray[np.uint32]:
    """Flag bins that lost much of their weight by what took it; saturation always."""
    nearest = planes.quality.ravel()[
        bins.samples.rows * planes.quality.shape[1]
        + bins.samples.columns
        + len(bins.samples.taps) // 2
        - 1
    ]
    core = bins.on_slit & (profile > 0.3 * profile.max(axis=1, keepdims=True))
    why = np.bitwise_or.reduce(np.where(core, nearest, 0), axis=1)
    lost = fit.lost > options.most_lost
    saturated = why & np.uint32(Quality.SATURATED)
    informing = why & ~np.uint32(FATAL)
    flags = informing | saturated | np.where(lost, why, 0).astype(np.uint32)
    flags |= np.where((fit.lost > 0.1) & ~lost, np.uint32(Quality.INTERPOLATED), np.uint32(0))
    flags |= np.where(lost & ((why & np.uint32(FATAL)) == 0), np.uint32(Quality.OUTLIER), 0)
    return (flags | np.where(unknown, np.uint32(Quality.NO_DATA), 0)).astype(np.uint32)


def with_blaze(spectrum: OrderSpectrum, blaze: Blaze | None) -> OrderSpectrum:
    """Return a spectrum with the flat lamp's signal at its bins; as it is if that is not known."""
    if blaze is None or spectrum.order not in blaze.orders:
        return spectrum
    row = int(np.flatnonzero(blaze.orders == spectrum.order)[0])
    wave, signal = blaze.wavelength_nm[row], blaze.signal[row]
    known = np.isfinite(wave) & np.isfinite(signal)
    if np.count_nonzero(known) < 2:
        return spectrum
    rank = np.argsort(wave[known])
    at_bins = np.interp(
        spectrum.wavelength_nm, wave[known][rank], signal[known][rank], left=np.nan, right=np.nan
    )
    return replace(spectrum, blaze=at_bins)
