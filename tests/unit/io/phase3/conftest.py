"""Spectra to be written for the archive."""

import numpy as np
import pytest

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.spectra import MergedSpectrum

START = 61114.04166825


def exposure(number, arm, **other):
    told = {
        "name": f"SOXS.2026-03-15T01:0{number}:00.{100 + number}.fits",
        "arm": arm,
        "mjd_start": START + number * 0.0072,
        "seconds": 600.0,
        "airmass": 1.15,
        "ob_id": 200102,
        "prog_id": "117.ABCD.001",
        "technique": "ECHELLE,SLIT,NODDING",
    }
    return Exposure(**{**told, **other})


HEADER = Header(
    {
        "ORIGIN": "ESO",
        "TELESCOP": "ESO-NTT",
        "INSTRUME": "SOXS",
        "OBJECT": "AT 2026abc",
        "RA": 104.2417,
        "DEC": -23.5122,
        "DATE-OBS": "2026-03-15T01:00:00.137",
        "MJD-OBS": START,
        "ESO INS VISE NAME": "SLIT1.0",
    }
)


def make_merged(**other):
    rng = np.random.default_rng(5)
    size = 4000
    wave = 350.0 * np.exp(np.arange(size) * 2e-4)
    flux = rng.normal(3e-16, 2e-17, size)
    variance = np.full(size, 4e-34)
    quality = np.zeros(size, np.uint32)
    # Nothing at either end, and a gap.
    for part in (slice(0, 20), slice(-30, None), slice(2000, 2010)):
        flux[part], variance[part], quality[part] = np.nan, np.nan, 16
    arm = np.where(wave < 560, 1, 2) + np.where((wave > 540) & (wave < 560), 2, 0)
    told = {
        "wavelength_nm": wave,
        "width_nm": wave * 2e-4,
        "flux": flux,
        "variance": variance,
        "correlation": np.full(size, 0.1),
        "sky": np.full(size, 1e-17),
        "snr": flux / np.sqrt(variance),
        "quality": quality,
        "contributors": np.ones(size, np.int16),
        "arm": arm.astype(np.int16),
        "arms": ("VIS", "NIR"),
        "unit": "erg/s/cm2/Angstrom",
        "header": HEADER,
        "exposures": tuple(exposure(k, arm) for k in range(3) for arm in ("VIS", "NIR")),
        "flux_error": 0.02,
        "wavelength_error_km_s": 0.5,
        "resolving_power": 5100.0,
        "barycentric_km_s": -18.8,
    }
    return MergedSpectrum(**{**told, **other})


@pytest.fixture
def merged():
    return make_merged()
