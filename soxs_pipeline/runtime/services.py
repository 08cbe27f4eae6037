"""Programs outside of the pipeline that recipes make use of where they are installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from soxs_pipeline.errors import CascadeError

__all__ = ["find_services"]


def find_services(names: Iterable[str]) -> dict[str, Any]:
    """Return what stands for each program; None for one that is not installed.

    Raises
    ------
    CascadeError
        If a recipe asks for a program that is not known here.
    """
    return {name: _find(name) for name in names}


def _find(name: str) -> Any:
    if name == "molecfit":
        from soxs_pipeline.io.molecfit import find_molecfit  # noqa: PLC0415 - few recipes ask

        return find_molecfit()
    raise CascadeError(f"no service is called {name}")
