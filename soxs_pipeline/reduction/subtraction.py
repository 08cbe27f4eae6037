"""Model sky and sources of an exposure together and take the sky off."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, median_filter

from soxs_pipeline.domain.objects import SlitProfile, Sources
from soxs_pipeline.numerics.detection import Peak
from soxs_pipeline.numerics.robust import tukey_weights
from soxs_pipeline.numerics.sharpness import sharp_pixels
from soxs_pipeline.reduction.distortion import Distortion, improve, no_distortion
from soxs_pipeline.reduction.linesources import detect_lines
from soxs_pipeline.reduction.objects import (
    Collapsed,
    Shape,
    collapse,
    detect,
    fit_shapes,
    follow,
    source_of,
    source_profiles,
    usual_shape,
)
from soxs_pipeline.reduction.sky import OrderModel, SkyOptions, first_guess, fit_order
from soxs_pipeline.reduction.slitpixels import SlitPixels

__all__ = ["ModelledOrder", "SourceOptions", "model_exposure"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: Uncertainty of the wavelength map, in pixels, granted while outliers are looked for: at the
#: start, and once the map was refined on the sky lines themselves.
_MAP_ERROR_PX = (0.4, 0.15, 0.06)
#: Error of a source's profile granted while outliers are looked for, and in the weights.
_PROFILE_ERROR = 0.08
_PROFILE_ERROR_IN_WEIGHT = 0.01
#: Profile from which a pixel belongs to a source where regions of sky were given.
_SOURCE_SHARE = 0.02
#: Relative error of the sky granted while line emission is looked for.
_SKY_ERROR = 0.02
#: Bins along the slit in which light that stands out is looked for.
_SLIT_BINS = 48
#: Rounds of the joint fit.
_ROUNDS = 3
#: Columns over which a spectrum is smoothed for the variance, and what is kept from it.
_CALM_PX, _STRONG_SIGMA = 31, 4.0
#: Degree along the order of what varies along the slit.
_ORDER_DEGREE = 2
#: Slit positions whose light stands out by this many sigma are kept from the first sky.
_MASK_SIGMA = 3.5
#: Least significance at which the best peak is taken rather than the expected position.
_MARGINAL = 3.5


@dataclass(frozen=True)
class SourceOptions:
    """What a user may set of finding sources.

    Parameters
    ----------
    threshold
        Least significance of a source.
    most
        Greatest number of sources.
    position_arcsec
        Expected slit position of the target.
    forced
        True to take that position unseen.
    """

    threshold: float = 5.0
    most: int = 3
    position_arcsec: float = 0.0
    forced: bool = False


@dataclass(frozen=True, eq=False)
class ModelledOrder:
    """One order with its model.

    Parameters
    ----------
    pixels, model, profiles
        Pixels, sky and spectra, and the sources' profiles.
    used
        False where a pixel was left out of the fit.
    hit
        True where a cosmic ray was recognised.
    distortion
        How the sky differs along the slit.
    """

    pixels: SlitPixels
    model: OrderModel
    profiles: Floats
    used: Booleans
    hit: Booleans
    distortion: Distortion

    @property
    def light(self) -> Floats:
        """Electrons of all sources in each pixel."""
        return self.model.sources(self.profiles)

    @property
    def variance(self) -> Floats:
        """Variance of the data, by the model.

        Sky and spectra of sources enter smoothed, but for what stands out of their noise: else
        the variance would rise and fall with the noise of the data, and every weighted mean
        would be biased.
        """
        base = self.pixels.variance(self.model.sky)
        expected = np.maximum(_calm(self.pixels, self.model.sky, np.ones_like(base), base), 0.0)
        for spectrum, share in zip(self.model.spectra, self.profiles, strict=True):
            expected += np.maximum(_calm(self.pixels, spectrum, share, base), 0.0) * share
        return self.pixels.variance(expected)

    @property
    def residual(self) -> Floats:
        """Data minus sky and sources."""
        return self.pixels.data - self.model.sky - self.light


def model_exposure(
    orders: list[SlitPixels],
    shape: tuple[int, int],
    sky: SkyOptions,
    source: SourceOptions,
) -> tuple[list[ModelledOrder], Sources]:
    """Model the sky of all orders and the sources on the slit.

    Parameters
    ----------
    orders
        The pixels.
    shape
        Shape of the frame.
    sky, source
        What the user set.
    """
    start = no_distortion(sky.slit_degree, _ORDER_DEGREE)
    modelled = [_sky_alone(pixels, start, sky) for pixels in orders]
    # Where light stands out along the slit nothing can be told sharp before it is modelled.
    modelled = [
        replace(order, hit=order.hit & order.used) for order in _with_hits(modelled, shape, sky)
    ]
    collapsed = _collapsed(modelled, plain=True)
    shapes = _found(modelled, collapsed, source)
    for k in range(_ROUNDS):
        last = k == _ROUNDS - 1
        modelled = [_joint(order, shapes, sky, last=last) for order in modelled]
        if not last:
            modelled = _with_hits(modelled, shape, sky)
            shapes = fit_shapes(_collapsed(modelled, plain=False), shapes)
    modelled = _with_hits(modelled, shape, sky)
    return modelled, _sources(modelled, shapes)


def _found(
    modelled: list[ModelledOrder], collapsed: Collapsed, options: SourceOptions
) -> list[Shape]:
    """Return the target first, then other sources."""
    peaks = detect(collapsed, threshold=options.threshold, most=options.most)
    shapes = [follow(collapsed, peak) for peak in peaks if peak.significance >= _MARGINAL]
    shapes = fit_shapes(collapsed, shapes)
    if peaks[0].significance < options.threshold:
        spot = _line_source(modelled, options.threshold)
        shapes = shapes if spot is None else [_assumed(collapsed, spot)]
    expected = options.position_arcsec
    if options.forced:
        near = [s for s in shapes if abs(s.trace[0] - expected) < np.exp(s.log_fwhm)]
        others = [s for s in shapes if s not in near]
        seen = near or shapes
        like = seen[0] if seen else None
        return [_assumed(collapsed, Peak(expected, 1.0, 0.0, 0.0), like), *others]
    return shapes or [_assumed(collapsed, Peak(expected, 1.0, 0.0, 0.0))]


def _line_source(modelled: list[ModelledOrder], threshold: float) -> Peak | None:
    slack2 = [
        order.variance
        + (_MAP_ERROR_PX[1] * order.model.slope) ** 2
        + (_SKY_ERROR * order.model.sky) ** 2
        for order in modelled
    ]
    return detect_lines(
        [order.pixels for order in modelled],
        [order.pixels.data - order.model.sky for order in modelled],
        slack2,
        [order.pixels.usable & ~order.hit for order in modelled],
        threshold=threshold,
    )


def _assumed(collapsed: Collapsed, peak: Peak, like: Shape | None = None) -> Shape:
    """Return a straight source at a place, as wide as one that was seen if there is one.

    A peak without significance is a place where nothing was seen: the source is forced.
    """
    if like is not None:
        trace = np.array([peak.position, *like.trace[1:]])
        return replace(like, trace=trace, significance=0.0, forced=True)
    return replace(usual_shape(peak, collapsed.domain_nm), forced=not peak.significance > 0.0)


def _sky_alone(pixels: SlitPixels, distortion: Distortion, options: SkyOptions) -> ModelledOrder:
    """Fit the sky while no source is known: what stands out along the slit is left out."""
    none = np.zeros((0, pixels.w.size))
    admitted = pixels.usable & options.admits(pixels.slit_arcsec)
    model = first_guess(pixels, admitted)
    used = admitted
    for map_error in _MAP_ERROR_PX:
        variance = pixels.variance(model.sky)
        tolerance = np.sqrt(variance + (map_error * model.slope) ** 2)
        pull = (pixels.data - model.sky) / tolerance
        used = admitted if options.regions else admitted & ~_bright_slit(pixels, pull)
        weight = np.where(used, tukey_weights(pull, cutoff=options.clip_sigma), 0.0) / variance
        model = fit_order(pixels, weight, none, distortion, options, last=False)
        if map_error < _MAP_ERROR_PX[0]:
            distortion = improve(
                distortion,
                pixels,
                pixels.data - model.sky,
                weight,
                (model.sky, model.slope, model.curvature),
                follow_lines=options.follow_lines,
            )
    return ModelledOrder(pixels, model, none, used, ~pixels.usable & False, distortion)


def _bright_slit(pixels: SlitPixels, pull: Floats) -> Booleans:
    """Return the pixels at slit positions where light stands out over the whole order."""
    bins = _SLIT_BINS
    place = np.clip(((pixels.u + 1.0) * 0.5 * bins).astype(int), 0, bins - 1)
    good = pixels.usable
    count = np.bincount(place[good], minlength=bins)
    mean = np.bincount(place[good], np.clip(pull[good], -4.0, 4.0), bins) / np.maximum(count, 1)
    filled = count > 0
    low = float(np.percentile(mean[filled], 40.0))
    error = np.sqrt(1.0 / np.maximum(count, 1) + 0.02**2)
    bright = mean - low > _MASK_SIGMA * error
    wide = bright.copy()
    wide[1:] |= bright[:-1]
    wide[:-1] |= bright[1:]
    if wide[filled].mean() > 0.6:
        wide = mean > np.percentile(mean[filled], 40.0)
    return wide[place]


def _joint(
    order: ModelledOrder, shapes: list[Shape], options: SkyOptions, *, last: bool
) -> ModelledOrder:
    """Fit sky and spectra of the sources together, then refine what varies along the slit."""
    pixels, distortion = order.pixels, order.distortion
    profiles = source_profiles(pixels, shapes)
    if order.model.spectra.shape[0] != len(shapes):
        # The first joint round knows no spectra; robust means along the slit start them.
        order = replace(order, profiles=profiles, model=_with_spectra(order, profiles))
    light = order.model.sources(profiles)
    variance = replace(order, profiles=profiles).variance
    tolerance = np.sqrt(
        variance + (_MAP_ERROR_PX[-1] * order.model.slope) ** 2 + (_PROFILE_ERROR * light) ** 2
    )
    pull = (pixels.data - order.model.sky - light) / tolerance
    used = pixels.usable & ~order.hit & (np.abs(pull) < options.clip_sigma)
    # Beyond the regions of sky the sources still need their own pixels.
    used &= options.admits(pixels.slit_arcsec) | (profiles.max(axis=0) > _SOURCE_SHARE)
    weight = np.where(used, 1.0 / (variance + (_PROFILE_ERROR_IN_WEIGHT * light) ** 2), 0.0)
    model = fit_order(pixels, weight, profiles, distortion, options, last=last)
    fitted = replace(order, model=model, profiles=profiles, used=used)
    if last:
        return fitted
    better = improve(
        distortion,
        pixels,
        fitted.residual,
        weight,
        (model.sky, model.slope, model.curvature),
        follow_lines=options.follow_lines,
    )
    return replace(fitted, distortion=better)


def _with_spectra(order: ModelledOrder, profiles: Floats) -> OrderModel:
    """Estimate the spectra of sources from medians of their brightest pixels, column by column."""
    pixels, model = order.pixels, order.model
    spectra = np.zeros_like(profiles)
    for k, profile in enumerate(profiles):
        core = pixels.usable & ~order.hit & (profile > 0.4 * profile.max())
        column = np.floor(pixels.w).astype(int)
        ratio = (pixels.data - model.sky)[core] / profile[core]
        spectra[k] = _column_medians(column[core], ratio, column)
    return replace(model, spectra=spectra)


def _column_medians(column: NDArray, values: Floats, wanted: NDArray) -> Floats:
    if not column.size:
        return np.zeros(wanted.size)
    rank = np.lexsort((values, column))
    values, column = values[rank], column[rank]
    first = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    count = np.diff(first, append=column.size)
    middle = 0.5 * (values[first + (count - 1) // 2] + values[first + count // 2])
    return np.interp(wanted, column[first], middle)


def _calm(pixels: SlitPixels, spectrum: Floats, share: Floats, base: Floats) -> Floats:
    """Return a spectrum at the pixels without its noise, strong features kept."""
    column = np.floor(pixels.w - pixels.w[0]).astype(int)
    count = np.maximum(np.bincount(column), 1)
    mean = np.bincount(column, spectrum) / count
    smooth = gaussian_filter1d(median_filter(mean, _CALM_PX, mode="nearest"), 0.25 * _CALM_PX)
    information = np.bincount(column, share**2 / (base + np.maximum(smooth[column], 0.0) * share))
    strong = np.abs(mean - smooth) * np.sqrt(information) > _STRONG_SIGMA
    strong = maximum_filter1d(strong, 5)
    # Neighbouring columns share the decision, so that only true features are followed.
    return np.where(strong, mean, smooth)[column]


def _with_hits(
    modelled: list[ModelledOrder], shape: tuple[int, int], options: SkyOptions
) -> list[ModelledOrder]:
    """Recognise cosmic rays on the frame of residuals."""
    pulls = np.zeros(shape, np.float32)
    flat = pulls.ravel()
    for order in modelled:
        light = np.maximum(order.light, 0.0)
        tolerance = order.variance + (_MAP_ERROR_PX[-1] * order.model.slope) ** 2
        tolerance += (_PROFILE_ERROR * light) ** 2
        pull = order.residual / np.sqrt(tolerance)
        flat[order.pixels.place] = np.where(order.pixels.usable, pull, 0.0)
    hit = sharp_pixels(pulls, seed_sigma=options.clip_sigma, grow_sigma=2.5).ravel()
    return [replace(order, hit=hit[order.pixels.place]) for order in modelled]


def _collapsed(modelled: list[ModelledOrder], *, plain: bool) -> Collapsed:
    """Collapse what is not sky; ``plain`` with equal weight for all wavelengths.

    Otherwise the spectrum of the brightest source is the weight, as far as it stands out of
    its noise: a source seen in one emission line is measured on that line.
    """
    light, weights, templates = [], [], []
    for order in modelled:
        variance = order.variance
        good = order.pixels.usable & ~order.hit
        value = order.pixels.data - order.model.sky
        slack = np.sqrt(variance + (_MAP_ERROR_PX[-1] * order.model.slope) ** 2)
        if plain:
            template = np.ones_like(value)
            value = _without_spikes(order.pixels, value, slack)
        else:
            template = _template(order, variance)
            good &= np.abs(order.residual) < 6.0 * (slack + _PROFILE_ERROR * np.abs(order.light))
        light.append(value)
        weights.append(np.where(good, 1.0 / slack**2, 0.0))
        templates.append(template)
    return collapse([order.pixels for order in modelled], light, weights, templates)


def _without_spikes(pixels: SlitPixels, light: Floats, noise: Floats) -> Floats:
    """Clip light at what is usual for its slit position: cosmic rays there are not known yet."""
    place = np.clip(((pixels.u + 1.0) * 0.5 * _SLIT_BINS).astype(int), 0, _SLIT_BINS - 1)
    usual = np.zeros(_SLIT_BINS)
    pull = light / noise
    for k in np.unique(place):
        usual[k] = np.median(pull[place == k])
    limit = (12.0 + 6.0 * np.abs(usual[place])) * noise
    return np.clip(light, -limit, limit)


def _template(order: ModelledOrder, variance: Floats) -> Floats:
    spectrum = order.model.spectra[0]
    power = (order.profiles**2).max(initial=1e-6)
    noise2 = 2.0 * variance / power
    return np.maximum(spectrum, 0.0) * spectrum**2 / (spectrum**2 + noise2) + 1e-3


def _sources(modelled: list[ModelledOrder], shapes: list[Shape]) -> Sources:
    """Return the sources with the slit profile that the eye judges."""
    plain = _collapsed(modelled, plain=True)
    signal, precision = plain.together(np.arange(plain.order.size))
    fitted = collapse(
        [order.pixels for order in modelled],
        [order.light for order in modelled],
        [np.where(order.used, 1.0 / order.variance, 0.0) for order in modelled],
        [np.ones_like(order.light) for order in modelled],
    )
    model, _ = fitted.together(np.arange(fitted.order.size))
    filled = precision > 0
    return Sources(
        sources=tuple(source_of(shape) for shape in shapes),
        profile=SlitProfile(
            slit_arcsec=plain.slit_arcsec[filled],
            signal=signal[filled],
            error=1.0 / np.sqrt(precision[filled]),
            model=model[filled],
        ),
    )
