"""What the user says in place of a header."""

import pickle

import pytest

from soxs_pipeline.domain.corrections import HeaderRule, corrected
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import ParameterError

FRAME = Header({"OBJECT": "STD", "EXPTIME": 10.0, "ESO SEQ ARM": "VIS", "ESO DET BINX": 1})


def test_keywords_may_be_short_and_files_patterns():
    rule = HeaderRule({"seq.arm": "NIR"}, ("SOXS.2026-03-1?T*",))
    header, used = corrected("raw/SOXS.2026-03-14T01.fits", FRAME, [rule])
    assert header.text("ESO SEQ ARM") == "NIR"
    assert header.corrections == {"ESO SEQ ARM": "NIR"}
    assert used == (rule,)
    header, used = corrected("SOXS.2026-03-14T01/other.fits", FRAME, [rule])
    assert header is FRAME
    assert not used


@pytest.mark.parametrize(
    ("where", "held"),
    [
        ({"OBJECT": "STD"}, True),
        ({"OBJECT": "std"}, False),
        ({"EXPTIME": 10}, True),
        ({"EXPTIME": 10.5}, False),
        ({"OBJECT": 10.0}, False),
        ({"HIERARCH ESO DET BINX": "1"}, True),
        ({"ESO INS SLIT1 NAME": ""}, True),
        ({"OBJECT": ""}, False),
        ({"OBJECT": "STD", "EXPTIME": 11.0}, False),
    ],
)
def test_a_rule_holds_where_the_header_says_what_it_names(where, held):
    assert HeaderRule({"A": 1}, where=where).holds_for("x.fits", FRAME) is held


def test_a_later_rule_sees_what_an_earlier_one_set():
    rules = [
        HeaderRule({"OBJECT": "Feige110"}, where={"OBJECT": "STD"}),
        HeaderRule({"EXPTIME": 5.0}, where={"OBJECT": "Feige110"}),
    ]
    header, used = corrected("x.fits", FRAME, rules)
    assert header.number("EXPTIME") == 5.0
    assert len(used) == 2
    assert pickle.loads(pickle.dumps(header)).corrections == header.corrections
    assert header.merged({"A": 1}).corrections == header.corrections


def test_what_the_header_says_already_is_no_correction():
    header, used = corrected("x.fits", FRAME, [HeaderRule({"OBJECT": "STD"})])
    assert not header.corrections
    assert used


def test_products_are_left_alone():
    product = FRAME.merged({"ESO PRO CATG": "MASTER_BIAS_VIS"})
    header, used = corrected("x.fits", product, [HeaderRule({"OBJECT": "other"})])
    assert header is product
    assert not used


@pytest.mark.parametrize(
    ("put", "word"),
    [({}, "sets nothing"), ({"NAXIS1": 3}, "NAXIS1"), ({"BZERO": 0}, "BZERO"),
     ({"OBJ/ECT": "x"}, "no keyword"), ({"": "x"}, "no keyword")],
)  # fmt: skip
def test_what_cannot_be_set_is_refused(put, word):
    with pytest.raises(ParameterError, match=word):
        HeaderRule(put)
