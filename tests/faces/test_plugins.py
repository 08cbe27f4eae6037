"""The recipes as PyCPL, a Python-capable EsoRex and the bridge load them."""

import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from astropy.io import fits

from soxs_pipeline.cli.main import main as soxspipe
from soxs_pipeline.errors import OutputError
from soxs_reflex.bridge import build as bridge
from soxs_reflex.bridge.driver import serve
from soxs_reflex.bridge.records import join, split
from soxs_reflex.description import describe, recipe_names
from soxs_reflex.esorex.main import main as soxs_esorex
from soxs_reflex.generate.write import PACKAGE, stale
from tests.support import cpl_standin

ESOREX = shutil.which("esorex")
CPL_HEADERS = Path("/usr/include/cpl.h").exists() and shutil.which("cc")
PYESOREX = sorted((PACKAGE / "pyesorex" / "plugins").glob("*.py"))
NATIVE = sorted((PACKAGE / "native" / "plugins").glob("*.py"))


def load(path):
    """Import a file by its base name, as both tools do."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def data_of(path):
    with fits.open(path) as units:
        return [unit.header.get("DATASUM") for unit in units]


def quality_of(path):
    header = fits.getheader(path)
    return {key: header[key] for key in header if key.startswith("ESO QC")}


def test_the_generated_files_are_fresh():
    assert stale() == []


def test_there_is_one_plugin_for_each_recipe():
    assert len(PYESOREX) == len(NATIVE) == len(recipe_names())


@pytest.mark.parametrize("path", PYESOREX, ids=lambda path: path.stem)
def test_pycpl_takes_every_recipe(path, monkeypatch):
    cpl = cpl_standin.install(monkeypatch)
    module = load(path)
    found = [
        value for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, cpl.ui.PyRecipe)
    ]  # fmt: skip
    assert len(found) == 1
    recipe = found[0]()
    description = describe(recipe.name)
    assert [p.name for p in recipe.parameters] == [p.name for p in description.parameters]
    assert [p.cli_alias for p in recipe.parameters] == [p.alias for p in description.parameters]
    assert all(int(part) < 100 for part in recipe.version.split("."))


def run_pycpl(monkeypatch, tmp_path, sof, settings):
    cpl = cpl_standin.install(monkeypatch)
    recipe = load(PACKAGE / "pyesorex" / "plugins" / "soxs_mbias_pyrecipe.py").SoxsMbias()
    frames = cpl.ui.FrameSet(cpl.ui.Frame(*line.split()) for line in sof.read_text().splitlines())
    work = tmp_path / "pycpl"
    work.mkdir(exist_ok=True)
    monkeypatch.chdir(work)
    return recipe, frames, recipe.run(frames, settings)


def test_a_recipe_under_pycpl_groups_its_frames_and_copies_its_settings(
    biases, tmp_path, monkeypatch
):
    recipe, frames, products = run_pycpl(
        monkeypatch, tmp_path, biases, {"soxs.soxs_mbias.clip-sigma": 6.0}
    )
    assert {frame.group.name for frame in frames} == {"RAW"}
    assert [(p.tag, p.group.name, p.level.name) for p in products] == [
        ("MASTER_BIAS_VIS", "PRODUCT", "FINAL")
    ]
    assert "/" not in products[0].file
    assert recipe.parameters["soxs.soxs_mbias.clip-sigma"].value == 6.0


def test_a_recipe_under_pycpl_checks_what_pycpl_does_not(biases, tmp_path, monkeypatch):
    with pytest.raises(RuntimeError, match="not allowed"):
        run_pycpl(monkeypatch, tmp_path, biases, {"soxs.soxs_mbias.clip-sigma": 999.0})
    with pytest.raises(RuntimeError, match="has no parameter"):
        run_pycpl(monkeypatch, tmp_path, biases, {"soxs.soxs_mbias.nothing": 1.0})


@pytest.mark.parametrize("path", NATIVE, ids=lambda path: path.stem)
def test_esorex_takes_every_python_recipe(path):
    module = load(path)
    found = [
        value for value in vars(module).values()
        if isinstance(value, type) and "CplPlugin" in {c.__name__ for c in value.__mro__}
    ]  # fmt: skip
    # The ancestor itself must not be there: EsoRex would take it for a recipe.
    assert [cls.__name__ for cls in found] != ["CplPlugin"]
    assert len(found) == 1
    assert getattr(module, found[0].__name__) is found[0]
    plugin = found[0]()
    assert isinstance(plugin.version, int)
    json.dumps([plugin.name, plugin.synopsis, plugin.description, plugin.parameters])


def test_a_python_recipe_runs_as_esorex_runs_it(biases, tmp_path, monkeypatch, capsys):
    plugin = load(PACKAGE / "native" / "plugins" / "soxs_mbias_plugin.py").SoxsMbias()
    frames = [
        {"filename": line.split()[0], "tag": line.split()[1], "group": 0, "level": 0, "type": 1}
        for line in biases.read_text().splitlines()
    ]
    parameters = [{**p, "value": p["default"], "present": False} for p in plugin.parameters]
    asked = {"frames": list(frames), "parameters": parameters}
    assert plugin.execute(asked) == 0
    assert [f["group"] for f in asked["frames"]] == [1, 1, 1, 3]
    assert asked["frames"][-1]["tag"] == "MASTER_BIAS_VIS"
    json.dumps(asked)
    gone = {"frames": [{**frames[0], "filename": "gone.fits"}], "parameters": parameters}
    assert plugin.execute(gone) == 2
    assert "gone.fits" in plugin.error_message
    assert "[ ERROR ] soxs_mbias" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "plain", "a\tb", "two\nlines", "back\\slash", "\\n", "\\\t\\"]
)
def test_a_record_comes_back_as_it_was(text):
    assert split(join("say", text, "end")) == ["say", text, "end"]


def test_the_driver_answers_every_failure(biases, tmp_path):
    def ask(*records):
        answer = io.StringIO()
        serve(io.StringIO("".join(join(*record) for record in records)), answer)
        return [split(line) for line in answer.getvalue().splitlines()]

    raws = [line.split() for line in biases.read_text().splitlines()]
    said = ask(("recipe", "soxs_mbias"), *(("frame", *raw) for raw in raws), ("end",))
    assert said[0] == ["group", "0", "RAW"]
    assert [s[2] for s in said if s[0] == "product"] == ["MASTER_BIAS_VIS"]
    assert said[-1] == ["done"]
    assert ask(("recipe", "soxs_mbias"), ("end",))[-1][:2] == ["fail", "2"]
    assert ask(("recipe", "soxs_nothing"), ("end",))[-1][0] == "fail"
    bad = ask(("recipe", "soxs_mbias"), ("param", "soxs.soxs_mbias.clip-sigma", "999", "1"),
              *(("frame", *raw) for raw in raws), ("end",))  # fmt: skip
    assert bad[-1][0] == "fail"
    assert "not allowed" in bad[-1][2]


def test_without_a_compiler_the_bridge_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(bridge.shutil, "which", lambda _name: None)
    with pytest.raises(OutputError, match="no C compiler"):
        bridge.build(tmp_path)


def test_the_same_pixels_and_quality_through_every_face(biases, tmp_path, monkeypatch):
    assert soxspipe(["mbias", str(biases), "-o", "direct", "--no-plots", "-q"]) == 0
    (tmp_path / "esorex").mkdir()
    assert soxs_esorex(["--output-dir=esorex", "soxs_mbias", str(biases)]) == 0
    _, _, products = run_pycpl(monkeypatch, tmp_path, biases, {})
    made = [
        next((tmp_path / "direct").rglob("*MBIAS*.fits")),
        next((tmp_path / "esorex").glob("*.fits")),
        tmp_path / "pycpl" / products[0].file,
    ]
    assert len({tuple(data_of(path)) for path in made}) == 1
    assert quality_of(made[0])
    assert all(quality_of(path) == quality_of(made[0]) for path in made)


@pytest.mark.skipif(not (ESOREX and CPL_HEADERS), reason="esorex and libcpl-dev are not installed")
def test_the_real_esorex_runs_the_bridge_as_our_own_command_does(biases, tmp_path, capsys):
    assert len(bridge.build(tmp_path / "plugins")) == len(recipe_names())

    def esorex(*arguments):
        return subprocess.run(
            [ESOREX, "--recipe-dir=plugins", *arguments], capture_output=True, text=True,
            check=False, cwd=tmp_path, env=dict(os.environ),
        )  # fmt: skip

    listed = esorex("--recipes").stdout
    assert all(f"  {name} " in listed for name in recipe_names())
    assert "--clip-sigma" in esorex("--man-page", "soxs_mbias").stdout
    for name in recipe_names():
        assert esorex(f"--create-config={name}.json", name).returncode == 0
        assert soxs_esorex([f"--create-config={name}.own.json", name]) == 0
        theirs, ours = (
            {entry["name"]: entry for entry in json.loads((tmp_path / file).read_text())}
            for file in (f"{name}.json", f"{name}.own.json")
        )
        assert theirs == ours
    options = ["--suppress-prefix=TRUE", "--products-sof=p.sof"]
    done = esorex("--output-dir=.", *options, "soxs_mbias", str(biases))
    assert done.returncode == 0, done.stdout + done.stderr
    theirs = (tmp_path / "p.sof").read_text().split()
    first = next(tmp_path.glob("*MBIAS*.fits"))
    signature, quality = data_of(first), quality_of(first)
    assert fits.getheader(first)["PIPEFILE"] == first.name
    assert soxs_esorex(["--output-dir=.", *options, "soxs_mbias", str(biases)]) == 0
    assert Path(theirs[0]).name == first.name
    assert (tmp_path / "p.sof").read_text().split()[1] == theirs[1]
    assert data_of(first) == signature
    assert quality_of(first) == quality


@pytest.mark.skipif(not (ESOREX and CPL_HEADERS), reason="esorex and libcpl-dev are not installed")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense", "soxs_mbias"], ["soxs_nothing", "bias.sof"], ["soxs_mbias", "none.sof"],
        ["soxs_mbias", "--clip-sigma=1000", "bias.sof"],
        ["soxs_mbias", "--nonsense=1", "bias.sof"],
        ["soxs_mbias", "--keep-noise=yes", "bias.sof"], ["soxs_mbias"],
        ["--output-dir=none", "soxs_mbias", "bias.sof"],
        ["--recipe-config=bad.rc", "soxs_mbias", "bias.sof"],
        ["--recipe-config=none.rc", "soxs_mbias", "bias.sof"],
    ],
)  # fmt: skip
def test_the_status_is_that_of_the_real_esorex(arguments, biases, tmp_path):
    bridge.build(tmp_path / "plugins")
    (tmp_path / "bad.rc").write_text("soxs.soxs_mbias.nothing=3\n")
    done = subprocess.run(
        [ESOREX, "--recipe-dir=plugins", *arguments], capture_output=True, check=False,
        cwd=tmp_path, env=dict(os.environ),
    )  # fmt: skip
    assert soxs_esorex(arguments) == done.returncode
