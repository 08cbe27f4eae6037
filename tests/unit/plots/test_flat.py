import numpy as np
import pytest

from soxs_pipeline.plots import draw


def figure_of(night, name):
    return dict(draw("soxs_spec_mflat", night.flat()))[name]


def panel_of(figure, title):
    return next(a for a in figure.axes if a.get_title(loc="left") == title)


def test_the_scale_follows_the_scatter_of_the_pixels(night):
    image = panel_of(figure_of(night, "response"), "close view, pixel by pixel").images[0]
    low, high = image.get_clim()
    assert (low + high) / 2 == pytest.approx(1.0)
    assert high - 1.0 == pytest.approx(0.04, rel=0.1)  # four times one per cent


def test_the_width_of_the_response_is_told(night):
    legend = panel_of(figure_of(night, "response"), "distribution").get_legend()
    said = legend.get_texts()[0].get_text()
    assert said.startswith("width ")
    assert float(said.split()[1]) == pytest.approx(1.0, abs=0.03)


def test_every_order_has_its_blaze(night):
    blaze = night.blaze()
    panel = panel_of(figure_of(night, "blaze"), "signal")
    assert len(panel.lines) == blaze.orders.size
    known = np.isfinite(blaze.signal[0])
    np.testing.assert_allclose(panel.lines[0].get_ydata(), blaze.signal[0][known])


def test_the_order_table_shows_residuals_and_edges(night):
    figure = figure_of(night, "orders")
    bars = panel_of(figure, "residual of the centres").patches
    assert [bar.get_height() for bar in bars] == pytest.approx(list(night.order_table.residual_px))
    width = panel_of(figure, "from edge to edge").lines[0].get_ydata()
    assert width == pytest.approx(np.full(width.size, 28.0), abs=0.2)


def test_centres_without_edges_are_drawn_as_well(night):
    table = night.order_table
    unknown = np.full(table.lower_coef.shape, np.nan)
    bare = type(table)(
        table.orders, table.x_range, table.centre_coef, unknown, unknown, table.residual_px
    )
    figure = dict(draw("soxs_order_centres", {"order_table": bare}))["orders"]
    assert {a.get_title(loc="left") for a in figure.axes} == {
        "on the detector",
        "residual of the centres",
    }
