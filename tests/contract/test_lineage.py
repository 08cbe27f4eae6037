"""How a product was made can be told, and done again."""

import json
import os
import shutil

import numpy as np
import pytest
from astropy.io import fits

from soxs_pipeline.cli.main import main
from soxs_pipeline.runtime.lineage import trace
from tests.support.tiny_frames import write_bias, write_biases


@pytest.fixture
def product(tmp_path):
    """A master bias of four frames, one of them with a header put right."""
    raw = tmp_path / "raw"
    write_biases(raw)
    write_bias(raw / "wrong.fits", 3, seq_arm="NIR")
    rule = '[[headers]]\nfiles = "wrong*"\nset = { "SEQ.ARM" = "VIS" }\n'
    (tmp_path / "my.toml").write_text(f"[soxs_mbias]\nclip_sigma = 6.0\n{rule}")
    out = tmp_path / "out"
    command = ["reduce", str(raw), "-o", str(out), "--no-plots", "-j", "1", "-q"]
    assert main([*command, "-s", str(tmp_path / "my.toml")]) == 0
    (path,) = out.rglob("*MBIAS*.fits")
    return path


def test_the_history_names_inputs_settings_and_corrections(product, capsys):
    capsys.readouterr()
    assert main(["history", str(product)]) == 0
    said = capsys.readouterr().out
    assert said.count("BIAS_VIS") == 4
    assert "clip_sigma = 6.0, set by file" in said
    assert "header corrected in 1 of 4" in said
    assert main(["history", str(product.with_suffix(".json"))]) == 0
    assert capsys.readouterr().out == said


def test_the_raw_frames_of_a_product_are_listed_for_other_programmes(product, tmp_path, capsys):
    capsys.readouterr()
    assert main(["history", str(product), "--raw"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert sorted(listed) == sorted(str(path) for path in (tmp_path / "raw").iterdir())
    assert main(["history", str(product), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["raw"] == listed
    assert [run["recipe"] for run in told["runs"]] == ["soxs_mbias"]


def test_the_history_tells_inputs_that_are_not_what_they_were(product, tmp_path, capsys):
    (tmp_path / "raw" / "SOXS.0.fits").unlink()
    other = tmp_path / "raw" / "SOXS.1.fits"
    content = bytearray(other.read_bytes())
    content[5000] ^= 1
    other.write_bytes(content)
    capsys.readouterr()
    assert main(["history", str(product)]) == 0
    said = capsys.readouterr().out
    assert "SOXS.0.fits BIAS_VIS  (gone)" in said
    assert "SOXS.1.fits BIAS_VIS  (another file since)" in said
    assert main(["reproduce", str(product), "-o", str(tmp_path / "again")]) == 2
    said = capsys.readouterr().err
    assert "SOXS.0.fits is gone; SOXS.1.fits is another file since" in said
    assert not (tmp_path / "again").exists()


def test_a_product_made_again_is_the_same(product, tmp_path, capsys):
    capsys.readouterr()
    again = tmp_path / "again"
    assert main(["reproduce", str(product), "-o", str(again)]) == 0
    assert capsys.readouterr().out.startswith("same ")
    (made,) = again.glob("*.fits")
    assert fits.getval(made, "DATAMD5") == fits.getval(product, "DATAMD5")
    assert trace(made).raw == trace(product).raw
    # A touched file with the same content is the same file.
    os.utime(tmp_path / "raw" / "SOXS.0.fits")
    assert main(["reproduce", str(product), "-o", str(again)]) == 0


def test_a_parameter_that_the_record_does_not_know_has_its_default(product, tmp_path, capsys):
    path = product.with_suffix(".json")
    record = json.loads(path.read_text())
    assert record["parameters"]["clip_sigma"]["set_by"] != "default"
    name = next(k for k, told in record["parameters"].items() if told["set_by"] == "default")
    del record["parameters"][name]
    path.write_text(json.dumps(record))
    capsys.readouterr()
    assert main(["reproduce", str(product), "-o", str(tmp_path / "again")]) == 0
    assert capsys.readouterr().out.startswith("same ")


def test_what_differs_is_told_with_its_size(product, tmp_path, capsys):
    record = json.loads(product.with_suffix(".json").read_text())
    with fits.open(product) as units:
        header = units[0].header
        units[0].data = units[0].data + np.float32(0.5)
        header["DATAMD5"] = "1" * 32
        units.writeto(product, overwrite=True)
    (told,) = record["products"].values()
    told["data_md5"] = "1" * 32
    record["versions"]["numpy"] = "1.0"
    product.with_suffix(".json").write_text(json.dumps(record))
    capsys.readouterr()
    assert main(["reproduce", str(product), "-o", str(tmp_path / "again")]) == 1
    said = capsys.readouterr()
    assert "differs" in said.out
    assert "values differ, by 0.5 at most" in said.out
    assert "numpy was 1.0" in said.err


@pytest.mark.parametrize("command", ["history", "reproduce"])
def test_what_has_no_record_is_refused_in_one_sentence(command, product, tmp_path, capsys):
    out = ["-o", str(tmp_path / "again")] if command == "reproduce" else []
    assert main([command, str(tmp_path / "none.fits"), *out]) == 2
    assert "there is no file" in capsys.readouterr().err
    lone = tmp_path / "lone.fits"
    shutil.copy(product, lone)
    assert main([command, str(lone), *out]) == 2
    said = capsys.readouterr().err
    assert "no record of how lone.fits was made" in said
    assert "to do:" in said


def test_records_of_old_versions_are_refused_for_they_do_not_tell_raw_frames(product, capsys):
    record = product.with_suffix(".json")
    record.write_text(record.read_text().replace('"schema": 2', '"schema": 1'))
    assert main(["history", str(product), "--raw"]) == 2
    said = capsys.readouterr().err
    assert "another version" in said
    assert "soxspipe reduce" in said


def test_a_product_is_not_made_again_over_itself(product, capsys):
    assert main(["reproduce", str(product), "-o", str(product.parent)]) == 2
    assert "holds the product itself" in capsys.readouterr().err
    assert product.is_file()
