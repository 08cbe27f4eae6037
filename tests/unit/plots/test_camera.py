"""Figures of the camera are right whichever way the camera looks."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.plots.camera import image_and_sources
from soxs_pipeline.recipes.soxs_astro_phot import AstroPhotParameters, soxs_astro_phot
from tests.support.camera_night import night


@pytest.fixture(scope="module")
def reduced():
    seen = night()
    return soxs_astro_phot(
        seen.objects, seen.detector, seen.flat, seen.catalogue, parameters=AstroPhotParameters()
    ).products


@pytest.mark.parametrize("turn", [0, 60, 150, 250])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_compass_lies_in_the_image_and_points_where_the_projection_does(
    reduced, turn, mirrored
):
    c, s = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    scale = reduced.image.astrometry.scale_arcsec / 3600.0
    cd = scale * np.array([[-c, s], [s, c]]) @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    image = replace(reduced.image, astrometry=replace(reduced.image.astrometry, cd=cd))
    (axes,) = image_and_sources(image, reduced.sources, None).axes
    ny, nx = image.frame.shape
    places = {text.get_text(): np.array(text.get_position()) for text in axes.texts}
    for name in ("N", "E", '30"'):
        assert (places[name] > 0).all()
        assert (places[name] < [nx, ny]).all()
    arrows = [note for note in axes.texts if not note.get_text()]
    start = np.array(arrows[0].xyann)
    for name, sky in (("N", (0.0, 1.0)), ("E", (1.0, 0.0))):
        along = cd @ (places[name] - start)
        assert along / np.hypot(*along) == pytest.approx(sky, abs=1e-6)
