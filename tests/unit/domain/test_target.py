"""Where the target is, of packed numbers and of pointings."""

import math

import pytest

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.target import target_of


def of(alpha, delta, **others):
    return target_of(Header({"ESO TEL TARG ALPHA": alpha, "ESO TEL TARG DELTA": delta, **others}))


def test_packed_numbers():
    found = of(65658.08, -233042.5)
    assert found.ra_deg == pytest.approx(15 * (6 + 56 / 60 + 58.08 / 3600))
    assert found.dec_deg == pytest.approx(-(23 + 30 / 60 + 42.5 / 3600))
    assert not found.pointing


def test_just_south_of_the_equator():
    assert of(0.0, -1.5).dec_deg == pytest.approx(-1.5 / 3600)


@pytest.mark.parametrize(("alpha", "delta"), [(250000.0, 0.0), (10000.0, 67575.0), (1.0, 956000)])
def test_what_is_no_packed_number_gives_way_to_the_pointing(alpha, delta):
    found = of(alpha, delta, RA=10.0, DEC=-20.0)
    assert (found.ra_deg, found.dec_deg, found.pointing) == (10.0, -20.0, True)


def test_nothing_known():
    found = target_of(Header({"RA": "unknown"}))
    assert not found.known
    assert math.isnan(found.ra_deg)
