"""What ``soxs-esorex`` shows: lists, manual pages, values."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from soxs_pipeline.runtime.version import program_version
from soxs_reflex.description import AUTHOR, LICENCE, Description, synopses
from soxs_reflex.esorex.options import OPTIONS, Values
from soxs_reflex.esorex.rcfile import shown
from soxs_reflex.esorex.recipe_values import RecipeValues

__all__ = ["BANNER", "manual_page", "own_help", "recipe_help", "recipe_list", "values_text"]

BANNER = f"     ***** SOXS recipe execution tool, version {program_version()}  *****"
_WIDTH = 76


def recipe_list() -> str:
    """Return the list of recipes with a line on each."""
    lines = ["List of available recipes :", ""]
    lines += [f"  {name:<22}: {line}" for name, line in synopses().items()]
    return "\n".join(lines) + "\n"


def own_help() -> str:
    """Return the usage and all options."""
    lines = [
        "Usage: soxs-esorex [esorex-options] recipe [recipe-options] sof",
        "",
        "Runs the recipes of SOXS as EsoRex would. Options of the program stand before the",
        "recipe, those of the recipe after it, values after an equals sign.",
        "",
        "Options:",
        "",
    ]
    for option in OPTIONS:
        variable = f" Environment: {option.environment}." if option.environment else ""
        lines += _entry(option.name, option.text + variable, shown(option.default))
    lines += ["", "See the recipes with: soxs-esorex --recipes, and one of them with",
              "soxs-esorex --man-page <recipe>"]  # fmt: skip
    return "\n".join(lines) + "\n"


def recipe_help(description: Description) -> str:
    """Return the usage of a recipe and its parameters."""
    lines = [
        f"Recipe: {description.name} -- {description.synopsis}",
        "",
        f"Usage: soxs-esorex [esorex-options] {description.name} [{description.name}-options] sof",
        "",
        "Options:",
        "",
        *_options(description),
    ]
    return "\n".join(lines) + "\n"


def manual_page(description: Description) -> str:
    """Return the manual page of a recipe, in EsoRex's sections."""
    sections = (
        ("NAME", f"{description.name} -- {description.synopsis}"),
        ("SYNOPSIS", f"soxs-esorex [esorex-options] {description.name} [recipe-options] sof"),
        ("DESCRIPTION", description.text),
        ("OPTIONS", "\n".join(_options(description)) or "none"),
        ("AUTHOR", AUTHOR),
        ("BUGS", "Please report them to the tracker of the pipeline."),
        ("RELEASE", f"{description.name} -- version {program_version()}"),
        ("LICENSE", textwrap.fill(LICENCE, _WIDTH)),
    )
    return "\n\n".join(f"{head}\n{textwrap.indent(body, '  ')}" for head, body in sections) + "\n"


def _options(description: Description) -> Iterator[str]:
    for parameter in description.parameters:
        text = f"{parameter.text} ({parameter.info.domain})"
        yield from _entry(parameter.alias, text, shown(parameter.default))


def _entry(name: str, text: str, default: str) -> list[str]:
    head = f"  --{name:<18}: "
    told = f"{text} [{default}]" if default else text
    return textwrap.wrap(told, _WIDTH + 20, initial_indent=head, subsequent_indent=" " * 24)


def values_text(own: Values, recipe: RecipeValues | None) -> str:
    """Return the values of all options and parameters, and who set them."""
    lines = ["Options of the program:", ""]
    lines += [
        f"  {option.name:<18}: {shown(own.values[option.name])}{_by(own.origin.get(option.name))}"
        for option in OPTIONS
    ]
    if recipe is not None:
        lines += ["", f"Parameters of {recipe.description.name}:", ""]
        lines += [
            f"  {p.alias:<18}: {shown(recipe.values[p.name])}{_by(recipe.origin.get(p.name))}"
            for p in recipe.description.parameters
        ]
    return "\n".join(lines) + "\n"


def _by(who: str | None) -> str:
    return f"   [{who}]" if who else ""
