import math

import pytest

from soxs_pipeline.domain.times import told_otherwise, wrong_exposure_time

MJD = 61110.25
WHEN = {"MJD-OBS": MJD, "DATE-OBS": "2026-03-11T06:00:00"}


@pytest.mark.parametrize(
    ("cards", "seconds"),
    [
        ({"ESO DET SEQ1 DIT": 120.0}, 120.0),
        ({"EXPTIME": "???", "ESO DET UIT1": 30}, 30.0),
        ({"EXPTIME": -1.0, "ESO DET3 EXPO TIME": 2.5}, 2.5),
        ({"EXPTIME": 0.0, "ESO DET3 SEQ1 DIT": "4"}, 4.0),
    ],
)
def test_the_detector_tells_the_exposure_time_where_the_frame_does_not(cards, seconds):
    assert told_otherwise(cards | WHEN) == {"EXPTIME": seconds}


@pytest.mark.parametrize(
    "cards", [{"EXPTIME": 10.0, "ESO DET SEQ1 DIT": 5.0}, {"EXPTIME": 0.0}, {}]
)
def test_what_is_told_or_told_nowhere_is_left(cards):
    assert told_otherwise(cards | WHEN) == {}


@pytest.mark.parametrize("mjd", [None, "", "???", -999.5, 0.0, math.nan])
def test_the_start_is_told_by_the_date(mjd):
    found = told_otherwise({"EXPTIME": 1.0, "MJD-OBS": mjd, "DATE-OBS": "2026-03-11T06:00:00.000"})
    assert found == {"MJD-OBS": pytest.approx(MJD, abs=1e-9)}


def test_no_date_no_start():
    assert told_otherwise({"EXPTIME": 1.0, "DATE-OBS": "yesterday"}) == {}


@pytest.mark.parametrize("seconds", ["???", -999.5, 0.0, math.nan])
def test_light_needs_an_exposure_time(seconds):
    cards = {"EXPTIME": seconds, "ESO DPR TYPE": "OBJECT"}
    assert wrong_exposure_time(cards) == str(seconds)
    assert wrong_exposure_time({"ESO DPR TYPE": "OBJECT"}) == "missing"
    assert wrong_exposure_time(cards | {"EXPTIME": 3}) == ""


@pytest.mark.parametrize("kind", ["BIAS", "DARK"])
def test_what_saw_no_light_needs_none(kind):
    assert wrong_exposure_time({"EXPTIME": 0.0, "ESO DPR TYPE": kind}) == ""
