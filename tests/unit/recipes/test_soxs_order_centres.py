import numpy as np
import pytest

from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.recipes.soxs_order_centres import OrderCentresParameters, soxs_order_centres
from tests.support.optics import make_format
from tests.support.toy_slit import raw_of, trace_image

FORMAT = make_format()


def run(raw):
    return soxs_order_centres(
        raw,
        DetectorCalibration(),
        FORMAT.solution,
        FORMAT,
        parameters=OrderCentresParameters(),
    )


def values(outcome, key):
    return {q.order: q.value for q in outcome.qc if q.definition.key == key}


def test_centres_and_their_quality_are_measured():
    image, truth = trace_image(FORMAT.solution, FORMAT.shape, 4000.0)
    outcome = run(raw_of(image, np.random.default_rng(1)))
    table = outcome.products.order_table
    x = np.arange(20, 390)
    for order in (11, 12):
        assert np.sqrt(np.mean((table.centre(order, x) - truth[order][x]) ** 2)) < 0.01
    assert values(outcome, "N ORDERS") == {None: 2}
    assert values(outcome, "RES SD")[None] < 0.05
    assert set(values(outcome, "SAMPLES DET FRAC")) == {None, 11, 12}
    assert values(outcome, "FWHM PIN MEDIAN")[None] == pytest.approx(2.3548 * 0.75, rel=0.05)
    assert abs(values(outcome, "ORDER SHIFT")[None]) < 0.02


def test_an_order_without_light_is_told():
    image, _ = trace_image(FORMAT.solution, FORMAT.shape, 4000.0, orders=(12,))
    outcome = run(raw_of(image, np.random.default_rng(2)))
    assert any("m=11" in remark for remark in outcome.remarks)
    assert values(outcome, "N ORDERS") == {None: 1}


def test_a_frame_without_light_is_refused():
    with pytest.raises(UnprocessableDataError, match="no order"):
        run(raw_of(np.zeros(FORMAT.shape), np.random.default_rng(3)))
