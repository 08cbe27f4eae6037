"""Images against sums and positions that are known beforehand."""

import numpy as np
import pytest

from soxs_pipeline.simulator.geometry import Geometry, random_flexure
from soxs_pipeline.simulator.images import (
    fringe_pattern,
    object_image,
    pinhole_image,
    scattered_light,
    slit_light_image,
)
from soxs_pipeline.simulator.light import Light
from soxs_pipeline.simulator.optics import PINHOLE_AREA_ARCSEC2, efficiency, slit_illumination
from soxs_pipeline.simulator.scenes import Scene, Source


@pytest.fixture(scope="module")
def geometry():
    return Geometry("VIS", random_flexure("VIS", np.random.default_rng(3)))


def lines(*wave):
    return Light(np.zeros_like, np.array(wave), np.full(len(wave), 1e6))


def stamp(image, x, y, half=7):
    i, j = round(x), round(y)
    part = image[j - half : j + half + 1, i - half : i + half + 1].astype(float)
    rows, columns = np.indices(part.shape) - half
    total = part.sum()
    place = (i + (part * columns).sum() / total, j + (part * rows).sum() / total)
    return total, place, np.sqrt((part * columns**2).sum() / total - (place[0] - i) ** 2)


def test_pinholes_fall_where_the_geometry_says(geometry):
    # One line well inside each band, far from the band's ends and from other bands.
    wave = {2: 391.3, 3: 480.17, 1: 610.61, 4: 757.57}
    image = pinhole_image(
        geometry, lines(*wave.values()), holes_arcsec=np.array([-4.0, 0.0, 4.0]), seconds=2.0
    )
    for order, line in wave.items():
        light = 1e6 * 2.0 * PINHOLE_AREA_ARCSEC2 * efficiency("VIS", order, np.array([line]))[0]
        for hole in (-4.0, 0.0, 4.0):
            x, y = geometry.orders[order].position(np.array([line]), np.array([hole]))
            total, place, sigma = stamp(image, x[0], y[0])
            assert total == pytest.approx(light, rel=1e-3)
            assert place == pytest.approx((x[0], y[0]), abs=0.002)
            assert 1.6 < 2.3548 * sigma < 1.95


def test_lines_through_the_slit_are_tilted_as_the_geometry_says(geometry):
    image = slit_light_image(geometry, lines(757.57), width_arcsec=1.0, seconds=1.0)
    slit = np.linspace(-6.5, 6.5, 2001)
    x, y = geometry.orders[4].position(np.full_like(slit, 757.57), slit)
    order = np.argsort(y)
    for row in range(int(y.min()) + 6, int(y.max()) - 6, 4):
        expected = np.interp(row, y[order], x[order])
        start = round(expected) - 12
        part = image[row, start : start + 25].astype(float)
        found = start + (part * np.arange(25)).sum() / part.sum()
        assert found == pytest.approx(expected, abs=0.002)


def test_a_flat_keeps_the_light_of_the_lamp(geometry):
    flat = Light(lambda wave: np.full_like(wave, 1e4), np.zeros(0), np.zeros(0))
    image = slit_light_image(geometry, flat, width_arcsec=0.5, seconds=3.0)
    placed, inverse = geometry.orders[1], geometry.inverse(1)
    wave = np.linspace(*placed.wave_range, 8000)
    slit = (np.arange(480) + 0.5) / 40 - 6
    x, _ = placed.position(wave[:, None], slit)
    light = efficiency("VIS", 1, wave)[:, None] * slit_illumination("VIS", slit) * 1.5e4
    light = light * (wave[1] - wave[0]) / 40
    expected = light[(x > 999.5) & (x < 1999.5)].sum()
    columns = np.arange(1000, 2000)
    near = np.abs(np.arange(808)[:, None] - inverse.reference(columns)) < inverse.half_height + 4
    assert (image[:, columns] * near).sum() == pytest.approx(expected, rel=1e-3)


def test_the_source_gives_what_the_truth_says(geometry):
    scene = Scene(sources=(Source("flat", 15.0, 0.7),), drift_arcsec=0.8)
    (image,), truth = object_image(geometry, scene, seconds=100.0)
    entry = next(e for e in truth[0] if e.order == 3)
    placed, inverse = geometry.orders[3], geometry.inverse(3)
    x, y = placed.position(entry.wavelength_nm, entry.position_arcsec)
    sort = np.argsort(x)
    for column in (1000, 2000, 3000):
        row = np.interp(column, x[sort], y[sort])
        at = np.interp(np.array([-0.5, 0, 0.5]) + column, x[sort], entry.wavelength_nm[sort])
        density = np.interp(at[1], entry.wavelength_nm, entry.electrons_per_nm)
        near = np.abs(np.arange(808) - inverse.reference(np.array([column]))) < 28
        profile = image[:, column] * near
        assert profile.sum() == pytest.approx(density * abs(at[2] - at[0]), rel=2e-3)
        # Seen above half the maximum, the profile is symmetric about the trace.
        core = np.flatnonzero(profile > 0.5 * profile.max())
        centroid = (profile[core] * core).sum() / profile[core].sum()
        assert centroid == pytest.approx(row, abs=0.15)


def test_scattered_light_is_smooth_and_a_small_share():
    image = np.zeros((400, 800), np.float32)
    image[190:210] = 1000.0
    stray = scattered_light(image, 0.015)
    assert stray.shape == image.shape
    assert stray.sum() == pytest.approx(0.015 * image.sum(), rel=0.25)
    assert np.abs(np.diff(stray, axis=0)).max() < 0.01 * 15.0 * 10


def test_fringes_grow_to_the_red_only(geometry):
    pattern = fringe_pattern(geometry, 0.04)
    reach = geometry.inverse(1)
    middle = int(reach.reference(np.array([2000]))[0])
    assert np.ptp(pattern[middle, 1900:2100]) == 0
    red = int(geometry.inverse(4).reference(np.array([3900]))[0])
    assert 0.05 < np.ptp(pattern[red, 3500:4000]) < 0.1
