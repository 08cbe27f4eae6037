"""Steps between orders, against those that were put in."""

import numpy as np
import pytest

from soxs_pipeline.reduction.flux.ordersteps import OrderLight, find_steps

EDGES = {12: (0.0, 0.10), 11: (0.07, 0.18), 10: (0.15, 0.27)}


def exposure(rng, steps, noise=0.01, edges=EDGES):
    """Orders of one exposure: a slanting curve with an absorption line, and levels by order."""
    lights = {}
    for order, (low, high) in edges.items():
        x = np.sort(rng.uniform(low, high, 1200))
        curve = 1.0 - 2.0 * x - 0.8 * np.exp(-0.5 * ((x - 0.085) / 0.004) ** 2)
        y = curve + steps[order] + rng.normal(0.0, noise, x.size)
        lights[order] = OrderLight(x, y, np.full(x.size, noise))
    return lights


def test_the_steps_are_those_of_the_lamp():
    rng = np.random.default_rng(1)
    steps = {12: 0.0, 11: 0.25, 10: 0.18}
    found = find_steps([exposure(rng, steps)])
    apart = [found.levels[order] - steps[order] for order in steps]
    assert np.ptp(apart) < 0.006
    assert sum(found.levels.values()) == pytest.approx(0.0, abs=1e-9)
    assert found.largest == pytest.approx(0.25, abs=0.005)
    assert found.between == (12, 11)


def test_without_a_step_next_to_nothing_is_found_however_noisy():
    rng = np.random.default_rng(2)
    none = dict.fromkeys(EDGES, 0.0)
    for noise in (0.01, 0.3):
        worst = [
            np.ptp(list(find_steps([exposure(rng, none, noise)]).levels.values()))
            for _ in range(10)
        ]
        assert np.median(worst) < 0.004


def test_several_exposures_tell_together():
    rng = np.random.default_rng(3)
    steps = {12: 0.0, 11: 0.05, 10: 0.1}
    found = find_steps([exposure(rng, steps, 0.1) for _ in range(6)])
    assert found.levels[10] - found.levels[12] == pytest.approx(0.1, abs=0.015)


def test_a_few_bins_of_another_mind_do_not_matter():
    rng = np.random.default_rng(4)
    lights = exposure(rng, {12: 0.0, 11: 0.1, 10: 0.1})
    light = lights[11]
    edge = light.x < 0.075
    lights[11] = OrderLight(light.x, np.where(edge, light.y + 0.5, light.y), light.sigma)
    assert find_steps([lights]).largest == pytest.approx(0.1, abs=0.01)


def test_orders_that_share_nothing_are_left_alone():
    rng = np.random.default_rng(5)
    apart = {12: (0.0, 0.1), 11: (0.12, 0.2)}
    found = find_steps([exposure(rng, {12: 0.0, 11: 0.3}, edges=apart)])
    assert found.levels == {12: 0.0, 11: 0.0}
    assert found.between is None
    assert np.isnan(found.largest)


def test_no_exposure_tells_nothing():
    assert find_steps([]).levels == {}
