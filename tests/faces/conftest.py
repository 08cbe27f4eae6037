from pathlib import Path

import pytest

from tests.support.tiny_frames import write_biases


@pytest.fixture
def biases(tmp_path, monkeypatch) -> Path:
    """A set of three biases, in a working directory and a home of their own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("ESOREX_CONFIG", "ESOREX_PLUGIN_DIR", "ESOREX_OUTPUT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    frames = write_biases(tmp_path / "raw")
    sof = tmp_path / "bias.sof"
    sof.write_text("".join(f"{path} BIAS_VIS\n" for path in frames))
    return sof
