"""Run one recipe on the same frames again and again with other parameters."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from soxs_pipeline.cascade import load as load_cascade
from soxs_pipeline.domain.corrections import HeaderRule
from soxs_pipeline.errors import InputError, SoxsError
from soxs_pipeline.instruments import load as load_instrument
from soxs_pipeline.io.atomic import write_whole
from soxs_pipeline.parameters import ParameterInfo
from soxs_pipeline.runtime.configure import Settings, configure
from soxs_pipeline.runtime.executors.serial import SerialExecutor
from soxs_pipeline.runtime.figures import shown_products
from soxs_pipeline.runtime.intake import take_folders, take_set
from soxs_pipeline.runtime.jobs import Job
from soxs_pipeline.runtime.plan import Plan
from soxs_pipeline.runtime.progress import Progress
from soxs_pipeline.runtime.registry import get
from soxs_pipeline.runtime.schedule import Orders, run_plan
from soxs_pipeline.runtime.selection import plan_recipe
from soxs_pipeline.runtime.workspace import read_record

__all__ = ["Trial", "TuningSession"]


@dataclass(frozen=True, eq=False)
class Trial:
    """What one run gave.

    Parameters
    ----------
    values
        Parameters that were changed, by name.
    products
        Products and geometry by name; empty after a failure.
    qc
        Quality-control values of the whole, by keyword.
    remarks
        What the recipe said.
    error
        Why it failed; empty if it did not.
    seconds
        How long it took.
    """

    values: Mapping[str, object]
    products: Mapping[str, Any] = field(default_factory=dict)
    qc: Mapping[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    error: str = ""
    seconds: float = 0.0


class TuningSession:
    """One data set of one recipe, and the trials made on it.

    Parameters
    ----------
    recipe
        Name, with or without ``soxs_``.
    inputs
        Folder of frames, or set of files.
    instrument
        Whose map is used.
    settings
        Values to begin with, ``parameter -> value``.
    rules
        What headers of raw frames should have said.

    Raises
    ------
    InputError
        If the inputs do not allow a run.
    ParameterError
        If there is no such recipe.
    """

    def __init__(
        self,
        recipe: str,
        inputs: Path,
        *,
        instrument: str,
        settings: Mapping[str, object] | None = None,
        rules: Sequence[HeaderRule] = (),
    ) -> None:
        self.recipe = get(recipe)
        self.instrument = load_instrument(instrument)
        self._cascade = load_cascade(instrument)
        self._folder = tempfile.TemporaryDirectory(prefix="soxs_tune_")
        try:
            plan = self._planned(inputs, rules)
            self._plan = _first_of(plan, self.recipe.name)
        except SoxsError:
            self._folder.cleanup()
            raise
        self.job: Job = self._plan.jobs[self._plan.wanted[0]]
        self.others = len(plan.wanted) - 1
        chosen = Settings({}, "", {self.recipe.name: dict(settings or {})})
        start = configure(self.recipe, self.job.arm, self.instrument, chosen).parameters
        self.start: dict[str, object] = {
            info.name: getattr(start, info.name) for info in self.parameters
        }
        self.trials: list[Trial] = []

    def _planned(self, inputs: Path, rules: Sequence[HeaderRule]) -> Plan:
        if inputs.is_dir():
            intake, as_given = take_folders([inputs], self._cascade, rules), False
        else:
            intake, as_given = take_set(inputs, self._cascade, rules), True
        folder = Path(self._folder.name)
        return plan_recipe(self.recipe.name, intake, self._cascade, folder, as_given=as_given)

    @property
    def parameters(self) -> tuple[ParameterInfo, ...]:
        """The recipe's parameters as declared."""
        return tuple(self.recipe.parameters.describe())

    def run(self, values: Mapping[str, object]) -> Trial:
        """Run the recipe; what goes wrong is told in the trial.

        Parameters
        ----------
        values
            By parameter name; texts are understood as on a command line.
        """
        begun = perf_counter()
        try:
            self.recipe.parameters.from_mapping(dict(values))
            trial = self._run(dict(values))
        except SoxsError as error:
            trial = Trial(dict(values), error=str(error), seconds=perf_counter() - begun)
        self.trials.append(trial)
        return trial

    def _run(self, values: dict[str, object]) -> Trial:
        settings = Settings({}, "", {self.recipe.name: values})
        orders = Orders(self.instrument, settings, fresh=True, figures=False, command="tune")
        begun = perf_counter()
        results = run_plan(self._plan, orders, SerialExecutor(), Progress(1, quiet=True))
        result = results[self.job.name]
        seconds = perf_counter() - begun
        if not result.good:
            return Trial(values, error=result.error, seconds=seconds)
        return Trial(
            values,
            products=shown_products(self.job),
            qc=_qc_of(read_record(self.job.record)),
            remarks=result.remarks,
            seconds=seconds,
        )

    def changed(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return the values that differ from the recipe's own defaults."""
        asked = self.recipe.parameters.from_mapping(dict(values))
        return {
            info.name: getattr(asked, info.name)
            for info in self.parameters
            if getattr(asked, info.name) != info.default
        }

    def save(self, values: Mapping[str, object], path: Path) -> None:
        """Write values as settings that the command line reads with ``-s``.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        lines = [f"[{self.recipe.name}]"]
        lines += [f"{name} = {json.dumps(value)}" for name, value in self.changed(values).items()]
        write_whole(path, "\n".join(lines) + "\n")

    def close(self) -> None:
        """Remove what the trials left."""
        self._folder.cleanup()


def _first_of(plan: Plan, recipe: str) -> Plan:
    wanted = [name for name in plan.wanted if plan.jobs[name].recipe == recipe]
    if not wanted:
        why = next(iter(plan.blocked.values()), "no frame among them is one it works on")
        raise InputError(
            f"{recipe} cannot run on these files: {why}",
            wanted="a set of files with all its inputs",
            remedy=f"soxspipe {recipe} --help names them",
        )
    return replace(plan, wanted=(wanted[0],))


def _qc_of(record: Mapping[str, Any]) -> dict[str, float]:
    return {
        str(entry["keyword"]): float(entry["value"])
        for entry in record.get("qc", ())
        if isinstance(entry.get("value"), (int, float)) and entry.get("order") is None
    }
