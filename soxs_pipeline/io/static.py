"""Find the static calibrations that ship with the pipeline."""

from __future__ import annotations

import hashlib
import math
import os
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from soxs_pipeline.errors import InputError

__all__ = ["StaticFile", "calib_static_folder", "find_static", "read_manifest"]

VARIABLE = "SOXS_CALIB_STATIC"
_MANIFEST = "MANIFEST.toml"
#: Arm of a table that serves all.
_ANY_ARM = ("ALL", "")
_UNIX_EPOCH_MJD = 40587.0
_REINSTALL = "install the pipeline again, or set SOXS_CALIB_STATIC to a complete folder"


@dataclass(frozen=True)
class StaticFile:
    """One entry of the manifest.

    Parameters
    ----------
    tag, arm
        Kind of calibration and the arm it holds for.
    file
        Path below the folder.
    valid_from_mjd
        Since when it holds; minus infinity if it always did.
    sha256
        Checksum of the file; empty if none was recorded.
    """

    tag: str
    arm: str
    file: str
    valid_from_mjd: float = -math.inf
    sha256: str = ""


def calib_static_folder() -> Path:
    """Return the folder of the static calibrations.

    That is ``$SOXS_CALIB_STATIC`` if set, else the one inside the installed package, else
    the one of the checkout.

    Raises
    ------
    InputError
        If there is none.
    """
    told = os.environ.get(VARIABLE)
    package = Path(__file__).parents[1]
    candidates = [Path(told).expanduser()] if told else [
        package / "_calib_static", package.parent / "calib_static",
    ]  # fmt: skip
    for folder in candidates:
        if (folder / _MANIFEST).is_file():
            return folder
    raise InputError(
        "the static calibrations are missing",
        wanted=f"{_MANIFEST} in " + " or ".join(str(folder) for folder in candidates),
        remedy=_REINSTALL,
    )


def find_static(tag: str, arm: str, when: float) -> Path:
    """Return the static calibration that held at a time.

    Parameters
    ----------
    tag, arm
        Kind without the arm, and the arm; a table for all arms serves where there is none of
        this arm.
    when
        Modified Julian date; NaN for the latest.

    Raises
    ------
    InputError
        If there is none, or its file is missing or was changed.
    """
    folder = calib_static_folder()
    entries = [entry for entry in read_manifest(folder) if entry.tag == tag]
    for wanted in ((arm,), _ANY_ARM):
        holding = [
            entry
            for entry in entries
            if entry.arm in wanted and (math.isnan(when) or entry.valid_from_mjd <= when)
        ]
        if holding:
            best = max(holding, key=lambda entry: entry.valid_from_mjd)
            return _checked(folder / best.file, best.sha256)
    known = ", ".join(f"{entry.tag} {entry.arm}" for entry in entries) or "none of this kind"
    raise InputError(
        f"there is no static calibration {tag} for arm {arm or 'any'} at MJD {when:.2f}",
        wanted=f"one of: {known}",
        remedy=f"add it to {folder / _MANIFEST}",
    )


def read_manifest(folder: Path) -> tuple[StaticFile, ...]:
    """Return all entries of a folder's manifest.

    Raises
    ------
    InputError
        If the manifest cannot be read.
    """
    path = folder / _MANIFEST
    try:
        return _parse(path, path.stat().st_mtime_ns)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read: {error}", wanted="a complete manifest", remedy=_REINSTALL
        ) from error


@lru_cache(maxsize=8)
def _parse(path: Path, _modified: int) -> tuple[StaticFile, ...]:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    tables = [entry for value in content.values() if isinstance(value, list) for entry in value]
    return tuple(
        StaticFile(
            tag=entry["tag"],
            arm=entry.get("arm", ""),
            file=entry["file"],
            valid_from_mjd=_mjd(entry.get("valid_from")),
            sha256=entry.get("sha256", ""),
        )
        for entry in tables
        if "tag" in entry
    )


def _mjd(told: Any) -> float:
    """Return a date of the manifest, a TOML date, ISO text or MJD, as MJD."""
    if told is None or told == "":
        return -math.inf
    if isinstance(told, (int, float)):
        return float(told)
    if isinstance(told, str):
        told = datetime.fromisoformat(told)
    if not isinstance(told, datetime):
        assert isinstance(told, date)
        told = datetime(told.year, told.month, told.day, tzinfo=UTC)
    if told.tzinfo is None:
        told = told.replace(tzinfo=UTC)
    return float(told.timestamp()) / 86400.0 + _UNIX_EPOCH_MJD


def _checked(path: Path, sha256: str) -> Path:
    try:
        told = path.stat()
        found = _sha256(path, told.st_mtime_ns, told.st_size) if sha256 else ""
    except OSError as error:
        raise InputError(
            f"static calibration {path} cannot be read: {error.strerror}", remedy=_REINSTALL
        ) from error
    if found != sha256:
        raise InputError(
            f"static calibration {path} is not the file that the manifest describes",
            wanted=f"sha256 {sha256}",
            remedy=_REINSTALL,
        )
    return path


@lru_cache(maxsize=64)
def _sha256(path: Path, _modified: int, _size: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
