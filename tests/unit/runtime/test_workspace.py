import json

import pytest

from soxs_pipeline.errors import OutputError
from soxs_pipeline.runtime.jobs import Job, Output, Source
from soxs_pipeline.runtime.workspace import (
    check_output_folder,
    content_key,
    is_up_to_date,
    staged,
    write_json,
)
from tests.support.tiny_frames import write_bias


@pytest.fixture
def job(tmp_path):
    return Job("n", "bias", "soxs_mbias", "VIS", "night", "title", "raw", (), may_shrink=False,
               others=(), outputs=(Output("a", "A", tmp_path / "out" / "stem.fits"),))  # fmt: skip


@pytest.fixture
def raw(tmp_path):
    return Source(write_bias(tmp_path / "raw.fits"), "BIAS_VIS", raw=True)


def test_products_appear_together_or_not_at_all(job):
    def fail():
        with staged(job) as folder:
            (folder / "stem.fits").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(job.folder.iterdir()) == []
    with staged(job) as folder:
        (folder / "stem.fits").write_text("whole")
        (folder / "stem.json").write_text("{}")
        assert not (job.folder / "stem.fits").exists()
    assert sorted(path.name for path in job.folder.iterdir()) == ["stem.fits", "stem.json"]


def test_the_key_follows_inputs_and_parameters(raw, tmp_path):
    key = content_key("r", {"a": 1}, {"raw": (raw,)})
    assert content_key("r", {"a": 1}, {"raw": (raw,), "empty": ()}) == key
    assert content_key("r", {"a": 2}, {"raw": (raw,)}) != key
    assert content_key("s", {"a": 1}, {"raw": (raw,)}) != key
    raw.path.unlink()
    write_bias(raw.path, 3)
    assert content_key("r", {"a": 1}, {"raw": (raw,)}) != key


def test_a_calibration_counts_by_its_data(tmp_path):
    keys = []
    for name in ("one.fits", "two.fits"):
        path = write_bias(tmp_path / name)
        keys.append(content_key("r", {}, {"cal": (Source(path, "MASTER_BIAS_VIS", "m"),)}))
    assert keys[0] == keys[1]


def test_a_run_is_up_to_date_only_while_its_products_are_untouched(job):
    job.folder.mkdir()
    product = job.folder / "stem.fits"
    product.write_text("data")
    status = product.stat()
    told = {"file": "stem.fits", "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    write_json(job.record, {"status": "done", "key": "k", "products": {"a": told}})
    assert is_up_to_date(job, "k")
    assert is_up_to_date(job, "other") is None
    product.write_text("changed")
    assert is_up_to_date(job, "k") is None
    product.unlink()
    assert is_up_to_date(job, "k") is None


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"status": "failed", "key": "k"})])
def test_a_record_that_is_no_success_counts_for_nothing(job, text):
    job.folder.mkdir()
    job.record.write_text(text)
    assert is_up_to_date(job, "k") is None


def test_an_output_folder_must_be_writable_and_outside_of_the_raw_one(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    check_output_folder(tmp_path / "out", raw)
    assert (tmp_path / "out").is_dir()
    for folder in (raw, raw / "deep" / "out"):
        with pytest.raises(OutputError, match="lies within the raw folder"):
            check_output_folder(folder, raw)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write to"):
        check_output_folder(tmp_path / "file", raw)
