"""Offsets to the sky against truth: extended objects keep their light, noise is as told."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.beside import Beside
from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import InputError
from soxs_pipeline.recipes.soxs_extract import ExtractParameters, soxs_extract
from soxs_pipeline.recipes.soxs_merge import MergeParameters, soxs_merge
from soxs_pipeline.recipes.soxs_offset import OffsetParameters, soxs_offset
from soxs_pipeline.recipes.soxs_stare import StareParameters, soxs_stare
from tests.support.sequences import member, offset
from tests.support.sky_scene import Star, make_geometry

GEOMETRY = make_geometry()
BAD = np.uint32(511)
#: Fills the slit: nowhere on it is there sky alone.
GALAXY = Star(2000.0, position=0.0, drift=0.0, fwhm=14.0, beta=2.0)


def run(scenes, k=0, **parameters):
    raws = [scene.raw for scene in scenes]
    return soxs_offset(
        raws[k], raws, DetectorCalibration(), None, GEOMETRY,
        parameters=OffsetParameters(**parameters),
    )  # fmt: skip


def extracted(outcome):
    made = outcome.products
    return soxs_extract(
        made.sky_subtracted, made.sky_model, made.sources, Beside(), GEOMETRY, None, None,
        parameters=ExtractParameters(),
    ).products.orders  # fmt: skip


def value(outcome, key):
    return next(q.value for q in outcome.qc if q.definition.key == key and q.order is None)


def inside(outcome):
    """The pixels of the orders, but for their ends and the columns near them."""
    order = GEOMETRY.pixel_map.order
    inner = (order > 0) & (outcome.products.sky_subtracted.quality == 0)
    inner[:, :30] = inner[:, 370:] = False
    return inner


@pytest.mark.parametrize("subtract", ["model", "difference"])
def test_an_object_that_fills_the_slit_keeps_its_light(subtract):
    ratios, pulls = [], []
    for seed in (1, 11, 21):
        scenes = offset(GEOMETRY, "SOS", seed=seed, star=GALAXY)
        outcome = run(scenes, 1, subtract=subtract)
        inner = inside(outcome)
        made = outcome.products.sky_subtracted
        truth = scenes[1].stars
        ratios.append(made.data[inner].sum() / truth[inner].sum())
        pulls.append((made.data - truth)[inner] / np.sqrt(made.variance[inner]))
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.004)
    assert np.std(np.concatenate(pulls)) == pytest.approx(1.0, abs=0.06)


def test_a_stare_would_take_it_for_sky():
    """Then the test above can fail: the same frame reduced by itself loses its light."""
    scene = offset(GEOMETRY, "SOS", star=GALAXY)[1]
    stare = soxs_stare(
        scene.raw, DetectorCalibration(), None, GEOMETRY, parameters=StareParameters()
    )
    inner = inside(stare)
    share = stare.products.sky_subtracted.data[inner].sum() / scene.stars[inner].sum()
    assert share < 0.8


def test_pulls_of_a_point_source_have_width_one():
    pulls, ratios = [], []
    for seed in (1, 11, 21, 31):
        scenes = offset(GEOMETRY, "OSSO", seed=seed, hits=20)
        for k in (0, 3):
            for s in extracted(run(scenes, k)).spectra:
                x = s.x.astype(int)
                good = ((s.quality & BAD) == 0) & (x > 30) & (x < 370)
                truth = scenes[k].spectra[s.order][x[good]]
                pulls.append((s.flux[good] - truth) / np.sqrt(s.variance[good]))
                ratios.append(s.flux[good].sum() / truth.sum())
    assert np.std(np.concatenate(pulls)) == pytest.approx(1.0, abs=0.07)
    error = np.std(ratios) / np.sqrt(len(ratios) / 2)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.004 + 2.5 * error)


def test_lines_that_brightened_are_matched_and_told():
    scenes = offset(GEOMETRY, "SO", star=GALAXY, line=3000.0)
    brighter = offset(GEOMETRY, "SO", star=GALAXY, line=3600.0)
    outcome = run([scenes[0], brighter[1]], 1)
    assert value(outcome, "SKY LINES RATIO") == pytest.approx(1.2, abs=0.02)
    left = run([scenes[0], brighter[1]], 1, match_lines=False)
    inner = inside(outcome)

    def chi2(made):
        part = made.products.sky_subtracted
        return np.mean(((part.data - brighter[1].stars)[inner]) ** 2 / part.variance[inner])

    assert chi2(outcome) < 1.15
    assert chi2(left) > 1.35


def test_crowded_lines_that_faded_do_not_lift_the_valleys_between_them():
    """Only what is airglow fades: the light between lines stays, however bright its neighbours."""
    crowd = {"sky": 10.0, "lines_number": 60}
    before = offset(GEOMETRY, "SO", star=GALAXY, line=60000.0, **crowd)
    after = offset(GEOMETRY, "SO", star=GALAXY, line=57000.0, **crowd)
    outcome = run([before[0], after[1]], 1)
    valley = inside(outcome) & (after[1].sky < 60.0)
    left = (outcome.products.sky_subtracted.data - after[1].stars)[valley]
    assert valley.sum() > 500
    assert np.mean(left) == pytest.approx(0.0, abs=1.5)


def test_a_bright_star_does_not_move_the_lines():
    """Tilted lines pass the star's rows at other columns than the rest of the slit."""
    for seed in (1, 4):
        scenes = offset(GEOMETRY, "SO", seed=seed, star=Star(20000.0, 1.5))
        outcome = run(scenes, 1)
        assert value(outcome, "SKY LINES RATIO") == pytest.approx(1.06, abs=0.02)
        beside = inside(outcome) & (np.abs(GEOMETRY.pixel_map.slit_arcsec + 3.0) < 1.5)
        made = outcome.products.sky_subtracted
        pull = (made.data - scenes[1].stars)[beside] / np.sqrt(made.variance[beside])
        assert np.std(pull) < 1.15


def test_an_exposure_of_the_sky_gives_sky_and_no_spectrum():
    scenes = offset(GEOMETRY, "OS")
    outcome = run(scenes, 1)
    assert outcome.products.sources.sources == ()
    assert value(outcome, "OFFSET SKY") == 1
    assert outcome.products.sky_subtracted.exposures == ()
    orders = extracted(outcome)
    assert orders.spectra == ()
    assert any("exposure of the sky" in remark for remark in outcome.remarks)


def test_merging_leaves_exposures_of_the_sky_out():
    scenes = offset(GEOMETRY, "OS")
    both = [extracted(run(scenes, k)) for k in (0, 1)]
    merged = soxs_merge(both, parameters=MergeParameters()).products.merged
    alone = soxs_merge(both[:1], parameters=MergeParameters()).products.merged
    np.testing.assert_array_equal(merged.flux, alone.flux)
    with pytest.raises(InputError, match="nothing to merge"):
        soxs_merge(both[1:], parameters=MergeParameters())


def test_without_an_exposure_of_the_sky_it_is_done_as_a_stare_and_said_so():
    scenes = offset(GEOMETRY, "O")
    outcome = run(scenes)
    assert any("no exposure of the sky" in remark for remark in outcome.remarks)
    assert outcome.products.sources.sources[0].significance > 5.0


def test_headers_without_offsets_are_one_clear_error():
    scenes = [
        replace(scene, raw=replace(scene.raw, header=Header({"MJD-OBS": 60000.0 + k})))
        for k, scene in enumerate(offset(GEOMETRY, "OS"))
    ]
    with pytest.raises(InputError, match="where the telescope pointed"):
        run(scenes)


def raised(scenes, k, electrons):
    """The sequence with light spread evenly over one slit, as a brighter sky gives it."""
    scene = scenes[k]
    made = [*scenes]
    more = np.where(GEOMETRY.pixel_map.order > 0, electrons, 0.0)
    data = (scene.raw.data + more / scene.raw.setup.gain_e_per_adu).astype(np.float32)
    made[k] = replace(scene, raw=replace(scene.raw, data=data))
    return made


def excess(outcome, scene):
    """Median electrons that are left where neither target nor line of the sky is."""
    inner = inside(outcome) & (scene.stars < 0.5)
    return np.median(outcome.products.sky_subtracted.data[inner])


def beside(outcome):
    return [remark for remark in outcome.remarks if "beside the target" in remark]


def test_a_sky_that_brightened_between_exposures_is_taken_off_beside_a_point_source():
    scenes = raised(offset(GEOMETRY, "SOS"), 1, 2.0)
    plain = run(offset(GEOMETRY, "SOS"), 1)
    outcome, left = run(scenes, 1), run(scenes, 1, level="leave")
    assert excess(left, scenes[1]) - excess(plain, scenes[1]) == pytest.approx(2.0, abs=0.3)
    assert abs(excess(outcome, scenes[1]) - excess(plain, scenes[1])) < 0.3
    assert "were taken off" in beside(outcome)[0]
    assert not beside(left)


def test_light_too_strong_for_a_change_of_the_sky_is_left_and_told():
    scenes = raised(offset(GEOMETRY, "SOS"), 1, 60.0)
    outcome, taken = run(scenes, 1), run(scenes, 1, level="take")
    assert excess(outcome, scenes[1]) > 50.0
    assert "they were left" in beside(outcome)[0]
    assert abs(excess(taken, scenes[1])) < 2.0


def test_nothing_is_taken_off_beside_what_is_no_point_or_in_a_map():
    assert not beside(run(offset(GEOMETRY, "SOS", star=GALAXY), 1))
    scenes = raised(offset(GEOMETRY, "SOS"), 1, 2.0)
    mapped = [
        replace(s, raw=replace(s.raw, header=s.raw.header.merged(
            {"ESO DPR TECH": "ECHELLE,SLIT,MAPPING"})))
        for s in scenes
    ]  # fmt: skip
    assert not beside(run(mapped, 1))


def test_object_and_sky_that_look_exchanged_are_told():
    scenes = offset(GEOMETRY, "OSO", star=Star(300.0))
    told = " ".join(run(scenes, 1, first="sky").remarks)
    assert f"{scenes[0].raw.name} for the sky, but that holds a source of" in told
    right = " ".join(" ".join(run(scenes, k).remarks) for k in range(3))
    assert "but that holds a source" not in right


def test_a_star_upon_its_host_keeps_its_light_and_an_honest_error():
    star = Star(1500.0, -0.9, fwhm=0.9, colour=-0.3)
    both = star, Star(9000.0, 1.3, fwhm=0.9, colour=0.4, scale=1.5)
    scenes = [
        member(
            GEOMETRY,
            3 + k,
            both if letter == "O" else (),
            f"off{k}",
            {"ESO SEQ FIXOFF RA": 0.0 if letter == "O" else -45.0, "ESO SEQ FIXOFF DEC": 0.0},
            line=3000.0 * (1.0 + 0.06 * k),
            lines_seed=3,
        )
        for k, letter in enumerate("SOS")
    ]
    outcome = run(scenes, 1)
    target, host = outcome.products.sources.sources
    assert host.outline is not None
    assert 0.01 < target.flux_error < 0.1
    alone = member(GEOMETRY, 4, (star,), "alone", {}, lines_seed=3).stars
    for spectrum in extracted(outcome).spectra:
        true = (alone * (GEOMETRY.pixel_map.order == spectrum.order)).sum(axis=0)
        inner = slice(30, -30)
        there = np.interp(spectrum.x[inner], np.arange(true.size), true)
        assert spectrum.flux[inner].sum() / there.sum() == pytest.approx(1.0, abs=0.04)
