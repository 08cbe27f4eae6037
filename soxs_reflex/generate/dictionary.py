"""The dictionary of quality-control keywords in the form of ESO's data-flow system."""

from __future__ import annotations

from collections.abc import Iterator

from soxs_pipeline.io.headers import to_ascii
from soxs_pipeline.qc.definition import QcDefinition
from soxs_pipeline.runtime.registry import get
from soxs_reflex.description import INSTRUMENT, recipe_names

__all__ = ["FOLDER", "files"]

FOLDER = "workflows/dictionary"
_HEAD = """\
#*******************************************************************************
# E.S.O. - Data flow system
#
# Quality-control keywords of {instrument}. Written by soxs_reflex.generate from what the recipes
# declare: change that, not this file.
#*******************************************************************************

Dictionary Name:   ESO-DFS-DIC.{instrument}_QC
Scope:             QC
Source:            {instrument} pipeline
Version Control:   none
Revision:          1.0
Date:              none
Status:            submitted
Description:       Quality-control keywords of the {instrument} pipeline.
"""
_COMMENT = 68


def files() -> dict[str, str]:
    """Return the text of the dictionary by its path below ``soxs_reflex``."""
    parts = [_HEAD.format(instrument=INSTRUMENT), *_entries()]
    return {f"{FOLDER}/ESO-DFS-DIC.{INSTRUMENT}_QC": "\n".join(parts)}


def _entries() -> Iterator[str]:
    found: dict[tuple[str, bool], list[tuple[str, QcDefinition]]] = {}
    for recipe in recipe_names():
        for one in get(recipe).qc:
            found.setdefault((one.key, one.per_order), []).append((recipe, one))
    for (key, per_order), uses in sorted(found.items()):
        first = uses[0][1]
        meanings: dict[str, list[str]] = {}
        for recipe, one in uses:
            meanings.setdefault(one.doc, []).append(recipe)
        told = " ".join(
            f"{to_ascii(doc)} ({', '.join(recipes)})." for doc, recipes in meanings.items()
        )
        yield "\n".join(
            [
                f"Parameter Name:    QC {key}{' Oi' if per_order else ''}",
                "Class:             header|qc-log",
                "Context:           process",
                "Type:              double",
                "Value Format:      %.6g",
                f"Unit:              {to_ascii(first.unit)}".rstrip(),
                f"Comment Field:     {to_ascii(first.doc)[:_COMMENT]}",
                f"Description:       {told}",
                "",
            ]
        )
