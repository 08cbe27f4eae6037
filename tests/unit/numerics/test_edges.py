import numpy as np
import pytest
from scipy.special import ndtr

from soxs_pipeline.numerics.edges import fit_edges, half_level


def test_the_half_level_lies_between_pixels():
    profile = np.r_[np.zeros(10), 40.0, np.full(19, 100.0), 30.0, np.zeros(10)]
    assert half_level(profile, 20, 6, -1) == pytest.approx(10 + 1 / 6)
    assert half_level(profile, 20, 6, 1) == pytest.approx(29 + 5 / 7)


def test_a_profile_without_an_end_has_no_half_level():
    assert np.isnan(half_level(np.full(41, 7.0), 20, 6, 1))
    profile = np.full(41, 7.0)
    profile[30] = np.nan
    assert np.isnan(half_level(profile, 20, 6, 1))


def test_dead_rows_are_no_end_of_the_slit():
    profile = np.r_[np.zeros(10), 40.0, np.full(19, 100.0), 30.0, np.zeros(10)]
    profile[[13, 27]], profile[24:26] = np.nan, 0.0
    assert half_level(profile, 20, 3, -1) == pytest.approx(10 + 1 / 6)
    assert half_level(profile, 20, 3, 1) == pytest.approx(29 + 5 / 7)
    # Three and more could be the gap to the next order.
    profile[24:27] = 0.0
    assert half_level(profile, 20, 3, 1) == pytest.approx(23.5)


def blurred_step(position, edge, sigma):
    # A fine average over the pixel, independent of the closed form under test.
    parts = (np.arange(41) + 0.5) / 41 - 0.5
    return np.mean([ndtr((position + part - edge) / sigma) for part in parts], axis=0)


def test_edges_are_placed_to_hundredths_of_a_pixel():
    rng = np.random.default_rng(1)
    n = 200
    edge = rng.uniform(-1.0, 1.0, n)
    row = np.repeat(np.arange(-6, 7), 16)
    position = np.broadcast_to(row, (n, row.size)) + rng.uniform(-0.5, 0.5, (n, 1))
    light = 30.0 + 2000.0 * blurred_step(position, edge[:, None], 0.75)
    values = rng.poisson(light) + rng.normal(0, 4.0, light.shape)
    use = rng.uniform(size=light.shape) > 0.05
    fits = fit_edges(position, values, use, read_variance=16.0, start=np.zeros(n))
    assert fits.good.all()
    assert np.std(fits.place - edge) < 0.02
    assert abs(np.mean(fits.place - edge)) < 0.004
    assert fits.significance.min() > 50


def test_flat_light_is_no_significant_edge():
    rng = np.random.default_rng(2)
    position = np.broadcast_to(np.repeat(np.arange(-6, 7), 16), (20, 208)).astype(float)
    values = 500.0 + rng.normal(0, 22.0, position.shape)
    use = np.ones(position.shape, dtype=bool)
    fits = fit_edges(position, values, use, read_variance=16.0, start=np.zeros(20))
    assert (~fits.good | (fits.significance < 10)).all()
