import math

import numpy as np
import pytest
from numpy.polynomial import hermite_e

from soxs_pipeline.numerics.gausshermite import hermite_bumps, hermite_sum

U = np.linspace(-9.0, 9.0, 3601)
STEP = U[1] - U[0]


def test_they_are_polynomials_times_a_gaussian():
    bumps = hermite_bumps(U, 8)
    for n in range(1, 9):
        series = hermite_e.hermeval(U, [0.0] * n + [1.0])
        wanted = series * np.exp(-0.5 * U**2) / math.sqrt(2.0 * math.pi * math.factorial(n))
        assert bumps[n - 1] == pytest.approx(wanted, abs=1e-12)


def test_none_holds_any_light():
    assert hermite_bumps(U, 8).sum(axis=1) * STEP == pytest.approx(0.0, abs=1e-12)


def test_a_sum_keeps_the_shape_of_the_places():
    places = np.linspace(-2.0, 2.0, 12).reshape(3, 4)
    coefficients = np.array([0.1, 0.0, -0.3])
    found = hermite_sum(coefficients, places)
    wanted = 0.1 * hermite_bumps(places, 3)[0] - 0.3 * hermite_bumps(places, 3)[2]
    assert found == pytest.approx(wanted)
    assert hermite_sum(np.zeros(0), places) == pytest.approx(np.zeros((3, 4)))


def test_a_small_first_one_shifts_a_gaussian():
    moved = np.exp(-0.5 * (U - 0.01) ** 2) / math.sqrt(2.0 * math.pi)
    gaussian = np.exp(-0.5 * U**2) / math.sqrt(2.0 * math.pi)
    assert gaussian + hermite_sum(np.array([0.01]), U) == pytest.approx(moved, abs=5e-5)
