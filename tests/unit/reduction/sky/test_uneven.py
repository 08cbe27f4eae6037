"""Lines that differ along the slit, against what was drawn."""

import numpy as np
import pytest

from soxs_pipeline.reduction.sky.finding import SourceOptions
from soxs_pipeline.reduction.sky.ownlines import line_wavelengths
from soxs_pipeline.reduction.sky.spectrum import SkyOptions
from soxs_pipeline.reduction.sky.subtraction import model_exposure
from soxs_pipeline.reduction.slit.pixels import gather_pixels
from tests.support.sky_scene import Cloud, Star, make_geometry, make_scene

GEOMETRY = make_geometry()
CLOUDS = (Cloud(120.0), Cloud(260.0, slope=-0.3, knot=0.8), Cloud(330.0, 1500.0, 0.0, 1.0, -3.0))


def modelled(scene, **options):
    pixels = gather_pixels(scene.frame, None, GEOMETRY, edge_margin_px=2.0)
    return model_exposure(pixels, scene.frame.shape, SkyOptions(**options), SourceOptions())[0]


def near(order, clouds=CLOUDS):
    return np.any([np.abs(order.pixels.w - c.place) < 3.0 for c in clouds], axis=0)


def error_under_target(scene, orders):
    """Error of the sky under the target at the clouds' lines, in its own sigma."""
    pulls = []
    for order in orders:
        share = order.profiles[0]
        under = near(order) & (share > 0.5 * share.max())
        error = order.model.sky - scene.sky.ravel()[order.pixels.place]
        pulls.append((error / np.sqrt(order.model.sky_variance))[under])
    return np.concatenate(pulls)


def test_what_lies_under_the_target_is_told_with_its_error():
    uneven, even = [], []
    for seed in (1, 2, 3):
        scene = make_scene(GEOMETRY, seed, clouds=CLOUDS, hits=30)
        uneven.append(error_under_target(scene, modelled(scene)))
        even.append(error_under_target(scene, modelled(scene, uneven_lines=False)))
    assert np.sqrt(np.mean(np.concatenate(uneven) ** 2)) < 1.6
    assert np.sqrt(np.mean(np.concatenate(even) ** 2)) > 4.0


def test_light_of_the_target_stays_its_own():
    # Of a knot next to the target it is not known how much lies under it: a slope tells.
    slopes = Cloud(120.0), Cloud(260.0, slope=-0.8)
    lights, truths = 0.0, 0.0
    for seed in (1, 2, 3):
        scene = make_scene(GEOMETRY, seed, (Star(1500.0),), clouds=slopes)
        for order in modelled(scene):
            here = near(order, slopes)
            lights += order.light[here].sum()
            truths += scene.stars.ravel()[order.pixels.place][here].sum()
    # The noise of three frames is 1.2 % (0.7 +- 0.5 % too low in sixteen).
    assert lights == pytest.approx(truths, rel=0.04)


def test_their_wavelengths_are_told():
    orders = modelled(make_scene(GEOMETRY, 2, clouds=CLOUDS))
    for order in orders:
        found = line_wavelengths(order, order.model.interpolated)
        expected = np.interp([c.place for c in CLOUDS], order.pixels.w, order.pixels.wavelength_nm)
        assert found.size == len(CLOUDS)
        assert np.allclose(np.sort(found), np.sort(expected), atol=1.0)


@pytest.mark.parametrize("seed", range(1, 7))
def test_an_ordinary_sky_is_even(seed):
    lines = (Star(lines=((100.0, 2500.0), (300.0, 900.0))),)
    for order in modelled(make_scene(GEOMETRY, seed, lines, hits=60)):
        assert line_wavelengths(order, order.model.interpolated).size == 0
        assert not order.model.interpolated.any()


def test_a_bright_target_is_no_cloud():
    for order in modelled(make_scene(GEOMETRY, 3, (Star(40000.0, fwhm=1.0),))):
        assert line_wavelengths(order, order.model.interpolated).size == 0


def test_beside_a_line_the_sky_is_as_sure_as_ever():
    for seed in (4, 5):
        scene = make_scene(GEOMETRY, seed, clouds=CLOUDS)
        for order in modelled(scene):
            far = ~np.any([np.abs(order.pixels.w - c.place) < 8.0 for c in CLOUDS], axis=0)
            error = order.model.sky - scene.sky.ravel()[order.pixels.place]
            pull = (error / np.sqrt(order.model.sky_variance))[far]
            assert np.sqrt(np.mean(pull**2)) == pytest.approx(1.0, abs=0.3)


def test_regions_of_sky_leave_the_rest_to_the_target():
    scene = make_scene(GEOMETRY, 2, clouds=CLOUDS)
    for order in modelled(scene, regions=((-5.0, -2.0), (3.0, 5.0))):
        assert line_wavelengths(order, order.model.interpolated).size == 0
