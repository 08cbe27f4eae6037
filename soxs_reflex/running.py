"""Run a recipe on frames for one of ESO's tools: products under bare names in one folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soxs_pipeline.cascade import load as load_cascade
from soxs_pipeline.errors import InputError, OutputError
from soxs_pipeline.instruments import load as load_instrument
from soxs_pipeline.runtime.configure import Settings
from soxs_pipeline.runtime.executors.serial import SerialExecutor
from soxs_pipeline.runtime.intake import take_files
from soxs_pipeline.runtime.progress import Progress
from soxs_pipeline.runtime.registry import get
from soxs_pipeline.runtime.schedule import Orders, run_plan
from soxs_pipeline.runtime.selection import plan_recipe
from soxs_reflex.description import INSTRUMENT, Description

__all__ = ["Made", "run_recipe"]

Frames = Sequence[tuple[Path, str]]


@dataclass(frozen=True)
class Made:
    """What a run left.

    Parameters
    ----------
    products
        Path and tag of each product.
    remarks
        What the user should know.
    failures
        One text for each run that failed.
    exit_code
        Zero, or that of the first failure.
    """

    products: tuple[tuple[Path, str], ...]
    remarks: tuple[str, ...]
    failures: tuple[str, ...]
    exit_code: int


def run_recipe(
    description: Description,
    frames: Frames,
    values: Mapping[str, object],
    folder: Path,
    *,
    command: str,
    say: Callable[[str], None] = lambda _text: None,
) -> Made:
    """Run a recipe on a set of frames, as the direct command does on a set of files.

    Products are made in a folder within ``folder`` and moved there when they are whole.

    Parameters
    ----------
    description
        The recipe.
    frames
        Path and tag of each.
    values
        Values of parameters that are not at their default, by alias.
    folder
        Where products go.
    command
        What the user typed, for the record.
    say
        Called with a line on what happens.

    Raises
    ------
    InputError, ParameterError
        If frames or values do not allow a run.
    OutputError
        If the folder cannot be written.
    """
    cascade = load_cascade(INSTRUMENT)
    if not frames:
        raise InputError(
            f"{description.name}: the set of frames is empty",
            wanted=" or ".join(description.main_tags),
            remedy="give a set of files that names the raw frames",
        )
    recipe = get(description.name)
    recipe.parameters.from_mapping(dict(values))
    settings = Settings({}, "", {recipe.name: dict(values)})
    intake = take_files(frames, cascade)
    try:
        staging = Path(tempfile.mkdtemp(prefix=f".{recipe.name}_", dir=folder))
    except OSError as error:
        raise OutputError(
            f"cannot write into {folder}: {error.strerror}", remedy="choose another folder"
        ) from error
    try:
        plan = plan_recipe(recipe.name, intake, cascade, staging, as_given=True)
        orders = Orders(
            load_instrument(INSTRUMENT), settings, fresh=True, figures=False, command=command
        )
        results = run_plan(plan, orders, SerialExecutor(), Progress(len(plan.wanted), quiet=True))
        products: list[tuple[Path, str]] = []
        for job in plan.jobs.values():
            result = results[job.name]
            for remark in result.remarks:
                say(remark)
            for output in job.outputs if result.good else ():
                if output.field in result.made:
                    target = folder / output.path.name
                    shutil.move(output.path, target)
                    products.append((target, output.tag))
        failed = [(plan.jobs[n], r) for n, r in results.items() if not r.good]
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    remarks: list[Any] = [remark for result in results.values() for remark in result.remarks]
    return Made(
        tuple(products),
        tuple(dict.fromkeys(remarks)),
        tuple(f"{job.label}: {result.error}" for job, result in failed),
        next((result.exit_code or 1 for _, result in failed), 0),
    )
