import numpy as np
import pytest

from soxs_pipeline.numerics.levenberg import Pixels, fit_batch


def bell(position, state):
    height, place, width, level = (state[:, k : k + 1] for k in range(4))
    u = (position - place) / width
    shape = np.exp(-0.5 * u**2)
    slopes = [shape, height * shape * u / width, height * shape * u**2 / width, np.ones_like(u)]
    return height * shape + level, np.stack(slopes, axis=-1)


def fit(values, use=None, **more):
    n, k = values.shape
    position = np.broadcast_to(np.arange(k) - k // 2, (n, k)).astype(float)
    flags = np.ones(values.shape, dtype=bool) if use is None else use
    pixels = Pixels(position, values, flags, read_variance=9.0, model_error=0.0)
    start = np.tile([values[flags].max(), 0.0, 1.5, 0.0], (n, 1))
    settings = {"width_error": 5.0, "width_range": (0.3, 6.0)} | more
    return fit_batch(bell, pixels, start=start, **settings)


def truth(n, rng):
    return np.stack(
        [rng.uniform(300, 5000, n), rng.uniform(-2, 2, n), rng.uniform(1, 2.5, n),
         rng.uniform(0, 50, n)], axis=1
    )  # fmt: skip


def test_without_noise_the_parameters_come_back():
    true = truth(40, np.random.default_rng(1))
    position = np.broadcast_to(np.arange(15) - 7, (40, 15)).astype(float)
    values, _ = bell(position, true)
    result = fit(values)
    np.testing.assert_allclose(result.state[:, 1], true[:, 1], atol=1e-3)
    np.testing.assert_allclose(result.state[:, 0], true[:, 0], rtol=2e-3)


def test_the_errors_are_those_of_the_scatter():
    rng = np.random.default_rng(2)
    true = truth(3000, rng)
    position = np.broadcast_to(np.arange(15) - 7, (3000, 15)).astype(float)
    model, _ = bell(position, true)
    values = rng.poisson(model) + rng.normal(0, 3.0, model.shape)
    result = fit(values)
    pull = (result.state - true) / result.error
    assert np.std(pull[:, 1]) == pytest.approx(1.0, abs=0.06)
    assert abs(np.mean(pull[:, 0])) < 0.1
    assert np.median(result.reduced_chi2) == pytest.approx(1.0, abs=0.06)


def test_unusable_pixels_do_not_matter():
    true = truth(10, np.random.default_rng(3))
    position = np.broadcast_to(np.arange(15) - 7, (10, 15)).astype(float)
    values, _ = bell(position, true)
    use = np.ones(values.shape, dtype=bool)
    use[:, 2] = False
    spoiled = np.where(use, values, 1e6)
    np.testing.assert_allclose(fit(spoiled, use).state[:, 1], true[:, 1], atol=2e-3)
