"""Help from declarations: nothing is written twice."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from soxs_pipeline.cascade.spec import CascadeMap, Slot, Task
from soxs_pipeline.parameters import ParameterInfo
from soxs_pipeline.recipes._recipe import Recipe

__all__ = ["describe_parameter", "describe_recipe", "table"]

_WIDTH = 96


def describe_recipe(recipe: Recipe[Any], cascade: CascadeMap) -> str:
    """Return the manual page of a recipe."""
    tasks = [task for task in cascade.tasks if task.recipe == recipe.name]
    parameters = list(recipe.parameters.describe())
    sections = [
        (
            f"usage: soxspipe {recipe.name} <inputFrames> [-s settings] [-o outputDirectory]\n"
            "       [--<parameter> VALUE ...] [--no-plots] [-q | -v] [--debug]"
        ),
        inspect.getdoc(recipe.run) or "",
        _section("inputs", _inputs(tasks)),
        _section("products", _products(tasks)),
        _section("parameters", [describe_parameter(info) for info in parameters]),
        _section("options", _OPTIONS),
        _section("example", _example(recipe, tasks, parameters)),
    ]
    return "\n\n".join(section for section in sections if section)


_OPTIONS = (
    "inputFrames          a folder, or a text file with one 'path tag' on a line",
    "-s, --settings FILE  settings file (see soxspipe init)",
    "-o, --output DIR     folder for products (default: ./reduced); products made before are",
    "                     looked for here as well if inputFrames is a folder",
    "--no-plots           draw no figures",
    "-q, --quiet          tell failures only",
    "-v, --verbose        tell every remark",
    "--debug              show tracebacks of errors",
)


def describe_parameter(info: ParameterInfo) -> str:
    """Return name, default, unit and range of a parameter, and what it means."""
    default = str(info.default).lower() if isinstance(info.default, bool) else info.default
    unit = f" {info.unit}" if info.unit else ""
    head = f"--{info.alias} (default {default}{unit}; {info.domain})"
    body = textwrap.fill(info.doc, _WIDTH - 6, initial_indent="    ", subsequent_indent="    ")
    return f"{head}\n{body}"


def table(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return rows as lines with aligned columns."""
    rows = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _section(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return f"{title}:\n" + textwrap.indent("\n".join(lines), "  ")


def _inputs(tasks: Sequence[Task]) -> list[str]:
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    for task in tasks:
        for slot in (task.main, *task.others):
            arms = slot.arms or task.arms
            key = (slot.name, slot.item.tag)
            rows[key] = (_argument(slot), slot.item.tag, _number(slot), " ".join(arms),
                         slot.item.doc)  # fmt: skip
    return table(rows.values()) if rows else []


def _argument(slot: Slot) -> str:
    return f"{slot.bundle}.{slot.name}" if slot.bundle else slot.name


def _number(slot: Slot) -> str:
    if slot.most is None:
        return f"{slot.least} or more"
    return f"{slot.least}" if slot.least == slot.most else f"{slot.least} to {slot.most}"


def _products(tasks: Sequence[Task]) -> list[str]:
    rows = {(name, item.tag): (name, item.tag, item.doc) for task in tasks
            for name, item in task.products}  # fmt: skip
    return table(rows.values()) if rows else []


def _example(
    recipe: Recipe[Any], tasks: Sequence[Task], parameters: Sequence[ParameterInfo]
) -> list[str]:
    if not tasks:
        return []
    setting = ""
    if parameters:
        setting = f" --{parameters[0].alias} {str(parameters[0].default).lower()}"
    return [
        f"soxspipe {recipe.name} raw -o reduced",
        f"soxspipe {recipe.name} my.sof -o reduced{setting}",
    ]
