"""Areas of pixels against those of their corners, sent through the inverse by brute force."""

import numpy as np
import pytest
from scipy.optimize import fsolve

from soxs_pipeline.reduction.orders.pixelarea import pixel_area
from tests.support.optics import make_format

SOLUTION = make_format().solution
ORDER = int(SOLUTION.orders[0])


def place(wave, slit):
    """Wavelength and slit position that fall where these do, half a pixel away to each side."""
    x, y = (float(v[0]) for v in SOLUTION.detector_position(ORDER, np.array([wave]), slit))

    def corner(dx, dy):
        def miss(values):
            px, py = SOLUTION.detector_position(ORDER, values[:1], float(values[1]))
            return [float(px[0]) - x - dx, float(py[0]) - y - dy]

        return fsolve(miss, [wave, slit], xtol=1e-12)

    return [corner(dx, dy) for dx, dy in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))]


def area_of(corners):
    x, y = np.array(corners).T
    return 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))


@pytest.mark.parametrize("slit", [-5.0, -2.0, 3.0, 5.5])
def test_relative_areas_are_those_of_the_corners(slit):
    low, high = SOLUTION.wave_domain_nm[0]
    waves = np.linspace(low, high, 7)[1:-1]
    known = pixel_area(SOLUTION, ORDER, waves)
    middle = np.array([area_of(place(wave, 0.0)) for wave in waves])
    there = np.array([area_of(place(wave, slit)) for wave in waves])
    assert known.mid_area == pytest.approx(middle, rel=1e-3)
    assert known.relative(np.full(waves.size, slit)) == pytest.approx(there / middle, rel=1e-3)
    assert np.ptp(there / middle) + abs(np.mean(there / middle) - 1.0) > 2e-3


def test_areas_between_the_wavelengths_known_are_interpolated():
    low, high = SOLUTION.wave_domain_nm[0]
    coarse = pixel_area(SOLUTION, ORDER, np.linspace(low, high, 33))
    fine = pixel_area(SOLUTION, ORDER, np.linspace(low, high, 65))
    between = coarse.at(np.linspace(0.0, 32.0, 65))
    slit = np.full(65, 4.5)
    assert between.relative(slit) == pytest.approx(fine.relative(slit), rel=1e-4)
