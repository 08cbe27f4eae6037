"""The runs of one recipe that a collection of files allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from soxs_pipeline.cascade import Cascade
from soxs_pipeline.cascade.associate import Association, Dataset, associate
from soxs_pipeline.cascade.classify import DataFile, lookup
from soxs_pipeline.cascade.spec import Group, Task
from soxs_pipeline.errors import InputError
from soxs_pipeline.runtime.intake import Intake, static_finder
from soxs_pipeline.runtime.plan import Plan, make_plan

__all__ = ["plan_recipe"]


def plan_recipe(
    recipe: str, intake: Intake, cascade: Cascade, out: Path, *, as_given: bool
) -> Plan:
    """Return the plan of all runs of one recipe with the files at hand.

    Nothing is made beforehand: calibrations must be among the files, or ship with the pipeline.

    Parameters
    ----------
    recipe
        Full name.
    intake, cascade, out
        The files, the map, where products go.
    as_given
        True for a set of files: its main inputs are one set, and no age refuses its
        calibrations.

    Raises
    ------
    InputError
        If the files do not allow a single run; it says what is missing.
    """
    tasks = tuple(task for task in cascade.tasks if task.recipe == recipe)
    if as_given:
        tasks = _without_single_arms(tasks, intake.files)
        _check_set(intake.files, tasks, cascade)
        tasks = tuple(_freed(task) for task in tasks)
    # Only this recipe's tasks take part, so that no product is counted on that does not exist.
    own = replace(cascade, tasks=tasks)
    found = associate(
        intake.files,
        own,
        static=static_finder,
        unclassified=intake.refused,
        chained=False,
    )
    if not found.datasets:
        raise _nothing_to_do(recipe, tasks, found)
    if not any(dataset.ready for dataset in found.datasets):
        raise _blocked(recipe, found.datasets)
    return make_plan(found, own, out, everything=True)


def _without_single_arms(tasks: tuple[Task, ...], files: Sequence[DataFile]) -> tuple[Task, ...]:
    """Return the tasks without those of one arm where a set of several arms is to be joined."""
    joined = {task.main.item for task in tasks if task.joins_arms}
    arms = {item: {file.arm for file in files if file.item == item} for item in joined}
    return tuple(
        task for task in tasks if task.joins_arms or len(arms.get(task.main.item, ())) < 2
    )


def _freed(task: Task) -> Task:
    """Return the task without limits of age and time: the user chose the files."""
    others = tuple(replace(slot, levels=()) for slot in task.others)
    group_by = tuple(key for key in task.setup_keys if key != "TPL.START")
    group_by = () if task.joins_arms else group_by
    return replace(task, others=others, group_by=group_by, nightly=False)


def _check_set(files: Sequence[DataFile], tasks: Sequence[Task], cascade: Cascade) -> None:
    """Raise if main inputs that are to be combined are not of one setup."""
    for task in tasks:
        main = [file for file in files if file.item == task.main.item and file.arm in task.arms]
        if task.joins_arms or task.main.most == 1 or not main:
            continue
        for key in ("SEQ.ARM", *(key for key in task.setup_keys if key != "TPL.START")):
            values = {lookup(file, key, cascade) for file in main}
            if len(values) > 1:
                shown = ", ".join(sorted(map(str, values)))
                raise InputError(
                    f"the {task.main.item.tag} frames of the set differ in {key}: {shown}",
                    wanted="frames of one setup",
                    remedy="make a set of each setup, or give the folder instead",
                )


def _nothing_to_do(recipe: str, tasks: Sequence[Task], found: Association) -> InputError:
    wanted = " or ".join(f"{task.main.item.tag_for(arm)}" for task in tasks for arm in task.arms)
    have = sorted({file.tag for file in found.files if file.item.group is not Group.CALIB})
    refused = "; ".join(
        f"{Path(p).name}: {why}" for p, why in list(found.unclassified.items())[:3]
    )
    what = f"{recipe}: no frame to work on; found {', '.join(have) or 'nothing'}"
    return InputError(
        what + (f" ({refused})" if refused else ""),
        wanted=wanted,
        remedy="check the folder or the tags of the set of files",
    )


def _blocked(recipe: str, datasets: Sequence[Dataset]) -> InputError:
    first = datasets[0]
    makers = "make the missing calibration first, or run: soxspipe reduce"
    return InputError(
        f"{recipe} {first.arm} on {first.main[0].origin}: {first.blocked}",
        wanted="every required input",
        remedy=makers,
    )
