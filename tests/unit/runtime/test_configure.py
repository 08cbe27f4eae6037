from dataclasses import dataclass

import pytest

from soxs_pipeline.errors import ParameterError
from soxs_pipeline.instruments.schema import Instrument
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.definition import QcDefinition
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.runtime.configure import Settings, configure


@dataclass(frozen=True, kw_only=True)
class Parameters(ParameterSet):
    clip_sigma: float = parameter(5.0, "Clip.", ge=1, le=9)
    keep: bool = parameter(False, "Keep.")


@dataclass(frozen=True)
class Products:
    nothing: None


def soxs_mbias(*, parameters: Parameters) -> Outcome[Products]:
    """Do nothing."""
    return Outcome(Products(None), ())


RECIPE = Recipe(soxs_mbias, Parameters, Products, (QcDefinition("N", "Number"),))


@pytest.fixture
def instrument():
    defaults = {"soxs_mbias": {"": {}, "NIR": {"clip_sigma": 3.0}}}
    return Instrument("SOXS", arms={}, keywords=None, defaults=defaults)


def chosen(instrument, arm="NIR", from_file=None, command_line=None):
    settings = Settings(
        {"soxs_mbias": from_file or {}}, "my.toml", {"soxs_mbias": command_line or {}}
    )
    found = configure(RECIPE, arm, instrument, settings)
    return found.parameters.clip_sigma, found.origins["clip_sigma"]


def test_the_recipe_comes_first(instrument):
    assert chosen(instrument, "VIS") == (5.0, "default")


def test_the_instrument_outranks_the_recipe(instrument):
    assert chosen(instrument) == (3.0, "instrument")


def test_the_file_outranks_the_instrument(instrument):
    assert chosen(instrument, from_file={"clip-sigma": 4}) == (4.0, "file my.toml")


def test_the_arm_outranks_what_holds_for_all_in_the_file(instrument):
    table = {"clip_sigma": 4, "NIR": {"clip_sigma": 6}}
    assert chosen(instrument, from_file=table)[0] == 6.0
    assert chosen(instrument, "VIS", from_file=table)[0] == 4.0


def test_the_command_line_outranks_all(instrument):
    found = chosen(instrument, from_file={"clip_sigma": 4}, command_line={"clip_sigma": "7"})
    assert found == (7.0, "command line")


def test_a_wrong_value_says_who_set_it(instrument):
    with pytest.raises(ParameterError, match=r"soxs_mbias: .*set by command line"):
        chosen(instrument, command_line={"clip_sigma": "70"})


def test_short_names_of_recipes_are_understood_in_the_file(instrument):
    settings = Settings({"mbias": {"keep": "yes"}}, "my.toml")
    settings.check_names(("VIS", "NIR"))
    assert configure(RECIPE, "VIS", instrument, settings).parameters.keep
