import io

from soxs_pipeline.runtime.jobs import Job, Output, Result
from soxs_pipeline.runtime.progress import Progress

JOB = Job("n", "bias", "soxs_mbias", "VIS", "night", "5 frames", "raw", (), may_shrink=True,
          others=(), outputs=(Output("a", "A", None),))  # fmt: skip


class Terminal(io.StringIO):
    def isatty(self):
        return True


def told(stream, *results, quiet=False):
    progress = Progress(3, stream=stream, quiet=quiet)
    for result in results:
        progress.running([JOB])
        progress.finished(JOB, result)
    progress.close()
    return stream.getvalue()


def test_without_a_terminal_each_job_is_a_plain_line():
    text = told(io.StringIO(), Result("n", "done", seconds=2.04, bad=("x",)), Result("n", "kept"))
    assert text.splitlines() == [
        "[1/3] done    soxs_mbias VIS 5 frames  (2.0 s, 1 QC value(s) outside limits)",
        "1 of 3 were up to date",
    ]


def test_on_a_terminal_one_line_tells_what_runs():
    text = told(Terminal(), Result("n", "done"))
    assert "0/3 done, 0 s | soxs_mbias VIS 5 frames" in text
    assert text.endswith("\r\x1b[K")


def test_what_is_left_to_draw_is_told_once_products_are_complete():
    stream = io.StringIO()
    progress = Progress(1, stream=stream)
    progress.running([JOB], figures=5)
    progress.finished(JOB, Result("n", "done"))
    for left in (5, 4):
        progress.running([], figures=left)
    lines = stream.getvalue().splitlines()
    assert lines[1:] == ["products are complete; drawing the figures of 5 jobs"]


def test_quiet_tells_failures_only():
    failed = Result("n", "failed", error="what\nto do")
    text = told(Terminal(), Result("n", "done"), failed, Result("n", "kept"), quiet=True)
    assert text == "[2/3] FAILED  soxs_mbias VIS 5 frames\n    what\n    to do\n"
