"""Recipes by name, imported only when asked for."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import Any

from soxs_pipeline.cascade import load
from soxs_pipeline.errors import CascadeError, ParameterError
from soxs_pipeline.recipes._recipe import Recipe

__all__ = ["ORGANISER", "SHORT_NAMES", "full_name", "get", "names"]

ORGANISER = "soxs_data_organiser"

#: Other names under which the design paper and the manuals know a recipe.
SHORT_NAMES = {
    "disp_sol": "soxs_disp_solution",
    "mflat": "soxs_spec_mflat",
    "order_centers": "soxs_order_centres",
    "spat_sol": "soxs_spatial_solution",
    "spat_solution": "soxs_spatial_solution",
    "data_organizer": ORGANISER,
}


def names(instrument: str = "SOXS") -> tuple[str, ...]:
    """Return the names of all recipes of an instrument, in the order of the cascade."""
    used = (task.recipe for task in load(instrument).tasks)
    return (ORGANISER, *dict.fromkeys(used))


def full_name(name: str, instrument: str = "SOXS") -> str:
    """Return the full name of a recipe called by its full name, without prefix or short.

    Raises
    ------
    ParameterError
        If no recipe answers to the name.
    """
    plain = name.strip().lower().replace("-", "_")
    plain = plain.removeprefix("soxs_")
    known = names(instrument)
    for candidate in (f"soxs_{plain}", SHORT_NAMES.get(plain, "")):
        if candidate in known:
            return candidate
    close = difflib.get_close_matches(f"soxs_{plain}", known, n=1)
    raise ParameterError(
        f"there is no recipe {name!r}",
        wanted="one of " + ", ".join(known),
        remedy=f"did you mean {close[0]}?" if close else "",
    )


def get(name: str) -> Recipe[Any]:
    """Return a recipe by any of its names.

    Raises
    ------
    ParameterError
        If no recipe answers to the name.
    CascadeError
        If the map names a recipe that is not there.
    """
    path = f"soxs_pipeline.recipes.{full_name(name)}"
    try:
        module = import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        raise CascadeError(f"the map names {full_name(name)}, which is not installed") from error
    recipe: Recipe[Any] = module.RECIPE
    return recipe
