import numpy as np
import pytest

from soxs_pipeline.reduction.sky.spectrum import SkyOptions, first_guess, fit_order
from soxs_pipeline.reduction.slit.distortion import no_distortion
from soxs_pipeline.reduction.slit.pixels import gather_pixels
from tests.support.sky_scene import make_geometry, make_scene

GEOMETRY = make_geometry()
SCENE = make_scene(GEOMETRY, stars=())
PIXELS = gather_pixels(SCENE.frame, None, GEOMETRY, edge_margin_px=2.0)
NONE = no_distortion(2, 2)


def fitted(pixels, options):
    truth = SCENE.sky.ravel()[pixels.place]
    weight = 1.0 / SCENE.variance.ravel()[pixels.place]
    empty = np.zeros((0, truth.size))
    return truth, weight, fit_order(pixels, weight, empty, NONE, options, last=True)


@pytest.mark.parametrize("structure_sigma", [0.0, 2.3])
def test_the_error_of_the_sky_is_what_it_says(structure_sigma):
    for pixels in PIXELS:
        truth, _, model = fitted(pixels, SkyOptions(structure_sigma=structure_sigma))
        pull = (model.sky - truth) / np.sqrt(model.sky_variance)
        assert np.std(pull) == pytest.approx(1.0, abs=0.2)
        assert abs(np.mean(pull)) < 0.15


def test_residuals_are_noise_even_on_the_lines():
    for pixels in PIXELS:
        truth, weight, model = fitted(pixels, SkyOptions())
        pull2 = (pixels.data - model.sky) ** 2 * weight / (1.0 - model.sky_variance * weight)
        assert np.mean(pull2) == pytest.approx(1.0, abs=0.05)
        core = truth > 3.0 * np.median(truth)
        assert core.sum() > 300
        assert np.mean(pull2[core]) < 1.15


def test_smoothing_where_there_is_no_structure_makes_the_sky_surer():
    fine = fitted(PIXELS[0], SkyOptions(structure_sigma=0.0))[2]
    smooth = fitted(PIXELS[0], SkyOptions())[2]
    assert np.median(smooth.sky_variance) < 0.6 * np.median(fine.sky_variance)


def test_the_derivatives_are_those_of_the_sky():
    model = fitted(PIXELS[0], SkyOptions())[2]
    row = PIXELS[0].place // SCENE.frame.shape[1]
    one = row == np.median(row).astype(int)
    w = PIXELS[0].w[one]
    slope = np.gradient(model.sky[one], w)
    assert np.corrcoef(slope, model.slope[one])[0, 1] > 0.98


def test_the_first_guess_is_deaf_to_a_source():
    bright = make_scene(GEOMETRY)
    pixels = gather_pixels(bright.frame, None, GEOMETRY, edge_margin_px=2.0)[0]
    guess = first_guess(pixels, pixels.usable)
    error = guess.sky - bright.sky.ravel()[pixels.place]
    # A fifth of the slit is bright; a mean would be off by 25 electrons.
    assert abs(np.median(error)) < 6.0
