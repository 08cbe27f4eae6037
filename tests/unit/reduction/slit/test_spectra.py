"""Products of rows in which free spectra have been fitted and taken out."""

import numpy as np
import pytest

from soxs_pipeline.reduction.slit.spectra import products_beside_spectra


def scene(seed=1, columns=30, deep=12):
    rng = np.random.default_rng(seed)
    column = np.repeat(np.arange(columns), deep)
    u = np.tile(np.linspace(-1, 1, deep), columns)
    weight = rng.uniform(0.2, 2.0, column.size)
    weight[rng.random(column.size) < 0.1] = 0.0
    functions = np.array([np.ones_like(u), np.exp(-0.5 * (u - 0.3) ** 2 / 0.04)])
    rows = rng.normal(size=(3, column.size))
    root = np.sqrt(weight)
    return rows * root, functions * root, column


def test_they_are_the_products_of_what_a_least_squares_fit_leaves():
    rows, functions, column = scene()
    left = rows.copy()
    for k in np.unique(column):
        here = column == k
        coef = np.linalg.lstsq(functions[:, here].T, rows[:, here].T, rcond=None)[0]
        left[:, here] -= (functions[:, here].T @ coef).T
    wanted = left @ left.T
    assert products_beside_spectra(rows, functions, column) == pytest.approx(wanted, rel=1e-5)


def test_what_spectra_can_take_up_leaves_nothing():
    _, functions, column = scene()
    spectra = np.random.default_rng(3).normal(size=(2, column[-1] + 1))
    row = np.einsum("sn,sn->n", spectra[:, column], functions)[None]
    left = products_beside_spectra(row, functions, column)[0, 0]
    assert abs(left) < 1e-6 * float((row**2).sum())


def test_columns_without_weight_or_source_do_no_harm():
    rows, functions, column = scene()
    dark = column < 5
    rows[:, dark] = functions[:, dark] = 0.0
    functions[1, column > 20] = 0.0
    assert np.isfinite(products_beside_spectra(rows, functions, column)).all()
