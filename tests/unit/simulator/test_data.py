"""The simulator's data: whole, declared, in vacuum."""

import hashlib
import tomllib

import numpy as np
import pytest

from soxs_pipeline.errors import InputError
from soxs_pipeline.simulator.data import data_file, read_table

MANIFEST = tomllib.loads(data_file("MANIFEST.toml").read_text())["file"]


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_a_file_is_what_the_manifest_says(entry):
    content = data_file(entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert entry["source"]
    assert entry["licence"]


def test_the_manifest_holds_every_file():
    folder = data_file("MANIFEST.toml").parent
    held = {path.name for path in folder.iterdir()} - {"MANIFEST.toml"}
    assert held == {entry["file"] for entry in MANIFEST}


@pytest.mark.parametrize(
    ("extension", "known"),
    [
        ("THAR", (763.7208, 811.7542, 420.1857)),  # Ar I, NIST, vacuum
        ("PENRAY", (912.5471, 1523.4877, 1694.521, 1529.9996)),  # Ar I and, last, Hg I
    ],
)
def test_lamp_lines_are_in_vacuum(extension, known):
    wave = read_table("lamps.fits", extension)["WAVELENGTH"]
    for line in known:
        assert np.abs(wave - line).min() < 0.02


def test_sky_lines_are_in_vacuum():
    wave = read_table("sky.fits", "LINES")["WAVELENGTH"]
    for line in (557.8894, 630.2046, 1583.3263):
        assert np.abs(wave - line).min() < 0.01


def test_a_missing_file_is_one_clear_error():
    with pytest.raises(InputError, match="none_such"):
        data_file("none_such.fits")


def test_a_chosen_folder_comes_first(tmp_path, monkeypatch):
    (tmp_path / "simulator").mkdir()
    (tmp_path / "simulator" / "geometry.json").write_text("{}")
    monkeypatch.setenv("SOXS_CALIB_STATIC", str(tmp_path))
    assert data_file("geometry.json").read_text() == "{}"
