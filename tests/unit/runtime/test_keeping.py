"""Objects kept between the jobs of one process."""

import os
from dataclasses import dataclass

import numpy as np
import pytest

from soxs_pipeline.errors import InputError
from soxs_pipeline.runtime.keeping import Keeper


@dataclass(frozen=True)
class Inner:
    values: np.ndarray


@dataclass(frozen=True)
class Thing:
    values: np.ndarray
    inner: tuple
    by_name: dict


class Reader:
    """Reads a number from a file into a thing; counts how often."""

    def __init__(self):
        self.read = []

    def __call__(self, path, kind):
        if not path.exists():
            raise InputError(f"{path} does not exist")
        self.read.append((path.name, kind))
        number = np.full(3, float(path.read_text()))
        return Thing(number, (Inner(number.copy()),), {"a": number.copy()})


@pytest.fixture
def reader():
    return Reader()


def test_a_file_that_did_not_change_is_read_once_for_each_kind(reader, tmp_path):
    (tmp_path / "a").write_text("1")
    keep = Keeper(reader)
    first = keep(tmp_path / "a", Thing)
    assert keep(tmp_path / "a", Thing) is first
    keep(tmp_path / "a", Inner)
    assert reader.read == [("a", Thing), ("a", Inner)]


def test_a_file_that_changed_is_read_again(reader, tmp_path):
    path = tmp_path / "a"
    path.write_text("1")
    keep = Keeper(reader)
    keep(path, Thing)
    path.write_text("2")
    later = path.stat().st_mtime_ns + 1
    os.utime(path, ns=(later, later))
    assert keep(path, Thing).values[0] == 2.0


def test_what_is_handed_out_again_cannot_be_changed(reader, tmp_path):
    (tmp_path / "a").write_text("1")
    found = Keeper(reader)(tmp_path / "a", Thing)
    for array in (found.values, found.inner[0].values, found.by_name["a"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5.0


def test_those_asked_for_last_stay(reader, tmp_path):
    for name in "abc":
        (tmp_path / name).write_text("1000")
    keep = Keeper(reader, most_bytes=8)
    for name in "abacab":
        keep(tmp_path / name, Thing)
    assert [name for name, _ in reader.read] == ["a", "b", "c", "b"]


def test_errors_are_those_of_reading_and_are_not_kept(reader, tmp_path):
    keep = Keeper(reader)
    with pytest.raises(InputError, match="does not exist"):
        keep(tmp_path / "a", Thing)
    (tmp_path / "a").write_text("1")
    assert keep(tmp_path / "a", Thing).values[0] == 1.0
