"""Write all generated files, or compare them with what is there."""

from __future__ import annotations

import os
from pathlib import Path

from soxs_pipeline.cascade import load
from soxs_pipeline.cli.manuals import MANUALS
from soxs_reflex.description import INSTRUMENT
from soxs_reflex.generate import actors, dictionary, manuals, plugins
from soxs_reflex.generate.edps import files as edps
from soxs_reflex.generate.reflex import files as reflex

__all__ = ["PACKAGE", "all_files", "stale", "write"]

PACKAGE = Path(__file__).resolve().parents[1]
#: Folders, and which of the files below them are generated.
FOLDERS = {
    "pyesorex/plugins": "*",
    "native/plugins": "*",
    edps.FOLDER: "*",
    reflex.FOLDER: "*",
    dictionary.FOLDER: "*",
    os.path.relpath(MANUALS, PACKAGE): "*",
    "actors": "*_interactive.py",
}


def all_files() -> dict[str, str]:
    """Return the text of every generated file by its path below the package."""
    cascade = load(INSTRUMENT)
    return {
        **plugins.files(),
        **edps.files(cascade),
        **reflex.files(cascade),
        **actors.files(),
        **dictionary.files(),
        **manuals.files(cascade, Path(os.path.relpath(MANUALS, PACKAGE))),
    }


def stale() -> list[str]:
    """Return the files that differ from what the map says, are missing or too many."""
    wanted = all_files()
    there = {
        Path(os.path.relpath(path, PACKAGE)).as_posix()
        for folder, pattern in FOLDERS.items()
        for path in (PACKAGE / folder).rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }
    changed = {
        name
        for name, text in wanted.items()
        if name in there and (PACKAGE / name).read_text(encoding="utf-8") != text
    }
    return sorted(changed | (there ^ wanted.keys()))


def write() -> list[str]:
    """Bring the files up to date and return those that changed."""
    changed = stale()
    wanted = all_files()
    for name in changed:
        path = PACKAGE / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
        else:
            path.unlink()
    return changed
