import numpy as np
import pytest

from soxs_pipeline.numerics.slitfield import fit_slit_field

ROWS, COLUMNS, NOISE = 33, 16, 10.0


def grid():
    column, row = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS))
    w, u = (column + 0.1 * row).ravel().astype(float), (row.ravel() - 16.0) / 16.5
    rank = np.argsort(w, kind="stable")
    return w[rank], u[rank]


W, U = grid()
LINE = np.exp(-0.5 * ((W - W.mean()) / 2.0) ** 2)
PROFILE = np.exp(-0.5 * ((U - 0.1) / 0.1) ** 2)
SHAPES = {
    "slope": 1.0 + 0.4 * U,
    "knot": 1.0 + 0.2 * U + 0.5 * np.exp(-0.5 * ((U + 0.6) / 0.25) ** 2),
    "even": np.ones(U.size),
}


def drawn(shape, seed, star=80.0):
    rng = np.random.default_rng(seed)
    cloud = 1000.0 * LINE * SHAPES[shape]
    return cloud, cloud + star * PROFILE + rng.normal(0.0, NOISE, W.size)


def fitted(data, variance=None, **more):
    noise2 = np.full(W.size, NOISE**2) if variance is None else variance
    return fit_slit_field(W, U, data, noise2, PROFILE[None, :], np.full(W.size, 200.0), **more)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_lies_under_a_source_is_told_with_its_error(shape):
    under = (np.abs(U - 0.1) < 0.1) & (LINE > 0.3)
    pulls = []
    for seed in range(8):
        cloud, data = drawn(shape, seed)
        fit = fitted(data)
        pulls.append(((fit.light - cloud) / np.sqrt(fit.variance))[under])
        assert np.median(np.sqrt(fit.variance[under])) < 3.0 * NOISE
    pulls = np.concatenate(pulls)
    assert abs(pulls.mean()) < 0.5
    assert np.sqrt(np.mean(pulls**2)) == pytest.approx(1.0, abs=0.35)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_source_keeps_its_light(shape):
    fits = [fitted(drawn(shape, seed)[1]) for seed in range(8)]
    means = [fit.spectra[0].mean() for fit in fits]
    # How light goes on under the source is not known but to its error, the same for all.
    under = np.median(np.sqrt(fits[0].variance[np.abs(U - 0.1) < 0.1])) if shape == "knot" else 0
    assert abs(np.mean(means) - 80.0) < 3.0 * np.std(means) / np.sqrt(len(means)) + under


def test_an_even_line_is_even():
    uneven = [np.ptp((fit := fitted(drawn(shape, 3)[1])).light - fit.even) for shape in SHAPES]
    assert uneven[2] < 0.25 * min(uneven[:2])


def test_a_slope_asks_for_a_longer_length_than_a_knot():
    assert fitted(drawn("slope", 1)[1]).length > fitted(drawn("knot", 1)[1]).length


def test_a_pixel_that_is_left_out_tells_nothing():
    cloud, data = drawn("knot", 5)
    struck, variance = data.copy(), np.full(W.size, NOISE**2)
    struck[200:206] += 1e5
    variance[200:206] = np.inf
    fit, clean = fitted(struck, variance), fitted(data)
    assert np.abs(fit.light - clean.light).max() < 8.0 * NOISE
    assert np.all(np.abs(fit.light - cloud)[200:206] < 6.0 * np.sqrt(fit.variance[200:206]))


def test_an_earlier_fit_gives_length_and_size():
    first = fitted(drawn("knot", 1)[1])
    again = fitted(drawn("slope", 2)[1], like=first)
    assert (again.length, again.size) == (first.length, first.size)


def test_without_sources_there_are_no_spectra():
    cloud, data = drawn("slope", 1, star=0.0)
    empty = np.zeros((0, W.size))
    fit = fit_slit_field(W, U, data, np.full(W.size, NOISE**2), empty, np.full(W.size, 200.0))
    assert fit.spectra.shape == (0, W.size)
    assert np.std(fit.light - cloud) < NOISE
