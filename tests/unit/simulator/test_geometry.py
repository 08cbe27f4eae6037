"""The simulator's geometry against published positions and against its own inverse."""

import numpy as np
import pytest

from soxs_pipeline.simulator.geometry import (
    Flexure,
    Geometry,
    air_to_vacuum,
    random_flexure,
    vacuum_to_air,
)

# Order, air nm, slit, detector x and y (trimmed pixels) as published.
PUBLISHED = {
    "NIR": ((16, 1220.0, 0.0, 1026.24, 716.77), (10, 1950.0, 0.0, 1030.03, 386.38)),
    "VIS": ((2, 400.0, 0.0, 314.13, 1992.65), (4, 760.0, 5.0, 664.67, 1951.73)),
}


@pytest.mark.parametrize("arm", ["VIS", "NIR"])
def test_light_falls_where_it_was_published(arm):
    geometry = Geometry(arm)
    for order, air, slit, column, row in PUBLISHED[arm]:
        vacuum = air_to_vacuum(np.array([air]))
        x, y = geometry.orders[order].position(vacuum, np.array([slit]))
        expected = (row, column) if geometry.transposed else (column, row)
        assert x[0] == pytest.approx(expected[0], abs=0.02)
        assert y[0] == pytest.approx(expected[1], abs=0.02)


@pytest.mark.parametrize(("vacuum", "air"), [(656.461, 656.280), (1083.330, 1083.034)])
def test_air_wavelengths_agree_with_tables(vacuum, air):
    assert vacuum_to_air(np.array(vacuum)) == pytest.approx(air, abs=1e-3)
    assert air_to_vacuum(np.array(air)) == pytest.approx(vacuum, abs=1e-3)


@pytest.mark.parametrize("arm", ["VIS", "NIR"])
def test_the_inverse_map_undoes_the_positions(arm):
    geometry = Geometry(arm, random_flexure(arm, np.random.default_rng(4)))
    rng = np.random.default_rng(5)
    for order, placed in geometry.orders.items():
        low, high = placed.wave_published
        wave, slit = rng.uniform(low, high, 500), rng.uniform(-6, 6, 500)
        x, y = placed.position(wave, slit)
        found_wave, found_slit = geometry.inverse(order).evaluate(x, y)
        per_pixel = (high - low) / 2000
        assert np.abs(found_wave - wave).max() < 1e-4 * per_pixel
        assert np.abs(found_slit - slit).max() < 1e-4


def test_bands_of_the_visible_arm_move_on_their_own_and_echelle_orders_together():
    rng = np.random.default_rng(6)
    apart = np.array(list(random_flexure("VIS", rng).shift.values()))
    together = np.array(list(random_flexure("NIR", rng).shift.values()))
    assert np.ptp(apart[:, 0]) > 0.5
    assert np.ptp(together, axis=0) == pytest.approx(0.0)


def test_the_extra_bend_stays_small():
    for seed in range(20):
        flexure = random_flexure("NIR", np.random.default_rng(seed), bend_px=0.3)
        still = Flexure(flexure.shift, flexure.rotation_rad, flexure.scale)
        bent, plain = Geometry("NIR", flexure), Geometry("NIR", still)
        wave = np.linspace(*bent.orders[15].wave_published, 50)
        moved = bent.orders[15].position(wave, 0 * wave)[0]
        assert np.abs(moved - plain.orders[15].position(wave, 0 * wave)[0]).max() <= 0.3


def test_a_moved_geometry_is_shifted_rigidly():
    geometry = Geometry("VIS", random_flexure("VIS", np.random.default_rng(1)))
    placed, moved = geometry.orders[3], geometry.moved(0.4, -0.2).orders[3]
    at = np.array([480.0]), np.array([2.0])
    shift = np.subtract(moved.position(*at), placed.position(*at)).ravel()
    assert shift == pytest.approx([0.4, -0.2], abs=1e-9)


def test_wavelength_falls_with_x_in_u_and_g_only():
    rising = {order: placed.rising() for order, placed in Geometry("VIS").orders.items()}
    assert rising == {1: True, 2: False, 3: False, 4: True}
    assert all(placed.rising() for placed in Geometry("NIR").orders.values())


def test_smooth_orders_are_one_surface_and_stay_near_the_published_ones():
    published, smooth = Geometry("NIR"), Geometry("NIR", smooth=True)
    # At the blaze, each order's centre follows its neighbours; five of them, fourth differences.
    heights = []
    for order, placed in smooth.orders.items():
        blaze = np.array([19490.0 / order])
        heights.append(placed.position(blaze, np.zeros(1))[1][0])
        wave = np.linspace(*placed.wave_published, 30)
        shift = np.hypot(
            *np.subtract(
                placed.position(wave, 0 * wave), published.orders[order].position(wave, 0 * wave)
            )
        )
        assert np.median(shift) < 2.5
    rough = [
        o.position(np.array([19490.0 / m]), np.zeros(1))[1][0] for m, o in published.orders.items()
    ]
    assert np.abs(np.diff(heights[1:-1], 5)).max() < 0.2
    assert np.abs(np.diff(rough[1:-1], 5)).max() > np.abs(np.diff(heights[1:-1], 5)).max()
