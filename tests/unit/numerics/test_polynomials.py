import numpy as np
import pytest

from soxs_pipeline.numerics.polynomials import design_2d, fit_with_prior

PRIOR = np.array([5.0, 2.0, 1.0, 0.5, 0.25, 0.125])
FREE = np.arange(6) > 1
SCALES = (0.01, 0.1, 1.0)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def make_data(rng, count, coef, error=0.02):
    t = np.sort(rng.uniform(-1, 1, count))
    design = design_2d(t, np.zeros(count), 5, 0)
    return design, design @ coef + rng.normal(0, error, count), np.full(count, error)


def test_many_points_recover_the_coefficients(rng):
    coef = np.array([1.0, -0.5, 0.3, 0.1, 0.05, 0.0])
    design, values, errors = make_data(rng, 400, coef)
    fit = fit_with_prior(design, values, errors, prior=PRIOR, free=FREE, scales=SCALES)
    pull = (fit.coef - coef) / np.sqrt(np.diag(fit.covariance))
    assert np.abs(pull).max() < 4


def test_few_points_fall_back_to_the_low_terms(rng):
    design, values, errors = make_data(rng, 4, np.array([1.0, 0.2, 0, 0, 0, 0]))
    fit = fit_with_prior(design, values, errors, prior=PRIOR, free=FREE, scales=SCALES)
    everywhere = design_2d(np.linspace(-1, 1, 50), np.zeros(50), 5, 0)
    truth = everywhere @ np.array([1.0, 0.2, 0, 0, 0, 0])
    assert np.abs(everywhere @ fit.coef - truth).max() < 0.15


def test_outliers_do_not_matter(rng):
    coef = np.array([1.0, -0.5, 0.3, 0.0, 0.0, 0.0])
    design, values, errors = make_data(rng, 60, coef)
    values[::8] += rng.choice([-1.0, 1.0], len(values[::8]))
    fit = fit_with_prior(design, values, errors, prior=PRIOR, free=FREE, scales=SCALES)
    assert np.abs(design @ (fit.coef - coef)).max() < 0.06
    assert fit.weight[::8].max() < 0.1


def test_an_offset_common_to_a_group_does_not_bend_the_fit(rng):
    # Thirty lines in nine pinholes each; two lines have wrong wavelengths.
    lines = rng.uniform(-1, 1, 30)
    t, u = (a.ravel() for a in np.meshgrid(lines, np.linspace(-1, 1, 9), indexing="ij"))
    groups = np.repeat(np.arange(30), 9)
    design = design_2d(t, u, 2, 1)
    coef = np.array([1.0, 0.3, -0.5, 0.1, 0.2, 0.0])
    wrong = rng.normal(0, 0.02, 30)
    wrong[[4, 11]] = 0.8, -0.6
    values = design @ coef + wrong[groups] + rng.normal(0, 0.01, t.size)
    fit = fit_with_prior(
        design,
        values,
        np.full(t.size, 0.01),
        prior=np.full(6, 2.0),
        free=np.zeros(6, dtype=bool),
        scales=(1.0,),
        groups=groups,
    )
    assert np.abs(design @ (fit.coef - coef)).max() < 0.03
    assert fit.group_weight[[4, 11]].max() < 0.1
    slope = fit.coef.reshape(3, 2)[:, 1] - coef.reshape(3, 2)[:, 1]
    assert np.abs(slope).max() < 0.006
