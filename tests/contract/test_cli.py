"""The grammar of the command line and what it tells."""

import json
import os
import subprocess
import sys
import tomllib

import pytest
from astropy.io import fits

from soxs_pipeline.cli.main import COMMANDS, main
from soxs_pipeline.runtime.registry import full_name, get, names
from tests.support.tiny_frames import write_bias, write_biases

HEAVY = ("numpy", "scipy", "astropy", "matplotlib")


def loaded(statement):
    """Return what is heavy of what a statement loads: time on a busy machine proves nothing."""
    code = f"import sys; {statement}; print(sorted(set(sys.modules) & {set(HEAVY)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_the_top_of_the_help_loads_nothing_heavy(arguments):
    assert loaded(f"from soxs_pipeline.cli.main import main; main({arguments!r})") == "[]"


@pytest.mark.parametrize(("given", "used"), [({}, "1"), ({"OMP_NUM_THREADS": "3"}, "3")])
def test_libraries_start_one_thread_unless_told_otherwise(given, used):
    code = "import os; from soxs_pipeline.cli.main import main; main(['--version']); "
    code += "print(os.environ['OMP_NUM_THREADS'])"
    clean = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean | given, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == used


@pytest.mark.parametrize("name", ["soxs_stare", "disp_sol", "img_mflat"])
def test_the_help_of_a_recipe_loads_nothing_heavy(name):
    assert loaded(f"from soxs_pipeline.cli.main import main; main(['{name}', '--help'])") == "[]"


def test_without_its_manual_page_a_recipe_tells_it_itself(monkeypatch, tmp_path, capsys):
    main(["stare", "--help"])
    written = capsys.readouterr().out
    monkeypatch.setattr("soxs_pipeline.cli.manuals.MANUALS", tmp_path)
    main(["stare", "--help"])
    assert capsys.readouterr().out == written


def test_reducing_loads_nothing_that_reads_pixels_before_the_plan_is_made():
    assert loaded("import soxs_pipeline.cli.reducing") == "[]"


@pytest.mark.parametrize("name", [name for name, *_ in COMMANDS])
def test_the_help_of_a_command_loads_nothing_that_only_its_work_needs(name):
    said = loaded(f"from soxs_pipeline.cli.main import main; main(['{name}', '--help'])")
    assert said == "[]"


def test_the_help_names_every_command_and_recipe(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    commands = ("reduce", "plan", "init", "data_organiser", "simulate", "explain", "recipes")
    for word in (*commands, *(name for name in names() if name != "soxs_data_organiser")):
        assert f"  {word} " in said


def test_without_a_command_the_help_is_shown_as_an_error(capsys):
    assert main([]) == 2
    assert "usage: soxspipe" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("mbias", "soxs_mbias"), ("mdark", "soxs_mdark"), ("mflat", "soxs_spec_mflat"),
        ("spec_mflat", "soxs_spec_mflat"), ("disp_sol", "soxs_disp_solution"),
        ("disp-solution", "soxs_disp_solution"), ("order_centres", "soxs_order_centres"),
        ("spat_solution", "soxs_spatial_solution"),
        ("spatial_solution", "soxs_spatial_solution"), ("stare", "soxs_stare"),
        ("extract", "soxs_extract"), ("merge", "soxs_merge"),
        ("data_organiser", "soxs_data_organiser"), ("SOXS_MBIAS", "soxs_mbias"),
    ],
)  # fmt: skip
def test_recipes_answer_to_the_names_of_the_paper(short, full):
    assert full_name(short) == full


def test_a_recipe_tells_what_it_does_takes_and_makes(capsys):
    assert main(["disp_sol", "--help"]) == 0
    said = capsys.readouterr().out
    for words in (
        "usage: soxspipe soxs_disp_solution <inputFrames>",
        "1. ",
        "detector.master_bias",
        "ARC_PINHOLE",
        "DISP_TAB_FIRST",
        "--detection-sigma FLOAT  default",
        "DETLINES NUM",
        "soxspipe soxs_disp_solution my.sof",
    ):
        assert words in said


def test_init_writes_settings_that_change_nothing(tmp_path, capsys):
    path = tmp_path / "my.toml"
    assert main(["init", str(path)]) == 0
    values = tomllib.loads(path.read_text())
    assert set(values) == set(names())
    assert not any(values.values())
    assert main(["init", str(path)]) == 7
    assert "is there already" in capsys.readouterr().err
    assert main(["init", str(path), "--force"]) == 0


def test_explain_tells_of_every_recipe_that_has_the_parameter(capsys):
    assert main(["explain", "detection-sigma"]) == 0
    said = capsys.readouterr().out
    assert "soxs_disp_solution" in said
    assert "soxs_spatial_solution" in said
    assert main(["explain", "soxs_disp_solution.detection_sigma"]) == 0
    assert "soxs_spatial_solution" not in capsys.readouterr().out


def test_recipes_and_tags_are_listed(capsys):
    assert main(["recipes"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == list(names())
    assert main(["recipes", "--tags"]) == 0
    assert "MASTER_BIAS" in capsys.readouterr().out


def test_a_plan_can_be_read_by_programmes(tmp_path, capsys):
    write_biases(tmp_path / "raw")
    assert main(["plan", str(tmp_path / "raw"), "--json", "-o", str(tmp_path / "out")]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["frames"] == {"BIAS_VIS": 3}
    assert [job["recipe"] for job in plan["jobs"]] == ["soxs_mbias"]
    assert not (tmp_path / "out").exists()


def test_the_organiser_writes_sets_that_the_recipe_takes(tmp_path, capsys):
    write_biases(tmp_path / "raw frames")
    out = tmp_path / "out"
    assert main(["data_organiser", str(tmp_path / "raw frames"), "-o", str(out)]) == 0
    assert "3  BIAS_VIS" in capsys.readouterr().out
    (path,) = (out / "sof").iterdir()
    assert path.read_text().count("BIAS_VIS") == 3
    assert main(["mbias", str(path), "-o", str(out), "--no-plots", "-q"]) == 0


def test_what_sets_a_parameter_is_recorded(tmp_path):
    write_biases(tmp_path / "raw")
    info = next(i for i in get("mbias").parameters.describe() if i.type in {float, int})
    (tmp_path / "my.toml").write_text(f"[mbias]\n{info.name} = {info.default}\n")
    command = ["mbias", str(tmp_path / "raw"), "-o", str(tmp_path / "out"), "--no-plots", "-q"]
    for more, who in (
        ([], "default"),
        (["-s", str(tmp_path / "my.toml")], f"file {tmp_path / 'my.toml'}"),
        ([f"--{info.alias}", str(info.default)], "command line"),
    ):
        assert main([*command, *more]) == 0
        (record,) = (tmp_path / "out").rglob("*.json")
        told = json.loads(record.read_text())["parameters"][info.name]
        assert told == {"value": info.default, "set_by": who}


def test_the_report_holds_everything_it_shows(tmp_path, capsys):
    write_biases(tmp_path / "raw")
    out = tmp_path / "out"
    command = ["reduce", str(tmp_path / "raw"), "-o", str(out), "-j", "1"]
    assert main(command) == 0
    assert str(out / "index.html") in capsys.readouterr().out
    assert not list(out.rglob("*.pdf"))
    page = (out / "index.html").read_text()
    assert "data:image/png;base64," in page
    assert "<script" not in page
    assert "refresh" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "RAW RON" in page
    assert main([*command, "--pdf"]) == 0
    assert len(list(out.rglob("*.pdf"))) == len(list(out.rglob("*.png"))) > 0
    assert "PDF" in (out / "index.html").read_text()


HEADER_RULES = """
[[headers]]
files = "wrong*"
set = { "ESO SEQ ARM" = "VIS", "ESO DPR TYPE" = "BIAS" }
"""


def test_headers_that_are_wrong_can_be_put_right_in_the_settings(tmp_path, capsys):
    raw, out, rules = tmp_path / "raw", tmp_path / "out", tmp_path / "my.toml"
    write_biases(raw)
    wrong = write_bias(raw / "wrong.fits", 3, seq_arm="NIR", dpr_type=None)
    before = wrong.read_bytes()
    command = ["reduce", str(raw), "-o", str(out), "--no-plots", "-j", "1"]
    assert main(command) == 0
    assert "1 file(s) were not used" in capsys.readouterr().err
    rules.write_text(HEADER_RULES)
    assert main([*command, "-s", str(rules)]) == 0
    assert "not used" not in capsys.readouterr().err
    assert wrong.read_bytes() == before
    (product,) = out.rglob("*MBIAS*.fits")
    header = fits.getheader(product)
    assert header["ESO PRO DATANCOM"] == 4
    told = "header corrected in 1 of 4 frame(s): ESO DPR TYPE = BIAS"
    record = json.loads(product.with_suffix(".json").read_text())
    assert told in record["remarks"]
    (entry,) = [e for s in record["inputs"].values() for e in s if e["file"] == "wrong.fits"]
    assert entry["corrections"] == {"ESO DPR TYPE": "BIAS", "ESO SEQ ARM": "VIS"}
    # Another correction is another input.
    rules.write_text(HEADER_RULES.replace("}", ', "OBJECT" = "none" }'))
    assert main([*command, "-s", str(rules)]) == 0
    assert "up to date" not in capsys.readouterr().err


def test_a_set_of_files_is_corrected_as_well(tmp_path, capsys):
    wrong = [write_bias(tmp_path / f"wrong{i}.fits", i, seq_arm="NIR") for i in range(3)]
    sof, rules = tmp_path / "my.sof", tmp_path / "my.toml"
    sof.write_text("".join(f"{path} BIAS_VIS\n" for path in wrong))
    command = ["mbias", str(sof), "-o", str(tmp_path / "out"), "--no-plots", "-q"]
    assert main(command) == 2
    assert "its header says NIR" in capsys.readouterr().err
    rules.write_text(HEADER_RULES)
    assert main([*command, "-s", str(rules)]) == 0


def test_a_rule_that_holds_for_no_frame_is_told(tmp_path, caplog):
    write_biases(tmp_path / "raw")
    rules = tmp_path / "my.toml"
    rules.write_text(HEADER_RULES)
    assert main(["plan", str(tmp_path / "raw"), "-s", str(rules)]) == 0
    assert "rule 1 holds for no frame" in caplog.text


@pytest.mark.parametrize("name", ["prep", "list", "raw", "session"])
def test_who_comes_from_the_official_pipeline_is_told_the_way(name, capsys):
    assert main([name, "."]) == 3
    said = capsys.readouterr().err
    assert f"there is no command '{name}'" in said
    assert "to do: " in said
