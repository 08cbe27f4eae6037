import itertools

import numpy as np
import pytest

from soxs_pipeline.plots import style


def test_shrinking_keeps_the_mean_and_ignores_unknown_pixels():
    image = np.arange(24.0).reshape(4, 6)
    image[0, 0] = np.nan
    small = style.shrink(image, 3)
    assert small.shape == (2, 3)
    assert small[0, 0] == pytest.approx(np.mean([1, 6, 7]))
    assert small[1, 2] == pytest.approx(np.mean([16, 17, 22, 23]))


def test_a_block_of_unknown_pixels_stays_unknown():
    assert np.isnan(style.shrink(np.full((4, 4), np.nan), 2)).all()


@pytest.mark.parametrize("values", [[], [np.nan], [3.0, 3.0], [0.0]])
def test_a_range_is_never_empty(values):
    low, high = style.robust_range(np.array(values))
    assert low < high


def test_neighbouring_orders_differ_in_colour():
    orders = [10, 11, 12, 13, 14, 15, 16]
    colours = [style.order_colour(orders, order) for order in orders]
    assert all(a != b for a, b in itertools.pairwise(colours))
