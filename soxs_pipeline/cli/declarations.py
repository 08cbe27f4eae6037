"""``soxspipe init``, ``soxspipe recipes`` and ``soxspipe explain``: what recipes declare."""

from __future__ import annotations

import argparse
import difflib
import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from soxs_pipeline.cascade import load
from soxs_pipeline.cli.text import describe_parameter, table
from soxs_pipeline.errors import OutputError, ParameterError
from soxs_pipeline.instruments import load as load_instrument
from soxs_pipeline.io.atomic import write_whole
from soxs_pipeline.io.settings import settings_template
from soxs_pipeline.parameters import ParameterInfo
from soxs_pipeline.recipes._recipe import Recipe
from soxs_pipeline.runtime.registry import get, names

__all__ = ["COMMANDS", "settings_text"]

_INSTRUMENT = "SOXS"


def _add_init(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument(
        "file", nargs="?", type=Path, default=Path("soxspipe.toml"),
        help="where to write it (default: soxspipe.toml)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    parser.add_argument("--debug", action="store_true", help="show tracebacks of errors")
    return _init


def _init(options: argparse.Namespace) -> int:
    if options.file.exists() and not options.force:
        raise OutputError(
            f"{options.file} is there already",
            wanted="a name that is free",
            remedy="give another name, or --force to replace it",
        )
    write_whole(options.file, settings_text())
    print(f"{options.file} written; use it with: soxspipe reduce RAW_FOLDER -s {options.file}")
    return 0


def settings_text() -> str:
    """Return a settings file in which everything is commented out."""
    instrument = load_instrument(_INSTRUMENT)
    arms = load(_INSTRUMENT).arms
    recipes = {recipe.name: list(recipe.parameters.describe()) for recipe in _recipes()}
    by_arm = {
        name: {arm: told for arm in arms if (told := instrument.parameter_defaults(name, arm))}
        for name in recipes
    }
    return settings_template(recipes, by_arm)


def _add_recipes(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("--tags", action="store_true", help="list the tags of files instead")
    parser.add_argument("--debug", action="store_true", help="show tracebacks of errors")
    return _list


def _list(options: argparse.Namespace) -> int:
    if options.tags:
        rows = [(item.tag, item.group.value, item.doc) for item in load(_INSTRUMENT).items]
    else:
        rows = [
            (recipe.name, f"{sum(1 for _ in recipe.parameters.describe())} parameters",
             recipe.synopsis)
            for recipe in _recipes()
        ]  # fmt: skip
    print("\n".join(table(rows)))
    return 0


def _add_explain(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("parameter", help="a parameter, or recipe.parameter")
    parser.add_argument("--debug", action="store_true", help="show tracebacks of errors")
    return _explain


def _explain(options: argparse.Namespace) -> int:
    recipe_name, _, wanted = options.parameter.rpartition(".")
    wanted = wanted.lstrip("-").replace("-", "_")
    known = list(_parameters(recipe_name))
    found = [(recipe, info) for recipe, info in known if info.name == wanted]
    if not found:
        close = difflib.get_close_matches(wanted, [info.name for _, info in known], n=1)
        raise ParameterError(
            f"no recipe has a parameter {wanted.replace('_', '-')}",
            wanted="a parameter as soxspipe <recipe> --help lists them",
            remedy=f"did you mean {close[0].replace('_', '-')}?" if close else "",
        )
    for recipe, info in found:
        print(f"{recipe.name}\n{textwrap.indent(_explanation(recipe, info), '  ')}")
    return 0


def _explanation(recipe: Recipe[Any], info: ParameterInfo) -> str:
    lines = [describe_parameter(info)]
    instrument = load_instrument(_INSTRUMENT)
    for arm in load(_INSTRUMENT).arms:
        changed = instrument.parameter_defaults(recipe.name, arm)
        if info.name in changed:
            lines.append(f"    The instrument sets {changed[info.name]} for {arm}.")
    if recipe.qc:
        lines.append("    Quality control of this recipe, in which its effect shows:")
        lines += [f"      {row}" for row in table((qc.key, qc.doc) for qc in recipe.qc)]
    lines.append(f"    Settings file: [{recipe.name}] {info.name} = {json.dumps(info.default)}")
    return "\n".join(lines)


def _parameters(recipe_name: str) -> Iterator[tuple[Recipe[Any], ParameterInfo]]:
    chosen = [get(recipe_name)] if recipe_name else list(_recipes())
    for recipe in chosen:
        for info in recipe.parameters.describe():
            yield recipe, info


def _recipes() -> Iterator[Recipe[Any]]:
    for name in names(_INSTRUMENT):
        yield get(name)


COMMANDS = {"init": _add_init, "recipes": _add_recipes, "explain": _add_explain}
