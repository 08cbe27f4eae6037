"""Where products lie, whether they are up to date, and how they get there whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from soxs_pipeline.errors import InputError, NoSolutionError, OutputError, UnprocessableDataError
from soxs_pipeline.io.atomic import write_whole
from soxs_pipeline.io.signatures import data_md5
from soxs_pipeline.runtime.jobs import Job, Source
from soxs_pipeline.runtime.version import program_key

__all__ = [
    "check_output_folder",
    "content_key",
    "failed_before",
    "has_figures",
    "is_up_to_date",
    "read_record",
    "sha256",
    "staged",
    "write_json",
]

_DIGEST_CHARACTERS = 16
#: Failures that are of the data, by their exit code.
_LASTING = {kind.exit_code for kind in (InputError, UnprocessableDataError, NoSolutionError)}


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, worked out once while the file is the same."""
    status = path.stat()
    return _sha256(path, status.st_ino, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4096)
def _sha256(path: Path, _inode: int, _size: int, _modified: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def content_key(
    recipe: str, parameters: Mapping[str, object], inputs: Mapping[str, tuple[Source, ...]]
) -> str:
    """Return the key under which a run's products are up to date.

    Products and static calibrations count by their data, so that a calibration made anew but
    with the same result does not undo what follows; raw frames by name, size and time of
    change, because a night of them is large.
    """
    told = {
        "program": program_key(),
        "recipe": recipe,
        "parameters": {name: repr(value) for name, value in sorted(parameters.items())},
        "inputs": {
            slot: [_fingerprint(source) for source in sources]
            for slot, sources in sorted(inputs.items())
            if sources
        },
    }
    text = json.dumps(told, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[: 2 * _DIGEST_CHARACTERS]


def _fingerprint(source: Source) -> list[object]:
    if source.raw:
        status = source.path.stat()
        told = [source.tag, source.path.name, status.st_size, status.st_mtime_ns]
        return [*told, *map(list, source.corrections)]
    return [source.tag, data_md5(source.path)]


def _untouched(path: Path, product: Mapping[str, Any]) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return status.st_size == product["size"] and status.st_mtime_ns == product["mtime_ns"]


def read_record(path: Path) -> dict[str, Any]:
    """Return the record of a run, empty if there is none that can be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def is_up_to_date(job: Job, key: str) -> dict[str, Any] | None:
    """Return the record of a run with this key whose products are all whole, else None."""
    record = read_record(job.record)
    if record.get("status") != "done" or record.get("key") != key:
        return None
    whole = all(
        _untouched(job.folder / product["file"], product)
        for product in record["products"].values()
    )
    return record if whole else None


def failed_before(job: Job, key: str) -> dict[str, Any] | None:
    """Return the error of a run with this key that would only fail again, else None.

    A full disk or a fault of the programme need not last; what the data do not allow does.
    """
    record = read_record(job.record)
    error = record.get("error")
    same = record.get("status") == "failed" and record.get("key") == key
    if not same or not isinstance(error, dict):
        return None
    return error if error.get("exit_code") in _LASTING else None


def has_figures(job: Job, *, pdf: bool = False) -> bool:
    """Return True if the figures a record names are there, or it names none for a reason."""
    record = read_record(job.record)
    wanted = ("png", "pdf") if pdf else ("png",)
    return "drawn" in record and all(
        kind in figure and (job.folder / figure[kind]).is_file()
        for figure in record.get("figures", ())
        for kind in wanted
    )


@contextmanager
def staged(job: Job) -> Iterator[Path]:
    """Give a folder to write into; on success its files move to the job's own, else they go.

    A name that begins with a dot keeps a half-written file out of every scan, also if the
    process is killed; what such a process left behind is removed by the next.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    folder = job.folder / f".{job.stem}.part"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise _unwritable(job.folder, error) from error
    try:
        yield folder
        # The record comes last: without it the products count for nothing.
        for path in sorted(folder.iterdir(), key=lambda path: path.suffix == ".json"):
            path.replace(job.folder / path.name)
    except OSError as error:
        raise _unwritable(job.folder, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_json(path: Path, value: object) -> None:
    """Write a JSON file, whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_whole(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def check_output_folder(out: Path, raw: Path | None = None) -> None:
    """Raise unless products may be written below a folder.

    Raises
    ------
    OutputError
        If it cannot be made or written to, or lies within the raw folder.
    """
    if raw is not None and out.resolve().is_relative_to(raw.resolve()):
        raise OutputError(
            f"the output folder {out} lies within the raw folder {raw}",
            wanted="a folder elsewhere: raw folders are never written to",
            remedy="choose another folder with -o",
        )
    probe = out / f".write-test-{os.getpid()}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unwritable(out, error) from error


def _unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot write to {folder}: {error.strerror or error}",
        wanted="a folder that can be written to, with room for the products",
        remedy="choose another folder with -o",
    )
