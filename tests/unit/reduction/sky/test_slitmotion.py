import numpy as np
import pytest

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.reduction.sky.slitmotion import slit_motion
from soxs_pipeline.reduction.slit.pixels import gather_pixels
from tests.support.sky_scene import Star, make_geometry, make_scene

GEOMETRY = make_geometry()


def motion_of(scene, geometry=GEOMETRY):
    pixels = gather_pixels(scene.frame, None, geometry, edge_margin_px=2.0)
    return slit_motion(scene.frame, geometry.order_table, pixels)


@pytest.mark.parametrize("moved", [{11: 1.4, 12: 1.4}, {11: -0.8, 12: -0.8}])
def test_the_ends_of_the_slit_tell_the_motion(moved):
    scene = make_scene(make_geometry(moved, 0.0))
    assert motion_of(scene) == pytest.approx(moved, abs=0.15)


def test_nothing_moves_where_nothing_moved():
    found = motion_of(make_scene(make_geometry(margin_px=0.0), stars=()))
    assert all(abs(px) < 0.15 for px in found.values())


def test_without_sky_and_star_nothing_is_told():
    assert (
        motion_of(make_scene(make_geometry({11: 1.0, 12: 1.0}), stars=(), sky=0.0, line=0.0)) == {}
    )


def test_a_bright_star_tells_the_motion_where_the_slit_is_turned_round():
    # Order 12 sees the slit the other way round: what moves the detector moves the star there
    # towards the other end. No sky is there to tell the ends.
    turned, moved = turned_round(GEOMETRY, 12), turned_round(make_geometry({11: 0.9, 12: 0.9}), 12)
    star = Star(20000.0, 0.8, drift=0.1)
    found = motion_of(make_scene(moved, stars=(star,), sky=0.0, line=0.0), turned)
    assert found == pytest.approx({11: 0.9, 12: 0.9}, abs=0.2)


def turned_round(geometry, order):
    """Return a geometry in which one order has its slit the other way round."""
    solution, pixel_map = geometry.dispersion, geometry.pixel_map
    row = solution.index(order)
    series = {}
    for name in ("x_coef", "y_coef"):
        coef = getattr(solution, name).copy()
        coef[row, :, 1::2] *= -1.0
        series[name] = coef
    slit = pixel_map.slit_arcsec.copy()
    here = pixel_map.order == order
    slit[here] *= -1.0
    return Geometry(
        geometry.order_table,
        type(solution)(
            solution.orders, solution.wave_domain_nm, solution.slit_domain_arcsec,
            series["x_coef"], series["y_coef"], solution.fit_rms_px, solution.n_lines,
        ),
        type(pixel_map)(pixel_map.wavelength_nm, slit, pixel_map.order, pixel_map.spot_fwhm_px),
    )  # fmt: skip


def test_the_same_motion_is_found_on_any_noise():
    moved = {11: 0.5, 12: 0.5}
    found = [
        list(motion_of(make_scene(make_geometry(moved, 0.0), seed)).values()) for seed in (2, 3, 4)
    ]
    assert np.array(found) == pytest.approx(0.5, abs=0.1)


def test_the_middle_of_a_galaxy_tells_nothing():
    # Its nucleus is bluer than its disc: the middle of the blend changes with the wavelength.
    turned = turned_round(GEOMETRY, 12)
    blend = Star(20000.0, 0.3, fwhm=2.6, colour=-0.6), Star(20000.0, 1.6, fwhm=2.6, colour=0.6)
    scene = make_scene(turned_round(make_geometry(), 12), stars=blend, sky=0.0, line=0.0)
    assert motion_of(scene, turned) == {}
