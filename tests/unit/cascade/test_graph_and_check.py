from dataclasses import replace

import pytest

from soxs_pipeline.cascade import load
from soxs_pipeline.cascade.check import faults, verify
from soxs_pipeline.cascade.graph import execution_order, needs_of, producers, users
from soxs_pipeline.cascade.spec import CascadeMap, DataItem, Group, Level, Slot, Task, rule
from soxs_pipeline.errors import CascadeError

RAW = DataItem("RAW", "Raw", Group.RAW, (rule(dpr_type="RAW"),))
ONE = DataItem("ONE", "First", Group.PRODUCT)
TWO = DataItem("TWO", "Second", Group.PRODUCT)
FIRST = Task("first", "r", "Do", Slot("raw", RAW), (), (("one", ONE),))
SECOND = Task("second", "r", "Do", Slot("one", ONE), (), (("two", TWO),))


def small_map(*tasks, items=(RAW, ONE, TWO)):
    return CascadeMap("SOXS", ("VIS", "NIR"), items, tasks)


def test_the_order_follows_the_needs_not_the_declaration():
    assert execution_order((SECOND, FIRST)) == (FIRST, SECOND)


def test_who_makes_and_who_takes():
    assert producers((FIRST, SECOND)) == {"ONE": (FIRST,), "TWO": (SECOND,)}
    assert users((FIRST, SECOND)) == {"RAW": (FIRST,), "ONE": (SECOND,)}
    assert needs_of(FIRST) == ()
    assert needs_of(SECOND) == (SECOND.main,)


def test_a_circle_is_an_error_that_names_it():
    circle = replace(FIRST, main=Slot("two", TWO))
    with pytest.raises(
        CascadeError, match=r"(first -> second -> first|second -> first -> second)"
    ):
        execution_order((circle, SECOND))


def test_a_product_that_nobody_makes_is_an_error():
    with pytest.raises(CascadeError, match="takes ONE for one, which no task makes"):
        execution_order((SECOND,))


def test_the_map_of_the_instrument_holds():
    verify(load("SOXS"))


def test_an_unknown_instrument_is_an_error():
    with pytest.raises(CascadeError, match="no association map for 'HARPS'"):
        load("HARPS")


SLOT = Slot("raw", RAW)
HIDDEN = DataItem("HIDDEN", "x", Group.RAW, (rule(dpr_type="RAW", dpr_tech="IMAGE"),))


@pytest.mark.parametrize(
    ("cascade", "sentence"),
    [
        (small_map(FIRST, FIRST), "task first is declared 2 times"),
        (small_map(FIRST, items=(RAW, RAW, ONE)), "tag RAW is declared 2 times"),
        (small_map(FIRST, items=(RAW, HIDDEN, ONE)), "no frame can ever be HIDDEN"),
        (small_map(FIRST, items=(replace(RAW, rules=()), ONE)), "raw item RAW has no rule"),
        (small_map(replace(FIRST, products=())), "makes nothing"),
        (small_map(replace(FIRST, arms=("UVB",))), "unknown arm UVB"),
        (small_map(replace(FIRST, group_by=("DPR.TPYE",))), "unknown keyword DPR.TPYE"),
        (small_map(replace(FIRST, main=replace(SLOT, least=0))), "without its main input"),
        (small_map(replace(FIRST, main=replace(SLOT, match=("BIN",)))), "unknown keyword BIN"),
        (small_map(replace(FIRST, main=replace(SLOT, relax=("EXPTIME",)))), "relaxed keyword"),
        (small_map(replace(FIRST, main=replace(SLOT, least=3))), "at most 1 but needs 3"),
        (
            small_map(replace(FIRST, main=replace(SLOT, levels=(Level(0, 7), Level(1, 1))))),
            "levels that do not widen",
        ),
        (small_map(SECOND), "takes ONE for one, which no task makes"),
        (small_map(replace(FIRST, arms=("VIS",)), SECOND), "needs ONE_NIR, which no task makes"),
        (small_map(FIRST, items=(RAW,)), "no declared product"),
    ],
)
def test_a_faulty_map_is_found_out(cascade, sentence):
    assert any(sentence in fault for fault in faults(cascade))


def test_all_faults_are_told_at_once():
    cascade = small_map(replace(FIRST, products=(), arms=("UVB",)))
    with pytest.raises(CascadeError, match=r"unknown arm UVB.*makes nothing"):
        verify(cascade)
