"""Manual pages of the recipes, so that help comes up without loading what recipes need."""

from __future__ import annotations

from pathlib import Path

from soxs_pipeline.cascade.spec import CascadeMap
from soxs_pipeline.cli.manuals import file_name
from soxs_pipeline.cli.text import describe_recipe
from soxs_pipeline.runtime.registry import ORGANISER, get, names

__all__ = ["files"]


def files(cascade: CascadeMap, folder: Path) -> dict[str, str]:
    """Return the text of each manual page by its path in a folder."""
    return {
        (folder / file_name(name)).as_posix(): describe_recipe(get(name), cascade) + "\n"
        for name in names()
        if name != ORGANISER
    }
