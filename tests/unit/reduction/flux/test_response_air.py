"""The response in molecular bands, where the air hides the star."""

from functools import cache

import numpy as np
import pytest

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.flux import Extinction, FluxStandards
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.lines import MolecularBands
from soxs_pipeline.domain.spectra import OrderSpectra
from soxs_pipeline.reduction.flux.response import fit_response
from tests.support.air import telluric_grid, true_transmission
from tests.support.standard_star import recorded

ORDERS = {17: (1090.0, 1230.0), 15: (1200.0, 1390.0), 14: (1330.0, 1490.0), 13: (1440.0, 1640.0)}
BANDS = MolecularBands(
    np.array([1099.0, 1254.0, 1302.0, 1568.0, 1598.0]),
    np.array([1191.0, 1280.0, 1519.0, 1583.0, 1614.0]),
    np.array(["H2O", "O2", "H2O", "CO2", "CO2"]),
)
CLEAR = Extinction(np.array([500.0, 2500.0]), np.zeros(2))
GRID = np.linspace(1000.0, 1700.0, 7001)
AIRMASS = 1.2


def star(wave):
    return 2e-14 * (wave / 1200.0) ** -3.5


STANDARDS = FluxStandards(
    names=("LTT3218",),
    synonyms=(("LTT 3218",),),
    ra_deg=np.array([130.4]),
    dec_deg=np.array([-32.9]),
    wavelength_nm=GRID,
    flux=star(GRID)[None],
)


def sensitivity(order, wave):
    """Electrons/s/nm for one erg/s/cm2/Angstrom, and the lamp's signal."""
    low, high = ORDERS[order]
    blaze = np.sinc(0.8 * (wave - 0.5 * (low + high)) / (high - low)) ** 2
    curve = 1.0 + 0.08 * np.sin(np.log(wave / 1000.0) * 14.0)
    return 3e17 * curve * blaze, 400.0 * blaze * (wave / 1200.0) ** 2


def through_lines(wave):
    """Molecules alone: what the air scatters is taken off by its share between the bands."""
    between = [1080.0, 1240.0, 1290.0, 1560.0, 1690.0]
    scattered = np.interp(wave, between, [0.976, 0.979, 0.978, 0.990, 0.989])
    return true_transmission(wave, AIRMASS, 4500.0) / scattered


def through_haze(wave):
    """Bands without any window between lines, as a coarse model of the air has them."""
    return 1.0 - sum(
        depth * np.exp(-0.5 * ((wave - place) / width) ** 2)
        for place, width, depth in ((1140.0, 20.0, 0.3), (1400.0, 40.0, 0.7))
    )


def exposure(air, lamp_steps=None, seed=4):
    rng = np.random.default_rng(seed)
    spectra = []
    for order, (low, high) in ORDERS.items():
        wave = np.linspace(low, high, 2000)
        width = np.gradient(wave)
        sensitive, lamp = sensitivity(order, wave)
        mean = star(wave) * sensitive * air(wave) * width * 150.0
        lit = lamp * (lamp_steps or {}).get(order, 1.0)
        spectra.append(recorded(rng, order, wave, mean, mean + 100.0, lit))
    header = Header({"OBJECT": "LTT3218"})
    return OrderSpectra(
        tuple(spectra), 150.0, "NIR", header, (Exposure("a", "NIR", 61000.0, 150.0, AIRMASS),)
    )


def fitted(seen, grid=None):
    return fit_response([seen], STANDARDS, CLEAR, BANDS, telescope_area_cm2=8.9e4, grid=grid)


@cache
def through_templates():
    return fitted(exposure(through_lines), telluric_grid())[0]


def departures(response):
    """Wavelength, departure from the truth, and its error, where the orders have light."""
    rows = []
    for row, order in enumerate(response.orders):
        wave = response.wavelength_nm[row]
        true, lamp = sensitivity(order, wave)
        lit = lamp > 0.1 * lamp.max()
        rows.append(
            np.array([wave[lit], response.sensitivity[row][lit] / true[lit] - 1.0,
                      response.error[row][lit]])
        )  # fmt: skip
    return np.concatenate(rows, axis=1)


def test_templates_carry_the_response_through_the_bands():
    wave, off, error = departures(through_templates())
    band = BANDS.cover(wave)
    assert np.std(off[~band]) < 0.006
    assert np.abs(off[band]).max() < 0.05
    assert np.abs(off[band & (wave < 1200.0)]).max() < 0.02
    assert np.mean(np.abs(off[band]) < 2.0 * error[band]) > 0.8


def test_without_templates_the_bands_are_bridged_and_the_error_says_so():
    wave, off, error = departures(fitted(exposure(through_lines))[0])
    band = BANDS.cover(wave)
    assert np.abs(off[band]).max() < 0.15
    assert np.mean(np.abs(off[band]) < 2.0 * error[band]) > 0.9
    assert np.median(error[band & (wave > 1350.0) & (wave < 1450.0)]) > 0.01


@pytest.mark.parametrize("templates", [True, False])
def test_bands_without_windows_are_not_taken_for_the_instrument(templates):
    grid = telluric_grid() if templates else None
    wave, off, _ = departures(fitted(exposure(through_haze), grid)[0])
    assert np.abs(off[wave < 1250.0]).max() < 0.06
    assert np.abs(off).max() < 0.15


def test_a_lamp_that_lights_orders_unlike_the_sky_leaves_no_step():
    steps = {17: 1.0, 15: 1.3, 14: 0.9, 13: 1.1}
    seen = exposure(through_lines, steps)
    response, remarks = fitted(seen, telluric_grid())
    wave, off, _ = departures(response)
    assert np.std(off[~BANDS.cover(wave)]) < 0.006
    assert np.abs(off).max() < 0.05
    assert response.step == pytest.approx(np.log(1.3 / 0.9), abs=0.01)
    assert any("orders 15 and 14 differ by 44 %" in remark for remark in remarks)
    assert through_templates().step < 0.01
