import numpy as np
import pytest

from soxs_pipeline.numerics.logspline import LogSpline, second_differences

X = np.linspace(-3.0, 5.0, 57)


def test_a_straight_line_is_an_exponential():
    line = LogSpline(-3.0, 5.0, np.zeros(19))
    curve = LogSpline(-3.0, 5.0, -0.7 * line.middles)
    assert curve(X) == pytest.approx(np.exp(-0.7 * X), rel=1e-6)
    assert curve.slope(X[1:-1]) == pytest.approx(-0.7, rel=1e-6)


def test_beyond_its_range_a_curve_stays_as_it_is():
    curve = LogSpline(-1.0, 1.0, np.linspace(0.0, 1.0, 9))
    assert curve(np.array([-9.0, 9.0])) == pytest.approx(curve(np.array([-1.0, 1.0])))


def test_the_splines_add_up_to_one_and_give_the_curve():
    curve = LogSpline(-3.0, 5.0, np.random.default_rng(1).normal(size=19))
    basis = curve.basis(X)
    assert basis.sum(axis=1) == pytest.approx(1.0)
    assert np.exp(basis @ curve.coef) == pytest.approx(curve(X), rel=2e-3)


def test_second_differences_are_the_bends_of_a_parabola():
    parabola = LogSpline(0.0, 4.0, np.zeros(11))
    coef = 1.5 * parabola.middles**2
    assert second_differences(11, parabola.step) @ coef == pytest.approx(3.0)
