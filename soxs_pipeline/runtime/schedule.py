"""Run the jobs of a plan in the right order, whatever happens to some of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from soxs_pipeline.errors import SoxsError
from soxs_pipeline.instruments.schema import Instrument
from soxs_pipeline.runtime.configure import Configured, Settings, configure
from soxs_pipeline.runtime.executors import Drawing, Executor, Filing, Work
from soxs_pipeline.runtime.jobs import Assignment, Job, Options, Result, Source
from soxs_pipeline.runtime.plan import Plan
from soxs_pipeline.runtime.progress import Progress
from soxs_pipeline.runtime.registry import get
from soxs_pipeline.runtime.workspace import (
    content_key,
    failed_before,
    has_figures,
    is_up_to_date,
)

__all__ = ["Afterwards", "Orders", "run_plan"]

_TICK_S = 0.5


@dataclass(frozen=True)
class Orders:
    """How a plan is to be carried out.

    Parameters
    ----------
    instrument
        Facts of the instrument.
    settings
        What the user set.
    fresh
        Do all, also what is up to date.
    retry
        Do again what failed before with the very same inputs and parameters.
    figures
        Draw figures.
    pdf
        And write them as PDF as well.
    command
        The command the user gave.
    """

    instrument: Instrument
    settings: Settings = field(default_factory=Settings)
    fresh: bool = False
    retry: bool = True
    figures: bool = True
    pdf: bool = False
    command: str = ""


@dataclass(frozen=True)
class _Filled:
    """Inputs that are settled."""

    inputs: Mapping[str, tuple[Source, ...]]
    remarks: tuple[str, ...]


class _Waiting:
    """Not everything a job needs has been tried."""


@dataclass(frozen=True)
class _Impossible:
    """A job cannot be done any more."""

    reason: str


class Afterwards(Protocol):
    """What is done once all products are there, before figures are drawn."""

    def begin(self, results: Mapping[str, Result]) -> Sequence[Filing]:
        """Return what there is to do; called once, with the results of all jobs."""

    def ended(self, filing: Filing, result: Result) -> None:
        """Note how one of them ended."""


def run_plan(
    plan: Plan,
    orders: Orders,
    executor: Executor,
    progress: Progress,
    *,
    afterwards: Afterwards | None = None,
) -> dict[str, Result]:
    """Carry out the jobs that are wanted, and those that must stand in for failed ones.

    Parameters
    ----------
    plan
        The jobs.
    orders
        How to do them.
    executor
        Who does them.
    progress
        Whom to tell.
    afterwards
        What is done with the products once all are there: nobody who waits for it need wait for
        figures.

    Returns
    -------
    dict
        Result of each job, by name, in the order in which they ended.
    """
    return _Run(plan, orders, executor, progress).carry_out(afterwards)


class _Run:
    def __init__(self, plan: Plan, orders: Orders, executor: Executor, progress: Progress) -> None:
        self._plan, self._orders = plan, orders
        self._executor, self._progress = executor, progress
        self._rank = _ranks(plan)
        self._alike = Counter(job.task for job in plan.jobs.values())
        # Settings of all that is wanted are checked before the first job runs, not hours later.
        self._configured: dict[tuple[str, str], Configured] = {}
        for name in plan.wanted:
            self._configure(plan.jobs[name])
        self._open = set(plan.wanted)
        self._busy: dict[str, Work] = {}
        self._results: dict[str, Result] = {}
        self._filings: list[Filing] = []
        self._drawings: list[Job] = []

    def carry_out(self, afterwards: Afterwards | None) -> dict[str, Result]:
        begun = afterwards is None
        try:
            while self._open or self._busy or self._filings or self._drawings or not begun:
                self._start_what_can()
                if afterwards is not None and not begun and self._complete:
                    begun = True
                    self._filings += afterwards.begin(self._results)
                    continue
                running = [
                    work if isinstance(work, Filing) else work.job for work in self._busy.values()
                ]
                self._progress.running(running, len(self._drawings))
                if not self._busy:
                    continue
                for work, result in self._executor.wait(_TICK_S):
                    if isinstance(work, Filing):
                        del self._busy[work.label]
                        if afterwards is not None:
                            afterwards.ended(work, result)
                    else:
                        self._ended(work, result)
        finally:
            self._executor.close()
            self._progress.close()
        return self._results

    @property
    def _complete(self) -> bool:
        """True if nothing but figures is left to be done."""
        at_work = any(not isinstance(work, Drawing) for work in self._busy.values())
        return not (self._open or at_work)

    def _start_what_can(self) -> None:
        """Settle and start jobs, the one with the longest way to go first; figures come last.

        Of jobs with as far to go the rarer comes first: the many even out the cores at the end.
        """
        settled = True
        while settled:
            settled = False
            for name in sorted(self._open, key=self._turn):
                if len(self._busy) >= self._executor.capacity:
                    return
                settled = self._try_to_start(self._plan.jobs[name]) or settled
        while self._filings and len(self._busy) < self._executor.capacity:
            filing = self._filings.pop(0)
            self._begin(filing.label, filing)
        while self._drawings and len(self._busy) < self._executor.capacity:
            job = self._drawings.pop(0)
            self._begin(f"{job.name} figures", Drawing(job, self._orders.pdf))

    def _turn(self, name: str) -> tuple[float, int, str]:
        """Return by what jobs are put in order."""
        return -self._rank[name], self._alike[self._plan.jobs[name].task], name

    def _try_to_start(self, job: Job) -> bool:
        """Start or settle a job; return True if anything changed that others may wait for."""
        found = self._fill(job)
        if isinstance(found, _Waiting):
            return False
        self._open.discard(job.name)
        if isinstance(found, _Impossible):
            self._settle(job, Result(job.name, "skipped", error=found.reason, exit_code=4))
            return True
        try:
            assignment = self._assign(job, found)
        except (OSError, SoxsError) as error:
            what = f"{job.label}: an input vanished: {error}"
            self._settle(job, Result(job.name, "failed", error=what, exit_code=2))
            return True
        known = self._known(job, assignment.key)
        if known is None:
            self._begin(job.name, assignment)
            return False
        self._settle(job, known)
        return True

    def _known(self, job: Job, key: str) -> Result | None:
        """Return the result of an earlier run that need not be repeated."""
        if self._orders.fresh:
            return None
        record = is_up_to_date(job, key)
        if record is not None:
            return _kept(job, record)
        lost = None if self._orders.retry else failed_before(job, key)
        return None if lost is None else _failed(job, lost)

    def _begin(self, name: str, work: Work) -> None:
        self._busy[name] = work
        self._executor.submit(work)

    def _ended(self, work: Assignment | Drawing, result: Result) -> None:
        if isinstance(work, Drawing):
            del self._busy[f"{work.job.name} figures"]
            return
        del self._busy[work.job.name]
        self._settle(work.job, result)

    def _settle(self, job: Job, result: Result) -> None:
        self._results[job.name] = result
        self._progress.finished(job, result)
        if self._orders.figures and result.good and not has_figures(job, pdf=self._orders.pdf):
            self._drawings.append(job)

    def _assign(self, job: Job, found: _Filled) -> Assignment:
        recipe = get(job.recipe)
        chosen = self._configure(job)
        values = {
            info.name: getattr(chosen.parameters, info.name)
            for info in recipe.parameters.describe()
        }
        return Assignment(
            job,
            self._orders.instrument.name,
            found.inputs,
            values,
            chosen.origins,
            content_key(job.recipe, values, found.inputs),
            found.remarks,
            self._orders.command,
        )

    def _configure(self, job: Job) -> Configured:
        key = job.recipe, job.arm
        if key not in self._configured:
            self._configured[key] = configure(
                get(job.recipe), job.arm, self._orders.instrument, self._orders.settings
            )
        return self._configured[key]

    # --- which files a job gets -------------------------------------------------------------
    def _fill(self, job: Job) -> _Filled | _Waiting | _Impossible:
        """Settle the files of every slot from what was made so far."""
        if any(self._state(source) is None for source in job.main):
            return _Waiting()
        main = tuple(source for source in job.main if self._state(source))
        lost = [source for source in job.main if not self._state(source)]
        if not main or (lost and not job.may_shrink):
            return _Impossible(self._why(lost[0]))
        inputs = {job.main_slot: main}
        remarks = [f"without {source.path.name}: {self._why(source)}" for source in lost]
        for slot in job.others:
            if not slot.options:
                remarks.append(f"{slot.slot}: none found, done without")
                continue
            chosen = next((o for o in slot.options if self._possible(o) is not False), None)
            if chosen is None and not slot.optional:
                return _Impossible(f"{slot.slot}: {self._why(slot.options[0].sources[0])}")
            if chosen is None:
                remarks.append(f"{slot.slot}: none could be made, done without")
                continue
            if self._possible(chosen) is None:
                return _Waiting()
            inputs[slot.slot] = chosen.sources
            remarks += chosen.remarks
            if chosen is not slot.options[0]:
                best = slot.options[0].sources[0]
                remarks.append(f"{slot.slot}: the next best, because {self._why(best)}")
        return _Filled(inputs, tuple(remarks))

    def _possible(self, option: Options) -> bool | None:
        """Return True if all its files exist, False if one never will, None if that is open."""
        states = [self._state(source) for source in option.sources]
        if False in states:
            return False
        return None if None in states else True

    def _state(self, source: Source) -> bool | None:
        if not source.maker:
            return True
        result = self._results.get(source.maker)
        if result is None:
            self._ask_for(source.maker)
            return None
        return result.good and self._field_of(source) in result.made

    def _ask_for(self, maker: str) -> None:
        """Add a job that stood by, because a better one failed."""
        if maker not in self._open and maker not in self._busy:
            self._open.add(maker)
            self._progress.total += 1

    def _field_of(self, source: Source) -> str:
        outputs = self._plan.jobs[source.maker].outputs
        return next(output.field for output in outputs if output.path == source.path)

    def _why(self, source: Source) -> str:
        job, result = self._plan.jobs[source.maker], self._results[source.maker]
        if result.good:
            return f"{job.label} made no {source.tag}"
        return f"{job.label} {'failed' if result.status == 'failed' else 'was skipped'}"


def _kept(job: Job, record: Mapping[str, object]) -> Result:
    products, remarks = record["products"], record.get("remarks", [])
    made = tuple(products) if isinstance(products, dict) else ()
    told = tuple(map(str, remarks)) if isinstance(remarks, list) else ()
    qc = record.get("qc", [])
    bad = [v for v in qc if v["grade"] == "bad"] if isinstance(qc, list) else []
    names = tuple(f"{value['keyword']} = {value['value']}" for value in bad)
    return Result(job.name, "kept", made, remarks=told, bad=names)


def _failed(job: Job, error: Mapping[str, object]) -> Result:
    told = SoxsError(
        str(error["what"]),
        wanted=str(error.get("wanted", "")),
        remedy=str(error.get("to_do", "")),
    )
    return Result(job.name, "failed", error=str(told), exit_code=int(str(error["exit_code"])))


def _ranks(plan: Plan) -> dict[str, float]:
    """Return how far each job is from the end of its chain, weighed by what it reads."""
    users: dict[str, list[str]] = {}
    for job in plan.jobs.values():
        sources = [*job.main]
        sources += [s for slot in job.others if slot.options for s in slot.options[0].sources]
        for maker in {source.maker for source in sources if source.maker}:
            users.setdefault(maker, []).append(job.name)
    ranks: dict[str, float] = {}
    # Jobs come after those they take from, so backwards every user is known first.
    for name in reversed(list(plan.jobs)):
        own = 1.0 + sum(_megabytes(source.path) for source in plan.jobs[name].main) / 100.0
        ranks[name] = own + max((ranks[user] for user in users.get(name, ())), default=0.0)
    return ranks


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6 if path.is_file() else 0.0
