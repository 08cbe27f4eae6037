import numpy as np
import pytest

from soxs_pipeline.numerics.synphot import ab_magnitude

WAVE = np.arange(400.0, 900.0, 0.25)
WIDTH = np.full(WAVE.size, 0.25)
BAND = (np.array([549.0, 550.0, 689.0, 690.0]), np.array([0.0, 1.0, 1.0, 0.0]))
GOOD = np.ones(WAVE.size, dtype=bool)
#: Speed of light in Angstrom/s.
LIGHT = 2.99792458e18


def flat_in_frequency(magnitude):
    return 10 ** (-0.4 * (magnitude + 48.60)) * LIGHT / (10 * WAVE) ** 2


def test_flat_spectrum_has_its_own_magnitude():
    flux = flat_in_frequency(17.31)
    found = ab_magnitude(WAVE, WIDTH, flux, (0.1 * flux) ** 2, GOOD, BAND)
    assert found.magnitude == pytest.approx(17.31, abs=2e-3)
    assert found.covered == pytest.approx(1.0, abs=0.01)
    # 140 nm of bins of a quarter nm, ten per cent each.
    assert found.error == pytest.approx(1.0857 * 0.1 / np.sqrt(560), rel=0.05)


def test_bins_left_out_do_not_count():
    flux = flat_in_frequency(17.31)
    bad = flux.copy()
    hole = (WAVE > 600) & (WAVE < 620)
    bad[hole] = 1e-12
    found = ab_magnitude(WAVE, WIDTH, bad, flux**2, GOOD & ~hole, BAND)
    assert found.magnitude == pytest.approx(17.31, abs=5e-3)
    assert found.covered == pytest.approx(0.86, abs=0.02)


def test_beyond_the_spectrum_nothing_is_known():
    beyond = (np.array([1000.0, 1100.0]), np.array([1.0, 1.0]))
    found = ab_magnitude(WAVE, WIDTH, flat_in_frequency(17.0), WIDTH, GOOD, beyond)
    assert found.covered == 0.0
    assert np.isnan(found.magnitude)


def test_negative_flux_has_no_magnitude():
    found = ab_magnitude(WAVE, WIDTH, -flat_in_frequency(17.0), WIDTH, GOOD, BAND)
    assert np.isnan(found.magnitude)
    assert found.covered > 0.9
