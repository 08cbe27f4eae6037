"""Magnitudes, sky and lamps."""

import numpy as np
import pytest

from soxs_pipeline.errors import ParameterError
from soxs_pipeline.simulator.light import (
    arc_lamp,
    flat_lamp,
    night_sky,
    source_rate,
    transmission,
)
from soxs_pipeline.simulator.optics import TELESCOPE_AREA_M2
from soxs_pipeline.simulator.scenes import Scene, Source

KINDS = ("flat", "ab", "blackbody", "powerlaw", "supernova", "standard")


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_has_its_magnitude_at_620_nm(kind):
    # An AB magnitude of zero is 3631 Jy: 5.48e10 photons/s/m2 per unit of ln(wavelength).
    photons = 5.4795e10 / 620.0 * 10 ** (-0.4 * 17.0) * TELESCOPE_AREA_M2
    rate = source_rate(Source(kind, 17.0), np.array([620.0]))[0]
    assert rate == pytest.approx(photons, rel=1e-3)


def test_the_standard_star_has_its_own_brightness():
    # LTT 3218 is V = 11.86 (Hamuy et al. 1992), about 11.9 AB at 550 nm.
    rate = source_rate(Source("standard", None), np.array([550.0]))[0]
    magnitude = -2.5 * np.log10(rate * 550.0 / (5.4795e10 * TELESCOPE_AREA_M2))
    assert magnitude == pytest.approx(11.9, abs=0.15)


def test_emission_lines_have_no_continuum():
    wave = np.linspace(400, 800, 40001)
    rate = source_rate(Source("emission", 18.0, redshift=0.0), wave)
    assert np.median(rate) < 1e-6 * rate.max()
    brightest = rate[np.abs(wave - 500.82) < 2].sum() * 0.01
    flat = source_rate(Source("flat", 18.0), np.array([620.0]))[0] * 10
    assert brightest == pytest.approx(flat, rel=0.01)


def test_an_unknown_spectrum_is_refused():
    with pytest.raises(ParameterError, match="quasar"):
        source_rate(Source("quasar"), np.array([500.0]))


def test_the_air_absorbs_more_at_higher_airmass():
    wave = np.array([360.0, 760.8, 1400.0, 1600.0])
    low, high = transmission(wave, 1.0), transmission(wave, 2.0)
    assert high == pytest.approx(low**2)
    assert low[1] < 0.5
    assert low[2] < 0.3
    assert low[3] > 0.95


def test_the_moon_is_blue_and_airglow_is_not():
    dark, moonlit = night_sky(Scene()), night_sky(Scene(moon=1.0))
    wave = np.array([450.0, 1650.0])
    ratio = moonlit.continuum(wave) / dark.continuum(wave)
    assert ratio[0] > 3
    assert ratio[1] < 1.2
    assert np.array_equal(dark.strength, moonlit.strength)


def test_deuterium_rises_to_the_blue_and_halogen_to_the_red():
    wave = np.array([360.0, 420.0])
    ratio = flat_lamp("D2", "VIS").continuum(wave) / flat_lamp("QTH", "VIS").continuum(wave)
    assert ratio[0] > 4 * ratio[1]


def test_arc_lamps_hold_faint_lines_and_blends_too():
    lamp = arc_lamp("VIS")
    assert lamp.wavelength_nm.size > 10000
    assert (np.diff(np.sort(lamp.wavelength_nm)) < 0.02).sum() > 1000
    assert arc_lamp("VIS", 0.03).strength == pytest.approx(0.03 * lamp.strength)
