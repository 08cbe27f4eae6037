"""One order of an exposure with the model of its sky and sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, median_filter

from soxs_pipeline.reduction.distortion import Distortion
from soxs_pipeline.reduction.sky import OrderModel
from soxs_pipeline.reduction.slitpixels import SlitPixels

__all__ = ["MAP_ERROR_PX", "PROFILE_ERROR", "ModelledOrder"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: Uncertainty of the wavelength map, in pixels, granted while outliers are looked for, once the
#: map was refined on the sky lines themselves; and the error of a source's profile.
MAP_ERROR_PX = 0.06
PROFILE_ERROR = 0.08
#: Columns over which a spectrum is smoothed for the variance, and what is kept from it.
_CALM_PX, _STRONG_SIGMA = 31, 4.0


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
        for k, share in enumerate(self.profiles):
            expected += self.calm_spectrum(k) * share
        return self.pixels.variance(expected)

    def calm_spectrum(self, source: int) -> Floats:
        """Return the spectrum of a source at the pixels without its noise, never negative."""
        base = self.pixels.variance(self.model.sky)
        share, spectrum = self.profiles[source], self.model.spectra[source]
        return np.maximum(_calm(self.pixels, spectrum, share, base), 0.0)

    @property
    def residual(self) -> Floats:
        """Data minus sky and sources."""
        return self.pixels.data - self.model.sky - self.light


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
