"""The response against the sensitivity that made the spectra."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.flux import FluxCalibration, MasterResponse
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.objects import BlurFraction
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.reduction.flux.response import fit_response
from soxs_pipeline.reduction.flux.sensitivity import with_sensitivity
from soxs_pipeline.reduction.flux.standards import find_standard, plain_name
from soxs_pipeline.reduction.merging.merge import merge_spectra
from tests.support.standard_star import (
    BANDS,
    EXTINCTION,
    ORDERS,
    STANDARDS,
    efficiency,
    exposure,
    star,
)


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def test_the_response_tells_the_blur_of_its_stars(rng):
    seen = exposure(rng, lambda w: star(w, 0))
    assert fitted([seen])[0].blur is None
    told = [replace(seen, blur=BlurFraction(value, 0.005)) for value in (0.76, 0.78)]
    assert fitted(told)[0].blur.fraction == pytest.approx(0.77)


def fitted(exposures):
    return fit_response(exposures, STANDARDS, EXTINCTION, BANDS, telescope_area_cm2=8.9e4)


def test_the_sensitivity_of_every_order_is_recovered(rng):
    response, remarks = fitted([exposure(rng, lambda w: star(w, 0))])
    for row, order in enumerate(response.orders):
        wave = response.wavelength_nm[row]
        true, blaze = efficiency(order, wave)
        free = (blaze > 0.1) & ~BANDS.cover(wave)
        departure = response.sensitivity[row] / true - 1.0
        assert np.nanstd(departure[free]) < 0.01
        assert abs(np.nanmedian(departure[free])) < 0.01
        # In the band the curve goes on, with an error that tells how well.
        band = BANDS.cover(wave) & (blaze > 0.1)
        assert np.all(np.abs(departure[band]) < 4 * response.error[row][band] + 0.01)
    assert any("one exposure of LTT3218" in remark for remark in remarks)


def test_the_efficiency_is_electrons_for_each_photon(rng):
    response, _ = fitted([exposure(rng, lambda w: star(w, 0))])
    row = int(np.flatnonzero(response.orders == 2)[0])
    at = int(np.argmin(np.abs(response.wavelength_nm[row] - 740.0)))
    photons = 10.0 * 8.9e4 * 740.0 / (6.62607015e-27 * 2.99792458e17)
    expected = efficiency(2, np.array([740.0]))[0][0] / photons
    assert response.efficiency[row, at] == pytest.approx(expected, rel=0.02)


def test_another_star_through_another_slit_gets_its_flux_with_true_errors(rng):
    """Given a response of one star, when another is calibrated, then flux and pulls are right."""
    response, _ = fitted([exposure(rng, lambda w: star(w, 0), slit_lamp=5.0)])
    science, remarks = with_sensitivity(
        exposure(rng, lambda w: 0.02 * star(w, 1), airmass=1.8, slit_lamp=1.0),
        FluxCalibration(response, EXTINCTION),
    )
    assert not remarks
    merged, joins, _ = merge_spectra([science], velocity_step_km_s=60.0, match_arms=True)
    assert merged.unit == "erg/s/cm2/Angstrom"
    wave = merged.wavelength_nm
    true = 0.02 * star(wave, 1)
    good = (merged.quality == 0) & ~BANDS.cover(wave) & np.isfinite(merged.flux)
    pull = ((merged.flux - true) / np.sqrt(merged.variance))[good]
    assert abs(np.mean(merged.flux[good] / true[good]) - 1.0) < 0.01
    assert 0.9 < np.std(pull) < 1.1
    assert merged.flux_error < 0.02
    for join in joins:
        assert abs(join.ratio - 1.0) < max(0.01, 4 * join.error)


def test_two_stars_make_one_response(rng):
    second = exposure(rng, lambda w: star(w, 1), header={"OBJECT": "GD71"})
    response, remarks = fitted([exposure(rng, lambda w: star(w, 0)), second])
    assert response.standards == ("LTT3218", "GD71")
    assert response.scatter < 0.03
    assert not remarks


def dimmed(number, share):
    return lambda w: share * star(w, number)


def test_stars_behind_clouds_are_raised_to_the_middle_one(rng):
    """Given three stars, one of them dimmed, then the level is that of the other two."""
    gd71 = {"OBJECT": "GD71"}
    clear = [exposure(rng, dimmed(0, 1.0)), exposure(rng, dimmed(1, 1.0), header=gd71)]
    response, _ = fitted([*clear, exposure(rng, dimmed(0, 0.7))])
    alone, _ = fitted(clear)
    ratio = response.sensitivity / alone.sensitivity
    # The middle of two stars, of which one is the mean of its two exposures.
    assert np.nanmedian(ratio) == pytest.approx(0.7**0.25, rel=0.01)
    assert response.spread == pytest.approx(abs(np.log(0.7**0.5)) / np.sqrt(2), rel=0.05)
    assert np.nanmedian(response.error) > 0.08
    assert response.scatter < 0.02


def test_stars_that_disagree_are_named(rng):
    second = exposure(rng, dimmed(1, 0.8), header={"OBJECT": "GD71"})
    response, remarks = fitted([exposure(rng, dimmed(0, 1.0)), second])
    assert any("GD71 comes out -11 %" in remark for remark in remarks)
    for row, order in enumerate(response.orders):
        true, blaze = efficiency(order, response.wavelength_nm[row])
        off = response.sensitivity[row] / (true * np.sqrt(0.8)) - 1.0
        assert abs(np.nanmedian(off[blaze > 0.1])) < 0.01


def test_a_star_that_cannot_serve_is_done_without(rng):
    unknown = exposure(rng, dimmed(0, 1.0), header={"OBJECT": "Vega", "RA": 279.2, "DEC": 38.8})
    burnt = exposure(rng, dimmed(1, 1.0), header={"OBJECT": "GD71"}, saturated=0.2)
    response, remarks = fitted([unknown, burnt, exposure(rng, dimmed(0, 1.0))])
    assert response.standards == ("LTT3218",)
    assert any("Vega is no flux standard" in remark for remark in remarks)
    assert any("GD71 are saturated" in remark for remark in remarks)


def test_without_a_star_the_usual_efficiency_serves(rng):
    wave = np.linspace(500.0, 1000.0, 50)
    master = MasterResponse(wave, np.full(50, 0.2), np.full(50, 0.3), "TOY")
    science, remarks = with_sensitivity(
        exposure(rng, lambda w: star(w, 1)), FluxCalibration(None, EXTINCTION, master)
    )
    assert any("usual efficiency of the instrument, good to 30 %" in r for r in remarks)
    merged, joins, _ = merge_spectra([science], velocity_step_km_s=60.0, match_arms=True)
    assert merged.unit == "erg/s/cm2/Angstrom"
    assert merged.flux_error == pytest.approx(0.3, abs=0.02)
    # The efficiencies of the toy and of the master differ smoothly: orders still join.
    for join in joins:
        assert abs(join.ratio - 1.0) < max(0.02, 4 * join.error)
    at = np.abs(merged.wavelength_nm - 600.0) < 5
    photons = 10.0 * 8.9e4 * 600.0 / (6.62607015e-27 * 2.99792458e17)
    expected = star(600.0, 1) * efficiency(3, np.array([600.0]))[0][0] / (0.2 * photons)
    assert np.median(merged.flux[at]) == pytest.approx(expected, rel=0.03)


def test_without_lamp_nor_star_electrons_stay_electrons(rng):
    wave = np.linspace(500.0, 1000.0, 50)
    master = MasterResponse(wave, np.full(50, 0.2), np.full(50, 0.3), "TOY")
    bare = exposure(rng, lambda w: star(w, 1), slit_lamp=np.nan)
    science, _ = with_sensitivity(bare, FluxCalibration(None, EXTINCTION, master))
    assert not any(s.calibrated for s in science.spectra)


def test_without_airmass_one_is_assumed_and_said(rng):
    silent = exposure(rng, lambda w: star(w, 0), airmass=1.0)
    silent = replace(silent, exposures=())
    _, remarks = fitted([silent])
    assert any("no airmass" in remark for remark in remarks)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"header": {"OBJECT": "Vega", "RA": 279.2, "DEC": 38.8}}, "Vega is no flux standard"),
        ({"header": {}}, "a star without name"),
        ({"saturated": 0.2}, "saturated"),
    ],
)
def test_a_star_that_cannot_serve_is_refused(rng, options, said):
    with pytest.raises(UnprocessableDataError, match=said):
        fitted([exposure(rng, lambda w: star(w, 0), **options)])


def test_orders_without_a_blaze_make_no_response(rng):
    bare = exposure(rng, lambda w: star(w, 0), slit_lamp=np.nan)
    with pytest.raises(UnprocessableDataError, match="no bin"):
        fitted([bare])


def test_a_response_of_another_arm_is_refused(rng):
    response, _ = fitted([exposure(rng, lambda w: star(w, 0))])
    other = replace(exposure(rng, lambda w: star(w, 1)), arm="OTHER")
    with pytest.raises(InputError, match="of arm TOY"):
        with_sensitivity(other, FluxCalibration(response, EXTINCTION))


def test_an_order_the_response_does_not_hold_is_named(rng):
    response, _ = fitted([exposure(rng, lambda w: star(w, 0))])
    response = replace(response, orders=np.where(response.orders == 2, 9, response.orders))
    science, remarks = with_sensitivity(
        exposure(rng, lambda w: star(w, 1)), FluxCalibration(response, EXTINCTION)
    )
    assert any("order 2" in remark for remark in remarks)
    assert [s.calibrated for s in science.spectra] == [order != 2 for order in ORDERS]


def test_arms_that_differ_in_calibration_stay_in_electrons(rng):
    response, _ = fitted([exposure(rng, lambda w: star(w, 0))])
    science, _ = with_sensitivity(
        exposure(rng, lambda w: star(w, 1)), FluxCalibration(response, EXTINCTION)
    )
    other = exposure(rng, lambda w: star(w, 1))
    merged, _, remarks = merge_spectra([science, other], velocity_step_km_s=60.0, match_arms=True)
    assert merged.unit == "electron/s/nm"
    assert any("not every arm has a response" in remark for remark in remarks)


@pytest.mark.parametrize("name", ["LTT 3218", "ltt-3218", "STD, LTT3218", "cd-32 5613"])
def test_a_star_has_many_names(name):
    assert find_standard(Header({"OBJECT": name}), STANDARDS) == 0


def test_a_star_is_known_by_its_place():
    header = Header({"OBJECT": "mystery", "RA": 88.11, "DEC": 15.91})
    assert find_standard(header, STANDARDS) == 1


def test_an_empty_name_matches_nothing():
    assert not plain_name("")
    assert not plain_name("STD,")
