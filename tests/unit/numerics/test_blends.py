import numpy as np
import pytest
from scipy.optimize import curve_fit

from soxs_pipeline.numerics.blends import blend_shift

SIGMA = 0.75


@pytest.mark.parametrize("distance", [0.5, 1.0, 2.0, 3.5])
def test_the_shift_is_that_of_a_least_squares_gaussian(distance):
    x = np.arange(-8, 9, 0.25)
    gauss = lambda x, c, a: a * np.exp(-0.5 * ((x - c) / SIGMA) ** 2)
    (centre, _), _ = curve_fit(gauss, x, gauss(x, 0, 1.0) + gauss(x, distance, 0.03), p0=(0, 1))
    shift, _ = blend_shift(np.array([0.0, distance]), np.array([1.0, 0.03]), sigma_px=SIGMA,
                           exponents=(1.0,))  # fmt: skip
    assert shift[0] == pytest.approx(centre, abs=0.002)


def test_symmetric_neighbours_cancel_and_uncertain_ratios_cost():
    position, light = np.array([-1.2, 0.0, 1.2]), np.array([0.02, 1.0, 0.02])
    shift, error = blend_shift(position, light, sigma_px=SIGMA, exponents=(0.5, 1.0))
    assert shift[1] == pytest.approx(0.0, abs=1e-12)
    one_sided, error_one = blend_shift(position[1:], light[1:], sigma_px=SIGMA,
                                       exponents=(0.5, 1.0))  # fmt: skip
    assert one_sided[0] > 0
    assert error_one[0] > error[1]


def test_order_of_the_list_does_not_matter():
    rng = np.random.default_rng(1)
    position, light = rng.uniform(0, 100, 60), 10 ** rng.uniform(0, 3, 60)
    options = {"sigma_px": SIGMA, "exponents": (0.5, 1.0)}
    shift, error = blend_shift(position, light, **options)
    swapped = rng.permutation(60)
    again = blend_shift(position[swapped], light[swapped], **options)
    assert np.allclose(again[0], shift[swapped])
    assert np.allclose(again[1], error[swapped])
