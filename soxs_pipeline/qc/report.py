"""Verdicts for people and for files."""

from __future__ import annotations

import math
from collections.abc import Sequence

from soxs_pipeline.qc.limits import Verdict

__all__ = ["as_records", "as_text", "worst_grade"]


def as_records(verdicts: Sequence[Verdict]) -> list[dict[str, object]]:
    """Return verdicts as plain values that JSON can hold; NaN becomes None."""
    return [
        {
            "key": verdict.value.definition.key,
            "keyword": verdict.value.keyword,
            "order": verdict.value.order,
            "value": _plain(verdict.value.value),
            "unit": verdict.value.definition.unit,
            "doc": verdict.value.definition.doc,
            "low": None if verdict.low is None else _plain(verdict.low),
            "high": None if verdict.high is None else _plain(verdict.high),
            "grade": verdict.grade,
        }
        for verdict in verdicts
    ]


def as_text(verdicts: Sequence[Verdict]) -> str:
    """Return a table of the values of the whole frame, one a line."""
    whole = [verdict for verdict in verdicts if verdict.value.order is None]
    rows = [
        (
            verdict.value.definition.key,
            _shown(verdict.value.value),
            verdict.value.definition.unit,
            "" if verdict.low is None else f"{verdict.low:g} to {verdict.high:g}",
            "" if verdict.grade == "unjudged" else verdict.grade,
        )
        for verdict in whole
    ]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(5)]
    lines = ("  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def worst_grade(verdicts: Sequence[Verdict]) -> str:
    """Return ``bad`` if any is, else ``good`` if any was judged, else ``unjudged``."""
    grades = {verdict.grade for verdict in verdicts}
    return next((grade for grade in ("bad", "good") if grade in grades), "unjudged")


def _plain(value: float | str) -> float | str | None:
    if isinstance(value, str):
        return value
    # Values come from numpy as well; JSON knows neither its types nor NaN.
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if isinstance(value, int) else number


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.5g}"
