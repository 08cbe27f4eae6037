import json
from html.parser import HTMLParser

import pytest

from soxs_pipeline.runtime.jobs import Job, Output, Result
from soxs_pipeline.runtime.plan import Plan
from soxs_pipeline.runtime.report import write_report


class Checker(HTMLParser):
    """Checks that every tag is closed, and keeps the text."""

    VOID = frozenset({"meta", "img", "input", "br"})

    def __init__(self):
        super().__init__()
        self.open, self.text, self.targets = [], "", []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.targets += [value for key, value in attrs if key in {"href", "src"}]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def job(tmp_path):
    def make(task, name):
        path = tmp_path / "out" / "night" / task / f"{name}.fits"
        path.parent.mkdir(parents=True, exist_ok=True)
        return Job(name, task, "soxs_x", "VIS", "night", f"<{name}>", "raw", (), may_shrink=True,
                   others=(), outputs=(Output("a", "A", path),))  # fmt: skip

    return make


def qc(key, value, grade, order=None):
    return {"key": key, "keyword": key, "order": order, "value": value, "unit": "e", "doc": "Doc",
            "low": 0.0, "high": 5.0, "grade": grade}  # fmt: skip


def page_of(tmp_path, plan, results):
    path = write_report(plan, results, tmp_path / "out")
    checker = Checker()
    checker.feed(path.read_text())
    assert checker.open == []
    return checker


def test_the_page_shows_products_figures_quality_and_remarks(job, tmp_path):
    merged, bias = job("science_merge", "sn"), job("bias", "bias")
    (merged.folder / "sn__spectrum.png").write_bytes(b"png")
    record = {
        "status": "done",
        "qc": [qc("RON", 2.5, "good"), qc("SNR", 9.0, "bad", 12), qc("SNR", None, "unjudged", 13)],
        "remarks": ["a <remark>"],
        "products": {"a": {"file": "sn.fits", "tag": "SCI"}},
        "figures": [{"name": "spectrum", "png": "sn__spectrum.png", "pdf": "sn__spectrum.pdf"}],
        "seconds": {"total": 3.21},
        "peak_memory_mb": 512.0,
    }
    merged.record.write_text(json.dumps(record))
    plan = Plan({"bias": bias, "sn": merged}, ("bias", "sn"), targets=("sn",))
    results = {"bias": Result("bias", "done"), "sn": Result("sn", "done", bad=("SNR",))}
    page = page_of(tmp_path, plan, results)
    for words in ("<sn>", "a <remark>", "RON", "2.5", "12", "9", "3.2 s, at most 512 MiB"):
        assert words in page.text
    assert page.text.index("Spectra") < page.text.index("Calibrations")
    assert "data:image/png;base64,cG5n" in page.targets
    assert "night/science_merge/sn.fits" in page.targets
    assert not [target for target in page.targets if target.startswith(("http", "/"))]


def test_the_page_tells_failures_and_what_was_not_used(job, tmp_path):
    failed = job("bias", "bias")
    plan = Plan(
        {"bias": failed}, ("bias",),
        blocked={"science_stare:VIS:x": "no <flat> | no bias"},
        blocked_observations=("science_stare:VIS:x",),
        unused={"raw/x.fits": "no <flat>", "raw/y.fits": "no <flat>"},
    )  # fmt: skip
    page = page_of(tmp_path, plan, {"bias": Result("bias", "failed", error="what\n  to do: it")})
    for words in ("No spectrum was merged", "failed", "to do: it", "no <flat>", "2 file(s)",
                  "x.fits", "VIS:x"):  # fmt: skip
        assert words in page.text
