"""Make the class that EsoRex looks for in a Python file of its recipe folders.

EsoRex takes any class that has one *called* ``CplPlugin`` among its ancestors. It imports every
file there whenever it lists recipes, so what is heavy is imported only to run.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from soxs_reflex.description import (
    AUTHOR,
    EMAIL,
    LICENCE,
    Parameter,
    describe,
    group_of,
    version_number,
)

__all__ = ["CplPlugin", "recipe_class"]

_GROUPS = {"RAW": 1, "CALIB": 2}
_PRODUCT, _FINAL, _ANY = 3, 3, 32


class CplPlugin:
    """The ancestor that EsoRex knows recipes by; it is not one itself."""


def recipe_class(name: str, module: str) -> type[Any]:
    """Return the class of one recipe.

    Parameters
    ----------
    name
        Of the recipe.
    module
        ``__name__`` of the file that EsoRex imports.
    """
    description = describe(name)
    major, minor, micro = version_number()

    def execute(self: Any, plugin: dict[str, Any]) -> int:
        return _execute(self, name, plugin)

    return type(
        "".join(part.capitalize() for part in name.split("_")),
        (CplPlugin,),
        {
            "__doc__": description.synopsis,
            "__module__": module,
            "name": description.name,
            "version": 10000 * major + 100 * minor + micro,
            "synopsis": description.synopsis,
            "description": description.text,
            "author": AUTHOR,
            "email": EMAIL,
            "copyright": LICENCE,
            "parameters": [_parameter(p) for p in description.parameters],
            "execute": execute,
        },
    )


def _parameter(told: Parameter) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "class": told.form,
        "name": told.name,
        "context": told.context,
        "description": told.text,
        "default": told.default,
        "cli_alias": told.alias,
        "env_enabled": False,
    }
    if told.form == "enum":
        entry["choices"] = list(told.choices)
    elif told.form == "range":
        kind = type(told.default)
        entry |= {"min": kind(told.low), "max": kind(told.high)}
    return entry


def _execute(plugin_object: Any, name: str, plugin: dict[str, Any]) -> int:
    from soxs_pipeline.errors import SoxsError  # noqa: PLC0415
    from soxs_reflex.running import run_recipe  # noqa: PLC0415

    description = describe(name)
    given = {p["name"]: p["value"] for p in plugin["parameters"] if p.get("present")}
    changed = {p.alias: given[p.name] for p in description.parameters if p.name in given}
    for frame in plugin["frames"]:
        frame["group"] = _GROUPS[group_of(frame["tag"], description)]
    frames = [(Path(frame["filename"]), frame["tag"]) for frame in plugin["frames"]]
    try:
        made = run_recipe(
            description,
            frames,
            changed,
            Path.cwd(),
            command=f"esorex {name}",
            say=lambda text: _tell("WARNING", name, text),
        )
    except SoxsError as error:
        return _fail(plugin_object, name, str(error), error.exit_code)
    plugin["frames"] += [
        {"filename": path.name, "tag": tag, "type": _ANY, "group": _PRODUCT, "level": _FINAL}
        for path, tag in made.products
    ]
    if made.exit_code:
        return _fail(plugin_object, name, "\n".join(made.failures), made.exit_code)
    return 0


def _fail(plugin_object: Any, name: str, text: str, status: int) -> int:
    # EsoRex keeps this text to itself, so it is told as well.
    plugin_object.error_message = text
    _tell(" ERROR ", name, text)
    return status


def _tell(severity: str, name: str, text: str) -> None:
    for line in text.splitlines():
        sys.stderr.write(f"[{severity}] {name}: {line}\n")
