import numpy as np
import pytest
from scipy.special import erf

from soxs_pipeline.numerics.profiles import moffat_cumulative, moffat_fraction


@pytest.mark.parametrize("beta", [1.5, 2.5, 4.0, 20.0])
def test_all_pixels_together_hold_all_light(beta):
    pixels = np.arange(-2000.0, 2001.0)
    assert moffat_fraction(pixels, 1.0, 3.0, beta).sum() == pytest.approx(1.0, abs=1e-4)


def test_half_of_the_light_lies_on_either_side():
    assert moffat_cumulative(0.0, 1.3, 2.7) == pytest.approx(0.5, abs=1e-7)


def test_the_width_is_that_at_half_maximum():
    density = moffat_fraction(np.array([0.0, 0.75]), 1e-3, 1.5, 2.5)
    assert density[1] / density[0] == pytest.approx(0.5, rel=1e-3)


def test_a_large_exponent_is_a_gaussian():
    x = np.linspace(-2.0, 2.0, 9)
    gauss = 0.5 * (1.0 + erf(x * 2.3548 / np.sqrt(2.0)))
    assert moffat_cumulative(x, 1.0, 500.0) == pytest.approx(gauss, abs=1e-3)


def test_a_small_change_of_the_exponent_shows():
    """Fits take derivatives: a table that rounds its key would make them vanish."""
    assert moffat_cumulative(0.5, 1.0, 3.0 + 1e-7) != moffat_cumulative(0.5, 1.0, 3.0)
