"""Facts of an instrument; no algorithm."""

from __future__ import annotations

from functools import lru_cache
from importlib import metadata, resources

from soxs_pipeline.errors import InputError
from soxs_pipeline.instruments.facts import parse_instrument
from soxs_pipeline.instruments.schema import Instrument

__all__ = ["load", "names"]

#: Instruments that ship with the pipeline: name and folder below this package.
_BUNDLED = {"SOXS": "soxs"}

#: Other distributions add an instrument as an entry point that returns an `Instrument`.
_ENTRY_POINTS = "soxs_pipeline.instruments"


def names() -> tuple[str, ...]:
    """Return the names of all known instruments."""
    others = (entry.name for entry in metadata.entry_points(group=_ENTRY_POINTS))
    return tuple(dict.fromkeys((*_BUNDLED, *others)))


@lru_cache
def load(name: str) -> Instrument:
    """Return the facts of an instrument.

    Raises
    ------
    InputError
        If no such instrument is known.
    """
    folder = _BUNDLED.get(name)
    if folder is not None:
        return parse_instrument(resources.files(__name__) / folder)
    for entry in metadata.entry_points(group=_ENTRY_POINTS):
        if entry.name == name:
            made: Instrument = entry.load()()
            return made
    raise InputError(f"unknown instrument {name!r}", wanted="one of " + ", ".join(names()))
