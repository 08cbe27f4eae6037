from dataclasses import replace
from pathlib import Path

import pytest

from soxs_pipeline.errors import ParameterError
from soxs_pipeline.instruments import load as load_instrument
from soxs_pipeline.runtime.configure import Settings
from soxs_pipeline.runtime.executors import Drawing, Filing
from soxs_pipeline.runtime.jobs import Job, Options, Output, Result, SlotOptions, Source
from soxs_pipeline.runtime.plan import Plan
from soxs_pipeline.runtime.progress import Progress
from soxs_pipeline.runtime.schedule import Orders, run_plan


class FakeExecutor:
    """Ends work in the order in which it began, as it is told."""

    def __init__(self, capacity=2, failing=(), without=()):
        self.capacity = capacity
        self.failing, self.without = failing, without
        self.begun, self.running, self.closed = [], [], False

    def submit(self, work):
        assert len(self.running) < self.capacity
        self.begun.append(work)
        self.running.append(work)

    def wait(self, _seconds):
        work = self.running.pop(0)
        if isinstance(work, Filing):
            return [(work, Result(work.label, "done"))]
        name = work.job.name
        if name in self.failing:
            return [(work, Result(name, "failed", error="by design", exit_code=4))]
        for output in work.job.outputs:
            output.path.parent.mkdir(parents=True, exist_ok=True)
            output.path.write_text(name)
        made = tuple(o.field for o in work.job.outputs if o.field not in self.without)
        return [(work, Result(name, "done", made))]

    def close(self):
        self.closed = True


@pytest.fixture
def make(tmp_path):
    """Return a maker of jobs ``name(main, slot=[alternatives])`` that name one another."""

    def source(name):
        if name.endswith(".raw"):
            path = tmp_path / name
            path.write_text(name)
            return Source(path, "RAW", raw=True)
        return Source(tmp_path / "out" / f"{name}.fits", "PRODUCT", name)

    def _make(name, *main, may_shrink=False, optional=False, **slots):
        return Job(
            name, "bias", "soxs_mbias", "VIS", "2025-08-30", name, "raw",
            tuple(source(n) for n in main), may_shrink,
            tuple(
                SlotOptions(slot, tuple(Options((source(n),)) for n in names), optional=optional)
                for slot, names in slots.items()
            ),
            (Output("made", "PRODUCT", tmp_path / "out" / f"{name}.fits"),),
        )  # fmt: skip

    return _make


def run(executor, *jobs, wanted=None, settings=None):
    plan = Plan({job.name: job for job in jobs}, tuple(wanted or [job.name for job in jobs]))
    orders = Orders(load_instrument("SOXS"), settings or Settings(), fresh=True, figures=False)
    return run_plan(plan, orders, executor, Progress(len(plan.wanted), quiet=True))


def drawn(executor):
    return sum(isinstance(work, Drawing) for work in executor.begun)


def begun(executor):
    return [work.job.name for work in executor.begun]


@pytest.fixture(autouse=True)
def _readable_products(monkeypatch):
    monkeypatch.setattr(
        "soxs_pipeline.runtime.workspace.data_md5", lambda path: Path(path).read_text()
    )


def test_a_job_waits_for_those_it_takes_from(make):
    executor = FakeExecutor()
    run(executor, make("a", "1.raw"), make("b", "2.raw", cal=["a"]), make("c", "b"))
    assert begun(executor) == ["a", "b", "c"]
    assert executor.closed


def test_the_longest_way_goes_first(make):
    executor = FakeExecutor(capacity=1)
    run(executor, make("aside", "1.raw"), make("long", "2.raw"), make("end", "long"))
    assert begun(executor) == ["long", "aside", "end"]


def test_of_equal_jobs_the_rarer_goes_first(make):
    executor = FakeExecutor(capacity=1)
    rare = replace(make("z", "1.raw"), task="dark")
    run(executor, make("a", "1.raw"), make("b", "1.raw"), rare)
    assert begun(executor) == ["z", "a", "b"]


class Archive:
    """Files one thing once all products are there; notes what it is told."""

    def __init__(self, executor):
        self.executor, self.told, self.filed = executor, [], []

    def begin(self, results):
        self.told.append((sorted(results), drawn(self.executor)))
        return [Filing((Path("merged.fits"),), Path("phase3"))]

    def ended(self, filing, result):
        self.filed.append((filing.label, result.status, drawn(self.executor)))


@pytest.mark.parametrize("figures", [True, False])
def test_the_archive_comes_after_all_products_and_before_all_figures(make, monkeypatch, figures):
    monkeypatch.setattr("soxs_pipeline.runtime.schedule.has_figures", lambda _job, **_: False)
    executor = FakeExecutor(capacity=1)
    jobs, archive = [make("a", "1.raw"), make("b", "a")], Archive(executor)
    found = run_plan(
        Plan({job.name: job for job in jobs}, ("a", "b")),
        Orders(load_instrument("SOXS"), Settings(), fresh=True, figures=figures),
        executor, Progress(2, quiet=True), afterwards=archive,
    )  # fmt: skip
    assert sorted(found) == ["a", "b"]
    already = int(figures)  # the figures of the first job fit in while the second waits for it
    assert archive.told == [(["a", "b"], already)]
    assert archive.filed == [("archive merged", "done", already)]
    assert drawn(executor) == 2 * figures


def test_what_depends_on_a_failure_is_skipped_with_the_reason(make):
    executor = FakeExecutor(failing={"a"})
    found = run(executor, make("a", "1.raw"), make("b", "2.raw", cal=["a"]), make("c", "b"),
                make("other", "3.raw"))  # fmt: skip
    assert found["a"].status == "failed"
    assert found["b"].status == found["c"].status == "skipped"
    assert "a failed" in found["b"].error
    assert found["other"].good


def test_the_next_best_calibration_stands_in_for_one_that_failed(make):
    executor = FakeExecutor(failing={"best"})
    found = run(
        executor, make("best", "1.raw"), make("next", "2.raw"),
        make("b", "3.raw", cal=["best", "next"]), wanted=["best", "b"],
    )  # fmt: skip
    assert found["b"].good
    assert begun(executor) == ["best", "next", "b"]
    work = executor.begun[-1]
    assert [source.maker for source in work.inputs["cal"]] == ["next"]
    assert any("the next best, because" in remark for remark in work.remarks)


def test_a_calibration_that_stands_by_is_not_made_for_nothing(make):
    executor = FakeExecutor()
    run(executor, make("best", "1.raw"), make("next", "2.raw"),
        make("b", "3.raw", cal=["best", "next"]), wanted=["best", "b"])  # fmt: skip
    assert begun(executor) == ["best", "b"]


def test_an_optional_calibration_that_failed_is_done_without(make):
    executor = FakeExecutor(failing={"a"})
    found = run(executor, make("a", "1.raw"), make("b", "2.raw", cal=["a"], optional=True))
    assert found["b"].good
    assert "cal" not in executor.begun[-1].inputs
    assert any("done without" in remark for remark in executor.begun[-1].remarks)


def test_exposures_that_failed_are_left_out_where_several_are_joined(make):
    executor = FakeExecutor(failing={"a"})
    found = run(executor, make("a", "1.raw"), make("b", "2.raw"),
                make("all", "a", "b", may_shrink=True))  # fmt: skip
    assert found["all"].good
    assert [source.maker for source in executor.begun[-1].inputs["raw"]] == ["b"]
    assert any("without a.fits" in remark for remark in executor.begun[-1].remarks)


def test_a_product_that_was_not_made_counts_as_missing(make):
    found = run(FakeExecutor(without={"made"}), make("a", "1.raw"), make("b", "a"))
    assert found["b"].status == "skipped"
    assert "made no PRODUCT" in found["b"].error


def test_a_raw_frame_that_vanished_fails_its_job_alone(make):
    lost = make("a", "1.raw")
    lost.main[0].path.unlink()
    found = run(FakeExecutor(), lost, make("b", "2.raw"))
    assert found["a"].status == "failed"
    assert found["b"].good


def test_wrong_settings_stop_before_anything_runs(make):
    executor = FakeExecutor()
    with pytest.raises(ParameterError, match="set by file"):
        run(executor, make("a", "1.raw"), settings=Settings({"soxs_mbias": {"pie": 3}}, "my.toml"))
    assert not executor.begun


def test_an_interrupt_ends_everything(make):
    class Interrupted(FakeExecutor):
        def wait(self, _seconds):
            raise KeyboardInterrupt

    executor = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        run(executor, make("a", "1.raw"))
    assert executor.closed


def test_never_more_than_the_capacity_run_at_once(make):
    executor = FakeExecutor(capacity=3)
    found = run(executor, *(make(f"j{i}", f"{i}.raw") for i in range(8)))
    assert len(found) == 8


def test_jobs_are_plain_values(make):
    job = make("a", "1.raw")
    assert replace(job) == job
