"""Quality control of many reductions."""

import csv
import json

import pytest

from soxs_pipeline.cli.main import main
from tests.support.tiny_frames import write_bias


@pytest.fixture
def nights(tmp_path, capsys):
    """Two nights of biases, reduced into one folder each."""
    for night in range(2):
        raw = tmp_path / f"raw{night}"
        raw.mkdir()
        for k in range(3):
            write_bias(raw / f"SOXS.{k}.fits", k + 1000 * night)
        command = ["reduce", str(raw), "-o", str(tmp_path / f"out{night}"), "-j", "1", "-q"]
        assert main([*command, "--no-plots"]) == 0
    capsys.readouterr()
    return [str(tmp_path / f"out{night}") for night in range(2)]


def test_a_table_tells_values_of_all_runs(nights, capsys):
    assert main(["qc", *nights, "--key", "raw ron", "--recipe", "mbias", "--arm", "vis"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == [
        "recipe", "arm", "key", "runs", "median", "scatter", "unit", "limits", "outside",
    ]  # fmt: skip
    assert line.split()[:5] == ["soxs_mbias", "VIS", "RAW", "RON", "2"]
    assert float(line.split()[5]) == pytest.approx(3.3, abs=0.1)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_programmes_get_every_value_with_its_date(nights, tmp_path, form):
    path = tmp_path / f"qc.{form}"
    assert main(["qc", *nights, "-o", str(path), "--key", "RAW RON"]) == 0
    text = path.read_text()
    rows = json.loads(text) if form == "json" else list(csv.DictReader(text.splitlines()))
    assert [round(float(row["mjd"]), 1) for row in rows] == [60918.1, 60919.1]
    assert {row["key"] for row in rows} == {"RAW RON"}


def test_the_page_holds_everything_it_shows(nights, tmp_path):
    path = tmp_path / "qc.html"
    assert main(["qc", *nights, "-o", str(path)]) == 0
    page = path.read_text()
    assert "<h2>soxs_mbias VIS</h2>" in page
    assert "data:image/png;base64," in page
    assert "http" not in page
    assert "2 runs" in page


def test_what_cannot_be_shown_is_told(nights, tmp_path, capsys):
    for command, words in (
        ([str(tmp_path / "none")], "there is no folder"),
        ([str(tmp_path / "raw0")], "no quality control was found"),
        ([*nights, "--key", "nothing"], "no value is of this kind"),
        ([*nights, "--recipe", "mbais"], "did you mean soxs_mbias?"),
        ([*nights, "-o", "x.xlsx"], "unknown form"),
    ):
        assert main(["qc", *command]) != 0
        assert words in capsys.readouterr().err
