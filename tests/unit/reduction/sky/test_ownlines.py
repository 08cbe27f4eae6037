"""Lines of a galaxy that rotates, against what was drawn."""

import numpy as np
import pytest

from soxs_pipeline.reduction.exposures.frames import make_sky_frames
from soxs_pipeline.reduction.extraction.optimal import ExtractionOptions, extract_orders
from soxs_pipeline.reduction.sky.finding import SourceOptions
from soxs_pipeline.reduction.sky.spectrum import SkyOptions
from soxs_pipeline.reduction.sky.subtraction import model_exposure
from soxs_pipeline.reduction.slit.pixels import gather_pixels
from tests.support.sky_scene import Star, make_geometry, make_scene

GEOMETRY = make_geometry()
PLACES = (120.0, 260.0)
GALAXY = Star(1500.0, 0.3, fwhm=2.6, lines=tuple((p, 60000.0) for p in PLACES), spin=1.5)


def extracted(scene, window=None):
    pixels = gather_pixels(scene.frame, None, GEOMETRY, edge_margin_px=2.0)
    modelled, sources = model_exposure(pixels, scene.frame.shape, SkyOptions(), SourceOptions())
    frames = make_sky_frames(scene.frame, modelled)
    spectra = extract_orders(
        *frames, sources, GEOMETRY, None, options=ExtractionOptions(window=window)
    )
    return modelled, spectra


def light_of_lines(spectrum):
    """Return the light of each line, summed over all its velocities."""
    light = []
    for place in PLACES:
        near = np.abs(spectrum.x - place) < 12.0
        beside = (np.abs(spectrum.x - place) < 40.0) & ~near
        light.append(spectrum.flux[near].sum() - near.sum() * np.median(spectrum.flux[beside]))
    return light


@pytest.mark.parametrize("window", [None, (-5.5, 5.5)])
def test_lines_of_a_galaxy_that_rotates_stay_with_it(window):
    modelled, spectra = extracted(make_scene(GEOMETRY, 1, (GALAXY,)), window)
    assert all(order.model.own.any() and not order.model.interpolated.any() for order in modelled)
    light = np.concatenate([light_of_lines(spectrum) for spectrum in spectra])
    assert light / 60000.0 == pytest.approx(1.0, abs=0.12)


def test_a_galaxy_that_does_not_rotate_has_no_lines_of_its_own():
    still = Star(1500.0, 0.3, fwhm=2.6, lines=GALAXY.lines)
    modelled, spectra = extracted(make_scene(GEOMETRY, 1, (still,)))
    assert not any(order.model.own.any() for order in modelled)
    light = np.concatenate([light_of_lines(spectrum) for spectrum in spectra])
    assert light / 60000.0 == pytest.approx(1.0, abs=0.05)
