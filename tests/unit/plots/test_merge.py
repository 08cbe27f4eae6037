"""The range of the merged spectrum shows features, not stray bins."""

from soxs_pipeline.plots import draw


def test_stray_bins_do_not_set_the_scale(night):
    figure = dict(draw("soxs_merge", {"merged": night.merged()}))["spectrum"]
    low, high = figure.axes[0].get_ylim()
    assert -30 < low < 0
    assert 80 < high < 150  # continuum 65 and an emission line of 87; stray bins are at 4000


def test_both_arms_are_named(night):
    figure = dict(draw("soxs_merge", {"merged": night.merged()}))["spectrum"]
    named = {text.get_text() for text in figure.axes[0].get_legend().get_texts()}
    assert named == {"VIS, averaged", "NIR, averaged"}
