"""Find among the files of a run what the figures of its recipe show."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_type_hints

from soxs_pipeline.cascade import load
from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.errors import SoxsError
from soxs_pipeline.io.products import read_product
from soxs_pipeline.runtime.binding import kind_of
from soxs_pipeline.runtime.registry import get
from soxs_reflex.description import INSTRUMENT

__all__ = ["read_shown"]


def read_shown(recipe: str, files: Iterable[tuple[str, str]]) -> tuple[dict[str, Any], list[str]]:
    """Read products and geometry of one run.

    Parameters
    ----------
    recipe
        Name of the recipe.
    files
        Path and category of each file: products first, then inputs.

    Returns
    -------
    products, problems
        Domain objects by the name of the recipe's product or input; and what could not be read.
    """
    kinds = _kinds_by_tag(recipe)
    found: dict[str, Any] = {}
    problems: list[str] = []
    for path, tag in files:
        name, kind = kinds.get(tag, ("", None))
        if name and name not in found and Path(path).is_file():
            try:
                found[name] = read_product(path, kind)
            except SoxsError as error:
                problems.append(str(error))
    return found, problems


def _kinds_by_tag(recipe: str) -> dict[str, tuple[str, Any]]:
    """Return for each tag the name under which a figure knows it, and its type."""
    products = get_type_hints(get(recipe).products)
    geometry = get_type_hints(Geometry)
    kinds: dict[str, tuple[str, Any]] = {}
    cascade = load(INSTRUMENT)
    for task in cascade.tasks:
        if task.recipe != recipe:
            continue
        arms = ("", *cascade.arms)
        for field, item in task.products:
            for arm in arms:
                kinds[item.tag_for(arm)] = field, kind_of(products[field])[0]
        for slot in task.others:
            if slot.bundle == "geometry":
                for arm in arms:
                    known = slot.name, geometry[slot.name]
                    kinds.setdefault(slot.tag_for(arm), known)
    return kinds
