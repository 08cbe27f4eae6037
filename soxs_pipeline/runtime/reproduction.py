"""Make a product again, from the record of its making, and compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soxs_pipeline.cascade import load as load_cascade
from soxs_pipeline.errors import InputError
from soxs_pipeline.io.differences import differences
from soxs_pipeline.io.signatures import data_md5
from soxs_pipeline.runtime.jobs import Assignment, Job, Output, Result, Source
from soxs_pipeline.runtime.lineage import find_record, ingredients_of
from soxs_pipeline.runtime.record import software
from soxs_pipeline.runtime.registry import get
from soxs_pipeline.runtime.runner import run_task
from soxs_pipeline.runtime.version import program_key, program_version
from soxs_pipeline.runtime.workspace import check_output_folder, content_key

__all__ = ["Comparison", "Reproduction", "reproduce"]


@dataclass(frozen=True)
class Comparison:
    """A product beside the one made again.

    Parameters
    ----------
    old, new
        The files; ``old`` may be gone.
    same
        True if their data are the same to the last bit.
    differences
        Where they differ, and by how much.
    """

    old: Path
    new: Path
    same: bool
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reproduction:
    """How a run went when it was repeated.

    Parameters
    ----------
    result
        How it ended.
    comparisons
        Its products beside those of the first time.
    changes
        What is not as it was the first time: program and libraries.
    """

    result: Result
    comparisons: tuple[Comparison, ...]
    changes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """True if all products are there and the same."""
        return self.result.good and all(one.same for one in self.comparisons)


def reproduce(product: Path, out: Path, *, instrument: str, command: str = "") -> Reproduction:
    """Repeat the run that made a product, with the same inputs and parameters.

    Parameters
    ----------
    product
        The product, or the record of the run.
    out
        Where the products of the second run go.
    instrument
        Whose map the run belongs to.
    command
        The command the user gave.

    Raises
    ------
    InputError
        If there is no record, or an input is not there any more as it was.
    OutputError
        If the folder cannot be written to.
    """
    path, record = find_record(product)
    altered = [one for one in ingredients_of(record) if one.state]
    if altered:
        raise InputError(
            f"{path.name} cannot be made again: "
            + "; ".join(f"{one.path.name} is {one.state}" for one in altered),
            wanted="the very files of the first time",
            remedy="bring them back, make those first that are products, or reduce anew",
        )
    if out.resolve() == path.parent.resolve():
        raise InputError(
            f"{out} holds the product itself", wanted="another folder", remedy="choose one with -o"
        )
    assignment = _assignment(record, out, instrument, command)
    check_output_folder(out)
    result = run_task(assignment)
    compared = tuple(
        _compare(path.with_name(output.path.name), output.path, record["products"][output.field])
        for output in assignment.job.outputs
        if output.field in result.made
    )
    return Reproduction(result, compared, tuple(_changes(record)))


def _assignment(record: Mapping[str, Any], out: Path, instrument: str, command: str) -> Assignment:
    tasks = {task.name: task for task in load_cascade(instrument).tasks}
    if record["task"] not in tasks:
        raise InputError(
            f"this version knows no step {record['task']}",
            wanted=", ".join(tasks),
            remedy="install the version that made the product",
        )
    inputs = {
        slot: tuple(
            Source(
                Path(told["path"]),
                told["tag"],
                raw=told["raw"],
                corrections=tuple(told.get("corrections", {}).items()),
            )
            for told in files
        )
        for slot, files in record["inputs"].items()
    }
    values = {info.name: info.default for info in get(record["recipe"]).parameters.describe()}
    # A parameter that did not exist then has its default; that the program is another is told.
    values |= {name: told["value"] for name, told in record["parameters"].items()}
    main = tasks[record["task"]].main.name
    outputs = tuple(
        Output(name, told["tag"], out / told["file"]) for name, told in record["products"].items()
    )
    job = Job(
        name=record["name"], task=record["task"], recipe=record["recipe"], arm=record["arm"],
        night=record["night"], title=record["title"], main_slot=main, main=inputs[main],
        may_shrink=False, others=(), outputs=outputs,
    )  # fmt: skip
    get(job.recipe).parameters.from_mapping(values)
    return Assignment(
        job,
        instrument,
        inputs,
        values,
        {name: told["set_by"] for name, told in record["parameters"].items()},
        content_key(job.recipe, values, inputs),
        command=command,
    )


def _changes(record: Mapping[str, Any]) -> Iterator[str]:
    now = {"soxs-pipeline": program_version(), **software()}
    before = record.get("versions", {})
    for name, version in now.items():
        if before.get(name, version) != version:
            yield f"{name} was {before[name]}, is {version}"
    if record.get("program") != program_key():
        yield "the code of the pipeline is not that of the first time"


def _compare(old: Path, new: Path, told: Mapping[str, Any]) -> Comparison:
    if data_md5(new) == told["data_md5"]:
        return Comparison(old, new, same=True)
    if not old.is_file():
        return Comparison(old, new, same=False, differences=("the first one is gone",))
    return Comparison(old, new, same=False, differences=differences(old, new))
