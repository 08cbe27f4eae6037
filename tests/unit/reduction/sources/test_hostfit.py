"""The fit of stars upon a host, against differences of its own misfit and made-up light."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.numerics.detection import Peak
from soxs_pipeline.reduction.slit.pixels import gather_pixels
from soxs_pipeline.reduction.sources.hostfit import SHARED, HostFit, HostValues, nucleus
from soxs_pipeline.reduction.sources.hostpixels import HostPixels
from soxs_pipeline.reduction.sources.hosts import find_star, fit_hosted, host_like
from soxs_pipeline.reduction.sources.shapes import usual_shape
from tests.support.sky_scene import READ_NOISE, Star, make_geometry, make_scene

GEOMETRY = make_geometry()
DISC = Star(9000.0, 1.3, fwhm=0.9, colour=0.4, scale=1.5)
STAR = Star(1500.0, -0.9, fwhm=0.9, colour=-0.3)


def orders_of(stars, block_px=24):
    """The pixels of a frame without sky lines, with its even sky known."""
    scene = make_scene(GEOMETRY, 5, stars, line=0.0)
    made = []
    for pixels in gather_pixels(scene.frame, None, GEOMETRY, edge_margin_px=2.0):
        noise2 = READ_NOISE**2 + (scene.sky + scene.stars).ravel()[pixels.place]
        light = pixels.data - scene.sky.ravel()[pixels.place]
        ones = np.ones((1, light.size))
        made.append(HostPixels(pixels, light, 1.0 / noise2, ones, block_px).only(pixels.usable))
    return made


def like(place, width=0.9):
    return usual_shape(Peak(place, width, 1.0, 50.0), (1000.0, 1200.0), (np.zeros(0), np.zeros(0)))


@pytest.fixture(scope="module")
def both():
    return orders_of((STAR, DISC))


def test_the_right_side_is_the_slope_of_the_misfit(both):
    star, host = like(-0.9), host_like(both, like(1.3, 3.0), [like(-0.9)])
    moved = float(host.trace[0])
    outline = host.outline
    fit = HostFit(
        both,
        [star],
        replace(outline, low=outline.low + moved, high=outline.high + moved),
        host.domain_nm,
    )
    values = HostValues(np.array([0.1, 0.0, 0.0, -0.1, 1.1]), np.array([-0.85]), outline.coef)
    _, lean, _ = fit.normal(values)
    for k in (0, 3, 4, SHARED, SHARED + 12):
        step = np.zeros(lean.size)
        step[k] = 1e-4
        ahead, behind = (HostValues(*split(values, sign * step)) for sign in (1, -1))
        slope = (fit.misfit(ahead) - fit.misfit(behind)) / 2e-4
        assert -0.5 * slope == pytest.approx(lean[k], rel=0.05, abs=0.02 * np.abs(lean).max())


def split(values, step):
    shared, places, coef = np.split(step, np.cumsum([SHARED, values.places.size]))
    return values.shared + shared, values.places + places, values.coef + coef


def test_a_star_is_found_upon_a_stiff_host_and_nowhere_without_one(both):
    for orders, seen in ((both, True), (orders_of((DISC,)), False)):
        host = host_like(orders, like(1.3, 3.0), [])
        stiff = fit_hosted(orders, [host], steps=6, stiff=True)
        peak = find_star(orders, stiff.shapes)
        assert (peak.significance > 20.0) == seen
        if seen:
            assert peak.position == pytest.approx(-0.9, abs=0.25)


def test_a_star_keeps_its_place_and_its_error_tells_of_the_host(both):
    host = host_like(both, like(1.3, 3.0), [like(-0.9)])
    fitted = fit_hosted(both, [host, like(-0.9)])
    _, star = fitted.shapes
    assert float(star.trace[0]) == pytest.approx(-0.9, abs=0.05)
    assert 0.01 < star.flux_error < 0.1
    assert star.significance < 1.0 / star.flux_error
    assert fitted.blocks == 2 * np.ceil(400 / 24)


def test_the_nucleus_is_not_a_star_upon_the_host(both):
    host = host_like(both, like(1.3, 3.0), [])
    moved = float(host.trace[0])
    assert nucleus(host.outline) + moved == pytest.approx(1.3, abs=0.7)
