from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.reduction.exposures.frames import (
    make_sky_frames,
    sky_pulls,
    subtracted_variance,
)
from soxs_pipeline.reduction.sky.finding import SourceOptions
from soxs_pipeline.reduction.sky.spectrum import SkyOptions
from soxs_pipeline.reduction.sky.subtraction import model_exposure
from soxs_pipeline.reduction.slit.pixels import gather_pixels
from tests.support.sky_scene import BLUR_PX, Star, make_geometry, make_scene

GEOMETRY = make_geometry()


def modelled(scene, sky=None, **source):
    pixels = gather_pixels(scene.frame, None, GEOMETRY, edge_margin_px=2.0)
    return model_exposure(pixels, scene.frame.shape, sky or SkyOptions(), SourceOptions(**source))


def place_of(sources, k=0, wave=1100.0):
    return float(sources.sources[k].position(wave))


@pytest.fixture(scope="module")
def ordinary():
    scene = make_scene(GEOMETRY, hits=60)
    return scene, *modelled(scene)


def test_the_source_is_found_where_it_is_and_as_wide(ordinary):
    _, _, sources = ordinary
    (source,) = sources.sources
    assert not source.forced
    assert source.significance > 30.0
    for wave, place in ((1010.0, 0.8 - 0.135), (1100.0, 0.8), (1190.0, 0.8 + 0.135)):
        assert float(source.position(wave)) == pytest.approx(place, abs=0.03)
    seen = np.hypot(float(source.fwhm(1100.0)), source.blur_px * 0.3)
    assert seen == pytest.approx(np.hypot(1.2, 1.5 * 0.3), rel=0.08)


PAIR = Star(1500.0, -0.4, fwhm=0.9, colour=0.6), Star(1000.0, 1.0, fwhm=0.9, colour=-0.6)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_close_pair_of_stars_of_two_colours_is_taken_apart(seed):
    _, sources = modelled(make_scene(GEOMETRY, seed, PAIR))
    assert [place_of(sources, k) for k in (0, 1)] == pytest.approx([-0.4, 1.0], abs=0.05)
    for source in sources.sources:
        seen = np.hypot(float(source.fwhm(1100.0)), source.blur_px * 0.3)
        assert seen == pytest.approx(np.hypot(0.9, BLUR_PX * 0.3), rel=0.1)


def test_a_third_star_beside_a_pair_stays_one():
    third = Star(800.0, -4.2, fwhm=0.9)
    _, sources = modelled(make_scene(GEOMETRY, 1, (*PAIR, third)), most=5)
    places = sorted(place_of(sources, k) for k in range(len(sources.sources)))
    assert places == pytest.approx([-4.2, -0.4, 1.0], abs=0.08)


def test_a_star_beside_the_middle_of_its_host_is_taken_apart():
    host = Star(6000.0, 1.8, fwhm=3.0, beta=2.0, colour=0.3)
    _, sources = modelled(make_scene(GEOMETRY, 1, (Star(1500.0, -0.4, fwhm=0.9), host)))
    assert place_of(sources) == pytest.approx(-0.4, abs=0.1)
    assert float(sources.sources[0].fwhm(1100.0)) < 1.3


def flux_over_truth(orders, scene_of_target):
    """Return the light that the model gives the target over that drawn into the frame."""
    true = sum(scene_of_target.stars.ravel()[order.pixels.place].sum() for order in orders)
    return sum((order.model.spectra[0] * order.profiles[0]).sum() for order in orders) / true


@pytest.mark.parametrize("scale", [1.2, 2.0])
def test_a_star_on_the_flank_of_a_disc_keeps_its_light(scale):
    star = Star(1500.0, -0.9, fwhm=0.9, colour=-0.3)
    disc = Star(9000.0, 1.3, fwhm=0.9, colour=0.4, scale=scale)
    scene = make_scene(GEOMETRY, 3, (star, disc))
    orders, sources = modelled(scene)
    target, host = sources.sources
    assert target.outline is None
    assert host.outline is not None
    assert float(target.position(1100.0)) == pytest.approx(-0.9, abs=0.04)
    assert float(host.position(1100.0)) == pytest.approx(1.3, abs=0.5)
    found = flux_over_truth(orders, make_scene(GEOMETRY, 3, (star,)))
    assert found == pytest.approx(1.0, abs=2.0 * target.flux_error)
    assert target.flux_error < 0.06


def test_a_galaxy_alone_has_no_star_upon_it():
    _, sources = modelled(make_scene(GEOMETRY, 3, (Star(9000.0, 0.3, fwhm=0.9, scale=1.5),)))
    assert place_of(sources) == pytest.approx(0.3, abs=0.05)
    assert not any(source.outline for source in sources.sources)


@pytest.mark.parametrize("flux", [300.0, 3000.0])
def test_a_star_drawn_out_along_the_slit_stays_one(flux):
    # Trailed over 1.5": many equal stars side by side, drawn as one.
    trail = [Star(flux / 6, place, fwhm=0.9) for place in np.linspace(-0.75, 0.75, 6)]
    scene = make_scene(GEOMETRY, 1, trail)
    orders, sources = modelled(scene)
    assert place_of(sources) == pytest.approx(0.0, abs=0.03)
    assert not [s for s in sources.sources[1:] if abs(float(s.position(1100.0))) < 2.0]
    true = sum(scene.stars.ravel()[order.pixels.place].sum() for order in orders)
    light = sum((order.model.spectra[0] * order.profiles[0]).sum() for order in orders)
    assert light / true == pytest.approx(1.0, abs=0.01)


def test_pinholes_tell_the_blur_from_the_seeing():
    # The image of a pinhole is wider than the blur: the hole has a size of its own.
    spot = BLUR_PX / 0.95
    told = replace(
        GEOMETRY, pixel_map=replace(GEOMETRY.pixel_map, spot_fwhm_px={11: spot, 12: spot})
    )
    widths = {True: [], False: []}
    for seed in (1, 2, 3, 4):
        scene = make_scene(GEOMETRY, seed=seed)
        for pinholes, geometry in ((False, GEOMETRY), (True, told)):
            pixels = gather_pixels(scene.frame, None, geometry, edge_margin_px=2.0)
            _, sources = model_exposure(pixels, scene.frame.shape, SkyOptions(), SourceOptions())
            widths[pinholes].append(float(sources.sources[0].fwhm(1100.0)))
            if pinholes:
                assert sources.sources[0].blur_px == pytest.approx(BLUR_PX, abs=0.15)
    assert np.mean(widths[True]) == pytest.approx(1.2, rel=0.015)
    assert abs(np.mean(widths[True]) - 1.2) < abs(np.mean(widths[False]) - 1.2)


@pytest.mark.parametrize("sky", [1000.0, 3000.0])
def test_wide_wings_over_a_bright_sky_stay_with_the_source(sky):
    ratios, told = [], []
    for seed in range(1, 7):
        scene = make_scene(GEOMETRY, seed, (Star(1.2 * sky, 0.4, fwhm=1.8, beta=2.2),), sky=sky)
        orders, sources = modelled(scene)
        true = sum(scene.stars.ravel()[order.pixels.place].sum() for order in orders)
        ratios.append(sum(order.light.sum() for order in orders) / true)
        told.append(sources.sources[0].flux_error)
    # An illumination fitted before the source was known took 5 % of its light. On so small a
    # piece of sky the wings are known hardly better than expected, and an exponent of 3.2 is.
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.03)
    pulls = (np.array(ratios) - 1.0) / told
    assert np.sqrt(np.mean(pulls**2)) < 1.6


@pytest.mark.parametrize("host", [0.0, 60.0])
def test_light_of_a_host_that_rises_along_the_slit_stays_with_the_sky(host):
    ratios = []
    for seed in range(1, 5):
        scene = make_scene(GEOMETRY, seed, (Star(800.0, -1.5),), host=host)
        orders, _ = modelled(scene)
        true = sum(scene.stars.ravel()[order.pixels.place].sum() for order in orders)
        ratios.append(sum(order.light.sum() for order in orders) / true)
    # Of 5 % that the host took before its slope was told from illumination 1 % is left.
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.015)


def test_regions_of_sky_carry_no_slope_to_the_target():
    scene = make_scene(GEOMETRY, 2, (Star(800.0, -1.5),), host=60.0)
    orders, _ = modelled(scene, SkyOptions(regions=((1.0, 5.0),)))
    assert not any(order.distortion.slope_e.any() for order in orders)


def test_sky_alone_leaves_noise_alone(ordinary):
    _, orders, _ = ordinary
    for order in orders:
        pulls, sky = sky_pulls(order)
        assert np.mean(pulls**2) == pytest.approx(1.0, abs=0.05)
        assert np.mean(np.abs(pulls) > 5.0) < 1e-3
        core = sky > 3.0 * np.median(sky)
        assert np.mean(pulls[core] ** 2) < 1.15


def test_the_source_does_not_bias_the_sky_nor_the_sky_the_source(ordinary):
    scene, orders, _ = ordinary
    for order in orders:
        error = order.model.sky - scene.sky.ravel()[order.pixels.place]
        bright = order.light > 0.3 * order.light.max()
        sigma = np.sqrt(order.variance)
        assert abs(np.mean(error / sigma)) < 0.05
        assert abs(np.mean(error[bright] / sigma[bright])) < 0.08
        pull = error / np.sqrt(order.model.sky_variance)
        assert np.std(pull) == pytest.approx(1.0, abs=0.25)


def test_cosmic_rays_are_flagged_and_little_else(ordinary):
    scene, orders, _ = ordinary
    frame, _ = make_sky_frames(scene.frame, orders)
    inside = np.zeros(frame.shape, bool)
    for order in orders:
        inside.ravel()[order.pixels.place] = True
    struck = scene.hits & inside
    assert frame.bad[struck].mean() > 0.95
    assert frame.bad[inside & ~scene.hits].mean() < 0.002


def test_a_source_seen_in_one_line_only_is_found():
    star = Star(flux=0.0, position=-2.0, drift=0.0, lines=((150.0, 4000.0),))
    scene = make_scene(GEOMETRY, stars=(star,), hits=40)
    orders, sources = modelled(scene)
    assert place_of(sources) == pytest.approx(-2.0, abs=0.2)
    assert not sources.sources[0].forced
    # Elsewhere there is nothing but noise.
    line = [order.light[np.abs(order.pixels.w - 150.0) < 8.0].sum() for order in orders]
    assert sum(line) == pytest.approx(scene.stars.sum(), rel=0.1)


def test_nothing_is_found_where_nothing_is():
    for seed in range(5):
        scene = make_scene(GEOMETRY, seed, stars=(), hits=60)
        _, sources = modelled(scene, position_arcsec=1.0)
        target = sources.sources[0]
        assert target.forced or target.significance < 5.0
        if target.forced:
            assert target.significance == 0.0
            assert place_of(sources) == pytest.approx(1.0)


def test_of_two_sources_the_one_next_to_the_expected_place_is_the_target():
    stars = Star(400.0, 3.0, 0.0, 1.0), Star(150.0, -1.5, 0.0, 1.0)
    scene = make_scene(GEOMETRY, stars=stars)
    _, sources = modelled(scene)
    assert [place_of(sources, k) for k in (0, 1)] == pytest.approx([-1.5, 3.0], abs=0.1)
    _, sources = modelled(scene, position_arcsec=2.5)
    assert place_of(sources) == pytest.approx(3.0, abs=0.1)


def test_a_given_place_is_taken_unseen():
    _, sources = modelled(make_scene(GEOMETRY), forced=True, position_arcsec=-3.0)
    assert sources.sources[0].forced
    assert place_of(sources) == pytest.approx(-3.0, abs=0.2)
    assert place_of(sources, 1) == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize("fwhm", [0.4, 2.0])
def test_sharp_and_poor_seeing_are_no_cosmic_rays(fwhm):
    scene = make_scene(GEOMETRY, stars=(Star(3000.0, fwhm=fwhm),))
    orders, sources = modelled(scene)
    assert place_of(sources) == pytest.approx(0.8, abs=0.03)
    for order in orders:
        assert order.hit.mean() < 0.002
        assert order.used.mean() > 0.995


def test_lines_bent_against_the_calibration_leave_no_trace():
    scene = make_scene(GEOMETRY, line=30000.0, bend=0.25)
    for order in modelled(scene)[0]:
        pulls, _ = sky_pulls(order)
        assert np.mean(pulls**2) < 1.12


def test_sky_is_taken_from_the_given_regions_alone():
    scene = make_scene(GEOMETRY)
    orders, _ = modelled(scene, SkyOptions(regions=((-5.0, -2.0), (3.0, 5.0))))
    for order in orders:
        slit = order.pixels.slit_arcsec
        far = (slit > -2.0) & (slit < -1.2)
        assert not order.used[far & (order.profiles.max(axis=0) < 0.02)].any()
        error = order.model.sky - scene.sky.ravel()[order.pixels.place]
        assert abs(np.mean(error / np.sqrt(order.variance))) < 0.05


def test_the_variance_of_the_difference_is_right_beside_and_on_the_source():
    """Many skies: sky-only pixels scatter less than their noise, the source's core more."""
    pulls = []
    for seed in range(6):
        scene = make_scene(GEOMETRY, seed)
        for order in modelled(scene, SkyOptions(structure_sigma=0.0))[0]:
            truth = scene.stars.ravel()[order.pixels.place]
            apart = order.pixels.data - order.model.sky - truth
            pulls.append((apart / np.sqrt(subtracted_variance(order)), order.profiles[0]))
    pull, share = (np.concatenate(parts) for parts in zip(*pulls, strict=True))
    assert np.std(pull[share < 0.01]) == pytest.approx(1.0, abs=0.03)
    assert np.std(pull[share > 0.15]) == pytest.approx(1.0, abs=0.04)


def test_an_order_of_which_nothing_is_left_does_not_hinder_the_others():
    stars = Star(1500.0, -0.9, fwhm=0.9, colour=-0.3), Star(9000.0, 1.3, fwhm=0.9, scale=1.5)
    scene = make_scene(GEOMETRY, 3, stars)
    whole, lost = gather_pixels(scene.frame, None, GEOMETRY, edge_margin_px=2.0)
    lost = replace(lost, usable=lost.usable & (lost.w < lost.w[0] + 4.0))
    shape = scene.frame.shape
    _, sources = model_exposure([whole, lost], shape, SkyOptions(), SourceOptions())
    assert place_of(sources) == pytest.approx(-0.9, abs=0.1)
    assert sources.sources[1].outline is not None


#: A galaxy 2.2 arcsec from where the telescope points, and what is too faint to be seen there.
BESIDE = Star(9000.0, 2.2, fwhm=0.9, colour=0.2, scale=1.6)


def test_a_target_that_is_not_seen_upon_the_flank_of_a_galaxy_is_not_the_galaxy():
    star = Star(60.0, 0.0, fwhm=0.9, colour=0.2)
    scene = make_scene(GEOMETRY, 3, (star, BESIDE))
    orders, sources = modelled(scene, aim_arcsec=0.0)
    target, host = sources.sources
    assert target.forced
    assert place_of(sources) == pytest.approx(0.0, abs=0.05)
    assert float(host.position(1100.0)) == pytest.approx(2.2, abs=0.5)
    found = flux_over_truth(orders, make_scene(GEOMETRY, 3, (star,)))
    assert found == pytest.approx(1.0, abs=3.0 * target.flux_error)


@pytest.mark.parametrize("aim", [2.0, float("nan")])
def test_a_galaxy_that_the_telescope_points_at_is_the_target(aim):
    _, sources = modelled(make_scene(GEOMETRY, 3, (BESIDE,)), aim_arcsec=aim)
    assert not sources.sources[0].forced
    assert place_of(sources) == pytest.approx(2.2, abs=0.1)


@pytest.mark.parametrize("position", [2.2, -2.2])
def test_illumination_and_wings_are_told_apart_at_either_end_of_the_slit(position):
    ratios, told = [], []
    for seed in range(1, 7):
        star = Star(150.0, position, fwhm=1.4, beta=3.0)
        scene = make_scene(GEOMETRY, seed, (star,), sky=150.0, line=20000.0, tilt=0.04)
        orders, sources = modelled(scene)
        true = sum(scene.stars.ravel()[order.pixels.place].sum() for order in orders)
        ratios.append(sum(order.light.sum() for order in orders) / true)
        told.append(sources.sources[0].flux_error)
    pulls = (np.array(ratios) - 1.0) / np.hypot(told, np.std(ratios))
    assert abs(np.mean(pulls)) < 1.2, (ratios, told)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.03)
