"""Files to the arguments of a recipe."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Union, get_args, get_origin, get_type_hints

from soxs_pipeline.cascade.spec import Slot, Task
from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.errors import CascadeError, InputError
from soxs_pipeline.instruments.schema import Instrument
from soxs_pipeline.io.products import read_product
from soxs_pipeline.io.raw import read_raw
from soxs_pipeline.recipes._recipe import Recipe
from soxs_pipeline.runtime.jobs import Source

__all__ = ["bind", "kind_of"]

Inputs = Mapping[str, tuple[Source, ...]]


def bind(
    recipe: Recipe[Any], task: Task, inputs: Inputs, instrument: Instrument
) -> tuple[dict[str, Any], list[str]]:
    """Read the files of each slot and return the arguments of the recipe, with remarks.

    The type of each argument tells how its file is read. Of several files for one argument those
    that cannot be read are left out with a remark, as long as enough remain.

    Raises
    ------
    InputError
        If a slot lacks a file, or a file cannot be read.
    CascadeError
        If the map and the recipe disagree on the arguments.
    """
    hints = get_type_hints(recipe.run)
    remarks: list[str] = []
    arguments: dict[str, Any] = {}
    for name in recipe.input_slots:
        members = [slot for slot in task.others if slot.bundle == name]
        if members:
            arguments[name] = _bundle(kind_of(hints[name])[0], members, recipe, inputs, instrument)
            continue
        slot = next((s for s in (task.main, *task.others) if s.name == name), None)
        if slot is None and kind_of(hints[name])[2]:
            # This task puts the recipe to a use that has no such input.
            arguments[name] = None
            continue
        if slot is None:
            raise CascadeError(f"the map has no slot {name} for {recipe.name} in {task.name}")
        if slot.most is None:
            arguments[name] = _read_all(hints[name], slot, inputs, instrument, remarks)
        else:
            arguments[name] = _read(hints[name], slot, recipe, inputs, instrument)
    return arguments, remarks


def kind_of(hint: Any) -> tuple[Any, bool, bool]:
    """Return the type within a hint, whether it is a sequence, whether it may be None."""
    optional = False
    if get_origin(hint) in {Union, types.UnionType}:
        inner = [part for part in get_args(hint) if part is not type(None)]
        optional = len(inner) < len(get_args(hint))
        hint = inner[0]
    origin = get_origin(hint)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return get_args(hint)[0], True, optional
    return hint, False, optional


def _bundle(
    kind: Any, slots: Sequence[Slot], recipe: Recipe[Any], inputs: Inputs, instrument: Instrument
) -> Any:
    hints = get_type_hints(kind)
    known = {item.name for item in fields(kind)}
    values = {
        slot.name: _read(hints[slot.name], slot, recipe, inputs, instrument)
        for slot in slots
        if slot.name in known and (inputs.get(slot.name) or slot.least)
    }
    return kind(**values)


def _read(
    hint: Any, slot: Slot, recipe: Recipe[Any], inputs: Inputs, instrument: Instrument
) -> Any:
    kind, several, optional = kind_of(hint)
    sources = inputs.get(slot.name, ())
    if several:
        return tuple(_read_one(kind, source, instrument) for source in sources)
    if sources:
        return _read_one(kind, sources[0], instrument)
    if optional or not slot.least:
        return None
    raise InputError(
        f"{recipe.name}: nothing is given for {slot.name}",
        wanted=f"one {slot.item.tag} ({slot.item.in_sentence})",
    )


def _read_all(
    hint: Any, slot: Slot, inputs: Inputs, instrument: Instrument, remarks: list[str]
) -> tuple[Any, ...]:
    """Read the files to be combined; those that cannot be read are left out."""
    kind, _, _ = kind_of(hint)
    read: list[Any] = []
    errors: list[InputError] = []
    for source in inputs.get(slot.name, ()):
        try:
            read.append(_read_one(kind, source, instrument))
        except InputError as error:
            errors.append(error)
            remarks.append(f"left out: {error.what}")
    if len(read) >= slot.least:
        return tuple(read)
    if errors:
        raise errors[0]
    raise InputError(f"nothing is given for {slot.name}", wanted=f"one or more {slot.item.tag}")


def _read_one(kind: Any, source: Source, instrument: Instrument) -> Any:
    if kind is RawFrame:
        return read_raw(source.path, instrument, dict(source.corrections))
    return read_product(source.path, kind)
