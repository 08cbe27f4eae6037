"""Main inputs to datasets: which frames are reduced together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from soxs_pipeline.cascade.classify import DataFile, lookup, night_of, normalised
from soxs_pipeline.cascade.spec import CascadeMap, Task

__all__ = ["SAME_START_S", "in_order", "make_sets"]

Files = tuple[DataFile, ...]
Sets = list[tuple[Files, tuple[str, ...]]]

#: Starts of one observing block, as the two arms write them, agree within seconds.
SAME_START_S = 120.0


def make_sets(
    files: Sequence[DataFile], task: Task, cascade: CascadeMap, smallest_set: int
) -> Sets:
    """Return the sets of main inputs of a task, earliest first, each with remarks.

    Parameters
    ----------
    files
        All files of the item that the task's main input takes.
    task, cascade
        The task and its map.
    smallest_set
        Sets to be combined that have fewer members are joined with others of their setup.
    """
    ordered = in_order(files)
    sets: Sets
    if task.joins_arms:
        # With no keyword to group by, the user has grouped.
        found = _observations(ordered) if task.group_by or not ordered else [ordered]
        sets = [(members, ()) for members in found]
    elif task.main.most == 1:
        sets = [((file,), ()) for file in ordered]
    else:
        sets = _templates(ordered, task, cascade, smallest_set)
    return sorted(sets, key=lambda found: _key(found[0][0]))


def in_order(files: Sequence[DataFile]) -> Files:
    """Return files by time, those without a time last, equals by name."""
    return tuple(sorted(files, key=_key))


def _key(file: DataFile) -> tuple[bool, float, str]:
    known = math.isfinite(file.mjd)
    return (not known, file.mjd if known else 0.0, file.name)


def _collect(files: Sequence[DataFile], keys: Sequence[tuple[object, ...]]) -> list[Files]:
    groups: dict[tuple[object, ...], list[DataFile]] = {}
    for file, key in zip(files, keys, strict=True):
        groups.setdefault(key, []).append(file)
    return [tuple(group) for group in groups.values()]


def _templates(files: Files, task: Task, cascade: CascadeMap, smallest_set: int) -> Sets:
    """Group by all keywords; join sets that are too small to be combined by themselves."""
    setup_keys = tuple(key for key in task.setup_keys if key != "TPL.START")
    night = [night_of(file.mjd) if task.nightly else "" for file in files]
    setups = _collect(
        files,
        [
            (*_values(file, setup_keys, cascade), file.arm, when)
            for file, when in zip(files, night, strict=True)
        ],
    )
    sets: Sets = []
    for setup in setups:
        if "TPL.START" not in task.group_by:
            sets.append((setup, ()))
            continue
        templates = _collect(setup, [_template(file) for file in setup])
        small = [t for t in templates if len(t) < smallest_set]
        sets += [(t, ()) for t in templates if len(t) >= smallest_set]
        # Without regard to the template, only frames of the same night belong together.
        for strays in _collect(_flat(small), [(night_of(f.mjd),) for f in _flat(small)]):
            _adopt(strays, sets, setup)
    return sets


def _adopt(strays: Files, sets: Sets, setup: Files) -> None:
    """Add stray frames to the nearest full set of their night, or make a set of them."""
    night = night_of(strays[0].mjd)
    hosts = [
        i for i, (found, _) in enumerate(sets)
        if found[0] in setup and night_of(found[0].mjd) == night
    ]  # fmt: skip
    if hosts:
        nearest = min(hosts, key=lambda i: abs(sets[i][0][0].mjd - strays[0].mjd))
        members = sets[nearest][0]
        note = f"{len(strays)} frame(s) of other templates of the same setup and night joined"
        sets[nearest] = (in_order((*members, *strays)), (*sets[nearest][1], note))
        return
    several = len({_template(file) for file in strays}) > 1
    note = "frames of several templates of the same setup and night combined"
    sets.append((strays, (note,) if several else ()))


def _template(file: DataFile) -> tuple[object, ...]:
    start = normalised(file.header.get("TPL.START"))
    return (start,) if start is not None else (None, night_of(file.mjd))


def _values(file: DataFile, keys: Sequence[str], cascade: CascadeMap) -> tuple[object, ...]:
    return tuple(lookup(file, key, cascade) for key in keys)


def _flat(groups: Sequence[Files]) -> Files:
    return tuple(file for group in groups for file in group)


# --- exposures of one observation, over the arms --------------------------------------------
def _observations(files: Files) -> list[Files]:
    """Group exposures of one observing block: same block, target and night, same start.

    The start is written by each arm for itself and may differ by seconds. Where the starts of
    the arms differ more than that but each arm has only one, they are the same observation.
    """
    sets: list[Files] = []
    for block in _collect(files, [_block(file) for file in files]):
        executions = _by_start(block)
        arms = [{file.arm for file in execution} for execution in executions]
        disjoint = sum(map(len, arms)) == len(set().union(*arms))
        sets += [_flat(executions)] if disjoint else executions
    return [in_order(found) for found in sets]


def _block(file: DataFile) -> tuple[object, ...]:
    target = normalised(file.header.get("OBS.TARG.NAME"))
    if target is None:
        target = normalised(file.header.get("OBJECT"))
    number = normalised(file.header.get("OBS.ID"))
    night = night_of(file.mjd)
    if number is None and target is None:
        return (file.name,)
    return (number, target, night)


def _by_start(block: Files) -> list[Files]:
    starts = {file: _start_s(file) for file in block}
    known = sorted((f for f in block if math.isfinite(starts[f])), key=lambda f: starts[f])
    labels: dict[DataFile, int] = {}
    label, last = 0, math.inf
    for file in known:
        label += starts[file] - last > SAME_START_S
        labels[file], last = label, starts[file]
    executions = [tuple(group) for _, group in groupby(known, key=lambda file: labels[file])]
    unknown = tuple(file for file in block if file not in labels)
    if not unknown:
        return executions
    # A missing start must not part an exposure from its own observation.
    return [(*executions[0], *unknown), *executions[1:]] if executions else [unknown]


def _start_s(file: DataFile) -> float:
    text = str(file.header.get("OBS.START", "")).strip()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return math.nan
