import math
from dataclasses import dataclass

import numpy as np
import pytest

from soxs_pipeline.qc.definition import QcDefinition
from soxs_pipeline.qc.limits import judge
from soxs_pipeline.qc.report import as_records, as_text, worst_grade


@dataclass(frozen=True)
class Limit:
    low: float
    high: float


NOISE = QcDefinition("RAW RON", "Read noise", "electron")
SNR = QcDefinition("SNR MEDIAN", "Signal to noise", per_order=True)


@pytest.mark.parametrize(
    ("value", "grade"),
    [
        (0.0, "good"),
        (5.0, "good"),
        (5.1, "bad"),
        (-1.0, "bad"),
        (math.nan, "bad"),
        ("n", "unjudged"),
    ],
)
def test_a_value_is_good_within_its_limits(value, grade):
    (verdict,) = judge([NOISE.value(value)], {"RAW RON": Limit(0, 5)})
    assert verdict.grade == grade


def test_without_limits_nothing_is_judged():
    (verdict,) = judge([NOISE.value(3.0)], {})
    assert (verdict.grade, verdict.low, verdict.high) == ("unjudged", None, None)


def test_limits_of_one_order_outrank_those_of_all():
    limits = {"SNR MEDIAN": Limit(10, 99), "SNR MEDIAN O10": Limit(1, 99)}
    verdicts = judge([SNR.value(5.0, 10), SNR.value(5.0, 11), SNR.value(50.0)], limits)
    assert [verdict.grade for verdict in verdicts] == ["good", "bad", "good"]
    assert worst_grade(verdicts) == "bad"


def test_records_are_plain_and_know_no_nan():
    values = [
        NOISE.value(np.float32(2.5)),
        NOISE.value(math.nan),
        NOISE.value(3),
        NOISE.value("x"),
    ]
    found = as_records(judge(values, {"RAW RON": Limit(0, math.inf)}))
    assert [record["value"] for record in found] == [2.5, None, 3, "x"]
    assert found[0]["high"] is None
    assert type(found[0]["value"]) is float


def test_text_shows_value_unit_limits_and_verdict():
    verdicts = judge([NOISE.value(7.5), SNR.value(5.0, 10)], {"RAW RON": Limit(0, 5)})
    assert as_text(verdicts) == "RAW RON  7.5  electron  0 to 5  bad"
    assert "RAW RON = 7.5 (limits 0 to 5): bad" in str(verdicts[0])
