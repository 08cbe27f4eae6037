"""The figures tell the residuals that the lines have."""

import dataclasses

import numpy as np
import pytest

from soxs_pipeline.plots import draw

PINHOLES = np.linspace(-5.5, 5.5, 9)


def residual_figure(lines, night):
    return dict(draw("soxs_spatial_solution", {"lines": lines, "dispersion": night.solution}))[
        "residuals"
    ]


def widths(figure):
    """Width of each distribution of pulls, as its legend says."""
    panel = next(a for a in figure.axes if a.get_title(loc="left").startswith("residual over"))
    told = [text.get_text().rsplit(" ", 1) for text in panel.get_legend().get_texts()]
    return {parts[0]: float(parts[1]) for parts in told if len(parts) == 2}


def test_the_title_tells_the_rms_of_the_lines_used(night):
    lines = night.lines(slits=PINHOLES)
    rms = np.sqrt(np.mean((lines.x - lines.x_fit)[lines.used] ** 2))
    title = residual_figure(lines, night).axes[0].get_title(loc="left")
    assert title == f"along the dispersion, rms {rms:.3f} px"


def test_right_errors_give_pulls_of_width_one(night):
    told = widths(residual_figure(night.lines(slits=PINHOLES), night))
    assert list(told) == ["Δx", "Δy", "Δx in a line"]
    assert list(told.values()) == pytest.approx([1.0, 1.0, 1.0], abs=0.12)


def test_a_wrong_wavelength_shows_in_the_line_but_not_within_it(night):
    lines = night.lines(slits=PINHOLES)
    waves, number = np.unique(lines.wavelength_nm, return_inverse=True)
    shift = np.random.default_rng(2).normal(0, 0.3, waves.size)[number]
    told = widths(residual_figure(dataclasses.replace(lines, x=lines.x + shift), night))
    assert told["Δx"] > 3
    assert told["Δx in a line"] == pytest.approx(1.0, abs=0.12)


def test_one_pinhole_is_drawn_against_brightness(night):
    labels = {panel.get_xlabel() for panel in residual_figure(night.lines(), night).axes}
    assert "log10 of the line's electrons" in labels
    assert "slit position [arcsec]" not in labels


def test_every_order_has_its_count_of_lines(night):
    lines = night.lines(slits=PINHOLES)
    panel = next(
        a
        for a in residual_figure(lines, night).axes
        if a.get_title(loc="left") == "lines of each order"
    )
    total = sum(bar.get_height() for bar in panel.patches)
    assert total == lines.used.size


def test_the_map_names_every_order(night):
    figure = dict(draw("soxs_spatial_solution", night.pinholes()))["map"]
    panel = next(a for a in figure.axes if a.get_title(loc="left") == "order")
    named = {text.get_text() for text in panel.texts}
    assert named == {str(order) for order in night.solution.orders}
