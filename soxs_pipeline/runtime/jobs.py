"""What is to be done: one run of a recipe, with its files; plain values that travel anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Assignment", "Job", "Options", "Output", "Result", "SlotOptions", "Source"]


@dataclass(frozen=True)
class Source:
    """A file to be read.

    Parameters
    ----------
    path, tag
        Where it is, and what.
    maker
        Name of the job that makes it, if one does.
    raw
        True for a raw frame.
    corrections
        Cards of its header that the user set in place of what the file says.
    """

    path: Path
    tag: str
    maker: str = ""
    raw: bool = False
    corrections: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Output:
    """A product to be written: field of the recipe's products, tag and path."""

    field: str
    tag: str
    path: Path


@dataclass(frozen=True)
class Options:
    """One way to fill a slot, and what is to be said of it."""

    sources: tuple[Source, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class SlotOptions:
    """All ways to fill a slot, best first; none if an optional slot stays empty."""

    slot: str
    options: tuple[Options, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Job:
    """One run of a recipe.

    Parameters
    ----------
    name
        Identity within a plan.
    task, recipe, arm
        What is done; the arm is empty if several arms are joined.
    night, title
        Where it belongs in a report: the night, and the target or the frames.
    main_slot, main
        The main input.
    may_shrink
        True if the main input is combined, so that files that fail are left out.
    others
        The other inputs.
    outputs
        The products; the first gives its name to the record.
    remarks
        What is to be said of the set.
    """

    name: str
    task: str
    recipe: str
    arm: str
    night: str
    title: str
    main_slot: str
    main: tuple[Source, ...]
    may_shrink: bool
    others: tuple[SlotOptions, ...]
    outputs: tuple[Output, ...]
    remarks: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """Name of the first product without its suffix."""
        return self.outputs[0].path.stem

    @property
    def folder(self) -> Path:
        """Where the products go."""
        return self.outputs[0].path.parent

    @property
    def record(self) -> Path:
        """Where the record of the run goes."""
        return self.outputs[0].path.with_suffix(".json")

    @property
    def label(self) -> str:
        """Recipe, arm and title, for one line on a screen."""
        return " ".join(part for part in (self.recipe, self.arm, self.title) if part)


@dataclass(frozen=True)
class Assignment:
    """A job with everything settled, ready to be run anywhere.

    Parameters
    ----------
    job
        The job.
    instrument
        Name of the instrument.
    inputs
        Files of each slot.
    parameters, origins
        Value of each parameter and who set it.
    key
        Content key: the same inputs, parameters and programme give the same.
    remarks
        What is to be said of the inputs.
    command
        The command the user gave.
    """

    job: Job
    instrument: str
    inputs: Mapping[str, tuple[Source, ...]]
    parameters: Mapping[str, object] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    remarks: tuple[str, ...] = ()
    command: str = ""


@dataclass(frozen=True)
class Result:
    """How a job ended.

    Parameters
    ----------
    job
        Name of the job.
    status
        ``done``, ``kept`` (was done before), ``failed`` or ``skipped``.
    made
        Fields of the products that exist.
    error, exit_code
        What went wrong, and the exit code that belongs to it.
    remarks
        What is to be said of the products.
    bad
        Quality-control values outside their limits.
    seconds
        How long it took.
    """

    job: str
    status: str
    made: tuple[str, ...] = ()
    error: str = ""
    exit_code: int = 0
    remarks: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """True if there are products to go on with."""
        return self.status in {"done", "kept"}
