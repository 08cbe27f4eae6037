"""Run one job: bind, read, call, judge, write, record."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from soxs_pipeline.cascade import load as load_cascade
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.errors import SoxsError
from soxs_pipeline.instruments import load as load_instrument
from soxs_pipeline.io.export import write_binned_spectrum, write_text_spectrum
from soxs_pipeline.io.products import write_product
from soxs_pipeline.io.provenance import Provenance, product_header
from soxs_pipeline.qc.limits import Verdict, judge
from soxs_pipeline.recipes._recipe import Outcome
from soxs_pipeline.runtime.binding import bind
from soxs_pipeline.runtime.jobs import Assignment, Job, Result
from soxs_pipeline.runtime.record import (
    describe_failure,
    describe_outcome,
    describe_products,
    describe_run,
    provenance_of,
)
from soxs_pipeline.runtime.registry import get
from soxs_pipeline.runtime.services import find_services
from soxs_pipeline.runtime.workspace import staged, write_json

__all__ = ["figures_of", "run_task"]

LOG = logging.getLogger(__name__)


class _Clock:
    """Seconds spent on each step."""

    def __init__(self) -> None:
        self.started = datetime.now(UTC)
        self.seconds: dict[str, float] = {}
        self._begun = self._last = perf_counter()

    def lap(self, name: str) -> None:
        now = perf_counter()
        self.seconds[name] = now - self._last
        self._last = now

    def total(self) -> dict[str, float]:
        return {**self.seconds, "total": perf_counter() - self._begun}


def run_task(assignment: Assignment) -> Result:
    """Run a job, write all its products or none, and record how it went.

    Any exception is caught here (and for figures and files of the archive where they are made):
    it is recorded, and returned as a failure, so that the rest of the night goes on.
    """
    job, clock = assignment.job, _Clock()
    remarks = [*job.remarks, *assignment.remarks]
    try:
        result = _run(assignment, remarks, clock)
    except Exception as error:  # noqa: BLE001 - see above
        return _failed(assignment, error, remarks, clock)
    for remark in result.remarks:
        LOG.warning("%s: %s", job.label, remark)
    for verdict in result.bad:
        LOG.warning("%s: QC outside its limits: %s", job.label, verdict)
    LOG.info("%s: done in %.1f s, %s", job.label, result.seconds, job.outputs[0].path)
    return result


def _run(assignment: Assignment, remarks: list[str], clock: _Clock) -> Result:
    job = assignment.job
    recipe = get(job.recipe)
    instrument = load_instrument(assignment.instrument)
    task = next(t for t in load_cascade(assignment.instrument).tasks if t.name == job.task)
    parameters = recipe.parameters.from_mapping(assignment.parameters)
    arguments, left_out = bind(recipe, task, assignment.inputs, instrument)
    remarks += left_out
    clock.lap("read")
    outcome = recipe.run(**arguments, **find_services(recipe.services), parameters=parameters)
    remarks += [remark for remark in outcome.remarks if remark not in remarks]
    clock.lap("run")
    verdicts = judge(outcome.qc, instrument.qc_limits(recipe.name, job.arm))
    made = provenance_of(assignment, recipe, task, verdicts, remarks)
    transposed = bool(job.arm) and instrument.arms[job.arm].transposed
    products = _write(assignment, outcome, made, verdicts, clock, transposed=transposed)
    bad = tuple(str(verdict) for verdict in verdicts if verdict.grade == "bad")
    return Result(
        job.name, "done", products, remarks=tuple(remarks), bad=bad, seconds=clock.total()["total"]
    )


def _write(
    assignment: Assignment,
    outcome: Outcome[Any],
    made: Provenance,
    verdicts: Sequence[Verdict],
    clock: _Clock,
    *,
    transposed: bool,
) -> tuple[str, ...]:
    """Write all products and the record into a staging folder, which then moves as a whole."""
    job = assignment.job
    written: dict[str, tuple[str, Path]] = {}
    _remove(job)
    with staged(job) as folder:
        for output in job.outputs:
            product = getattr(outcome.products, output.field)
            if product is None:
                continue
            path = folder / output.path.name
            header = product_header(replace(made, category=output.tag))
            write_product(path, product, header=header, transposed=transposed)
            written[output.field] = (output.tag, path)
            if isinstance(product, MergedSpectrum):
                write_text_spectrum(path.with_suffix(".ecsv"), product)
                write_binned_spectrum(path.with_name(f"{path.stem}_binned.txt"), product)
        clock.lap("write")
        record = describe_run(assignment, clock.started, {})
        record |= describe_outcome(verdicts, made.remarks)
        record["target"] = made.header.text("OBJECT")
        record["products"] = describe_products(job.folder, written)
        record["seconds"] = {name: round(value, 3) for name, value in clock.total().items()}
        write_json(folder / job.record.name, record)
    return tuple(written)


def _remove(job: Job) -> None:
    """Remove what an earlier run left: it must not be taken for the result of this one."""
    # The record goes first, for without it the products count for nothing.
    for path in (job.record, *(output.path for output in job.outputs), *figures_of(job)):
        path.unlink(missing_ok=True)


def figures_of(job: Job) -> list[Path]:
    """Return the figures drawn of a job's products."""
    return [
        path for suffix in ("png", "pdf") for path in job.folder.glob(f"{job.stem}__*.{suffix}")
    ]


def _failed(
    assignment: Assignment, error: Exception, remarks: Sequence[str], clock: _Clock
) -> Result:
    job = assignment.job
    expected = isinstance(error, SoxsError)
    if expected:
        LOG.error("%s: %s", job.label, error)
    else:
        LOG.error("%s: unexpected %s", job.label, type(error).__name__, exc_info=error)
    seconds = clock.total()
    try:
        _remove(job)
        record = describe_run(assignment, clock.started, seconds)
        write_json(job.record, record | describe_failure(error, remarks))
    except (SoxsError, OSError) as second:
        # A full disk is reported by the first error; the record is then lost with the products.
        LOG.warning("%s: the failure could not be recorded: %s", job.label, second)
    what = str(error)
    if not expected:
        what = f"unexpected {type(error).__name__}: {error}\n  traceback: {job.record}"
    code = error.exit_code if isinstance(error, SoxsError) else 1
    return Result(
        job.name,
        "failed",
        error=what,
        exit_code=code,
        remarks=tuple(remarks),
        seconds=seconds["total"],
    )
