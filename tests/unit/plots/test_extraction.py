import numpy as np

from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.plots import draw


def test_stray_bins_do_not_set_the_scale_and_are_marked(night):
    orders = night.orders()
    panel = dict(draw("soxs_extract", {"orders": orders}))["orders"].axes[0]
    assert panel.get_ylim()[1] < 3000  # stray bins are at 2e5
    bad = sum(int(((one.quality & np.uint32(FATAL)) != 0).sum()) for one in orders.spectra)
    strokes = [line for line in panel.lines if line.get_marker() == "|"]
    assert bad > 0
    assert sum(len(line.get_xdata()) for line in strokes) == bad


def test_every_order_has_a_panel_of_its_own(night):
    orders = night.orders()
    figure = dict(draw("soxs_extract", {"orders": orders}))["each"]
    titles = [panel.get_title(loc="left") for panel in figure.axes if panel.axison]
    assert titles == [f"order {one.order}" for one in orders.spectra]


def test_the_sources_spectrum_is_drawn_as_it_is(night):
    orders = night.orders()
    panel = dict(draw("soxs_extract", {"orders": orders}))["each"].axes[0]
    first = orders.spectra[0]
    good = first.quality == 0
    drawn = panel.lines[0].get_ydata()
    np.testing.assert_allclose(drawn[good], first.flux[good])
    assert np.isnan(drawn[~good]).all()
