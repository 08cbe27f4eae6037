import numpy as np
import pytest

from soxs_pipeline.numerics.noise import poisson_variance, read_noise_of_difference


def test_the_variance_adds_its_sources():
    variance = poisson_variance([-5.0, 0.0, 100.0], 3.0, [0.0, 1.0, 2.0])
    np.testing.assert_allclose(variance, [9.0, 10.0, 111.0])


def test_the_read_noise_comes_out_of_a_difference_in_spite_of_pattern_and_cosmic_rays():
    rng = np.random.default_rng(4)
    pattern = rng.normal(0.0, 50.0, (300, 400))
    first, second = (pattern + rng.normal(0.0, 3.3, pattern.shape) for _ in range(2))
    second += 20.0
    first[::13, ::17] += 500.0
    assert read_noise_of_difference(first, second) == pytest.approx(3.3, rel=0.02)


def test_too_few_pixels_give_no_read_noise():
    assert np.isnan(read_noise_of_difference(np.zeros((5, 5)), np.zeros((5, 5))))
    bad = np.ones((50, 50), dtype=bool)
    assert np.isnan(read_noise_of_difference(np.zeros((50, 50)), np.zeros((50, 50)), bad=bad))
