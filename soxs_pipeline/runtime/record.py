"""The record of a run: what went in, what was set, what came out, and how it went."""

from __future__ import annotations

import platform
import resource
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from soxs_pipeline.cascade.spec import Task
from soxs_pipeline.errors import SoxsError
from soxs_pipeline.io.fits_headers import read_header
from soxs_pipeline.io.provenance import InputFile, ParameterValue, Provenance
from soxs_pipeline.io.signatures import data_md5
from soxs_pipeline.qc.limits import Verdict
from soxs_pipeline.qc.report import as_records
from soxs_pipeline.recipes._recipe import Recipe
from soxs_pipeline.runtime.jobs import Assignment, Source
from soxs_pipeline.runtime.version import program_key, program_version
from soxs_pipeline.runtime.workspace import sha256

__all__ = [
    "SCHEMA",
    "describe_failure",
    "describe_outcome",
    "describe_products",
    "describe_run",
    "peak_memory_mb",
    "provenance_of",
    "software",
]

#: Form of the records; 2 tells which inputs are raw frames.
SCHEMA = 2


def software() -> dict[str, str]:
    """Return the versions of what the numbers depend on."""
    found = {"python": platform.python_version()}
    for name in ("numpy", "scipy", "astropy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def peak_memory_mb() -> float:
    """Return the largest memory this process ever held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts KiB, macOS bytes.
    return float(peak) / (1024.0**2 if sys.platform == "darwin" else 1024.0)


def provenance_of(
    assignment: Assignment,
    recipe: Recipe[Any],
    task: Task,
    verdicts: Sequence[Verdict],
    remarks: Sequence[str],
) -> Provenance:
    """Return what all products of a run say of their making; the category is still empty."""
    raw: list[InputFile] = []
    calibrations: list[InputFile] = []
    for slot, sources in assignment.inputs.items():
        for source in sources:
            told = InputFile(source.path.name, source.tag, _md5_of(source))
            is_raw = source.raw or slot == assignment.job.main_slot
            (raw if is_raw else calibrations).append(told)
    first = assignment.inputs[assignment.job.main_slot][0]
    header = read_header(first.path).merged(dict(first.corrections))
    return Provenance(
        category="",
        recipe=recipe.name,
        pipeline=f"soxs-pipeline/{program_version()}",
        header=header,
        raw=raw,
        calibrations=calibrations,
        parameters=[
            ParameterValue(
                info.alias,
                assignment.parameters[info.name],
                info.default,
                assignment.origins.get(info.name, "default"),
            )
            for info in recipe.parameters.describe()
        ],
        qc=[verdict.value for verdict in verdicts],
        remarks=remarks,
        science=task.name.startswith("science"),
        technique=header.text("ESO DPR TECH") or header.text("ESO PRO TECH"),
        software=software(),
    )


def _md5_of(source: Source) -> str:
    """Return the signature of a product or a static calibration; a raw frame has none."""
    return "" if source.raw else data_md5(source.path)


def describe_run(
    assignment: Assignment, started: datetime, seconds: Mapping[str, float]
) -> dict[str, Any]:
    """Return what is recorded of every run, however it ended."""
    job = assignment.job
    return {
        "schema": SCHEMA,
        "recipe": job.recipe,
        "task": job.task,
        "arm": job.arm,
        "night": job.night,
        "title": job.title,
        "name": job.name,
        "key": assignment.key,
        "command": assignment.command,
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "peak_memory_mb": round(peak_memory_mb(), 1),
        "versions": {"soxs-pipeline": program_version(), **software()},
        "program": program_key(),
        "platform": platform.platform(),
        "inputs": {
            slot: [_describe_input(source) for source in sources]
            for slot, sources in assignment.inputs.items()
        },
        "parameters": {
            name: {"value": value, "set_by": assignment.origins.get(name, "default")}
            for name, value in assignment.parameters.items()
        },
    }


def _describe_input(source: Source) -> dict[str, Any]:
    told: dict[str, Any] = {
        "file": source.path.name,
        "path": str(source.path.absolute()),
        "tag": source.tag,
        "raw": source.raw,
    }
    if source.corrections:
        told["corrections"] = dict(source.corrections)
    try:
        told["bytes"] = source.path.stat().st_size
        told["sha256"] = sha256(source.path)
    except OSError as error:
        told["problem"] = str(error.strerror)
    return told


def describe_products(
    folder: Path, written: Mapping[str, tuple[str, Path]]
) -> dict[str, dict[str, Any]]:
    """Return name, tag, size and checksum of each product; ``written`` is tag and staged file."""
    return {
        name: {
            "file": path.name,
            "tag": tag,
            "folder": str(folder.absolute()),
            "size": path.stat().st_size,
            "mtime_ns": path.stat().st_mtime_ns,
            "data_md5": data_md5(path),
            "sha256": sha256(path),
        }
        for name, (tag, path) in written.items()
    }


def describe_outcome(verdicts: Sequence[Verdict], remarks: Sequence[str]) -> dict[str, Any]:
    """Return quality control and remarks of a run that succeeded."""
    return {"status": "done", "qc": as_records(verdicts), "remarks": list(remarks), "figures": []}


def describe_failure(error: Exception, remarks: Sequence[str]) -> dict[str, Any]:
    """Return what is recorded of a run that failed; quality control may still be of use."""
    told: dict[str, Any] = {"kind": type(error).__name__, "what": str(error), "exit_code": 1}
    if isinstance(error, SoxsError):
        told |= {
            "what": error.what,
            "wanted": error.wanted,
            "to_do": error.remedy,
            "exit_code": error.exit_code,
        }
    told["traceback"] = traceback.format_exception(error)
    return {
        "status": "failed",
        "error": told,
        "remarks": list(remarks),
        "qc": [],
        "products": {},
        "figures": [],
    }
