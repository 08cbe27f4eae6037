"""The scripts of Reflex's windows: with a stand-in of its modules, and without any."""

import json
import subprocess
import sys

import pytest

from soxs_pipeline.plots import drawings
from soxs_reflex.actors.protocol import INPUTS, OUTPUTS
from soxs_reflex.actors.window import main
from soxs_reflex.description import describe
from soxs_reflex.generate.reflex.step import INTERACTIVE
from soxs_reflex.generate.write import PACKAGE
from tests.support import reflex_standin


@pytest.fixture
def told(products, tmp_path):
    """What Reflex writes for the script, of a master bias just made."""
    made, raw = products
    sof = lambda files: {
        "class": "org.eso.domain.SetOfFiles", "datasetName": "DS1",
        "files": [
            {"class": "org.eso.domain.FitsFile", "name": str(name), "category": tag,
             "checksum": "", "purposes": ["UNIVERSAL"]}
            for name, tag in files
        ],
    }  # fmt: skip
    sop = [
        {"class": "org.eso.domain.RecipeParameter", "recipe": "soxs_mbias",
         "display_name": one.alias, "name": one.name, "description": one.text,
         "value": str(one.default)}
        for one in describe("soxs_mbias").parameters
    ]  # fmt: skip
    content = {"in_sof": sof(made), "in_sof_rec_orig": sof(raw), "in_sop": sop, "enable": "true"}

    def write(**more):
        (tmp_path / "in.json").write_text(json.dumps({**content, **more}))
        return [f"--input-parameters-file={tmp_path / 'in.json'}",
                f"--output-parameters-file={tmp_path / 'out.json'}"]  # fmt: skip

    write.content = content
    write.answer = lambda: json.loads((tmp_path / "out.json").read_text())
    write.seen = lambda: json.loads((tmp_path / "out.told.json").read_text())
    return write


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    from soxs_pipeline.cli.main import main as soxspipe  # noqa: PLC0415
    from tests.support.tiny_frames import write_biases  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("actor")
    raw = write_biases(folder / "raw", 3)
    assert soxspipe(["mbias", str(folder / "raw"), "-o", str(folder / "out")]) == 0
    made = next((folder / "out").rglob("*MBIAS*.fits"))
    return [(made, "MASTER_BIAS_VIS")], [(path, "BIAS_VIS") for path in raw]


@pytest.fixture
def with_reflex(monkeypatch):
    for name, module in reflex_standin.modules().items():
        monkeypatch.setitem(sys.modules, name, module)


def run(arguments, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["script", *arguments])
    return main("soxs_mbias")


def test_continue_takes_the_result(told, with_reflex, monkeypatch):
    assert run(told(), monkeypatch) == 0
    answer = told.answer()
    assert answer["iteration_complete"] == "true"
    assert answer["out_sof"] == told.content["in_sof"]


def test_repeat_sends_the_changed_parameter_round_again(told, with_reflex, monkeypatch):
    assert run(told(act="repeat:clip-sigma=4.5"), monkeypatch) == 0
    answer = told.answer()
    assert answer["iteration_complete"] == "false"
    values = {one["display_name"]: one["value"] for one in answer["out_sop_loop"]}
    assert values["clip-sigma"] == "4.5"
    assert answer["out_sof_loop"] == told.content["in_sof_rec_orig"]


def test_the_window_offers_the_recipes_own_parameters_and_figures(
    told, with_reflex, monkeypatch, tmp_path
):
    run(told(), monkeypatch)
    seen = told.seen()
    assert seen["parameters"] == [one.alias for one in describe("soxs_mbias").parameters]
    assert "soxs_mbias" in seen["title"]
    assert "Repeat" in seen["help"]
    assert seen["panels"] >= 4
    assert (tmp_path / "out.png").stat().st_size > 10_000


def test_missing_products_are_told_in_the_window(told, with_reflex, monkeypatch):
    empty = {**told.content["in_sof"], "files": []}
    assert run(told(in_sof=empty), monkeypatch) == 0


def test_a_window_that_is_switched_off_passes_products_through(told, with_reflex, monkeypatch):
    assert run(told(enable="false"), monkeypatch) == 0
    assert told.answer()["iteration_complete"] == "true"


def test_without_reflex_products_pass_through(told):
    assert main("soxs_mbias", told()) == 0
    answer = told.answer()
    assert answer["out_sof"] == told.content["in_sof"]
    assert answer["iteration_complete"] == "true"


def test_an_unknown_input_is_refused_as_reflex_does(told, capsys):
    assert main("soxs_mbias", told(nonsense="1")) == 1
    assert "no such option: nonsense" in capsys.readouterr().err


def test_without_products_it_says_what_is_missing(capsys):
    assert main("soxs_mbias", []) == 1
    assert "in_sof is missing" in capsys.readouterr().err


def test_a_damaged_file_is_refused(tmp_path, capsys):
    (tmp_path / "in.json").write_text("{")
    assert main("soxs_mbias", [f"--input-parameters-file={tmp_path / 'in.json'}"]) == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("recipe", INTERACTIVE)
def test_every_interactive_recipe_has_a_script_that_helps_and_figures(recipe):
    script = PACKAGE / "actors" / f"{recipe}_interactive.py"
    done = subprocess.run(
        [sys.executable, str(script), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in (*INPUTS, *OUTPUTS))
    assert drawings(recipe)
