"""Static calibrations."""

import hashlib
import math

import pytest

from soxs_pipeline.errors import InputError
from soxs_pipeline.io.static import calib_static_folder, find_static, read_manifest

MJD_2025 = 60676.0

MANIFEST = """
[[table]]
tag = "LINES"
arm = "VIS"
file = "old.fits"
valid_from = 2000-01-01
sha256 = "{sha}"

[[table]]
tag = "LINES"
arm = "VIS"
file = "new.fits"
valid_from = 2025-01-01T00:00:00Z

[[table]]
tag = "LINES"
arm = "ALL"
file = "any.fits"
valid_from = "2010-01-01"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SOXS_CALIB_STATIC", str(tmp_path))
    for name in ("old", "new", "any"):
        (tmp_path / f"{name}.fits").write_text(name)
    (tmp_path / "MANIFEST.toml").write_text(
        MANIFEST.format(sha=hashlib.sha256(b"old").hexdigest())
    )
    return tmp_path


@pytest.mark.parametrize(
    ("arm", "when", "name"),
    [
        ("VIS", MJD_2025 - 1, "old"),
        ("VIS", MJD_2025, "new"),
        ("VIS", math.nan, "new"),
        ("NIR", MJD_2025, "any"),
        ("", MJD_2025, "any"),
    ],
)
def test_the_one_that_held_then_is_found(folder, arm, when, name):
    assert find_static("LINES", arm, when) == folder / f"{name}.fits"


@pytest.mark.parametrize(("tag", "arm", "when"), [("NONE", "VIS", 6e4), ("LINES", "NIR", 50000.0)])
def test_none_is_an_error(folder, tag, arm, when):
    with pytest.raises(InputError, match=f"no static calibration {tag} for arm {arm}"):
        find_static(tag, arm, when)


def test_a_changed_file_is_refused(folder):
    assert find_static("LINES", "VIS", 6e4)
    (folder / "old.fits").write_text("tampered")
    with pytest.raises(InputError, match="not the file that the manifest describes"):
        find_static("LINES", "VIS", 6e4)


def test_a_missing_file_is_told(folder):
    (folder / "new.fits").unlink()
    with pytest.raises(InputError, match=r"new\.fits cannot be read"):
        find_static("LINES", "VIS", math.nan)


@pytest.mark.parametrize("text", ["not = [toml", "[[table]]\ntag = 'A'\n"])
def test_a_bad_manifest_is_told(folder, text):
    (folder / "MANIFEST.toml").write_text(text)
    with pytest.raises(InputError, match=r"MANIFEST\.toml cannot be read"):
        find_static("LINES", "VIS", 6e4)


def test_a_folder_without_manifest_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("SOXS_CALIB_STATIC", str(tmp_path / "none"))
    with pytest.raises(InputError, match="static calibrations are missing"):
        calib_static_folder()


def test_all_that_ship_are_whole(monkeypatch):
    monkeypatch.delenv("SOXS_CALIB_STATIC", raising=False)
    entries = read_manifest(calib_static_folder())
    assert {entry.tag for entry in entries} >= {"SPECTRAL_FORMAT"}
    for entry in entries:
        assert entry.sha256
        assert find_static(entry.tag, entry.arm, math.nan).is_file()
