"""What the sky figure claims is what the pixels say."""

import dataclasses

import numpy as np
import pytest

from soxs_pipeline.plots import draw


def panel_of(figure, title):
    return next(axes for axes in figure.axes if title in axes.get_title(loc="left"))


def chi2_of(stare, night):
    figure = dict(draw("soxs_stare", {**stare, "pixel_map": night.pixel_map}))["residuals"]
    panel = panel_of(figure, "χ²/ν =")
    bars = panel_of(figure, "χ²/ν of each order").patches
    said = float(panel.get_title(loc="left").split("=")[1].split(";")[0])
    return said, [bar.get_height() for bar in bars]


def test_noise_as_expected_gives_one(night):
    said, orders = chi2_of(night.stare(), night)
    assert said == pytest.approx(1.0, abs=0.05)
    assert len(orders) == len(night.solution.orders)
    assert orders == pytest.approx([1.0] * len(orders), abs=0.12)


def test_twice_the_noise_gives_four(night):
    stare = night.stare()
    frame = stare["sky_subtracted"]
    stare["sky_subtracted"] = dataclasses.replace(frame, variance=frame.variance / 4)
    said, _ = chi2_of(stare, night)
    assert said == pytest.approx(4.0, rel=0.05)


def test_the_target_is_marked_where_it_is(night):
    figure = dict(draw("soxs_stare", night.stare()))["residuals"]
    panel = panel_of(figure, "slit profile")
    target = night.sources().sources[0]
    middle = np.mean(target.wave_domain_nm)
    marks = [line.get_xdata()[0] for line in panel.lines if len(line.get_xdata()) == 2]
    assert float(target.position(middle)) == pytest.approx(min(marks, key=lambda m: abs(m - 1.2)))
