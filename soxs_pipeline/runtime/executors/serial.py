"""One job after another, in this process."""

from __future__ import annotations

from soxs_pipeline.runtime.executors import Work, perform
from soxs_pipeline.runtime.jobs import Result

__all__ = ["SerialExecutor"]


class SerialExecutor:
    """Runs each piece of work when it is waited for."""

    capacity = 1

    def __init__(self) -> None:
        self._pending: list[Work] = []

    def submit(self, work: Work) -> None:
        """Take a piece of work."""
        self._pending.append(work)

    def wait(self, seconds: float) -> list[tuple[Work, Result]]:  # noqa: ARG002 - it is done at once
        """Do the first piece of work and return it."""
        if not self._pending:
            return []
        work = self._pending.pop(0)
        return [(work, perform(work))]

    def close(self) -> None:
        """Forget what was not begun."""
        self._pending.clear()
