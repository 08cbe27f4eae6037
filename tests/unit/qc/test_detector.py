from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.qc import detector, flat, orders
from tests.support.toy_slit import frame_of


@pytest.fixture
def frame():
    made = frame_of(np.zeros((80, 90)), np.random.default_rng(1), read_noise=4.0)
    where = np.zeros(made.shape, dtype=bool)
    where[0, :9] = True
    return made.with_data(made.data + 100.0, made.variance).flagged(where, Quality.HOT)


def test_level_and_scatter_are_of_good_pixels(frame):
    spoiled = np.array(frame.data)
    spoiled[0, :9] = 1e6
    given = frame.with_data(spoiled, frame.variance)
    assert detector.level(given) == pytest.approx(100.0, abs=0.3)
    assert detector.scatter(given) == pytest.approx(4.0, rel=0.1)


def test_the_pattern_is_told_from_the_noise(frame):
    quiet = detector.pattern_fraction(frame)
    pattern = np.random.default_rng(2).normal(0.0, 6.0, (40, 45))
    data = np.array(frame.data)
    data[:40, :45] += pattern
    assert quiet < 0.5
    loud = detector.pattern_fraction(frame.with_data(data, frame.variance))
    assert loud == pytest.approx(1.5, rel=0.2)


def test_flags_are_counted(frame):
    assert detector.flagged_number(frame, Quality.HOT) == 9
    assert detector.flagged_number(frame, Quality.DEAD) == 0
    assert detector.flagged_fraction(frame, Quality.HOT | Quality.DEAD) == 9 / 7200


def test_the_drift_is_the_range_of_the_levels():
    assert detector.level_drift([3.0, 9.5, 4.0]) == 6.5


def test_the_flat_is_measured_inside_the_orders(frame):
    inner = np.zeros(frame.shape, dtype=bool)
    inner[20:60] = True
    response = replace(frame, data=np.where(inner, 1.0 + 0.01 * (frame.data - 100) / 4, 7.0))
    mean, total = flat.inner_mean_and_sum(response, inner)
    assert mean == pytest.approx(1.0, abs=0.001)
    assert total == pytest.approx(mean * 3600)
    assert flat.response_scatter(response, inner) == pytest.approx(0.01, rel=0.08)
    assert flat.response_error(replace(frame, variance=np.full(frame.shape, 0.04)), inner) == (
        pytest.approx(0.2)
    )
    low, middle, high = flat.exposure_levels(frame, inner)
    assert (high - low) / 2.563 == pytest.approx(4.0, rel=0.08)
    assert middle == pytest.approx(100.0, abs=0.3)


def test_the_flat_of_nothing_is_unknown(frame):
    none = np.zeros(frame.shape, dtype=bool)
    assert np.isnan(flat.exposure_levels(frame, none)).all()
    assert np.isnan(flat.response_error(frame, none))
    assert np.isnan(flat.response_scatter(frame, none))
    assert flat.inner_mean_and_sum(frame, none)[1] == 0.0


def test_samples_are_counted_for_an_order():
    counted = {q.keyword: q.value for q in orders.sample_counts(10, [True, True, False], 12)}
    assert counted["ESO QC SAMPLES TOT NUM O12"] == 10
    assert counted["ESO QC SAMPLES DET NUM O12"] == 3
    assert counted["ESO QC SAMPLES CLIP NUM O12"] == 1
    assert counted["ESO QC SAMPLES DET FRAC O12"] == pytest.approx(0.3)
    assert counted["ESO QC SAMPLES CLIP FRAC O12"] == pytest.approx(1 / 3)
    nothing = {q.definition.key: q.value for q in orders.sample_counts(0, [])}
    assert nothing["SAMPLES DET FRAC"] == 0.0


def test_faint_samples_hardly_count_in_the_scatter():
    values = {
        q.definition.key: q.value
        for q in orders.residual_scatter([0.01, -0.01, 0.5], [0.001, 0.001, 0.4])
    }
    assert values["RES SD"] == pytest.approx(0.0155, abs=0.004)
    assert values["RES MAX"] == 0.5
    assert orders.residual_scatter([], []) == []
