"""Manual pages that were written beforehand."""

from __future__ import annotations

from pathlib import Path

from soxs_pipeline.runtime.registry import full_name

__all__ = ["MANUALS", "file_name", "written_manual"]

#: `python -m soxs_reflex.generate` fills it from the declarations of the recipes.
MANUALS = Path(__file__).resolve().parent / "manual"


def file_name(recipe: str) -> str:
    """Return the name of the file with the manual page of a recipe."""
    return f"{recipe}.txt"


def written_manual(name: str) -> str | None:
    """Return the manual page of a recipe called by any of its names, None if it is not there.

    Raises
    ------
    ParameterError
        If no recipe answers to the name.
    """
    try:
        return (MANUALS / file_name(full_name(name))).read_text(encoding="utf-8").rstrip("\n")
    except FileNotFoundError:
        return None
