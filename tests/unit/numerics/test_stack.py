import numpy as np
import pytest

from soxs_pipeline.numerics.stack import combine_stack, median_of_stack


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 13])
def test_the_median_is_the_median(n):
    stack = np.random.default_rng(n).normal(size=(n, 17, 19)).astype(np.float32)
    np.testing.assert_allclose(median_of_stack(stack), np.median(stack, axis=0), rtol=1e-6)


def exposures(n, signal, read_noise, seed=1, shape=(60, 80)):
    rng = np.random.default_rng(seed)
    stack = rng.poisson(signal, (n, *shape)) + rng.normal(0, read_noise, (n, *shape))
    return stack.astype(np.float32)


def combine(stack, bad=None, *, read_noise=5.0, clip=5.0, factor=None, photons=True):
    none = np.zeros(stack.shape, dtype=bool) if bad is None else bad
    scale = np.ones(len(stack)) if factor is None else factor
    return combine_stack(
        stack, none, read_noise=read_noise, gain_factor=scale, clip_sigma=clip, photons=photons
    )


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_the_variance_is_that_of_the_mean(n):
    """Given equal exposures, when they are combined, then the pulls have unit width."""
    result = combine(exposures(n, 400.0, 5.0, shape=(200, 200)))
    pull = (result.mean - 400.0) / np.sqrt(result.variance)
    assert pull.std() == pytest.approx(1.0, abs=0.02)
    assert pull.mean() == pytest.approx(0.0, abs=0.02 + 0.05)
    assert result.rejected.sum() < 5


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_a_cosmic_ray_is_rejected_whatever_the_number_of_frames(n):
    """With few values their own scatter rejects nothing; the noise model does."""
    stack = exposures(n, 100.0, 5.0)
    stack[0, 20, 30] += 5000.0
    result = combine(stack)
    assert result.count[20, 30] == n - 1
    assert result.mean[20, 30] == pytest.approx(100.0, abs=50.0)


def test_of_two_values_the_higher_goes():
    stack = exposures(2, 0.0, 5.0)
    stack[1, 5, 5] -= 3000.0
    result = combine(stack)
    assert result.mean[5, 5] < -2000.0


def test_scaled_exposures_have_scaled_noise():
    rng = np.random.default_rng(5)
    factor = np.array([1.0, 2.0, 4.0, 1.5])
    true = 800.0
    stack = np.stack(
        [f * (rng.poisson(true / f, (150, 150)) + rng.normal(0, 5.0, (150, 150))) for f in factor]
    ).astype(np.float32)
    result = combine(stack, factor=factor)
    pull = (result.mean - true) / np.sqrt(result.variance)
    assert pull.std() == pytest.approx(1.0, abs=0.02)


def test_bad_values_are_left_out_and_none_leaves_nothing():
    stack = exposures(4, 50.0, 3.0)
    bad = np.zeros(stack.shape, dtype=bool)
    stack[1, 3, 3], bad[1, 3, 3] = 1e6, True
    bad[:, 7, 7] = True
    result = combine(stack, bad)
    assert result.count[3, 3] == 3
    assert result.mean[3, 3] < 100.0
    assert result.count[7, 7] == 0
    assert result.mean[7, 7] == 0.0
    assert result.rejected[7, 7] == 0


def test_an_electronic_level_has_no_poisson_noise():
    rng = np.random.default_rng(2)
    stack = (1000.0 + rng.normal(0, 3.0, (5, 100, 100))).astype(np.float32)
    result = combine(stack, read_noise=3.0, photons=False)
    np.testing.assert_allclose(result.variance, 9.0 / 5, rtol=1e-5)
