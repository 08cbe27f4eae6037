"""Labels of ticks in letters alone."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from soxs_pipeline.plots import style
from soxs_pipeline.plots.ticks import plain, write_plainly


@pytest.mark.parametrize(
    ("typeset", "letters"),
    [
        (r"$\mathdefault{10^{-3}}$", "10⁻³"),
        (r"$\mathdefault{2\times10^{12}}$", "2×10¹²"),
        ("$\\times\\mathdefault{10^{\N{MINUS SIGN}17}}\\mathdefault{}$", "×10⁻¹⁷"),
        (r"$\mathdefault{-0.25}$", "−0.25"),
        ("2026-Nov-29", "2026-Nov-29"),
        ("", ""),
    ],
)
def test_a_label_is_written_in_letters_alone(typeset, letters):
    assert plain(typeset) == letters


def _labels(axis):
    return [tick.get_text() for tick in axis.get_ticklabels() if tick.get_text()]


def test_all_axes_of_a_figure_tell_the_values_of_their_ticks():
    with style.house_style():
        figure = Figure()
        FigureCanvasAgg(figure)
        panel = figure.subplots()
        panel.plot([1.0, 2.0], [3e-17, 8e-17])
        twin = panel.twinx()
        twin.set(yscale="log", ylim=(1e-3, 1e3))
        write_plainly(figure.axes)
        figure.draw_without_rendering()
    assert panel.yaxis.get_offset_text().get_text() == "×10⁻¹⁷"
    shown = {float(text.replace("−", "-")) for text in _labels(panel.yaxis)}
    assert {3.0, 5.0, 8.0} <= shown
    assert {"10⁻³", "10⁰", "10³"} <= set(_labels(twin.yaxis))
    assert not any("$" in text for text in _labels(panel.xaxis))


def test_a_settled_figure_is_drawn_once_when_saved(tmp_path, monkeypatch):
    with style.house_style():
        figure, panels = style.sheet("title", [["one"]], height_in=3.0)
        panels["one"].set_ylabel("flux")
        style.settle(figure)
    drawn = []
    draw = Figure.draw
    monkeypatch.setattr(Figure, "draw", lambda *a, **k: (drawn.append(1), draw(*a, **k)))
    figure.savefig(tmp_path / "figure.png")
    assert len(drawn) == 1
    # The label beside the axis found its room in the layout.
    box = panels["one"].yaxis.label.get_window_extent()
    assert 0.0 < box.x0 < panels["one"].get_window_extent().x0
