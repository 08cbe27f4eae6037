import numpy as np
import pytest

from soxs_pipeline.reduction.sky.spectrum import SkyOptions, fit_order
from soxs_pipeline.reduction.slit.distortion import (
    Misfit,
    common_gain,
    improve,
    no_distortion,
)
from soxs_pipeline.reduction.slit.pixels import gather_pixels
from tests.support.sky_scene import make_geometry, make_scene

GEOMETRY = make_geometry()


def misfit_of(pixels, weight, model, residual):
    none = np.zeros((0, weight.size))
    return Misfit(pixels, residual, weight, model.sky, model.slope, model.curvature, none)


def refined(scene, *, follow_lines=True, rounds=4):
    pixels = gather_pixels(scene.frame, None, GEOMETRY, edge_margin_px=2.0)[1]
    weight = 1.0 / scene.variance.ravel()[pixels.place]
    distortion = no_distortion(2, 1)
    for _ in range(rounds):
        model = fit_order(
            pixels, weight, np.zeros((0, weight.size)), distortion, SkyOptions(), last=False
        )
        misfit = misfit_of(pixels, weight, model, pixels.data - model.sky)
        distortion = improve(
            distortion,
            misfit,
            follow_lines=follow_lines,
            usual_gain=common_gain([(distortion, misfit)])[0],
        )
    return pixels, weight, model, distortion


def test_a_bend_of_the_lines_is_found_and_taken_away():
    scene = make_scene(GEOMETRY, stars=(), line=30000.0, bend=0.3)
    pixels, weight, model, distortion = refined(scene)
    shift = distortion.at(pixels)[0]
    wanted = 0.3 * pixels.u**2
    apart = (shift - wanted) - np.mean(shift - wanted)
    assert np.sqrt(np.mean(apart**2)) < 0.02
    assert np.mean((pixels.data - model.sky) ** 2 * weight) < 1.1


def test_without_leave_the_lines_are_not_followed():
    scene = make_scene(GEOMETRY, stars=(), line=30000.0, bend=0.3)
    _, _, _, distortion = refined(scene, follow_lines=False)
    assert not distortion.shift_px.any()


def test_uneven_illumination_is_found():
    scene = make_scene(GEOMETRY, stars=(), sky=400.0, line=60000.0, tilt=0.06)
    pixels, _, _, distortion = refined(scene)
    gain = distortion.at(pixels)[1]
    assert gain - np.mean(gain) == pytest.approx(
        0.06 * pixels.u - np.mean(0.06 * pixels.u), abs=0.01
    )


def test_light_that_rises_along_the_slit_is_told_from_illumination():
    scene = make_scene(GEOMETRY, stars=(), sky=100.0, line=30000.0, host=40.0)
    pixels, weight, model, distortion = refined(scene)
    light = distortion.light(pixels)
    assert light - np.mean(light) == pytest.approx(40.0 * (pixels.u - pixels.u.mean()), abs=4.0)
    assert distortion.at(pixels)[1] == pytest.approx(1.0, abs=0.01)
    assert np.mean((pixels.data - model.sky) ** 2 * weight) < 1.1


def test_without_light_nothing_is_claimed():
    scene = make_scene(GEOMETRY, stars=(), sky=0.0, line=0.0)
    pixels, _, _, distortion = refined(scene)
    shift, gain, _ = distortion.at(pixels)
    assert np.abs(shift).max() < 1.0
    assert np.isfinite(gain).all()


def test_wings_of_a_source_do_not_pass_for_illumination():
    scene = make_scene(GEOMETRY, stars=(), sky=400.0, line=60000.0, tilt=0.06)
    pixels, weight, _, distortion = refined(scene, rounds=2)
    none = np.zeros((0, weight.size))
    model = fit_order(pixels, weight, none, distortion, SkyOptions(), last=False)
    residual = pixels.data - model.sky
    wings = 30.0 * (pixels.u**2 + 0.5 * pixels.u) * (1.0 + 0.3 * pixels.t)
    plain, lit = (
        common_gain([(distortion, misfit_of(pixels, weight, model, residual + more))])[0]
        for more in (0.0, wings)
    )
    assert plain[0] == pytest.approx(0.06, abs=0.005)
    assert lit == pytest.approx(plain, abs=1e-6)
