"""What the commands that reduce have in common."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from soxs_pipeline.cascade import load as load_cascade
from soxs_pipeline.instruments import load as load_instrument
from soxs_pipeline.io.settings import read_header_rules, read_settings
from soxs_pipeline.runtime.configure import Settings
from soxs_pipeline.runtime.executors import Executor
from soxs_pipeline.runtime.executors.serial import SerialExecutor
from soxs_pipeline.runtime.jobs import Result
from soxs_pipeline.runtime.logs import LOG_NAME, logging_to
from soxs_pipeline.runtime.memory import keep_freed_memory
from soxs_pipeline.runtime.plan import Plan
from soxs_pipeline.runtime.progress import Progress
from soxs_pipeline.runtime.schedule import Afterwards, Orders, run_plan

__all__ = [
    "INSTRUMENT",
    "carry_out",
    "exit_status",
    "load_settings",
    "print_failures",
]

INSTRUMENT = "SOXS"

#: Loaded once for all worker processes.
_PRELOAD = (
    "soxs_pipeline.runtime.runner",
    "scipy.ndimage",
    "scipy.optimize",
    "scipy.interpolate",
    "scipy.sparse.linalg",
)
_SILENT, _VERBOSE = logging.CRITICAL + 1, logging.INFO


def load_settings(
    path: Path | None, command_line: Mapping[str, Mapping[str, object]] | None = None
) -> Settings:
    """Read the settings file, if there is one, and check the names in it.

    Raises
    ------
    InputError
        If the file is missing or no TOML.
    ParameterError
        If it names an unknown recipe or arm.
    """
    from_file = read_settings(path) if path else {}
    rules = read_header_rules(path) if path else ()
    settings = Settings(from_file, str(path or ""), command_line or {}, rules)
    settings.check_names(load_cascade(INSTRUMENT).arms)
    return settings


def carry_out(
    plan: Plan,
    settings: Settings,
    options: argparse.Namespace,
    *,
    jobs: int = 1,
    fresh: bool = False,
    retry: bool = True,
    afterwards: Afterwards | None = None,
) -> dict[str, Result]:
    """Run the jobs of a plan, with progress on the error stream and a log in the output folder.

    See `Orders` for ``fresh`` and ``retry``, `run_plan` for ``afterwards``.
    """
    # Failures are told by the progress display, so by default the log is silent on the terminal.
    level = logging.ERROR if options.debug else _SILENT
    level = _VERBOSE if options.verbose else level
    log_file = options.output.absolute() / LOG_NAME
    orders = Orders(
        load_instrument(INSTRUMENT),
        settings,
        fresh=fresh,
        retry=retry,
        figures=not options.no_plots,
        pdf=options.pdf,
        command=" ".join(["soxspipe", *sys.argv[1:]]),
    )
    executor: Executor = SerialExecutor()
    if jobs > 1 and len(plan.wanted) > 1:
        from soxs_pipeline.runtime.executors.processes import ProcessExecutor  # noqa: PLC0415

        # Files for the archive have previews.
        drawing = not options.no_plots or afterwards is not None
        preload = [*_PRELOAD, *(["soxs_pipeline.plots"] if drawing else [])]
        preload += ["soxs_pipeline.runtime.archive"] if afterwards is not None else []
        recipes = dict.fromkeys(plan.jobs[name].recipe for name in plan.wanted)
        preload += [f"soxs_pipeline.recipes.{recipe}" for recipe in recipes]
        executor = ProcessExecutor(jobs, log_file=log_file, level=level, preload=preload)
    else:
        keep_freed_memory()
    progress = Progress(len(plan.wanted), quiet=options.quiet)
    # Whoever ends us politely gets the same orderly end as with Ctrl-C.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with logging_to(log_file, level):
            return run_plan(plan, orders, executor, progress, afterwards=afterwards)
    finally:
        signal.signal(signal.SIGTERM, before)


def print_failures(plan: Plan, results: Mapping[str, Result]) -> None:
    """Tell on the error stream what failed, and which targets could not be done for it."""
    bad = [(plan.jobs[name], result) for name, result in results.items() if not result.good]
    failed = [(job, result) for job, result in bad if result.status == "failed"]
    if failed:
        print("\nFailed", file=sys.stderr)
    for job, result in failed:
        indented = result.error.replace("\n", "\n      ")
        print(f"  {job.label}\n      {indented}", file=sys.stderr)
        print(f"      record: {job.record}", file=sys.stderr)
    # A failed flat takes dozens of runs with it: what was looked for at their ends is enough.
    skipped = [(job, result) for job, result in bad if result.status != "failed"]
    ends = [(job, result) for job, result in skipped if job.name in plan.targets] or skipped
    if skipped:
        print(f"\nSkipped for want of these: {len(skipped)} run(s), among them", file=sys.stderr)
    for job, result in ends:
        print(f"  {job.label}: {result.error}", file=sys.stderr)


def exit_status(results: Mapping[str, Result]) -> int:
    """Return the exit code of the first failure, 0 if there is none."""
    failed = [r for r in results.values() if r.status == "failed"]
    others = [r for r in results.values() if not r.good]
    return next((r.exit_code or 1 for r in (*failed, *others)), 0)
