import numpy as np
import pytest

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.recipes.soxs_extract import RECIPE, ExtractParameters, soxs_extract
from soxs_pipeline.recipes.soxs_stare import StareParameters, soxs_stare
from tests.support.sky_scene import Star, make_geometry, make_scene

GEOMETRY = make_geometry()


def reduced(scene, **parameters):
    stare = soxs_stare(
        scene.raw, DetectorCalibration(), None, GEOMETRY, parameters=StareParameters()
    ).products
    return soxs_extract(
        stare.sky_subtracted,
        stare.sky_model,
        stare.sources,
        None,
        GEOMETRY,
        None,
        None,
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


def test_a_source_nobody_saw_is_extracted_and_remarked():
    outcome = reduced(make_scene(GEOMETRY, 2, stars=()))
    assert any("not found" in remark for remark in outcome.remarks)
    for spectrum in outcome.products.orders.spectra:
        pull = spectrum.flux / np.sqrt(spectrum.variance)
        assert abs(np.mean(pull)) < 0.25
        assert np.std(pull) == pytest.approx(1.0, abs=0.12)
