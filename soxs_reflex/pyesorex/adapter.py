"""Make a ``cpl.ui.PyRecipe`` of a recipe's description."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from soxs_pipeline.errors import SoxsError
from soxs_reflex.description import (
    AUTHOR,
    EMAIL,
    LICENCE,
    Description,
    Parameter,
    describe,
    group_of,
    version_number,
)
from soxs_reflex.running import run_recipe

__all__ = ["RecipeFailedError", "recipe_class"]


class RecipeFailedError(RuntimeError):
    """A recipe that made nothing, or not all; PyEsoRex tells the text and fails."""


def recipe_class(name: str) -> type[Any]:
    """Return a class derived from ``cpl.ui.PyRecipe`` that runs one recipe.

    Parameters
    ----------
    name
        Of the recipe.

    Raises
    ------
    ImportError
        If PyCPL is not installed.
    """
    cpl: Any = importlib.import_module("cpl")
    description = describe(name)

    def start(self: Any) -> None:
        cpl.ui.PyRecipe.__init__(self)
        self.parameters = _parameters(cpl, description)

    def run(self: Any, frameset: Any, settings: Mapping[str, Any]) -> Any:
        return _run(cpl, description, self.parameters, frameset, settings)

    return type(
        "".join(part.capitalize() for part in name.split("_")),
        (cpl.ui.PyRecipe,),
        {
            "__doc__": description.synopsis,
            "__init__": start,
            "_name": description.name,
            "_version": ".".join(map(str, version_number())),
            "_author": AUTHOR,
            "_email": EMAIL,
            "_copyright": LICENCE,
            "_synopsis": description.synopsis,
            "_description": description.text,
            "run": run,
        },
    )


def _parameters(cpl: Any, description: Description) -> Any:
    return cpl.ui.ParameterList([_parameter(cpl, p) for p in description.parameters])


def _parameter(cpl: Any, told: Parameter) -> Any:
    start = (told.name, told.text, told.context, told.default)
    if told.form == "enum":
        made = cpl.ui.ParameterEnum(*start, told.choices)
    elif told.form == "range" and told.low is not None and told.high is not None:
        kind = type(told.default)
        made = cpl.ui.ParameterRange(*start, kind(told.low), kind(told.high))
    else:
        made = cpl.ui.ParameterValue(*start)
    made.cli_alias = told.alias
    return made


def _run(
    cpl: Any,
    description: Description,
    parameters: Any,
    frameset: Any,
    settings: Mapping[str, Any],
) -> Any:
    for told in description.parameters:
        # An instance may be used again: what was set before does not hold.
        parameters[told.name].value = settings.get(told.name, told.default)
    changed = {p.alias: settings[p.name] for p in description.parameters if p.name in settings}
    unknown = [key for key in settings if description.parameter(key) is None]
    if unknown:
        raise RecipeFailedError(f"{description.name} has no parameter {unknown[0]}")
    frames = []
    for frame in frameset:
        raw = group_of(frame.tag, description) == "RAW"
        frame.group = cpl.ui.Frame.FrameGroup.RAW if raw else cpl.ui.Frame.FrameGroup.CALIB
        frames.append((Path(frame.file), frame.tag))
    try:
        made = run_recipe(
            description,
            frames,
            changed,
            Path.cwd(),
            command=f"pyesorex {description.name}",
            say=lambda text: cpl.core.Msg.warning(description.name, text),
        )
    except SoxsError as error:
        raise RecipeFailedError(str(error)) from error
    if made.exit_code:
        raise RecipeFailedError("\n".join(made.failures))
    products = cpl.ui.FrameSet()
    for path, tag in made.products:
        frame = cpl.ui.Frame(path.name, tag=tag)
        frame.group = cpl.ui.Frame.FrameGroup.PRODUCT
        frame.level = cpl.ui.Frame.FrameLevel.FINAL
        frame.type = cpl.ui.Frame.FrameType.ANY
        products.append(frame)
    return products
