"""The absorption of an air that the templates were not made of is taken out."""

import dataclasses

import numpy as np
import pytest

from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.reduction.flux.telluric import (
    TelluricOptions,
    correct_spectrum,
    find_absorption,
)
from tests.support.air import WATER_MM, seen_through_air, telluric_grid, true_transmission


def slow_part(ratio, window=201):
    """Bulk extinction, which is not the molecules' and stays in."""
    kernel = np.ones(window) / window
    padded = np.pad(ratio, window // 2, mode="edge")
    return np.convolve(padded, kernel, "valid")


@pytest.mark.parametrize(
    ("limits", "airmass"), [((640.0, 855.0), 1.1), ((860.0, 1240.0), 1.6), ((1430.0, 1790.0), 1.3)]
)
def test_where_most_light_passes_two_per_cent_are_left(limits, airmass):
    spectrum, above = seen_through_air(limits=limits, airmass=airmass, snr=200.0)
    found, _ = find_absorption(spectrum, telluric_grid(), TelluricOptions())
    wave = spectrum.wavelength_nm
    truth = true_transmission(wave, airmass, spectrum.resolving_power)
    left = spectrum.flux / np.maximum(found.transmission, 0.02) / above
    left = left / slow_part(left)
    clear = (found.transmission > 0.8) & (truth > 0.5)
    assert clear.sum() > 500
    noise = 1.0 / 200.0
    assert np.sqrt(np.var(left[clear]) - noise**2) < 0.02


def test_water_comes_back():
    # SkyCalc's lines are not resolved: at high airmass their powers say little.
    for airmass in (1.0, 1.25):
        spectrum, _ = seen_through_air(limits=(860.0, 1240.0), airmass=airmass)
        found, remarks = find_absorption(spectrum, telluric_grid(), TelluricOptions())
        assert found.water_mm == pytest.approx(WATER_MM, rel=0.15)
        assert 0 < found.water_error_mm < 0.5
        assert not remarks


def test_a_moved_scale_is_followed():
    spectrum, _ = seen_through_air(limits=(860.0, 1240.0), velocity=12.0)
    found, _ = find_absorption(spectrum, telluric_grid(), TelluricOptions())
    deep = max(found.bands, key=lambda band: 1 / band.velocity_error_km_s)
    assert deep.velocity_km_s == pytest.approx(12.0, abs=3.0)


def test_errors_cover_what_is_wrong():
    spectrum, above = seen_through_air(limits=(860.0, 1240.0), snr=100.0)
    found, _ = find_absorption(spectrum, telluric_grid(), TelluricOptions())
    corrected = correct_spectrum(spectrum, found, opaque=0.2)
    keep = np.isfinite(corrected.flux) & (corrected.quality == 0)
    ratio = corrected.flux / above
    level = slow_part(np.where(np.isfinite(ratio), ratio, 1.0))
    pull = (corrected.flux - above * level)[keep] / np.sqrt(corrected.variance[keep])
    assert 0.6 < pull.std() < 1.4


def test_dark_bins_are_flagged_and_black_ones_hold_nothing():
    spectrum, _ = seen_through_air(limits=(1300.0, 1520.0))
    found, _ = find_absorption(spectrum, telluric_grid(), TelluricOptions())
    corrected = correct_spectrum(spectrum, found, opaque=0.2)
    dark = found.transmission < 0.2
    assert 0.05 < dark.mean() < 0.6
    assert ((corrected.quality & np.uint32(Quality.OPAQUE)) != 0)[dark].all()
    assert not ((corrected.quality & np.uint32(Quality.OPAQUE)) != 0)[~dark].any()
    black = found.transmission < 0.02
    assert np.isnan(corrected.flux[black]).all()
    assert np.isfinite(corrected.flux[~black]).all()


def test_a_standard_star_helps_a_faint_target():
    grid = telluric_grid()
    star, _ = seen_through_air(limits=(860.0, 1240.0), airmass=1.1, snr=200.0)
    guide, _ = find_absorption(star, grid, TelluricOptions())
    faint, _ = seen_through_air(limits=(860.0, 1240.0), airmass=1.5, snr=1.0, seed=8)
    truth = true_transmission(faint.wavelength_nm, 1.5, faint.resolving_power)
    far = dataclasses.replace(
        faint, header=type(faint.header)({**faint.header, "ESO TEL AMBI IWV START": 6.0})
    )
    alone, _ = find_absorption(far, grid, TelluricOptions())
    helped, _ = find_absorption(far, grid, TelluricOptions(), guide)
    off = [np.std((one.transmission - truth)[truth < 0.9]) for one in (alone, helped)]
    assert off[1] < off[0]
    assert off[1] < 0.06


def test_without_a_fit_what_was_told_holds():
    spectrum, _ = seen_through_air(limits=(860.0, 1240.0))
    options = TelluricOptions(fit=False, water_mm=4.0)
    found, remarks = find_absorption(spectrum, telluric_grid(), options)
    assert found.water_mm == pytest.approx(4.0)
    assert np.isnan(found.water_error_mm)
    assert not any(band.measured for band in found.bands)
    assert "4.0 mm" in remarks[0]


def test_no_airmass_is_said():
    spectrum, _ = seen_through_air(limits=(860.0, 1000.0))
    found, remarks = find_absorption(
        dataclasses.replace(spectrum, exposures=()), telluric_grid(), TelluricOptions()
    )
    assert found.airmass > 1
    assert "airmass" in remarks[0]


def test_a_spectrum_of_nothing_is_left_as_it_is():
    spectrum, _ = seen_through_air(limits=(860.0, 1000.0))
    empty = dataclasses.replace(spectrum, flux=np.full(spectrum.flux.size, np.nan))
    found, _ = find_absorption(empty, telluric_grid(), TelluricOptions())
    assert not found.bands
    np.testing.assert_array_equal(found.transmission, 1.0)
