import numpy as np

from soxs_pipeline.reduction.extraction.structure import in_structure

BINS = np.repeat(np.arange(60), 10)


def pulls(*struck):
    """Return pulls of ten pixels in each of sixty bins, some far off."""
    pull = np.random.default_rng(1).normal(size=(60, 10))
    for first, end, pixels in struck:
        pull[first:end, pixels] = 9.0
    return pull.ravel()


def found(pull):
    return np.unique(BINS[in_structure(pull, BINS, 5.0)])


def test_a_line_that_many_pixels_of_many_bins_show_is_structure():
    bins = found(pulls((20, 28, slice(2, 6))))
    assert set(range(17, 31)) <= set(bins)
    assert bins.min() > 8
    assert bins.max() < 40


def test_particles_are_none():
    assert not found(pulls((20, 21, slice(0, 10)), (40, 41, slice(3, 5)))).size
    assert not found(pulls((10, 50, 4))).size


def test_nothing_stands_out_of_noise():
    assert not found(pulls()).size
