"""Spectra brought to magnitudes."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.camera import Passbands
from soxs_pipeline.domain.flux import FLUX_UNIT
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.errors import ParameterError
from soxs_pipeline.reduction.flux.fluxscale import Magnitude, parse_magnitudes, scale_to_magnitudes

WAVE = np.arange(400.0, 1000.0, 0.5)
LIGHT = 2.99792458e18
N = WAVE.size
BOXES = {"g": (480.0, 540.0), "r": (560.0, 690.0), "y": (950.0, 1090.0)}
PASSBANDS = Passbands(
    tuple(BOXES),
    tuple(np.array([a - 1, a, b, b + 1]) for a, b in BOXES.values()),
    tuple(np.array([0.0, 1.0, 1.0, 0.0]) for _ in BOXES),
    np.zeros(3),
)


def spectrum(magnitude=18.0, slope=0.0, snr=50.0):
    """Return a spectrum of this AB magnitude; ``slope`` makes it redder, mag per 100 nm."""
    mag = magnitude - slope * (WAVE - 625.0) / 100.0
    flux = 10 ** (-0.4 * (mag + 48.60)) * LIGHT / (10 * WAVE) ** 2
    zeros = np.zeros(N)
    return MergedSpectrum(
        WAVE, np.full(N, 0.5), flux, (flux / snr) ** 2, zeros, flux, np.full(N, snr),
        np.zeros(N, np.uint32), np.ones(N, np.int16), np.ones(N, np.int16), ("VIS",), FLUX_UNIT,
        Header({}),
    )  # fmt: skip


def test_flux_is_scaled_and_the_sky_is_not():
    before = spectrum(18.0)
    after, remarks = scale_to_magnitudes(before, [Magnitude("r", 17.0, 0.02)], PASSBANDS, "user")
    assert not remarks
    assert after.absolute.factor == pytest.approx(10**0.4, rel=2e-3)
    assert after.absolute.error == pytest.approx(0.02 / 1.0857, rel=0.05)
    assert after.absolute.bands == ("r",)
    assert after.flux == pytest.approx(before.flux * after.absolute.factor)
    assert after.variance == pytest.approx(before.variance * after.absolute.factor**2)
    assert after.sky is before.sky


def test_several_bands_are_averaged_and_disagreement_is_said():
    given = [Magnitude("g", 17.0, 0.02), Magnitude("r", 17.2, 0.02)]
    after, remarks = scale_to_magnitudes(spectrum(18.0), given, PASSBANDS, "user")
    assert after.absolute.factor == pytest.approx(10 ** (0.4 * 0.9), rel=3e-3)
    assert after.absolute.error > 0.05
    assert sum("disagrees" in remark for remark in remarks) == 2


def test_a_colour_term_goes_with_the_colour_of_the_spectrum():
    before = spectrum(18.0, slope=1.0)
    # Middles of g and r lie 115 nm apart: g - r is 1.15.
    given = Magnitude("r", 17.0, 0.01, "g-r", 0.1, 0.15)
    after, _ = scale_to_magnitudes(before, [given], PASSBANDS, "camera")
    plain, _ = scale_to_magnitudes(before, [Magnitude("r", 17.0, 0.01)], PASSBANDS, "camera")
    ratio = after.absolute.factor / plain.absolute.factor
    assert 2.5 * np.log10(ratio) == pytest.approx(-0.1, abs=0.005)


def test_a_band_beyond_the_spectrum_does_not_count():
    after, remarks = scale_to_magnitudes(
        spectrum(), [Magnitude("y", 17.0, 0.1)], PASSBANDS, "user"
    )
    assert after.absolute is None
    assert "covers" in remarks[0]


def test_noise_and_wonders_do_not_count():
    _, remarks = scale_to_magnitudes(
        spectrum(snr=0.01), [Magnitude("r", 17.0, 0.1)], PASSBANDS, "user"
    )
    assert "shows nothing" in remarks[0]
    after, remarks = scale_to_magnitudes(
        spectrum(18.0), [Magnitude("r", 10.0, 0.1)], PASSBANDS, "camera"
    )
    assert after.absolute is None
    assert "not believed" in remarks[0]


def test_electrons_are_not_scaled():
    raw = replace(spectrum(), unit="electron/s/nm")
    after, remarks = scale_to_magnitudes(raw, [Magnitude("r", 17.0, 0.1)], PASSBANDS, "user")
    assert after is raw
    assert "not calibrated" in remarks[0]


def test_magnitudes_as_users_write_them():
    assert parse_magnitudes("none") == ()
    one, two = parse_magnitudes("r=17.31, V = 17.6:0.05")
    assert (one.band, one.value, one.error) == ("r", 17.31, 0.02)
    assert (two.band, two.value, two.error) == ("V", 17.6, 0.05)


@pytest.mark.parametrize("text", ["r17", "k=12", "r=bright", "r=17:0"])
def test_what_cannot_be_understood_is_named(text):
    with pytest.raises(ParameterError, match="cannot understand"):
        parse_magnitudes(text)
