"""One page for a reduction: what came out, how good it is, and what is missing."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from soxs_pipeline.io.atomic import write_whole
from soxs_pipeline.runtime.jobs import Job, Result
from soxs_pipeline.runtime.plan import Plan
from soxs_pipeline.runtime.style_sheet import page
from soxs_pipeline.runtime.version import program_version
from soxs_pipeline.runtime.workspace import read_record

__all__ = ["write_report"]

PAGE_NAME = "index.html"
_ARM_ORDER = {"": 0, "VIS": 1, "NIR": 2}


def write_report(
    plan: Plan,
    results: Mapping[str, Result],
    out: Path,
    *,
    raw: Path | None = None,
    refresh_s: int = 0,
) -> Path:
    """Write ``out/index.html``, with everything it shows inside the file.

    Parameters
    ----------
    plan, results
        What was to be done, and how each job ended.
    out
        Folder of the products.
    raw
        Folder of the raw frames, to be named.
    refresh_s
        After how many seconds a browser reads it again; 0 for never.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    jobs = [plan.jobs[name] for name in plan.jobs if name in results]
    spectra = [job for job in jobs if job.name in plan.targets]
    observations = [j for j in jobs if j not in spectra and _is_of_the_sky(j)]
    calibrations = [j for j in jobs if j not in spectra and j not in observations]
    parts = [
        _summary(plan, results, raw),
        _unreduced(plan),
        _chapter("Spectra", spectra, results, out, "No spectrum was merged."),
        _chapter("Observations", observations, results, out),
        _chapter("Calibrations", calibrations, results, out),
        _unused(plan),
    ]
    path = out / PAGE_NAME
    write_whole(path, page("SOXS reduction", parts, refresh_s=refresh_s))
    return path


def _is_of_the_sky(job: Job) -> bool:
    return job.task.partition("_")[0] in {"science", "standard", "telluric"}


# --- chapters -------------------------------------------------------------------------------
def _summary(plan: Plan, results: Mapping[str, Result], raw: Path | None) -> str:
    count = {
        "good": sum(result.good for result in results.values()),
        "failed": sum(result.status == "failed" for result in results.values()),
        "skipped": sum(result.status == "skipped" for result in results.values()),
    }
    outside = sum(len(result.bad) for result in results.values())
    tiles = [
        (str(count["good"]), "runs done", "good"),
        (str(count["failed"]), "failed", "bad" if count["failed"] else ""),
        (str(count["skipped"]), "skipped for it", "bad" if count["skipped"] else ""),
        (str(outside), "QC values outside limits", "bad" if outside else "good"),
        (str(len(plan.unused)), "files not used", ""),
    ]
    shown = "".join(
        f'<div class="tile {grade}"><b>{number}</b><span>{escape(what)}</span></div>'
        for number, what, grade in tiles
    )
    source = f"Raw frames: {escape(str(raw.absolute()))}. " if raw else ""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    return (
        "<h1>SOXS reduction</h1>"
        f'<p class="quiet">{source}Written {now} UTC by soxs-pipeline {program_version()}.</p>'
        f'<div class="tiles">{shown}</div>'
    )


def _chapter(
    title: str,
    jobs: Sequence[Job],
    results: Mapping[str, Result],
    out: Path,
    empty: str = "",
) -> str:
    if not jobs:
        return f"<h2>{title}</h2><p>{escape(empty)}</p>" if empty else ""
    ordered = sorted(jobs, key=lambda j: (j.night, j.title, _ARM_ORDER.get(j.arm, 9)))
    if title == "Calibrations":
        ordered = list(jobs)
    cards = "".join(_card(job, results[job.name], out) for job in ordered)
    return f"<h2>{title}</h2>{cards}"


def _card(job: Job, result: Result, out: Path) -> str:
    record = read_record(job.record)
    grade = _grade(result, record)
    head = (
        f'<summary><span class="lamp {grade}"></span><b>{escape(job.title)}</b> '
        f"<span>{escape(job.recipe)} {escape(job.arm)}</span>"
        f'<span class="quiet">{escape(job.night)}</span></summary>'
    )
    body = _error(result) + _remarks(record) + _figures(job, record, out)
    body += _qc(record) + _files(job, record, out)
    first = "open" if grade == "bad" or not job.arm or _is_of_the_sky(job) else ""
    return f'<details class="card" {first}>{head}{body}</details>'


def _grade(result: Result, record: Mapping[str, Any]) -> str:
    if not result.good or result.bad:
        return "bad"
    judged = any(value["grade"] == "good" for value in record.get("qc", ()))
    return "good" if judged or record.get("status") == "done" else "unjudged"


def _error(result: Result) -> str:
    if result.good:
        return ""
    text = escape(result.error).replace("\n", "<br>")
    return f'<p class="error"><b>{escape(result.status)}</b>: {text}</p>'


def _remarks(record: Mapping[str, Any]) -> str:
    remarks = record.get("remarks", [])
    if not remarks:
        return ""
    items = "".join(f"<li>{escape(str(remark))}</li>" for remark in remarks)
    return f'<ul class="remarks">{items}</ul>'


def _figures(job: Job, record: Mapping[str, Any], out: Path) -> str:
    shown: list[str] = []
    for number, figure in enumerate(record.get("figures", ())):
        path = job.folder / figure["png"]
        if not path.is_file():
            continue
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        mark = escape(f"{job.night}-{job.stem}-{number}")
        name = f"{job.recipe} {job.arm} {figure['name']}"
        pdf = _link(job.folder / figure["pdf"], out, "PDF") if "pdf" in figure else ""
        # A ticked box behind the picture makes it fill the window: no script, works offline.
        shown.append(
            f'<figure><input type="checkbox" id="{mark}"><label for="{mark}">'
            f'<img alt="{escape(name)}" src="data:image/png;base64,{data}"></label>'
            f"<figcaption>{escape(figure['name'])} {pdf}</figcaption></figure>"
        )
    return f'<div class="figures">{"".join(shown)}</div>' if shown else ""


def _qc(record: Mapping[str, Any]) -> str:
    values = record.get("qc", [])
    if not values:
        return ""
    whole = [value for value in values if value["order"] is None]
    orders = [value for value in values if value["order"] is not None]
    table = _qc_table(whole)
    if orders:
        bad = any(value["grade"] == "bad" for value in orders)
        table += (
            f"<details {'open' if bad else ''}><summary>{len(orders)} values by order</summary>"
            f"{_orders_table(orders)}</details>"
        )
    return table


def _qc_table(values: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f'<tr><td><span class="lamp {value["grade"]}"></span></td><td>{escape(value["key"])}</td>'
        f'<td class="number">{_number(value["value"])}</td><td>{escape(value["unit"])}</td>'
        f'<td class="number quiet">{_limits(value)}</td><td>{escape(value["doc"])}</td></tr>'
        for value in values
    )
    head = (
        "<tr><th></th><th>QC</th><th>value</th><th>unit</th><th>limits</th><th>meaning</th></tr>"
    )
    return f"<table>{head}{rows}</table>" if values else ""


def _orders_table(values: Sequence[Mapping[str, Any]]) -> str:
    keys = list(dict.fromkeys(value["key"] for value in values))
    orders = sorted({value["order"] for value in values})
    told = {(value["key"], value["order"]): value for value in values}
    head = "".join(f"<th>{order}</th>" for order in orders)
    rows = "".join(
        f"<tr><td>{escape(key)}</td>"
        + "".join(_order_cell(told.get((key, order))) for order in orders)
        + "</tr>"
        for key in keys
    )
    return f'<div class="wide"><table><tr><th>order</th>{head}</tr>{rows}</table></div>'


def _order_cell(value: Mapping[str, Any] | None) -> str:
    if value is None:
        return "<td></td>"
    return f'<td class="number {value["grade"]}">{_number(value["value"])}</td>'


def _files(job: Job, record: Mapping[str, Any], out: Path) -> str:
    links = [
        f"{_link(job.folder / product['file'], out, product['file'])} "
        f'<span class="quiet">{escape(product["tag"])}</span>'
        for product in record.get("products", {}).values()
    ]
    if job.record.is_file():
        links.append(f"{_link(job.record, out, 'record')} <span class='quiet'>provenance</span>")
    seconds = record.get("seconds", {}).get("total")
    cost = ""
    if seconds is not None:
        cost = f"{seconds:.1f} s, at most {record.get('peak_memory_mb', 0):.0f} MiB. "
    return f'<p class="files">{cost}{" &middot; ".join(links)}</p>'


def _unreduced(plan: Plan) -> str:
    if not plan.blocked_observations:
        return ""
    items = "".join(
        f"<li><b>{escape(name.partition(':')[2])}</b>{_reasons(plan.blocked[name])}</li>"
        for name in plan.blocked_observations
    )
    return f"<h2>Observations not reduced</h2><ul class='reasons'>{items}</ul>"


def _unused(plan: Plan) -> str:
    if not plan.unused:
        return ""
    by_reason: dict[str, list[str]] = {}
    for path, reason in plan.unused.items():
        by_reason.setdefault(reason, []).append(Path(path).name)
    items = "".join(
        f"<li>{_reasons(reason)}<details><summary>{len(names)} file(s)</summary>"
        f"{'<br>'.join(escape(name) for name in names)}</details></li>"
        for reason, names in by_reason.items()
    )
    return f"<h2>Files not used, and why</h2><ul class='reasons'>{items}</ul>"


# --- small pieces ---------------------------------------------------------------------------
def _reasons(reason: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in reason.split(" | "))


def _link(path: Path, out: Path, text: str) -> str:
    target = Path(os.path.relpath(path.absolute(), out.absolute())).as_posix()
    return f'<a href="{escape(target, quote=True)}">{escape(text)}</a>'


def _number(value: object) -> str:
    if value is None:
        return "&ndash;"
    return f"{value:.5g}" if isinstance(value, float) else escape(str(value))


def _limits(value: Mapping[str, Any]) -> str:
    low, high = value["low"], value["high"]
    if low is None and high is None:
        return ""
    return f"{_number(low)} to {_number(high)}"
