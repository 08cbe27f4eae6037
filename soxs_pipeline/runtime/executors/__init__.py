"""Who runs the jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from soxs_pipeline.runtime.jobs import Assignment, Job, Result

__all__ = ["Drawing", "Executor", "Work", "perform"]


@dataclass(frozen=True)
class Drawing:
    """The figures of a job that is done; ``pdf`` asks for PDF files beside the pictures."""

    job: Job
    pdf: bool = False


#: What an executor is given.
Work = Assignment | Drawing


class Executor(Protocol):
    """Runs work, some of it at the same time."""

    @property
    def capacity(self) -> int:
        """How many pieces of work run at the same time."""

    def submit(self, work: Work) -> None:
        """Start a piece of work; never more than the capacity are under way."""

    def wait(self, seconds: float) -> list[tuple[Work, Result]]:
        """Return work that has ended, after at most so many seconds."""

    def close(self) -> None:
        """End everything at once; what is not finished is lost, but never half-written."""


def perform(work: Work) -> Result:
    """Do a piece of work in this process."""
    # Loaded here because whoever only plans needs neither numpy nor astropy.
    if isinstance(work, Drawing):
        from soxs_pipeline.runtime.figures import draw_figures  # noqa: PLC0415

        made = draw_figures(work.job, pdf=work.pdf)
        return Result(work.job.name, "done", tuple(path.name for path in made))
    from soxs_pipeline.runtime.runner import run_task  # noqa: PLC0415

    return run_task(work)
