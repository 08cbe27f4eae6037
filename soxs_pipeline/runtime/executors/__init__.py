"""Who runs the jobs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from soxs_pipeline.runtime.jobs import Assignment, Job, Result

__all__ = ["Drawing", "Executor", "Filing", "Work", "perform"]


@dataclass(frozen=True)
class Drawing:
    """The figures of a job that is done; ``pdf`` asks for PDF files beside the pictures."""

    job: Job
    pdf: bool = False


@dataclass(frozen=True)
class Filing:
    """Files for the archive of a spectrum or an image and the products that go with it.

    Parameters
    ----------
    products
        One of `soxs_pipeline.runtime.archive.archive_units`.
    folder
        Where the files go.
    """

    products: tuple[Path, ...]
    folder: Path

    @property
    def label(self) -> str:
        """What it is, for one line on a screen."""
        return f"archive {self.products[0].stem}"


#: What an executor is given.
Work = Assignment | Drawing | Filing


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
    if isinstance(work, Filing):
        from soxs_pipeline.runtime.archive import file_unit  # noqa: PLC0415

        return file_unit(work.products, work.folder, work.label)
    from soxs_pipeline.runtime.runner import run_task  # noqa: PLC0415

    return run_task(work)
