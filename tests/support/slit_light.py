"""Light of a source along the slit, made by plain summation."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from soxs_pipeline.numerics.detection import Peak
from soxs_pipeline.reduction.sources.objects import Collapsed
from soxs_pipeline.reduction.sources.shapes import usual_shape

__all__ = ["BLUR_PX", "DOMAIN", "HEIGHT", "SLIT", "WAVE", "observed", "start"]

SLIT, HEIGHT, BLUR_PX, DOMAIN = 1.0, 0.25, 1.7, (800.0, 2000.0)
WAVE = np.linspace(850.0, 1950.0, 30)
BINS = np.arange(-5.5, 5.51, 0.1)
FINE = np.arange(-12.0, 12.0, 0.02)


def disc_along_slit(wavelength, position, width, beta, tail):
    """Return the light of a round disc through the slit in each bin, unit sum, by brute force.

    Part of it may be drawn out to one side, as by coma, over so many arcsec.
    """
    fwhm = width * (wavelength / np.sqrt(DOMAIN[0] * DOMAIN[1])) ** -0.2
    across = np.arange(-SLIT / 2 + 0.02, SLIT / 2, 0.04)
    core = fwhm / (2.0 * np.sqrt(2.0 ** (1.0 / beta) - 1.0))
    distance2 = (FINE[:, None] - position) ** 2 + across[None, :] ** 2
    light = ((1.0 + distance2 / core**2) ** -beta).sum(axis=1)
    if tail:
        drawn = np.exp(-np.arange(0.0, 12.0 * tail, 0.02) / tail)
        light = np.convolve(light, drawn / drawn.sum())[: light.size]
    light = gaussian_filter1d(light, BLUR_PX * HEIGHT / 2.3548 / 0.02)
    box = np.hypot(HEIGHT, 0.1)
    cumulated = np.concatenate([[0.0], np.cumsum(light / light.sum())])
    edges = np.append(FINE, FINE[-1] + 0.02) - 0.01
    upper, lower = (np.interp(BINS + side, edges, cumulated) for side in (box / 2, -box / 2))
    return (upper - lower) / box


def observed(rng, *, noise, width, beta, position=0.4, tail=0.0):
    """Return what is seen of a source, its own light in that, and the errors of its amplitudes."""
    own = np.array([disc_along_slit(wave, position, width, beta, tail) for wave in WAVE])
    light = 100.0 * own
    constant = rng.normal(0.0, 3.0, WAVE.size)[:, None]
    seen = Collapsed(
        slit_arcsec=BINS,
        wavelength_nm=WAVE,
        order=np.arange(WAVE.size),
        signal=light + constant + rng.normal(0.0, noise, light.shape),
        precision=np.full(light.shape, noise**-2),
        height_arcsec=np.full(WAVE.size, HEIGHT),
        domain_nm=DOMAIN,
        blur_px=np.full(WAVE.size, BLUR_PX),
        slit_width_arcsec=SLIT,
    )
    # A constant that is fitted beside it takes its own mean out of the source.
    about_mean = own - own.mean(axis=1, keepdims=True)
    return seen, light, noise / 100.0 / np.sqrt((about_mean**2).sum(axis=1))


def start(blur_px=BLUR_PX):
    blurs = WAVE, np.full(WAVE.size, blur_px)
    return usual_shape(Peak(0.3, 1.0, 100.0, 20.0), DOMAIN, blurs, SLIT)
