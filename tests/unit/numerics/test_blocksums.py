"""Projecting nuisances out, against a fit of everything at once."""

import numpy as np
import pytest
from scipy import sparse

from soxs_pipeline.numerics.blocksums import BlockSums


def test_levels_and_blocks_do_what_one_large_fit_does():
    rng = np.random.default_rng(7)
    along = np.sort(rng.integers(0, 24, 400))
    weight = rng.uniform(0.5, 2.0, along.size)
    sums = BlockSums(along, 8, weight)
    function, light = rng.normal(size=along.size), rng.normal(size=along.size)
    level = sums.level((weight * function)[:, None])
    seen = sums.level((weight * light)[:, None])
    normal = sums.product(function, (weight * function)[:, None])
    normal -= sums.of_levels(level[:, 0], level)
    right = sums.product(function, (weight * light)[:, None]) - sums.of_levels(level[:, 0], seen)
    # A constant in each group and one brightness a block, all at once.
    design = np.column_stack(
        [sums.group == g for g in range(sums.group[-1] + 1)]
        + [np.where(sums.block == b, function, 0.0) for b in range(3)]
    ).astype(float)
    root = np.sqrt(weight)
    best = np.linalg.lstsq(design * root[:, None], light * root, rcond=None)[0]
    assert (right / normal)[:, 0] == pytest.approx(best[-3:], abs=1e-9)
    left = light - (right / normal)[sums.block, 0] * function
    assert sums.without_level(left) == pytest.approx(light - design @ best, abs=1e-9)


def test_sparse_and_dense_values_have_the_same_sums():
    rng = np.random.default_rng(2)
    along = np.repeat(np.arange(10), 5)
    sums = BlockSums(along, 4, np.ones(along.size))
    values = rng.normal(size=(along.size, 3)) * (rng.random((along.size, 3)) < 0.4)
    other = rng.normal(size=along.size)
    thin = sparse.csr_array(values)
    assert sums.level(thin) == pytest.approx(sums.level(values))
    assert sums.product(other, thin) == pytest.approx(sums.product(other, values))
