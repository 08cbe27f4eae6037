"""One order of an exposure with the model of its sky and sources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, median_filter

from soxs_pipeline.reduction.sky.spectrum import OrderModel
from soxs_pipeline.reduction.slit.distortion import Distortion
from soxs_pipeline.reduction.slit.pixels import SlitPixels

__all__ = ["MAP_ERROR_PX", "PROFILE_ERROR", "ModelledOrder", "with_spectra"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: Uncertainty of the wavelength map, in pixels, granted while outliers are looked for, once the
#: map was refined on the sky lines themselves; and the error of a source's profile.
MAP_ERROR_PX = 0.06
PROFILE_ERROR = 0.08
#: Columns over which a spectrum is smoothed for the variance, and what is kept from it.
_CALM_PX, _STRONG_SIGMA = 31, 4.0
#: Parts of a pixel for which the sky is averaged for the variance.
_SKY_PARTS = 2


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

    @cached_property
    def light(self) -> Floats:
        """Electrons of all sources in each pixel."""
        return self.model.sources(self.profiles)

    @cached_property
    def calm_spectra(self) -> Floats:
        """The spectra of the sources without their noise, never negative."""
        calm = [
            _calm(self.pixels.column, spectrum, share, self._sky_variance, 1)
            for spectrum, share in zip(self.model.spectra, self.profiles, strict=True)
        ]
        return np.maximum(np.array(calm).reshape(self.profiles.shape), 0.0)

    @cached_property
    def variance(self) -> Floats:
        """Variance of the data, by the model.

        Sky and spectra of sources enter smoothed, but for what stands out of their noise: else
        the variance would rise and fall with the noise of the data, and every weighted mean
        would be biased.
        """
        return self.pixels.variance(self.expected)

    @cached_property
    def expected(self) -> Floats:
        """Electrons of sky and sources in each pixel without their noise."""
        lit = np.einsum("kn,kn->n", self.calm_spectra, self.profiles)
        return np.asarray(self._calm_sky + lit)

    @cached_property
    def residual(self) -> Floats:
        """Data minus sky and sources."""
        return self.pixels.data - self.model.sky - self.light

    def flagged(self, *, hit: Booleans, used: Booleans | None = None) -> ModelledOrder:
        """Return the order with other flags; what was worked out from the model stays."""
        flagged = replace(self, hit=hit, used=self.used if used is None else used)
        return self._handed_on(flagged, *_OF_ALL, *_OF_THE_SKY)

    @property
    def even_sky(self) -> Floats:
        """The sky as if it lit the slit evenly, without other light."""
        return self.distortion.even_sky(self.pixels, self.model.sky)

    def relit(self, distortion: Distortion) -> ModelledOrder:
        """Return the order with another distortion, its sky lit along the slit as that says."""
        pixels, model = self.pixels, self.model
        light = distortion.light(pixels)
        sky = self.even_sky * distortion.at(pixels)[1] + light
        uneven = model.uneven - self.distortion.light(pixels) + light
        return replace(self, distortion=distortion, model=replace(model, sky=sky, uneven=uneven))

    def with_profiles(self, profiles: Floats, model: OrderModel | None = None) -> ModelledOrder:
        """Return the order with other profiles, and spectra if a model of this sky comes."""
        moved = replace(self, profiles=profiles, model=self.model if model is None else model)
        return self._handed_on(moved, *_OF_THE_SKY)

    @cached_property
    def _sky_variance(self) -> Floats:
        return self.pixels.variance(self.model.sky)

    @cached_property
    def _calm_sky(self) -> Floats:
        base = self._sky_variance
        # Its lines are steep: from one side of a pixel to the other their light changes.
        part = ((self.pixels.w - self.pixels.w[0]) * _SKY_PARTS).astype(np.int64)
        even = self.model.sky - self.model.uneven
        calm = _calm(part, even, np.ones_like(base), base, _SKY_PARTS)
        return np.maximum(calm + self.model.uneven, 0.0)

    def _handed_on(self, other: ModelledOrder, *names: str) -> ModelledOrder:
        for name in names:
            if name in self.__dict__:
                other.__dict__[name] = self.__dict__[name]
        return other


#: What is worked out from sky and sources, and from the sky alone.
_OF_ALL = ("light", "calm_spectra", "expected", "variance", "residual")
_OF_THE_SKY = ("_sky_variance", "_calm_sky")


def with_spectra(order: ModelledOrder, profiles: Floats) -> OrderModel:
    """Estimate the spectra of sources from medians of their brightest pixels, column by column."""
    pixels, model = order.pixels, order.model
    spectra = np.zeros_like(profiles)
    for k, profile in enumerate(profiles):
        column = pixels.column
        summit = np.zeros(column[-1] + 1)
        np.maximum.at(summit, column, profile)
        core = pixels.usable & ~order.hit & (profile > 0.4 * summit[column])
        ratio = (pixels.data - model.sky)[core] / profile[core]
        spectra[k] = _column_medians(column[core], ratio, column)
    return replace(model, spectra=spectra)


def _column_medians(
    column: NDArray[np.int64], values: Floats, wanted: NDArray[np.int64]
) -> Floats:
    if not column.size:
        return np.zeros(wanted.size)
    rank = np.lexsort((values, column))
    values, column = values[rank], column[rank]
    first = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    count = np.diff(first, append=column.size)
    middle = 0.5 * (values[first + (count - 1) // 2] + values[first + count // 2])
    return np.interp(wanted, column[first], middle)


def _calm(
    column: NDArray[np.int64], spectrum: Floats, share: Floats, base: Floats, parts: int
) -> Floats:
    """Return a spectrum at the pixels without its noise, strong features kept.

    Parameters
    ----------
    column
        Along the dispersion, of each pixel.
    spectrum, share, base
        Spectrum, profile and variance without it at the pixels.
    parts
        Columns in one pixel.
    """
    width = _CALM_PX * parts
    count = np.maximum(np.bincount(column), 1)
    mean = np.bincount(column, spectrum) / count
    smooth = gaussian_filter1d(median_filter(mean, width, mode="nearest"), 0.25 * width)
    information = np.bincount(column, share**2 / (base + np.maximum(smooth[column], 0.0) * share))
    strong = np.abs(mean - smooth) * np.sqrt(information) > _STRONG_SIGMA
    strong = maximum_filter1d(strong, 4 * parts + 1)
    # Neighbouring columns share the decision, so that only true features are followed.
    return np.where(strong, mean, smooth)[column]
