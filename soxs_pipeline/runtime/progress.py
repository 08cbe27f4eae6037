"""How far a reduction is, on the terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from time import monotonic
from typing import Protocol, TextIO

from soxs_pipeline.runtime.jobs import Job, Result

__all__ = ["Progress"]

_MARKS = {"done": "done", "kept": "kept", "failed": "FAILED", "skipped": "skipped"}


class _Labelled(Protocol):
    @property
    def label(self) -> str:
        """What it is, for one line on a screen."""


class Progress:
    """Writes one line for every finished job and, on a terminal, one that refreshes.

    Parameters
    ----------
    total
        Number of jobs.
    stream
        Where to write; the error stream, so that what is printed can be piped.
    quiet
        Write nothing but failures.
    """

    def __init__(self, total: int, *, stream: TextIO | None = None, quiet: bool = False) -> None:
        self.total = total
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._live = self._stream.isatty() and not quiet
        self._started = monotonic()
        self._done = 0
        self._kept = 0
        self._drawing = False

    def finished(self, job: Job, result: Result) -> None:
        """Note that a job has ended."""
        self._done += 1
        self._kept += result.status == "kept"
        if result.status == "kept" or (self._quiet and result.good):
            return
        notes = [f"{result.seconds:.1f} s"] if result.seconds else []
        notes += [f"{len(result.bad)} QC value(s) outside limits"] if result.bad else []
        text = f"{_MARKS[result.status]:<8}{job.label}"
        if notes:
            text += f"  ({', '.join(notes)})"
        if result.error:
            text += "\n    " + result.error.replace("\n", "\n    ")
        self._write(f"[{self._done}/{self.total}] {text}")

    def running(self, jobs: Sequence[_Labelled], figures: int = 0) -> None:
        """Refresh the line that tells what is under way; ``figures``: jobs still to be drawn."""
        if figures and self._done >= self.total and not self._drawing:
            self._drawing = True
            if not self._quiet:
                self._write(f"products are complete; drawing the figures of {figures} jobs")
        if not self._live:
            return
        text = f"{self._done}/{self.total} done, {monotonic() - self._started:.0f} s"
        if self._drawing:
            text += f" | figures of {figures} more jobs"
        elif jobs:
            text += " | " + ", ".join(job.label for job in jobs)
        width = shutil.get_terminal_size().columns - 1
        self._stream.write("\r\x1b[K" + text[:width])
        self._stream.flush()

    def close(self) -> None:
        """Clear the line and tell how many were up to date."""
        if self._live:
            self._stream.write("\r\x1b[K")
        if self._kept and not self._quiet:
            self._write(f"{self._kept} of {self.total} were up to date")
        self._stream.flush()

    def _write(self, line: str) -> None:
        clear = "\r\x1b[K" if self._live else ""
        self._stream.write(f"{clear}{line}\n")
        self._stream.flush()
