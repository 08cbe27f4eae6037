"""Help from declarations: nothing is written twice."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from soxs_pipeline.cascade.spec import CascadeMap, Slot, Task
from soxs_pipeline.parameters import ParameterInfo
from soxs_pipeline.recipes._recipe import Recipe

__all__ = ["describe_parameter", "describe_recipe", "manual", "table"]

_WIDTH = 96
_NUMBERED = re.compile(r"^\s*1\. ", re.MULTILINE)


def describe_recipe(recipe: Recipe[Any], cascade: CascadeMap) -> str:
    """Return the manual page of a recipe."""
    tasks = [task for task in cascade.tasks if task.recipe == recipe.name]
    parameters = list(recipe.parameters.describe())
    sections = [
        (
            f"usage: soxspipe {recipe.name} <inputFrames> [-s settings] [-o outputDirectory]\n"
            "       [--<parameter> VALUE ...] [--no-plots | --pdf] [-q | -v] [--debug]"
        ),
        manual(recipe),
        _section("inputs (tags carry the arm: BIAS_VIS)", _inputs(tasks)),
        _section("products", _products(tasks)),
        _section("parameters", [describe_parameter(info) for info in parameters]),
        _section("quality control", _quality(recipe)),
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
    "--pdf                write figures as PDF as well",
    "-q, --quiet          tell failures only",
    "-v, --verbose        tell every remark",
    "--debug              show tracebacks of errors",
)


def describe_parameter(info: ParameterInfo) -> str:
    """Return name, default, unit and range of a parameter, and what it means."""
    default = str(info.default).lower() if isinstance(info.default, bool) else info.default
    unit = f" {info.unit}" if info.unit else ""
    head = f"--{info.alias} {info.type.__name__.upper()}  default {default}{unit}{_range(info)}"
    body = textwrap.fill(info.doc, _WIDTH - 6, initial_indent="    ", subsequent_indent="    ")
    return f"{head}\n{body}"


def _range(info: ParameterInfo) -> str:
    if info.choices:
        return ", one of " + ", ".join(map(str, info.choices))
    if info.ge is not None and info.le is not None:
        return f", {info.ge:g} to {info.le:g}"
    low = "" if info.ge is None else f", at least {info.ge:g}"
    return low if info.le is None else f", at most {info.le:g}"


def table(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return rows as lines with aligned columns."""
    rows = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def manual(recipe: Recipe[Any]) -> str:
    """Return what a recipe does: its synopsis and its algorithm in numbered sentences.

    The numbered sentences stand in the docstring of the function or in that of its module.
    """
    texts = [inspect.getdoc(recipe.run) or "", _module_doc(recipe)]
    # Parameters and errors of the function are for programmers.
    texts = [re.split(r"^\w[\w ]*\n-{3,}$", text, flags=re.MULTILINE)[0].strip() for text in texts]
    told = next((text for text in texts if _NUMBERED.search(text)), texts[0])
    synopsis, _, rest = told.partition("\n")
    return f"{recipe.synopsis or synopsis}\n{rest}".rstrip()


def _module_doc(recipe: Recipe[Any]) -> str:
    return inspect.cleandoc(getattr(inspect.getmodule(recipe.run), "__doc__", None) or "")


def _section(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return f"{title}:\n" + textwrap.indent("\n".join(lines), "  ")


def _inputs(tasks: Sequence[Task]) -> list[str]:
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    for task in tasks:
        for slot in (task.main, *task.others):
            arms = dict.fromkeys(slot.arm_for(arm) for arm in slot.arms or task.arms)
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


def _quality(recipe: Recipe[Any]) -> list[str]:
    return table((qc.key, "by order" if qc.per_order else "", qc.unit, qc.doc) for qc in recipe.qc)


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
