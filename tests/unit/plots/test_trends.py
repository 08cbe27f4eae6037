"""Figures of quality control over time."""

from datetime import UTC, datetime

import pytest
from matplotlib.dates import num2date

from soxs_pipeline.plots.trends import trend_sheet
from soxs_pipeline.qc.trends import Measurement, Trend


def trend(key, values, *, high=5.0, setup="A", order=None):
    return Trend(
        tuple(
            Measurement(
                61113.5 + day, "soxs_mbias", "VIS", setup, key, order, value, "electron", "Doc",
                0.0, high, "bad" if value > high else "good", "x.fits",
            )
            for day, value in enumerate(values)
        )
    )  # fmt: skip


def test_each_value_has_its_panel_with_dates_limits_and_what_lies_outside():
    shown = [trend("RAW RON", [3.0, 3.1, 6.0]), trend("FPN", [1.0, 1.0], order=10)]
    figure = trend_sheet(shown, "soxs_mbias VIS")
    panels = [one for one in figure.axes if one.axison]
    assert [one.get_title(loc="left") for one in panels] == [
        "RAW RON [electron]", "FPN, order 10 [electron]",
    ]  # fmt: skip
    lines = panels[0].get_lines()
    assert num2date(lines[0].get_xdata()[0]) == datetime(2026, 3, 14, 12, tzinfo=UTC)
    assert list(lines[1].get_ydata()) == [6.0]
    assert {line.get_ydata()[0] for line in lines[2:]} == {0.0, 5.0}


def test_limits_far_away_do_not_press_the_values_flat():
    figure = trend_sheet([trend("RAW RON", [3.0, 3.1], high=1000.0)], "x")
    assert figure.axes[0].get_ylim()[1] < 4.0


@pytest.mark.parametrize("setups", [1, 2, 8])
def test_setups_are_told_apart_where_there_are_several(setups):
    points = [p for k in range(setups) for p in trend("RON", [3.0, k], setup=f"S{k}").points]
    figure = trend_sheet([Trend(tuple(points))], "x")
    assert len(figure.legends) == (setups > 1)
