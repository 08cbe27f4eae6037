"""The check of an installation."""

import shutil
from importlib.metadata import PackageNotFoundError

import pytest

from soxs_pipeline.cli.main import main
from soxs_pipeline.io.static import calib_static_folder
from soxs_pipeline.runtime import checkup, trial


@pytest.fixture
def doctor(tmp_path, capsys):
    def look(*more):
        status = main(["doctor", "-o", str(tmp_path / "out"), *more])
        return status, capsys.readouterr().out

    return look


def test_a_sound_installation_is_called_so_and_nothing_is_left(doctor, tmp_path):
    status, said = doctor("--quick")
    assert status == 0
    assert "All is well" in said
    assert "WRONG" not in said
    assert "numpy" in said
    assert not list(tmp_path.iterdir())


def test_the_trial_reduces_simulated_frames(monkeypatch):
    found = list(trial.make_trial())
    assert [one.grade for one in found] == ["ok"] * len(found)
    said = "\n".join(one.what for one in found)
    for words in ("soxs_mbias: read noise 3.3", "lines, within 0.0", "figures drawn"):
        assert words in said


def test_a_trial_that_is_not_complete_says_so(monkeypatch, tmp_path):
    # Without static calibrations biases can be combined, but no line identified.
    monkeypatch.setenv("SOXS_CALIB_STATIC", str(tmp_path))
    (wrong,) = [one for one in trial.make_trial() if one.grade == "wrong"]
    assert "soxs_disp_solution was not run" in wrong.what


def test_a_trial_that_fails_says_what_the_programme_said(monkeypatch):
    monkeypatch.setattr(trial.sys, "executable", "false")
    (wrong,) = trial.make_trial()
    assert wrong.grade == "wrong"
    assert "could not be reduced" in wrong.what


def test_a_changed_table_is_found(doctor, monkeypatch, tmp_path):
    copy = tmp_path / "tables"
    shutil.copytree(calib_static_folder(), copy)
    next(copy.rglob("EXTINCTION.fits")).write_bytes(b"nothing")
    monkeypatch.setenv("SOXS_CALIB_STATIC", str(copy))
    status, said = doctor()
    assert status == 1
    assert "EXTINCTION.fits is not the file that the manifest describes" in said
    assert "to do: install the pipeline again" in said
    assert "1 thing(s) to be put right" in said


def test_packages_that_are_missing_or_too_old_are_found(doctor, monkeypatch):
    real = checkup.version

    def version(name):
        if name == "scipy":
            raise PackageNotFoundError(name)
        return "1.0" if name == "numpy" else real(name)

    monkeypatch.setattr(checkup, "version", version)
    status, said = doctor()
    assert status == 1
    assert "scipy is missing" in said
    assert "numpy 1.0 is not >=2.1" in said
    assert 'pip install "numpy>=2.1"' in said


def test_a_folder_that_cannot_be_written_is_found(doctor, tmp_path):
    (tmp_path / "out").write_text("a file")
    status, said = doctor("--quick")
    assert status == 1
    assert "cannot write to" in said
