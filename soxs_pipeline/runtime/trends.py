"""Quality control of many reductions: gathered, and written as people and programmes want it."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from html import escape
from pathlib import Path

from soxs_pipeline.errors import InputError, OutputError, SoxsError
from soxs_pipeline.io.atomic import write_whole
from soxs_pipeline.io.fits_headers import read_header
from soxs_pipeline.qc.trends import Measurement, Trend, measurements_of
from soxs_pipeline.runtime.style_sheet import page
from soxs_pipeline.runtime.workspace import read_record

__all__ = ["gather", "write_trends"]

_FORMS = (".html", ".csv", ".json")
_DOTS_PER_INCH = 110


def gather(folders: Iterable[Path]) -> list[Measurement]:
    """Read the records of all runs in and below output folders.

    Raises
    ------
    InputError
        If a folder does not exist, or none holds a record.
    """
    found: list[Measurement] = []
    for folder in folders:
        if not folder.is_dir():
            raise InputError(
                f"there is no folder {folder}",
                wanted="an output folder of soxspipe reduce",
                remedy="check the path",
            )
        for path in sorted(folder.rglob("*.json")):
            record = read_record(path)
            if record.get("status") == "done" and record.get("products"):
                found += measurements_of(record, _mjd_of(path, record["products"]))
    if not found:
        raise InputError(
            "no quality control was found",
            wanted="output folders of soxspipe reduce, with the records of the runs",
            remedy="reduce a night first",
        )
    return found


def _mjd_of(record: Path, products: dict[str, dict[str, str]]) -> float:
    """Return the date of the frames behind a run, NaN if its product is gone."""
    first = record.with_name(next(iter(products.values()))["file"])
    try:
        return read_header(first).number("MJD-OBS")
    except SoxsError:
        return float("nan")


def write_trends(path: Path, trends: Sequence[Trend]) -> None:
    """Write trends as a page with figures, a table or JSON, as the suffix says.

    Raises
    ------
    OutputError
        If the suffix is none of these, or the file cannot be written.
    """
    if path.suffix not in _FORMS:
        raise OutputError(
            f"{path.name}: unknown form", wanted=" or ".join(_FORMS), remedy="choose another name"
        )
    points = sorted(
        (point for trend in trends for point in trend.points),
        key=lambda p: (p.recipe, p.arm, p.key, -1 if p.order is None else p.order, p.mjd),
    )
    if path.suffix == ".html":
        write_whole(path, _page(trends))
    elif path.suffix == ".json":
        write_whole(path, json.dumps([asdict(point) for point in points], indent=1) + "\n")
    else:
        stream = io.StringIO()
        table = csv.writer(stream, lineterminator="\n")
        names = [item.name for item in fields(Measurement)]
        table.writerow(names)
        table.writerows([getattr(point, name) for name in names] for point in points)
        write_whole(path, stream.getvalue())


def _page(trends: Sequence[Trend]) -> str:
    from soxs_pipeline.plots.trends import trend_sheet  # noqa: PLC0415 - loads matplotlib

    chapters: dict[tuple[str, str], list[Trend]] = defaultdict(list)
    for trend in trends:
        chapters[trend.first.recipe, trend.first.arm].append(trend)
    runs = {point.product for trend in trends for point in trend.points}
    parts = [
        "<h1>SOXS quality control</h1>",
        f'<p class="quiet">{len(runs)} runs. Dashed: limits; ringed: outside of them.</p>',
    ]
    for (recipe, arm), members in chapters.items():
        title = f"{recipe} {arm}".strip()
        stream = io.BytesIO()
        trend_sheet(members, title).savefig(stream, format="png", dpi=_DOTS_PER_INCH)
        data = base64.b64encode(stream.getbuffer()).decode("ascii")
        meanings = "".join(
            f"<tr><td>{escape(t.first.key)}</td><td>{escape(t.first.unit)}</td>"
            f"<td>{escape(t.first.doc)}</td></tr>"
            for t in members
        )
        parts.append(
            f'<h2>{escape(title)}</h2><p><img alt="{escape(title)}" style="max-width:100%" '
            f'src="data:image/png;base64,{data}"></p><details><summary>meanings</summary>'
            f"<table>{meanings}</table></details>"
        )
    return page("SOXS quality control", parts)
