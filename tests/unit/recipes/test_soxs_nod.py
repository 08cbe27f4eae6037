from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.beside import Beside
from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import InputError
from soxs_pipeline.recipes.soxs_extract import ExtractParameters, soxs_extract
from soxs_pipeline.recipes.soxs_nod import RECIPE, NodParameters, soxs_nod
from tests.support.sequences import nodded
from tests.support.sky_scene import Star, make_geometry, make_scene

GEOMETRY = make_geometry()
BAD = np.uint32(511)


def run(scenes, k=0, **parameters):
    raws = [scene.raw for scene in scenes]
    return soxs_nod(
        raws[k],
        raws,
        DetectorCalibration(),
        None,
        GEOMETRY,
        parameters=NodParameters(**parameters),
    )


def extracted(outcome):
    made = outcome.products
    return soxs_extract(
        made.sky_subtracted,
        made.sky_model,
        made.sources,
        Beside(),
        GEOMETRY,
        None,
        None,
        parameters=ExtractParameters(),
    ).products.orders.spectra


def value(outcome, key):
    return next(q.value for q in outcome.qc if q.definition.key == key and q.order is None)


def measured(scenes, **parameters):
    """Spectra of all exposures on the columns of the detector, in electrons, with variances."""
    flux, variance, truth = {}, {}, {}
    for k, scene in enumerate(scenes):
        for spectrum in extracted(run(scenes, k, **parameters)):
            x = spectrum.x.astype(int)
            good = (spectrum.quality & BAD) == 0
            good &= (x > 30) & (x < 370)
            key = k, spectrum.order
            flux[key], variance[key] = spectrum.flux[good], spectrum.variance[good]
            truth[key] = scene.spectra[spectrum.order][x[good]]
    return flux, variance, truth


@pytest.mark.parametrize("subtract", ["model", "difference"])
@pytest.mark.parametrize("pattern", [(2.5, -2.5, -2.5, 2.5), (2.6, -2.4, 2.3)])
def test_pulls_against_the_truth_have_width_one_whatever_the_pattern(subtract, pattern):
    pulls, ratios = [], []
    for seed in (1, 11, 21):
        scenes = nodded(GEOMETRY, pattern, seed=seed, hits=20)
        flux, variance, truth = measured(scenes, subtract=subtract)
        pulls += [(flux[k] - truth[k]) / np.sqrt(variance[k]) for k in flux]
        ratios += [np.mean(flux[k]) / np.mean(truth[k]) for k in flux]
    assert np.std(np.concatenate(pulls)) == pytest.approx(1.0, abs=0.05)
    # The orders of an exposure share one profile, and so its error.
    error = np.std(ratios) / np.sqrt(len(ratios) / 2)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.003 + 2.5 * error)


def test_two_exposures_share_no_noise_so_that_signal_to_noise_grows_with_the_root():
    """Departures from the truth of the two ends of the nod are independent."""
    products = []
    for seed in range(1, 60, 10):
        scenes = nodded(GEOMETRY, (2.5, -2.5), seed=seed, flux=150.0)
        apart = {}
        for k, scene in enumerate(scenes):
            for s in extracted(run(scenes, k, subtract="difference")):
                x = s.x.astype(int)
                pull = (s.flux - scene.spectra[s.order][x]) / np.sqrt(s.variance)
                apart[k, s.order] = np.bincount(x, pull, minlength=400)[30:370]
        products += [apart[0, order] * apart[1, order] for order in (11, 12)]
    number = np.concatenate(products)
    # Bins next to each other are correlated by some ten per cent, which widens the error.
    assert abs(np.mean(number)) < 4.0 / np.sqrt(number.size)


def test_modelling_the_sky_gives_less_noise_than_the_difference():
    scenes = nodded(GEOMETRY, (2.5, -2.5), flux=50.0, sky=200.0)
    plain = np.mean(np.concatenate(list(measured(scenes, subtract="difference")[1].values())))
    modelled = np.mean(np.concatenate(list(measured(scenes, subtract="model")[1].values())))
    assert 1.5 < plain / modelled < 2.1


def test_an_unseen_target_is_taken_where_the_offset_puts_it():
    scenes = nodded(GEOMETRY, (2.5, -2.5), flux=0.0)
    target = run(scenes).products.sources.sources[0]
    assert target.forced
    assert float(target.position(1100.0)) == pytest.approx(2.5)


@pytest.mark.parametrize("pattern", [(2.5,), (2.5, 2.5, 2.5)])
def test_without_the_other_end_it_is_done_as_a_stare_and_said_so(pattern):
    scenes = nodded(GEOMETRY, pattern)
    outcome = run(scenes)
    assert any("done as a stare" in remark for remark in outcome.remarks)
    assert outcome.products.sources.sources[0].significance > 5.0


def test_the_last_of_the_more_numerous_end_is_alone():
    scenes = nodded(GEOMETRY, (2.5, 2.5, -2.5))
    alone = [any("done as a stare" in r for r in run(scenes, k).remarks) for k in range(3)]
    assert alone == [False, True, False]


def test_a_header_without_offsets_is_one_clear_error():
    scenes = nodded(GEOMETRY, (2.5, -2.5))
    scenes[1] = replace(
        scenes[1],
        raw=replace(scenes[1].raw, header=Header({"EXPTIME": 600.0, "MJD-OBS": 60001.0})),
    )
    with pytest.raises(InputError, match="does not tell where the telescope pointed") as caught:
        run(scenes)
    assert "CUMOFF Y" in str(caught.value.wanted)


def test_a_grazing_cosmic_ray_is_found_by_comparison():
    scenes = nodded(GEOMETRY, (2.5, -2.5))
    frame = scenes[0].raw.data.copy()
    order = GEOMETRY.pixel_map.order == 11
    slit = GEOMETRY.pixel_map.slit_arcsec
    # As wide as a star and as long as a line: not sharp.
    row = int(np.median(np.nonzero(order & (np.abs(slit + 2.0) < 0.1))[0]))
    y, x = np.mgrid[: frame.shape[0], : frame.shape[1]]
    blob = 300.0 * np.exp(-0.5 * (((y - row) / 2.0) ** 2 + ((x - 200) / 3.0) ** 2))
    scenes[0] = replace(scenes[0], raw=replace(scenes[0].raw, data=(frame + blob).astype("f4")))
    # By itself it might as well be the knot of a nebula.
    even = {"uneven_lines": False}
    here = np.s_[row - 2 : row + 3, 196:205]
    with_it = run(scenes, compare=True, **even).products.sky_subtracted.bad[here]
    without = run(scenes, compare=False, **even).products.sky_subtracted.bad[here]
    assert with_it.sum() > without.sum()


def test_every_quality_value_is_declared():
    outcome = run(nodded(GEOMETRY, (2.5, -2.5)))
    assert {q.definition for q in outcome.qc} <= set(RECIPE.qc)


def test_sky_and_frame_add_up_to_the_exposure_in_both_ways():
    scenes = nodded(GEOMETRY, (2.5, -2.5))
    for subtract in ("model", "difference"):
        made = run(scenes, subtract=subtract, subtract_scattered=False).products
        lit = made.sky_model.data != 0
        total = made.sky_subtracted.data + made.sky_model.data
        assert total[lit] == pytest.approx(scenes[0].frame.data[lit], abs=0.02)


def test_of_two_stars_the_same_is_the_target_at_both_ends():
    def pair(place, seed):
        scene = make_scene(GEOMETRY, seed, (Star(300.0, place), Star(200.0, place - 2.6)))
        header = scene.raw.header.merged({"ESO SEQ CUMOFF Y": place, "MJD-OBS": 60000.0 + seed})
        return replace(scene, raw=replace(scene.raw, header=header, name=f"n{seed}"))

    scenes = [pair(3.5, 1), pair(-0.5, 2)]
    for k, place in enumerate((3.5, -0.5)):
        target = run(scenes, k).products.sources.sources[0]
        assert float(target.position(1100.0)) == pytest.approx(place, abs=0.15)
