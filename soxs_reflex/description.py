"""What every ESO tool must know of a recipe, from its declarations and the map alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from inspect import cleandoc
from sys import modules
from typing import Any

from soxs_pipeline.cascade import Cascade, load
from soxs_pipeline.cascade.spec import Group, Task
from soxs_pipeline.parameters import ParameterInfo
from soxs_pipeline.runtime.registry import ORGANISER, get, names
from soxs_pipeline.runtime.version import program_version

__all__ = [
    "AUTHOR",
    "EMAIL",
    "INSTRUMENT",
    "LICENCE",
    "Description",
    "Parameter",
    "describe",
    "group_of",
    "recipe_names",
    "synopses",
    "tags_of",
    "version_number",
]

INSTRUMENT = "SOXS"
AUTHOR = "The SOXS pipeline developers"
EMAIL = "none"
LICENCE = (
    "This program is free software: you can redistribute it and/or modify it under the terms of "
    "the GNU General Public License as published by the Free Software Foundation, either version "
    "3 of the License, or (at your option) any later version. It comes without any warranty."
)

_KINDS: dict[type, str] = {bool: "bool", int: "int", float: "double", str: "string"}


@dataclass(frozen=True)
class Parameter:
    """A parameter as CPL knows it.

    Parameters
    ----------
    name
        Full name, ``soxs.soxs_mbias.clip-sigma``.
    alias
        Name on a command line, ``clip-sigma``.
    kind
        ``bool``, ``int``, ``double`` or ``string``.
    default
        Of the recipe.
    text
        One line of help.
    low, high
        Bounds; None if there is none.
    choices
        Allowed values; empty if any.
    info
        The declaration it was made from.
    """

    name: str
    alias: str
    kind: str
    default: Any
    text: str
    low: float | None
    high: float | None
    choices: tuple[Any, ...]
    info: ParameterInfo

    @property
    def context(self) -> str:
        """Name without the alias."""
        return self.name.rpartition(".")[0]

    @property
    def form(self) -> str:
        """``enum``, ``range`` or ``value``."""
        if self.choices:
            return "enum"
        return "range" if self.low is not None and self.high is not None else "value"


@dataclass(frozen=True)
class Description:
    """A recipe as ESO's tools know it.

    Parameters
    ----------
    name, synopsis, text
        Name, one line, and the whole description with its inputs and products.
    parameters
        In the order of declaration.
    main_tags, other_tags, product_tags
        Tags as written in sets of files, arm included.
    """

    name: str
    synopsis: str
    text: str
    parameters: tuple[Parameter, ...]
    main_tags: tuple[str, ...]
    other_tags: tuple[str, ...]
    product_tags: tuple[str, ...]

    def parameter(self, name: str) -> Parameter | None:
        """Return a parameter by full name or alias, None if there is none."""
        return next((p for p in self.parameters if name in {p.name, p.alias}), None)


def recipe_names() -> tuple[str, ...]:
    """Return the recipes that work on a set of files, in the order of the cascade."""
    return tuple(name for name in names(INSTRUMENT) if name != ORGANISER)


def synopses() -> dict[str, str]:
    """Return name and one line of each recipe, read from its source without importing it."""
    folder = resources.files("soxs_pipeline.recipes")
    lines: dict[str, str] = {}
    for name in recipe_names():
        tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
        lines[name] = next(
            (ast.get_docstring(node) or "").partition("\n")[0].rstrip(".")
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name == name
        )
    return lines


def version_number() -> tuple[int, int, int]:
    """Return the version as three numbers, each below 100."""
    release = program_version().split("+")[0].split(".")
    parts = [int("".join(c for c in part if c.isdigit()) or 0) for part in release]
    major, minor, micro = (*parts, 0, 0, 0)[:3]
    return major, minor, min(micro, 99)


def describe(name: str) -> Description:
    """Describe one recipe.

    Raises
    ------
    ParameterError
        If there is none of that name.
    """
    recipe = get(name)
    cascade = load(INSTRUMENT)
    tasks = [task for task in cascade.tasks if task.recipe == recipe.name]
    main, other, made = tags_of(tasks)
    told = cleandoc(modules[recipe.run.__module__].__doc__ or "")
    return Description(
        name=recipe.name,
        synopsis=recipe.synopsis.rstrip("."),
        text="\n\n".join([told, "\n".join(_files(tasks, cascade))]),
        parameters=tuple(
            _parameter(recipe.name, info) for info in recipe.parameters.describe()
        ),
        main_tags=main,
        other_tags=other,
        product_tags=made,
    )  # fmt: skip


def tags_of(tasks: list[Task]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the tags, arms included, of main inputs, other inputs and products."""
    main: dict[str, None] = {}
    other: dict[str, None] = {}
    made: dict[str, None] = {}
    for task in tasks:
        for arm in task.arms:
            main[task.main.item.tag_for(arm)] = None
            for slot in task.others:
                if slot.applies_to(arm):
                    other[slot.tag_for(arm)] = None
            for _, item in task.products:
                made[item.tag_for("" if task.joins_arms else arm)] = None
    return tuple(main), tuple(tag for tag in other if tag not in main), tuple(made)


def group_of(tag: str, description: Description) -> str:
    """Return ``RAW`` for what a recipe works on and ``CALIB`` for what helps it.

    CPL takes the header of a product from the first frame of group RAW, so that the main input
    is of that group even if it is a product itself.
    """
    item = load(INSTRUMENT).split_tag(tag)
    raw = tag in description.main_tags or (item is not None and item[0].group is Group.RAW)
    return "RAW" if raw else "CALIB"


def _parameter(recipe: str, info: ParameterInfo) -> Parameter:
    unit = f" [{info.unit}]" if info.unit else ""
    return Parameter(
        name=f"{INSTRUMENT.lower()}.{recipe}.{info.alias}",
        alias=info.alias,
        kind=_KINDS[info.type],
        default=info.default,
        text=f"{info.doc.rstrip('.')}{unit}.",
        low=info.ge,
        high=info.le,
        choices=info.choices,
        info=info,
    )


def _files(tasks: list[Task], cascade: Cascade) -> Iterator[str]:
    for task in tasks:
        yield f"{task.doc} ({task.name}):"
        for slot in (task.main, *task.others):
            seen = [arm for arm in task.arms if slot.applies_to(arm)]
            tags = ", ".join(dict.fromkeys(slot.tag_for(arm) for arm in seen))
            most = "any number" if slot.most is None else str(slot.most)
            count = f"{slot.least} to {most}" if slot.most != slot.least else most
            yield f"  in   {tags}: {slot.item.in_sentence} ({count})"
        for _, item in task.products:
            tags = ", ".join(item.tag_for(arm) for arm in task.product_arms)
            yield f"  out  {tags}: {item.in_sentence}"
    yield f"Static calibrations of {cascade.instrument} come with the pipeline; give none."
