import numpy as np
import pytest
from scipy.interpolate import BSpline

from soxs_pipeline.numerics import splinefit


def problem(sources=0, groups=40, count=2500, seed=3):
    rng = np.random.default_rng(seed)
    w = np.sort(rng.uniform(0.0, groups, count))
    layout = splinefit.Layout(0.0, groups, 2, sources)
    cells = splinefit.find_cells(w, layout)
    basis = [splinefit.cubic_values(cells.sky_phase)]
    shares = rng.uniform(0.0, 0.3, (sources, count))
    basis += [splinefit.cubic_values(cells.source_phase) * share for share in shares]
    return rng, w, layout, cells, np.concatenate(basis), shares


def dense(band):
    size = band.shape[1]
    matrix = np.zeros((size, size))
    for offset in range(band.shape[0]):
        index = np.arange(size - offset)
        matrix[index + offset, index] = band[offset, : size - offset]
        matrix[index, index + offset] = band[offset, : size - offset]
    return matrix


@pytest.mark.parametrize("derivative", [0, 1, 2])
def test_the_basis_is_that_of_scipy(derivative):
    phase = np.linspace(0.0, 0.999, 7)
    knots = np.arange(-3.0, 5.0)
    expected = [
        BSpline(knots, np.eye(4)[k], 3).derivative(derivative)(phase)
        if derivative
        else BSpline(knots, np.eye(4)[k], 3)(phase)
        for k in range(4)
    ]
    assert splinefit.cubic_values(phase, derivative) == pytest.approx(np.array(expected))


def test_sky_and_source_are_told_apart():
    rng, w, layout, cells, basis, shares = problem(sources=1)
    sky, source = 100.0 + 50.0 * np.sin(w / 2.0), 400.0 + 100.0 * np.cos(w / 3.0)
    data = sky + source * shares[0] + rng.normal(0.0, 2.0, w.size)
    band, right = splinefit.normal_equations(basis, np.full(w.size, 0.25), data, cells, layout)
    coef = splinefit.solve(band, right)
    positions = splinefit.find_positions(cells, layout)
    fitted = splinefit.evaluate(basis[:4], coef, cells, positions[:4])
    assert np.mean(fitted - sky) == pytest.approx(0.0, abs=0.3)
    assert np.std(fitted - sky) < 2.0
    residual = data - splinefit.evaluate(basis, coef, cells, positions)
    expected = 4.0 * (1.0 - layout.size / w.size)
    assert np.var(residual) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("sources", [0, 1, 2])
def test_the_covariance_is_that_of_the_full_inverse(sources):
    _, w, layout, cells, basis, _ = problem(sources)
    band, _ = splinefit.normal_equations(basis, np.ones(w.size), w, cells, layout)
    band = band + splinefit.penalty(layout, np.full(layout.sky_size - 3, 3.0))
    inverse = np.linalg.inv(dense(band))
    blocks = splinefit.inverse_blocks(band, layout)
    places = layout.local_positions(np.arange(layout.groups * layout.ratio))[:4].T
    expected = np.array([inverse[np.ix_(place, place)] for place in places])
    assert blocks == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_a_strong_penalty_leaves_a_parabola_and_its_level_alone():
    _, w, layout, cells, basis, _ = problem()
    data = 5.0 + 0.3 * w - 0.01 * w**2
    band, right = splinefit.normal_equations(basis, np.ones(w.size), data, cells, layout)
    full = band + splinefit.penalty(layout, np.full(layout.sky_size - 3, 1e9))
    positions = splinefit.find_positions(cells, layout)
    fitted = splinefit.evaluate(basis, splinefit.solve(full, right), cells, positions)
    assert fitted == pytest.approx(data, abs=1e-2)


def test_a_gap_in_the_data_is_no_trouble():
    _, w, layout, cells, basis, _ = problem()
    weight = np.where((w > 10) & (w < 20), 0.0, 1.0)
    band, right = splinefit.normal_equations(basis, weight, np.ones(w.size), cells, layout)
    full = band + splinefit.penalty(layout, np.full(layout.sky_size - 3, 1.0))
    assert np.isfinite(splinefit.solve(full, right)).all()
