from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.beside import Beside
from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.flux import FluxCalibration, Response
from soxs_pipeline.domain.objects import BlurFraction, SlitProfile, Source, Sources
from soxs_pipeline.recipes.soxs_extract import RECIPE, ExtractParameters, soxs_extract
from soxs_pipeline.recipes.soxs_stare import StareParameters, soxs_stare
from tests.support.sky_scene import BLUR_PX, Star, make_geometry, make_scene

GEOMETRY = make_geometry()


def reduced(scene, geometry=GEOMETRY, flux=None, beside=None, **parameters):
    stare = soxs_stare(
        scene.raw, DetectorCalibration(), None, geometry, parameters=StareParameters()
    ).products
    return soxs_extract(
        stare.sky_subtracted,
        stare.sky_model,
        stare.sources,
        beside or Beside(),
        geometry,
        None,
        flux,
        parameters=ExtractParameters(**parameters),
    )


@pytest.mark.parametrize("flux", [200.0, 1000.0])
def test_from_raw_frame_to_spectrum_flux_and_errors_are_right(flux):
    pulls, ratios = [], []
    for seed in range(6):
        scene = make_scene(GEOMETRY, seed, (Star(flux),), hits=30)
        for spectrum in reduced(scene).products.orders.spectra:
            good = (spectrum.quality[20:-20] & np.uint32(511)) == 0
            truth = scene.spectra[spectrum.order][spectrum.x.astype(int)][20:-20]
            apart = spectrum.flux[20:-20] - truth
            pulls.append((apart / np.sqrt(spectrum.variance[20:-20]))[good])
            ratios.append(1.0 + np.mean(apart[good]) / flux)
    pulls, error = np.concatenate(pulls), np.std(ratios) / np.sqrt(len(ratios))
    assert np.std(pulls) == pytest.approx(1.0, abs=0.06)
    # The two orders of an exposure share one profile, and so its error.
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.005 + 2.5 * error)


def test_the_product_is_complete():
    outcome = reduced(make_scene(GEOMETRY))
    orders = outcome.products.orders
    assert orders.exposure_s == 600.0
    assert [spectrum.order for spectrum in orders.spectra] == [12, 11]
    assert {q.definition for q in outcome.qc} <= set(RECIPE.qc)
    assert any("no blaze" in remark for remark in outcome.remarks)


PINHOLES = replace(
    GEOMETRY,
    pixel_map=replace(GEOMETRY.pixel_map, spot_fwhm_px={11: BLUR_PX / 0.75, 12: BLUR_PX / 0.75}),
)


def through_slit(*stars):
    scene = make_scene(GEOMETRY, 2, stars)
    header = scene.raw.header.merged({"ESO SEQ ARM": "VIS", "ESO INS VISE NAME": "SLIT1.0"})
    return replace(scene, raw=replace(scene.raw, header=header))


def test_the_spectrum_of_a_bright_star_tells_the_blur_and_that_of_a_faint_one_does_not():
    # No slit cuts the stars of this scene, and the header names none.
    bright, faint = (make_scene(GEOMETRY, 2, (Star(flux),)) for flux in (60000.0, 300.0))
    blur = reduced(bright, PINHOLES).products.orders.blur
    assert blur.error < 0.03
    assert blur.fraction == pytest.approx(0.75, abs=0.05)
    blur = reduced(faint, PINHOLES).products.orders.blur
    assert blur is None or blur.error > 0.03


def test_a_faint_target_is_split_into_seeing_and_blur_as_the_standard_was():
    waves, one = np.array([[900.0, 1300.0]] * 2), np.ones((2, 2))
    response = Response(
        np.array([11, 12]), waves, one, 0.01 * one, 0.1 * one, "TOY", ("GD71",), 0.01,
        blur=BlurFraction(0.75, 0.01),
    )  # fmt: skip
    scene, flux = through_slit(Star(300.0)), FluxCalibration(response)
    told, kept = (
        reduced(scene, PINHOLES, flux, standard_blur=use).products.orders.spectra[0].slit_share
        for use in (True, False)
    )
    # More of its width is seeing, so less of its light came through.
    assert (told < kept).all()
    assert told == pytest.approx(kept, rel=0.05)
    remarks = reduced(scene, PINHOLES, flux).remarks
    assert any("as the standards have it: 0.750" in remark for remark in remarks)


def test_a_source_nobody_saw_is_extracted_and_remarked():
    outcome = reduced(make_scene(GEOMETRY, 2, stars=()))
    assert any("not found" in remark for remark in outcome.remarks)
    for spectrum in outcome.products.orders.spectra:
        pull = spectrum.flux / np.sqrt(spectrum.variance)
        assert abs(np.mean(pull)) < 0.25
        assert np.std(pull) == pytest.approx(1.0, abs=0.12)


def _other_arm(place, sigma=30.0):
    """What the other arm saw: a source of the same seeing, without a course."""
    width = Star().fwhm * (1100.0 / 800.0) ** 0.2
    star = Source(
        np.array([place]), np.array([width]), Star().beta, (350.0, 850.0), sigma, False, BLUR_PX
    )
    return Sources((star,), SlitProfile(*(np.zeros(1) for _ in range(4))), 0.0)


def test_a_target_too_faint_for_its_arm_is_extracted_where_the_other_arm_saw_it():
    faint, ratios, unseen = 2.0, [], 0
    for seed in range(10):
        scene = make_scene(GEOMETRY, seed, (Star(faint, position=1.8),))
        outcome = reduced(scene, beside=Beside(other_arm=_other_arm(1.8)))
        unseen += any("where the other arm saw it" in remark for remark in outcome.remarks)
        assert not any("was assumed" in remark for remark in outcome.remarks)
        for spectrum in outcome.products.orders.spectra:
            good = (spectrum.quality[20:-20] & np.uint32(511)) == 0
            weight = 1.0 / spectrum.variance[20:-20][good]
            ratios.append(np.average(spectrum.flux[20:-20][good], weights=weight) / faint)
    assert unseen >= 6
    error = np.std(ratios) / np.sqrt(len(ratios))
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.03 + 3.0 * error)
    assert np.mean(ratios) > 4.0 * error


def test_light_lost_beside_the_slit_is_made_up_for_with_the_seeing_of_the_other_arm():
    scene = through_slit()
    found = reduced(scene, beside=Beside(other_arm=_other_arm(1.8))).products.orders.spectra
    alone = reduced(scene).products.orders.spectra
    assert all(spectrum.slit_share is None for spectrum in alone)
    assert all(0.4 < np.median(spectrum.slit_share) < 0.95 for spectrum in found)


def test_who_does_not_want_the_place_of_the_other_arm_keeps_that_of_this_one():
    scene = make_scene(GEOMETRY, 0, ())
    beside = Beside(other_arm=_other_arm(1.8))
    outcome = reduced(scene, beside=beside, same_target=False)
    assert not any("other arm" in remark for remark in outcome.remarks)
    plain = reduced(scene).products.orders.spectra
    for spectrum, alone in zip(outcome.products.orders.spectra, plain, strict=True):
        np.testing.assert_array_equal(spectrum.flux, alone.flux)


@pytest.mark.parametrize("moved", [-1.6, 1.6])
def test_where_the_image_of_the_slit_moved_the_spectrum_is_as_right(moved):
    ratios, places = [], []
    for seed in range(4):
        scene = make_scene(make_geometry({11: moved, 12: moved}, 0.0), seed, (Star(1000.0),))
        orders = reduced(scene).products.orders
        for spectrum in orders.spectra:
            good = (spectrum.quality[20:-20] & np.uint32(511)) == 0
            assert good.mean() > 0.97
            ratios.append(float(np.mean(spectrum.flux[20:-20][good])) / 1000.0)
        places.append(float(np.median(orders.spectra[1].y)))
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.01)
    still = reduced(make_scene(make_geometry(margin_px=0.0), 0, (Star(1000.0),))).products.orders
    assert np.mean(places) - np.median(still.spectra[1].y) == pytest.approx(moved, abs=0.6)
