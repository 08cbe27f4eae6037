"""``soxspipe <recipe> <inputFrames> [-s settings] [-o outputDirectory]``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from soxs_pipeline.cascade import Cascade, load
from soxs_pipeline.cli.options import add_common_options, add_running_options
from soxs_pipeline.cli.session import (
    INSTRUMENT,
    carry_out,
    exit_status,
    load_settings,
    print_failures,
)
from soxs_pipeline.cli.text import describe_recipe
from soxs_pipeline.errors import InputError, ParameterError
from soxs_pipeline.parameters import ParameterInfo
from soxs_pipeline.recipes._recipe import Recipe
from soxs_pipeline.runtime.configure import Settings
from soxs_pipeline.runtime.intake import Intake, take_folders, take_set
from soxs_pipeline.runtime.registry import get
from soxs_pipeline.runtime.selection import plan_recipe
from soxs_pipeline.runtime.workspace import check_output_folder

__all__ = ["run_recipe_command"]


def run_recipe_command(name: str, arguments: list[str]) -> int:
    """Run one recipe on a folder or a set of files and return the exit status.

    Raises
    ------
    SoxsError
        If there is no such recipe, or the files or parameters do not allow it to run.
    """
    recipe = get(name)
    cascade = load(INSTRUMENT)
    if {"-h", "--help"} & set(arguments):
        print(describe_recipe(recipe, cascade))
        return 0
    parser = _parser(recipe)
    try:
        options, unknown = parser.parse_known_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    if unknown:
        known = {info.name: None for info in recipe.parameters.describe()}
        _refuse(unknown[0], recipe, known)
    given = {
        info.name: value
        for info in recipe.parameters.describe()
        if (value := getattr(options, f"set_{info.name}")) is not None
    }
    settings = load_settings(options.settings, {recipe.name: given})
    recipe.parameters.from_mapping(given)
    intake, as_given = _take(options, cascade, settings)
    plan = plan_recipe(recipe.name, intake, cascade, options.output, as_given=as_given)
    check_output_folder(options.output)
    results = carry_out(plan, settings, options, fresh=True)
    print_failures(plan, results)
    for job in plan.jobs.values():
        if results[job.name].good:
            made = [o.path for o in job.outputs if o.field in results[job.name].made]
            print("\n".join(str(path) for path in made))
    return exit_status(results)


def _parser(recipe: Recipe[Any]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"soxspipe {recipe.name}", add_help=False, allow_abbrev=False
    )
    parser.add_argument("inputFrames", type=Path)
    add_common_options(parser)
    add_running_options(parser)
    for info in recipe.parameters.describe():
        names = dict.fromkeys((f"--{info.alias}", f"--{info.name}"))
        parser.add_argument(*names, dest=f"set_{info.name}", metavar=_metavar(info))
    return parser


def _metavar(info: ParameterInfo) -> str:
    return info.type.__name__.upper()


def _refuse(option: str, recipe: Recipe[Any], known: dict[str, None]) -> None:
    if not option.startswith("-"):
        raise ParameterError(
            f"{option!r} is one argument too many", wanted="one folder or set of files"
        )
    # The set's own message knows the near misses.
    recipe.parameters.from_mapping({option.lstrip("-").partition("=")[0]: None})
    raise ParameterError(f"unknown option {option}", wanted=", ".join(known))


def _take(
    options: argparse.Namespace, cascade: Cascade, settings: Settings
) -> tuple[Intake, bool]:
    """Read the input frames; products made before are looked for in the output folder too."""
    given: Path = options.inputFrames
    if given.is_dir():
        folders = [given]
        if options.output.is_dir():
            folders.append(options.output)
        return take_folders(folders, cascade, settings.headers), False
    if not given.exists():
        raise InputError(
            f"there is no {given}",
            wanted="a folder of frames, or a set of files: lines of 'path tag'",
            remedy="check the path",
        )
    return take_set(given, cascade, settings.headers), True
