"""Spectra through an air that is not made of the pipeline's templates: ESO SkyCalc's."""

from functools import cache
from pathlib import Path

import numpy as np
from astropy.io import fits
from scipy.ndimage import gaussian_filter1d

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.domain.telluric import TelluricGrid
from soxs_pipeline.io.products import read_product

__all__ = ["WATER_MM", "seen_through_air", "telluric_grid", "true_transmission"]

STATIC = Path(__file__).resolve().parents[2] / "calib_static"
#: Of the SkyCalc spectrum.
WATER_MM = 2.5
C = 299792.458


@cache
def telluric_grid() -> TelluricGrid:
    """The grid as it ships."""
    return read_product(STATIC / "common" / "TELLURIC_GRID.fits", TelluricGrid)


@cache
def _molecules():
    """Transmission at airmass one; what varies slowly with wavelength is divided out."""
    with fits.open(STATIC / "simulator" / "sky.fits") as hdus:
        table = hdus["CONTINUUM"].data
        wave, passed = table["WAVELENGTH"].astype(float), table["TRANSMISSION"].astype(float)
    keep = (wave > 560) & (wave < 2110)
    return wave[keep], np.clip(passed[keep], 1e-6, 1.0)


def true_transmission(wave, airmass, power, velocity=0.0):
    """Transmission as an instrument of a resolving power sees it, bulk extinction included."""
    fine = np.exp(np.arange(np.log(560), np.log(2110), 3.0 / C))
    lines = np.interp(fine / (1 + velocity / C), *_molecules()) ** airmass
    return np.interp(wave, fine, gaussian_filter1d(lines, C / power / 2.3548 / 3.0))


def seen_through_air(
    snr=100.0, airmass=1.2, power=5000.0, limits=(640.0, 1250.0), velocity=0.0, seed=1, **header
):
    """Return a spectrum with broad features, as merged, and its flux above the air."""
    wave = np.exp(np.arange(np.log(limits[0]), np.log(limits[1]), 15.0 / C))
    above = 1e-15 * (1.0 + 0.3 * np.sin(np.log(wave) * 25.0))
    sigma = above / snr
    rng = np.random.default_rng(seed)
    flux = above * true_transmission(wave, airmass, power, velocity) + rng.normal(0, sigma)
    n = wave.size
    cards = {"OBJECT": "star", "INSTRUME": "SOXS", **header}
    spectrum = MergedSpectrum(
        wavelength_nm=wave, width_nm=wave * 15.0 / C, flux=flux, variance=sigma**2,
        correlation=np.zeros(n), sky=np.zeros(n), snr=flux / sigma,
        quality=np.zeros(n, np.uint32), contributors=np.ones(n, np.int16),
        arm=np.ones(n, np.int16), arms=("VIS",), unit="erg/s/cm2/Angstrom", header=Header(cards),
        exposures=(Exposure("a.fits", "VIS", 61000.0, 600.0, airmass),), resolving_power=power,
    )  # fmt: skip
    return spectrum, above
