"""Settings files."""

import tomllib
from dataclasses import dataclass
from typing import Literal

import pytest

from soxs_pipeline.errors import InputError, ParameterError
from soxs_pipeline.io.settings import read_header_rules, read_settings, settings_template
from soxs_pipeline.parameters import ParameterSet, parameter


@dataclass(frozen=True, kw_only=True)
class BiasParameters(ParameterSet):
    clip_sigma: float = parameter(5.0, "Rejection threshold.", unit="sigma", ge=1)
    iterations: int = parameter(3, "Number of passes.")
    weighted: bool = parameter(default=True, doc="Weight the frames.")
    method: Literal["mean", "median"] = parameter("mean", "How to combine.")


def read(tmp_path, text, name="settings.toml", **options):
    (tmp_path / name).write_text(text)
    return read_settings(tmp_path / name, **options)


def test_toml_with_values_for_one_arm(tmp_path):
    text = """
    [soxs_mbias]
    clip-sigma = 4
    method = "median"
    [soxs_mbias.VIS]
    clip_sigma = 6.5
    """
    assert read(tmp_path, text, recipes=["soxs_mbias"]) == {
        "soxs_mbias": {"clip_sigma": 4, "method": "median", "VIS": {"clip_sigma": 6.5}}
    }


def test_lines_of_esorex_without_its_own_options(tmp_path):
    text = """# EsoRex
    esorex.caller.log-dir=.
    soxs.soxs_mbias.clip-sigma=4
    soxs_mbias.method = "median"

    """
    assert read(tmp_path, text, "a.rc", recipes=["soxs_mbias"]) == {
        "soxs_mbias": {"clip_sigma": "4", "method": "median"}
    }


def test_an_unknown_recipe_is_refused_and_the_right_one_named(tmp_path):
    with pytest.raises(ParameterError, match=r"\[soxs_mbais\]") as caught:
        read(tmp_path, "[soxs_mbais]\n", recipes=["soxs_mbias", "soxs_mdark"])
    assert "soxs_mbias" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.toml", "clip_sigma = 4", "outside of a section"),
        ("a.toml", "[soxs_mbias]\nclip_sigma = four", "line 2"),
        ("a.rc", "soxs.soxs_mbias.clip-sigma", "line 1"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, name, text, what):
    with pytest.raises(ParameterError, match=what) as caught:
        read(tmp_path, text, name)
    assert name in caught.value.what


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml"):
        read_settings(tmp_path / "none.toml")


def test_the_template_shows_every_parameter_and_sets_none(tmp_path):
    by_arm = {"soxs_mbias": {"VIS": {"clip_sigma": 6.0}}}
    template = settings_template({"soxs_mbias": BiasParameters.describe()}, by_arm)
    assert read(tmp_path, template) == {"soxs_mbias": {"VIS": {}}}
    # Every line that looks like a setting is one, once its mark is taken off.
    told = [line for line in template.splitlines() if " = " in line and "#  " not in line]
    lines = [line.removeprefix("# ") for line in told]
    sections = "\n".join(lines[:-1])
    set_values = tomllib.loads(sections)
    assert BiasParameters.from_mapping(set_values) == BiasParameters()
    assert lines[-1] == "clip_sigma = 6.0"
    assert "Rejection threshold (float >= 1 [sigma])" in template
    assert "one of mean, median" in template


RULES = """
[[headers]]
files = "SOXS.*.fits"
set = { "ESO SEQ ARM" = "VIS", EXPTIME = 3.5 }

[soxs_mbias]
clip_sigma = 4

[[headers]]
files = ["a.fits", "b.fits"]
where = { "DPR.TYPE" = "" }
set = { "DPR.TYPE" = "BIAS" }
"""


def test_rules_for_headers_stand_beside_parameters(tmp_path):
    assert read(tmp_path, RULES, recipes=["soxs_mbias"]) == {"soxs_mbias": {"clip_sigma": 4}}
    first, second = read_header_rules(tmp_path / "settings.toml")
    assert first.put == {"ESO SEQ ARM": "VIS", "EXPTIME": 3.5}
    assert first.files == ("SOXS.*.fits",)
    assert second.files == ("a.fits", "b.fits")
    assert second.where == {"ESO DPR TYPE": ""}
    assert second.name.endswith("settings.toml: rule 2")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[headers]\nset = { A = 1 }", "no list of tables"),
        ("[[headers]]\nput = { A = 1 }", "has put"),
        ("[[headers]]\nset = 3", "set is 3"),
        ("[[headers]]\nset = { ESO.SEQ.ARM = 'VIS' }", "set is"),
        ("[[headers]]\nfiles = 3\nset = { A = 1 }", "files is 3"),
        ("[[headers]]\nfiles = 'a'", "sets nothing"),
    ],
)
def test_a_rule_that_cannot_be_one_is_told_with_its_number(tmp_path, text, what):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ParameterError, match=what) as caught:
        read_header_rules(tmp_path / "a.toml")
    assert "a.toml" in str(caught.value)
    assert caught.value.wanted


def test_the_example_of_the_template_is_a_rule(tmp_path):
    lines = [line[6:] for line in settings_template({}).splitlines() if line.startswith("#  ")]
    (tmp_path / "a.toml").write_text("\n".join(lines))
    (rule,) = read_header_rules(tmp_path / "a.toml")
    assert rule.where == {"ESO INS SLIT1 NAME": ""}


def test_lines_of_esorex_have_no_rules(tmp_path):
    (tmp_path / "a.rc").write_text("soxs.soxs_mbias.clip-sigma=4\n")
    assert read_header_rules(tmp_path / "a.rc") == ()
