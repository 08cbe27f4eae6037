import re

import pytest

from soxs_pipeline.plots import draw


def panels_of(products, recipe="soxs_mbias"):
    figure = dict(draw(recipe, products))["frame"]
    return {panel.get_title(loc="left"): panel for panel in figure.axes}


def test_unusable_pixels_are_counted(night):
    products = night.bias()
    bad = int(products["master_bias"].bad.sum())
    assert bad > 0
    assert any(title.startswith(f"image; {bad} unusable") for title in panels_of(products))


def test_the_noise_is_told(night):
    legend = panels_of(night.bias())["distribution of pixels"].get_legend()
    told = [float(re.search(r"σ = ([\d.]+)", text.get_text())[1]) for text in legend.get_texts()]
    assert told == pytest.approx([1.5, 1.5], rel=0.05)


def test_each_flag_has_a_bar(night):
    panel = panels_of(night.bias())["flagged pixels"]
    names = [label.get_text() for label in panel.get_yticklabels()]
    assert names == ["hot pixel", "dead pixel"]


def test_a_clean_frame_says_none(night):
    panel = panels_of(night.dark(), "soxs_mdark")["flagged pixels"]
    assert [text.get_text() for text in panel.texts] == ["none"]


def test_profiles_leave_out_bad_pixels(night):
    """The bad pixels are at 20 000 electrons, the bias at 1000."""
    panel = panels_of(night.bias())["median of each row"]
    assert panel.lines[0].get_ydata()[~(panel.lines[0].get_xdata() == 5)].max() < 1002
