from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import ParameterError
from soxs_pipeline.recipes.soxs_stare import RECIPE, StareParameters, soxs_stare
from tests.support.sky_scene import BLUR_PX, Star, make_geometry, make_scene

GEOMETRY = make_geometry()


def run(scene, geometry=GEOMETRY, **parameters):
    return soxs_stare(
        scene.raw,
        DetectorCalibration(),
        None,
        geometry,
        parameters=StareParameters(**parameters),
    )


@pytest.fixture(scope="module")
def ordinary():
    scene = make_scene(GEOMETRY, hits=40)
    return scene, run(scene)


def scattered(scene, level, slope):
    """The scene with light everywhere that changes from row to row; and its median on the slit."""
    rows = np.arange(scene.raw.data.shape[0])[:, None]
    stray = level + slope * (rows - rows.mean())
    data = (scene.raw.data + stray / scene.raw.setup.gain_e_per_adu).astype(np.float32)
    inner = GEOMETRY.pixel_map.order > 0
    median = float(np.median(np.broadcast_to(stray, inner.shape)[inner]))
    return replace(scene, raw=replace(scene.raw, data=data)), median


def test_scattered_light_is_not_taken_for_sky_or_wings_of_a_source():
    scene = make_scene(GEOMETRY, stars=(Star(60.0, 2.5),))
    lit, median = scattered(scene, 12.0, 0.25)
    plain, clean = run(scene), run(lit)
    left = run(lit, subtract_scattered=False)
    inner = np.abs(np.nan_to_num(GEOMETRY.pixel_map.slit_arcsec, nan=9.0)) < 5.0

    def more(outcome):
        return (outcome.products.sky_model.data - plain.products.sky_model.data)[inner]

    assert values(clean, "SKY SCATTERED")[None] == pytest.approx(median, abs=0.7)
    assert abs(np.mean(more(clean))) < 0.3
    assert np.mean(more(left)) > 0.5 * median
    error = np.abs(clean.products.sky_subtracted.data - plain.products.sky_subtracted.data)[inner]
    wrong = np.abs(left.products.sky_subtracted.data - plain.products.sky_subtracted.data)[inner]
    assert np.mean(error) < 0.75 * np.mean(wrong)


def test_the_noise_of_scattered_light_does_not_draw_the_sky_down():
    """Nor any mean weighted by the variance that is left: little sky is where it showed."""
    left, error = [], []
    for seed in range(4):
        lit, _ = scattered(make_scene(GEOMETRY, seed, (), sky=3.0, line=0.0), 8.0, 0.0)
        made = run(lit).products
        inner = np.abs(np.nan_to_num(GEOMETRY.pixel_map.slit_arcsec, nan=9.0)) < 5.0
        rest = made.sky_subtracted
        use = inner & ~rest.bad & (rest.variance > 0)
        left.append(rest.data[use].mean(dtype=float))
        error.append(rest.data[use].std(dtype=float) / np.sqrt(use.sum()))
    assert np.mean(left) == pytest.approx(0.0, abs=3 * np.hypot.reduce(error) / len(error))


def test_an_order_table_without_edges_leaves_scattered_light_in_and_tells():
    scene = make_scene(GEOMETRY)
    known = GEOMETRY.order_table
    unknown = np.full_like(known.lower_coef, np.nan)
    table = replace(known, lower_coef=unknown, upper_coef=unknown)
    outcome = soxs_stare(
        scene.raw, DetectorCalibration(), None, replace(GEOMETRY, order_table=table),
        parameters=StareParameters(),
    )  # fmt: skip
    assert "scattered light was left in" in " ".join(outcome.remarks)
    assert not values(outcome, "SKY SCATTERED")


def values(outcome, key):
    return {q.order: q.value for q in outcome.qc if q.definition.key == key}


def test_frame_and_sky_model_add_up_and_are_empty_off_the_slit(ordinary):
    scene, outcome = ordinary
    frame, sky = outcome.products.sky_subtracted, outcome.products.sky_model
    off = (frame.quality & np.uint32(Quality.OFF_SLIT)) != 0
    assert 0.2 < off.mean() < 0.8
    assert (frame.data[off] == 0).all()
    assert (sky.data[off] == 0).all()
    whole = run(scene, subtract_scattered=False).products
    total = whole.sky_subtracted.data + whole.sky_model.data
    assert total[~off] == pytest.approx(scene.frame.data[~off], abs=1e-2)
    assert (frame.variance[~off] > 0).all()
    assert (sky.variance[~off] > 0).all()


def test_quality_values_tell_what_was_done(ordinary):
    _, outcome = ordinary
    assert values(outcome, "SKY CHI2")[None] == pytest.approx(1.0, abs=0.05)
    assert set(values(outcome, "SKY CHI2")) == {None, 11, 12}
    assert values(outcome, "SKY BEYOND FRAC")[None] < 0.001
    assert values(outcome, "N SOURCES") == {None: 1}
    assert values(outcome, "SOURCE POS")[None] == pytest.approx(0.8, abs=0.05)
    assert values(outcome, "COSMIC NUM")[None] > 10
    assert {q.definition for q in outcome.qc} <= set(RECIPE.qc)


def test_what_is_missing_is_remarked(ordinary):
    _, outcome = ordinary
    assert any("no master flat" in remark for remark in outcome.remarks)


def test_a_track_across_the_dispersion_upon_the_source_is_no_line_of_its_spectrum():
    scene = make_scene(GEOMETRY)
    track = (scene.stars > 0.02 * scene.stars.max(axis=0)) & (
        np.arange(scene.stars.shape[1]) % 40 == 20
    )
    data = scene.raw.data + np.where(track, 700.0, 0.0) / scene.raw.setup.gain_e_per_adu
    outcome = run(replace(scene, raw=replace(scene.raw, data=data.astype(np.float32))))
    found = (outcome.products.sky_subtracted.quality & np.uint32(Quality.COSMIC_RAY)) != 0
    inner = GEOMETRY.pixel_map.order > 0
    assert found[track & inner].mean() > 0.95
    assert values(outcome, "COSMIC NUM")[None] >= 0.9 * (track & inner).sum()
    # Without it they would go into the spectrum: the model may be as bright as it likes.
    clean = run(scene).products.sky_subtracted
    assert ((clean.quality & np.uint32(Quality.COSMIC_RAY)) != 0)[inner].sum() < 10


def with_pinholes(width_px):
    widths = dict.fromkeys(GEOMETRY.order_table.orders.tolist(), width_px)
    return replace(GEOMETRY, pixel_map=replace(GEOMETRY.pixel_map, spot_fwhm_px=widths))


def test_a_bright_star_tells_how_much_of_a_pinholes_image_is_its_own_size():
    bright, faint = (make_scene(GEOMETRY, 2, (Star(flux),)) for flux in (60000.0, 300.0))
    geometry = with_pinholes(BLUR_PX / 0.75)
    told = values(run(bright, geometry), "SOURCE BLUR FRAC")[None]
    assert told == pytest.approx(0.75, abs=0.05)
    # A faint one is fitted as the parameter has it, and comes out too narrow or nearly right.
    as_usual, as_told = (run(faint, geometry, blur_fraction=fraction) for fraction in (0.95, told))
    assert values(as_usual, "SOURCE BLUR FRAC")[None] == pytest.approx(0.95, abs=0.04)
    widths = [values(one, "SOURCE FWHM")[None] for one in (as_usual, as_told)]
    assert widths[0] < 1.16
    assert abs(widths[1] - 1.2) < 0.7 * abs(widths[0] - 1.2)


def test_without_pinholes_nothing_is_said_of_the_blur(ordinary):
    assert not values(ordinary[1], "SOURCE BLUR FRAC")


def test_an_empty_slit_gives_a_forced_source_and_says_so():
    outcome = run(make_scene(GEOMETRY, 2, stars=()), position=1.5)
    target = outcome.products.sources.sources[0]
    assert target.forced
    assert float(target.position(1100.0)) == pytest.approx(1.5)
    assert values(outcome, "N SOURCES") == {None: 0}
    assert any("assumed" in remark for remark in outcome.remarks)


@pytest.mark.parametrize("text", ["a:b", "1", "3:1", "1:2:3"])
def test_sky_regions_that_make_no_sense_are_refused(text):
    with pytest.raises(ParameterError, match="sky-regions"):
        run(make_scene(GEOMETRY), sky_regions=text)


def test_sky_regions_are_used():
    outcome = run(make_scene(GEOMETRY), sky_regions="-5:-2, 3:5")
    assert values(outcome, "SKY CHI2")[None] == pytest.approx(1.0, abs=0.06)


HOSTED = Star(1500.0, -0.9, fwhm=0.9, colour=-0.3), Star(9000.0, 1.3, fwhm=0.9, scale=1.5)


def test_of_a_target_upon_a_galaxy_it_is_said_how_well_its_flux_is_known():
    outcome = run(make_scene(GEOMETRY, 3, HOSTED))
    (told,) = [remark for remark in outcome.remarks if "upon a galaxy" in remark]
    unsure = 100.0 * outcome.products.sources.sources[0].flux_error
    assert f"{unsure:.1f} per cent" in told


def test_a_target_upon_a_galaxy_may_be_told_by_its_place():
    outcome = run(make_scene(GEOMETRY, 3, HOSTED), locate="given", position=-0.9)
    target, *others = outcome.products.sources.sources
    assert target.forced
    assert float(target.position(1100.0)) == pytest.approx(-0.9, abs=0.01)
    assert [other.outline is not None for other in others] == [True]


def test_the_image_of_the_slit_is_followed_and_the_user_told():
    scene = make_scene(make_geometry({11: 1.6, 12: 1.6}, 0.0), stars=(Star(600.0, 1.0),))
    followed, left = run(scene), run(scene, follow_slit=False)
    assert followed.products.sky_subtracted.slit_moved_px == pytest.approx(
        {11: 1.6, 12: 1.6}, abs=0.15
    )
    assert followed.products.sky_model.slit_moved_px
    assert values(followed, "SLIT MOVED")[11] == pytest.approx(1.6, abs=0.15)
    assert any("image of the slit lies +1.6 pixels" in said for said in followed.remarks)
    assert not left.products.sky_subtracted.slit_moved_px
    assert not any("SLIT MOVED" in str(q.definition) for q in left.qc)
    places = [float(o.products.sources.sources[0].position(1100.0)) for o in (followed, left)]
    assert places[0] == pytest.approx(1.0, abs=0.05)
    assert places[1] == pytest.approx(1.0 + 1.6 * 0.3, abs=0.08)
