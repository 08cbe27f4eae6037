"""Every recipe's products give figures that say what they show."""

import dataclasses

import matplotlib as mpl
import numpy as np
import pytest

from soxs_pipeline import plots
from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.spectra import OrderSpectra
from soxs_pipeline.reduction.flux.telluric import (
    TelluricOptions,
    correct_spectrum,
    find_absorption,
)
from tests.support.air import seen_through_air, telluric_grid

FIGURES = {
    "soxs_mbias": ["frame"],
    "soxs_mdark": ["frame"],
    "soxs_disp_solution": ["residuals", "lines"],
    "soxs_order_centres": ["orders"],
    "soxs_spec_mflat": ["response", "orders", "blaze", "scattered"],
    "soxs_spatial_solution": ["residuals", "lines", "map"],
    "soxs_stare": ["residuals", "close", "frame"],
    "soxs_extract": ["window", "orders", "each"],
    "soxs_merge": ["spectrum", "close"],
    "soxs_response": ["response"],
    "soxs_line_check": ["lines"],
    "soxs_straighten": ["image"],
    "soxs_lingain": ["transfer"],
    "soxs_telluric": ["telluric"],
    "soxs_map": ["map"],
}


def corrected_spectrum():
    spectrum, _ = seen_through_air(limits=(700.0, 1500.0))
    found, _ = find_absorption(spectrum, telluric_grid(), TelluricOptions())
    return {"corrected": correct_spectrum(spectrum, found, 0.2), "telluric": found}


def products_of(night, recipe):
    makers = {
        "soxs_mbias": night.bias,
        "soxs_mdark": night.dark,
        "soxs_disp_solution": night.arc,
        "soxs_order_centres": lambda: {"order_table": night.order_table},
        "soxs_spec_mflat": night.flat,
        "soxs_spatial_solution": night.pinholes,
        "soxs_stare": lambda: {**night.stare(), "pixel_map": night.pixel_map},
        "soxs_extract": night.extraction,
        "soxs_merge": lambda: {"merged": night.merged()},
        "soxs_response": lambda: {"response": night.response()},
        "soxs_map": lambda: {"cube": night.cube()},
        "soxs_telluric": corrected_spectrum,
        "soxs_lingain": lambda: {"transfer": night.transfer()},
        "soxs_straighten": lambda: {"rectified": night.rectified()},
        "soxs_line_check": lambda: {"line_check": night.line_check()},
    }
    return makers[recipe]()


def has_data(panel):
    curves = [line for line in panel.lines if np.isfinite(line.get_ydata()).any()]
    return bool(curves or panel.images or panel.patches or panel.collections or panel.texts)


@pytest.fixture(scope="module")
def drawn(night):
    return {name: plots.draw(name, products_of(night, name)) for name in FIGURES}


@pytest.mark.parametrize("recipe", FIGURES)
def test_a_recipe_has_its_figures(drawn, recipe):
    assert [name for name, _ in drawn[recipe]] == FIGURES[recipe]


@pytest.mark.parametrize("recipe", FIGURES)
def test_figures_say_what_they_show(drawn, recipe):
    for _, figure in drawn[recipe]:
        assert figure.get_suptitle()
        named = [panel for panel in figure.axes if panel.get_xlabel() or panel.get_ylabel()]
        assert named
        assert all(has_data(panel) for panel in figure.axes if panel.axison)


@pytest.mark.parametrize("recipe", FIGURES)
def test_axes_carry_units(drawn, recipe):
    """Then every wavelength, position and pixel axis names its unit."""
    for _, figure in drawn[recipe]:
        for panel in figure.axes:
            label = panel.get_xlabel()
            if label.startswith(("wavelength", "slit", "x", "y", "value")):
                assert "[" in label or " / " in label


@pytest.mark.parametrize("recipe", FIGURES)
def test_figures_can_be_saved(drawn, recipe, tmp_path):
    for name, figure in drawn[recipe]:
        path = tmp_path / f"{name}.png"
        figure.savefig(path)
        assert path.stat().st_size > 10_000


def test_nothing_global_is_left_behind(night):
    before = dict(mpl.rcParams)
    plots.draw("soxs_mbias", night.bias())
    assert dict(mpl.rcParams) == before


def test_a_recipe_without_figures_gives_none():
    assert plots.draw("soxs_data_organiser", {}) == []


def test_a_product_that_was_not_made_is_left_out(night):
    products = {**night.flat(), "scattered_light": None, "blaze": None}
    assert [name for name, _ in plots.draw("soxs_spec_mflat", products)] == ["response", "orders"]


def test_the_geometry_may_stand_for_the_pixel_map(night):
    geometry = Geometry(night.order_table, night.solution, night.pixel_map)
    figures = plots.draw("soxs_stare", {**night.stare(), "geometry": geometry})
    assert [name for name, _ in figures] == FIGURES["soxs_stare"]


def test_without_geometry_the_slit_profile_is_still_drawn(night):
    figures = plots.draw("soxs_stare", night.stare())
    assert [name for name, _ in figures] == ["residuals", "frame"]


def test_an_extraction_without_orders_still_draws(night):
    empty = OrderSpectra((), 1800.0, "NIR", night.orders().header)
    assert len(plots.draw("soxs_extract", {"orders": empty})) == 2


def test_a_spectrum_of_nothing_but_flags_still_draws(night, tmp_path):
    merged = night.merged(count=500)
    flagged = dataclasses.replace(merged, quality=np.full(500, 16, np.uint32))
    for _, figure in plots.draw("soxs_merge", {"merged": flagged}):
        figure.savefig(tmp_path / "flagged.png")


def test_a_solution_without_any_line_used_still_draws(night, tmp_path):
    lines = night.lines()
    unused = dataclasses.replace(lines, used=np.zeros(lines.used.size, bool))
    for _, figure in plots.draw(
        "soxs_disp_solution", {"lines": unused, "dispersion": night.solution}
    ):
        figure.savefig(tmp_path / "unused.png")


def test_no_source_still_draws(night, tmp_path):
    stare = night.stare()
    stare["sources"] = dataclasses.replace(stare["sources"], sources=())
    for _, figure in plots.draw("soxs_stare", {**stare, "pixel_map": night.pixel_map}):
        figure.savefig(tmp_path / "none.png")
