from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.objects import SlitProfile, Source, Sources
from soxs_pipeline.qc.sky import SKY_QC, measure_residuals, measure_sources


def by_key(values):
    return {(value.definition.key, value.order): value.value for value in values}


def test_residuals_are_measured_for_each_order_and_for_all():
    rng = np.random.default_rng(1)
    pulls = [rng.normal(0.0, 1.0, 20000), rng.normal(0.0, 1.2, 20000)]
    pulls[0][:100] = 9.0
    sky = np.full(20000, 20.0)
    sky[-1000:] = 500.0
    values = by_key(measure_residuals([10, 11], pulls, [sky, sky]))
    assert values["SKY CHI2", 10] == pytest.approx(1.0, abs=0.04)
    assert values["SKY CHI2", 11] == pytest.approx(1.44, abs=0.05)
    assert values["SKY CORE CHI2", 11] == pytest.approx(1.44, abs=0.2)
    assert values["SKY BEYOND FRAC", 10] == pytest.approx(0.005)
    assert values["SKY CHI2", None] == pytest.approx(1.22, abs=0.05)
    assert values["SKY MEDIAN", None] == 20.0


def test_an_order_without_pixels_has_no_value():
    values = by_key(measure_residuals([10], [np.zeros(3)], [np.ones(3)]))
    assert ("SKY CHI2", 10) not in values


def test_sources_are_described():
    target = Source(np.array([1.0, 0.2]), np.array([0.9]), 3.0, (500.0, 800.0), 12.0, False)
    forced = Source(np.array([0.0]), np.array([1.0]), 3.0, (500.0, 800.0), 0.0, True)
    profile = SlitProfile(*(np.zeros(1) for _ in range(4)))
    values = by_key(measure_sources(Sources((target,), profile)))
    assert values["N SOURCES", None] == 1
    assert values["SOURCE POS", None] == pytest.approx(1.0)
    assert values["SOURCE DRIFT", None] == pytest.approx(0.4)
    assert values["SOURCE SIGMA", None] == 12.0
    assert by_key(measure_sources(Sources((forced,), profile)))["N SOURCES", None] == 0


def test_every_value_is_declared():
    rng = np.random.default_rng(2)
    values = measure_residuals([1], [rng.normal(size=500)], [rng.uniform(1, 99, 500)])
    assert {value.definition for value in values} <= set(SKY_QC)


def test_light_that_a_departure_moves():
    profile = SlitProfile(*(np.zeros(3) for _ in range(4)))
    round_ = Source(np.array([0.1]), np.array([1.0]), 3.2, (600.0, 900.0), 50.0, forced=False)
    assert ("SOURCE DEPART", None) not in by_key(measure_sources(Sources((round_,), profile)))
    # A shift by a hundredth of its sigma takes 1 / sqrt(2 pi) of that from one side to the other.
    shifted = replace(round_, departure=np.array([0.01]))
    value = by_key(measure_sources(Sources((shifted,), profile)))["SOURCE DEPART", None]
    assert value == pytest.approx(1.0 / np.sqrt(2.0 * np.pi), rel=1e-3)
