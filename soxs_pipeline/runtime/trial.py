"""Reduce a few simulated frames, to see that an installation works."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from soxs_pipeline.runtime.checkup import Finding
from soxs_pipeline.simulator.night import simulate

__all__ = ["make_trial"]

_FRAMES = ("bias", "arc_pinhole")
_BIASES = 3
_RECIPES = {"soxs_mbias", "soxs_disp_solution"}
_PATIENCE_S = 600.0
#: What the trial tells: quality control of a recipe, and how it is worded.
_TOLD = (
    ("soxs_mbias", "RAW RON", "read noise {value:.2f} {unit}"),
    ("soxs_disp_solution", "DETLINES NUM", "{value} lines"),
    ("soxs_disp_solution", "XY RES MEDIAN", "within {value:.3f} {unit} of the solution"),
)
_REPORT = "report what it says"


def make_trial() -> Iterator[Finding]:
    """Simulate biases and an arc exposure and reduce them by the installed command."""
    with tempfile.TemporaryDirectory(prefix="soxs_trial_") as place:
        raw, out = Path(place) / "raw", Path(place) / "reduced"
        simulate(raw, arms=("VIS",), frames=_FRAMES, n_bias=_BIASES, with_truth=False)
        command = [
            sys.executable,
            "-m",
            "soxs_pipeline",
            "reduce",
            str(raw),
            "-o",
            str(out),
            "--all",
        ]
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            yield Finding("wrong", f"frames could not be reduced: {error}", _REPORT)
            return
        if done.returncode:
            yield Finding("wrong", f"frames could not be reduced: {done.stderr.strip()}", _REPORT)
            return
        records = [json.loads(path.read_text()) for path in sorted(out.rglob("*.json"))]
        yield from map(_judged, records)
        for recipe in sorted(_RECIPES - {record["recipe"] for record in records}):
            yield Finding("wrong", f"{recipe} was not run: {done.stderr.strip()}", _REPORT)
        drawn = len(list(out.rglob("*.png")))
        yield Finding(
            "ok" if drawn else "wrong", f"{drawn} figures drawn", "" if drawn else _REPORT
        )


def _judged(record: dict) -> Finding:
    recipe, quality = record["recipe"], record["qc"]
    told = [
        words.format(value=one["value"], unit=one["unit"])
        for name, key, words in _TOLD
        for one in quality
        if name == recipe and one["key"] == key and one["order"] is None
    ]
    bad = [f"{one['keyword']} = {one['value']}" for one in quality if one["grade"] == "bad"]
    took = f"{record['seconds']['total']:.1f} s"
    if bad:
        return Finding("wrong", f"{recipe}: {', '.join(bad)} outside of limits", _REPORT)
    return Finding("ok", f"{recipe}: " + ", ".join([*told, took]))
