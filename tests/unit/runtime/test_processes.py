"""Jobs in processes of their own: what happens when one is killed."""

import logging
import os
import signal

import pytest

from soxs_pipeline.io.signatures import data_md5
from soxs_pipeline.runtime.executors.processes import ProcessExecutor, cores, default_capacity
from soxs_pipeline.runtime.executors.serial import SerialExecutor
from soxs_pipeline.runtime.jobs import Assignment, Job, Output, Source
from soxs_pipeline.runtime.registry import get
from tests.support.tiny_frames import write_biases


@pytest.fixture
def work(tmp_path):
    sources = tuple(
        Source(path, "BIAS_VIS", raw=True) for path in write_biases(tmp_path / "raw", 3)
    )
    output = Output("master_bias", "MASTER_BIAS_VIS", tmp_path / "out" / "bias.fits")
    job = Job("bias", "bias", "soxs_mbias", "VIS", "2025-08-30", "3 frames", "raw", sources,
              may_shrink=True, others=(), outputs=(output,))  # fmt: skip
    return Assignment(job, "SOXS", {"raw": sources}, _defaults(), key="k")


def _defaults():
    return {info.name: info.default for info in get("soxs_mbias").parameters.describe()}


@pytest.fixture
def executor(tmp_path):
    made = ProcessExecutor(1, log_file=tmp_path / "log", level=logging.CRITICAL)
    yield made
    made.close()


def left(folder):
    return [path.name for path in folder.rglob("*")] if folder.exists() else []


def test_a_process_writes_what_this_one_would(work, executor, tmp_path):
    executor.submit(work)
    ((same, result),) = executor.wait(120)
    assert same is work
    assert result.status == "done", result.error
    assert result.made == ("master_bias",)
    assert sorted(left(tmp_path / "out")) == ["bias.fits", "bias.json"]
    assert "done in" in (tmp_path / "log").read_text()


def test_a_killed_process_fails_alone_and_leaves_nothing_half(work, executor, tmp_path):
    executor.submit(work)
    ((_, process),) = executor._running.values()
    os.kill(process.pid, signal.SIGKILL)
    ((_, result),) = executor.wait(60)
    assert result.status == "failed"
    assert "killed by signal 9" in result.error
    assert "-j" in result.error
    assert not [name for name in left(tmp_path / "out") if not name.startswith(".")]


def test_closing_ends_what_runs(work, executor, tmp_path):
    executor.submit(work)
    ((_, process),) = executor._running.values()
    executor.close()
    assert not process.is_alive()
    assert not [name for name in left(tmp_path / "out") if not name.startswith(".")]


def test_what_a_killed_run_left_is_cleared_by_the_next(work, tmp_path):
    stale = tmp_path / "out" / ".bias.part"
    stale.mkdir(parents=True)
    (stale / "half.fits").write_text("half")
    executor = SerialExecutor()
    executor.submit(work)
    ((_, result),) = executor.wait(0)
    assert result.good
    assert sorted(left(tmp_path / "out")) == ["bias.fits", "bias.json"]


def test_processes_make_the_same_as_this_one(work, executor, tmp_path):
    executor.submit(work)
    assert executor.wait(120)
    path = work.job.outputs[0].path
    made = data_md5(path)
    path.unlink()
    serial = SerialExecutor()
    serial.submit(work)
    assert serial.wait(0)
    assert data_md5(path) == made


def test_no_more_jobs_than_cores():
    assert 1 <= default_capacity() <= cores()
