"""Each job in a process of its own, as many at a time as there are cores.

A process for each job keeps memory from adding up, and lets a job that is killed (for instance
by a system out of memory) fail by itself. A server that has loaded the libraries once and then
forks makes such a process start in milliseconds.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from soxs_pipeline.runtime.executors import Drawing, Filing, Work, perform
from soxs_pipeline.runtime.jobs import Result
from soxs_pipeline.runtime.logs import logging_to, one_thread_each
from soxs_pipeline.runtime.memory import keep_freed_memory

__all__ = ["ProcessExecutor", "cores", "default_capacity"]

_GRACE_S = 3.0
#: Twice what the largest job was measured to take.
_MEMORY_OF_A_JOB = 2 * 1024**3


def cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def default_capacity() -> int:
    """Return how many jobs to run at a time: one a core, as far as the memory allows."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return cores()
    return max(1, min(cores(), memory // _MEMORY_OF_A_JOB))


class ProcessExecutor:
    """Runs work in processes.

    Parameters
    ----------
    capacity
        How many at a time.
    log_file, level
        Where the processes log to, and what level reaches the terminal.
    preload
        Modules to load once for all processes.
    """

    def __init__(
        self, capacity: int, *, log_file: Path, level: int, preload: Sequence[str] = ()
    ) -> None:
        self.capacity = capacity
        self._log_file, self._level = log_file, level
        self._running: dict[Connection, tuple[Work, BaseProcess]] = {}
        one_thread_each()
        methods = multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context(
            "forkserver" if "forkserver" in methods else "spawn"
        )
        if "forkserver" in methods:
            self._context.set_forkserver_preload(list(preload))
            # It loads the libraries while this process still reads and checks.
            forkserver.ensure_running()

    def submit(self, work: Work) -> None:
        """Start a process for a piece of work."""
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=_serve, args=(theirs, work, str(self._log_file), self._level), daemon=True
        )
        process.start()
        theirs.close()
        self._running[ours] = (work, process)

    def wait(self, seconds: float) -> list[tuple[Work, Result]]:
        """Return work whose process has ended or answered."""
        ended: list[tuple[Work, Result]] = []
        # A process that dies closes its end of the pipe, which wakes us as an answer does.
        for connection in wait(list(self._running), timeout=seconds):
            if isinstance(connection, Connection):
                work, process = self._running.pop(connection)
                ended.append((work, _answer(connection, work, process)))
        return ended

    def close(self) -> None:
        """End all processes."""
        for _, process in self._running.values():
            process.terminate()
        for connection, (_, process) in self._running.items():
            process.join(_GRACE_S)
            if process.is_alive():
                process.kill()
            connection.close()
        self._running.clear()


def _serve(connection: Connection, work: Work, log_file: str, level: int) -> None:
    """Do a piece of work in a process of its own and send the result."""
    # Ctrl-C reaches every process of a terminal; only the first is to act on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    with logging_to(Path(log_file), level):
        connection.send(perform(work))
    connection.close()


def _answer(connection: Connection, work: Work, process: BaseProcess) -> Result:
    try:
        result: Result = connection.recv()
    except (EOFError, OSError):
        process.join()
        return _died(work, process.exitcode)
    finally:
        connection.close()
    process.join(_GRACE_S)
    return result


def _died(work: Work, code: int | None) -> Result:
    name = work.label if isinstance(work, Filing) else work.job.name
    if code is not None and code < 0:
        how = f"was killed by signal {-code}"
        if -code == signal.SIGKILL:
            how += ", as a system does that runs out of memory: run fewer at a time with -j"
    else:
        how = f"ended with exit code {code}"
    what = "the process that drew the figures" if isinstance(work, Drawing) else "its process"
    return Result(name, "failed", error=f"{what} {how}", exit_code=1)
