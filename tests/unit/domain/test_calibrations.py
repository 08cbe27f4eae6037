import numpy as np
import pytest

from tests.support.sky_scene import make_geometry

GEOMETRY = make_geometry()
MOVED = {11: 0.8, 12: -1.3}


def test_a_geometry_moves_with_the_image_of_the_slit():
    moved, drawn = GEOMETRY.moved_across(MOVED), make_geometry(MOVED)
    for order, rows in MOVED.items():
        both = (moved.pixel_map.order == order) & (drawn.pixel_map.order == order)
        for name, step in (("slit_arcsec", 0.005), ("wavelength_nm", 0.002)):
            mine, right = (getattr(one.pixel_map, name)[both] for one in (moved, drawn))
            assert np.nanmax(np.abs(mine - right)) < step
        wave = np.linspace(1050.0, 1150.0, 5)
        there = [one.dispersion.detector_position(order, wave, 2.0)[1] for one in (moved, drawn)]
        assert there[0] == pytest.approx(there[1])
        x = np.linspace(20.0, 380.0, 5)
        centre = [one.order_table.centre(order, x) for one in (GEOMETRY, moved)]
        assert centre[1] - centre[0] == pytest.approx(rows)


def test_edges_hold_what_is_on_the_slit_and_was_before():
    moved, x = GEOMETRY.moved_across(MOVED).order_table, np.linspace(20.0, 380.0, 5)
    then = GEOMETRY.order_table
    assert moved.lower(11, x) - then.lower(11, x) == pytest.approx(0.8)
    assert moved.upper(11, x) == pytest.approx(then.upper(11, x))
    assert moved.lower(12, x) == pytest.approx(then.lower(12, x))
    assert moved.upper(12, x) - then.upper(12, x) == pytest.approx(-1.3)


def test_nothing_moves_by_nothing():
    assert GEOMETRY.moved_across({}) is GEOMETRY
    assert GEOMETRY.moved_across({11: 0.0}) is GEOMETRY
