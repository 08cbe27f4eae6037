"""``soxs-reflex install``: files where the tool looks for them, nothing replaced unasked."""

import pytest

from soxs_reflex.cli.install import KINDS
from soxs_reflex.cli.main import main


@pytest.mark.parametrize("tool", sorted(KINDS))
def test_all_files_of_a_tool_are_copied_and_no_path_is_left_open(tool, tmp_path, capsys):
    folder = tmp_path / "a folder"
    assert main(["install", tool, str(folder), "--data", str(tmp_path / "data")]) == 0
    said = capsys.readouterr().out
    assert str(folder) in said
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 2
    assert not any("PATH_TO_REPLACE" in path.read_text() for path in files)


def test_the_reflex_workflow_knows_its_rules_windows_and_calibrations(tmp_path):
    main(["install", "reflex", str(tmp_path), "--data", str(tmp_path / "data")])
    text = (tmp_path / "soxs_spectroscopy.xml").read_text()
    assert f"{tmp_path}/soxs.oca" in text
    assert str(tmp_path / "data") in text
    assert "soxs_reflex/actors" in text
    assert "calib_static" in text


def test_the_same_files_may_be_installed_again_but_others_are_not_replaced(tmp_path, capsys):
    folder = str(tmp_path)
    assert main(["install", "edps", folder]) == 0
    assert main(["install", "edps", folder]) == 0
    mine = tmp_path / "soxs" / "soxs_rules.py"
    mine.write_text("mine")
    assert main(["install", "edps", folder]) != 0
    said = capsys.readouterr().err
    assert "soxs_rules.py" in said
    assert "--force" in said
    assert mine.read_text() == "mine"
    assert main(["install", "edps", folder, "--force"]) == 0
    assert mine.read_text() != "mine"


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["install", "pyesorex", str(tmp_path / "file" / "below")]) != 0
    assert "Traceback" not in capsys.readouterr().err


def test_paths_are_those_of_the_package(capsys):
    assert main(["paths"]) == 0
    assert "workflows/reflex" in capsys.readouterr().out


def test_what_is_unknown_is_refused(capsys):
    assert main(["install", "iraf", "x"]) == 2
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
