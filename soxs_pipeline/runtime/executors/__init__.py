"""Who runs the jobs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from soxs_pipeline.errors import SoxsError
from soxs_pipeline.runtime.jobs import Assignment, Job, Result

__all__ = ["Drawing", "Executor", "Filing", "Work", "perform"]

LOG = logging.getLogger(__name__)


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
        return _file(work)
    from soxs_pipeline.runtime.runner import run_task  # noqa: PLC0415

    return run_task(work)


def _file(work: Filing) -> Result:
    from soxs_pipeline.runtime.archive import ArchiveRequest, make_unit  # noqa: PLC0415

    name = work.label
    try:
        made = make_unit(work.products, ArchiveRequest(work.folder, only_new=True))
    except SoxsError as error:
        return Result(name, "failed", error=str(error), exit_code=error.exit_code)
    except Exception:
        LOG.exception(name)
        told = f"{work.products[0].name}: a fault of the program; the log has the details"
        return Result(name, "failed", error=told, exit_code=1)
    return Result(name, "done", tuple(path.name for path in made))
