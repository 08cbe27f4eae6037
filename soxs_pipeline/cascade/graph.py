"""Questions asked of an association map: who makes what, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from soxs_pipeline.cascade.spec import Group, Slot, Task
from soxs_pipeline.errors import CascadeError

__all__ = ["execution_order", "needs_of", "producers", "users"]


def producers(tasks: Sequence[Task]) -> dict[str, tuple[Task, ...]]:
    """Map each product's tag to the tasks that make it."""
    made: dict[str, tuple[Task, ...]] = {}
    for task in tasks:
        for _, item in task.products:
            made[item.tag] = (*made.get(item.tag, ()), task)
    return made


def users(tasks: Sequence[Task]) -> dict[str, tuple[Task, ...]]:
    """Map each tag to the tasks that take it."""
    taken: dict[str, tuple[Task, ...]] = {}
    for task in tasks:
        for slot in (task.main, *task.others):
            if task not in taken.get(slot.item.tag, ()):
                taken[slot.item.tag] = (*taken.get(slot.item.tag, ()), task)
    return taken


def needs_of(task: Task) -> tuple[Slot, ...]:
    """Return the inputs of a task that are made by other tasks."""
    return tuple(s for s in (task.main, *task.others) if s.item.group is Group.PRODUCT)


def execution_order(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Return the tasks so that each follows those whose products it takes.

    Raises
    ------
    CascadeError
        If the map runs in a circle, or a task takes a product that none makes.
    """
    made = producers(tasks)
    edges: dict[str, tuple[str, ...]] = {}
    for task in tasks:
        for slot in needs_of(task):
            if slot.item.tag not in made:
                raise CascadeError(
                    f"task {task.name} takes {slot.item.tag} for {slot.name}, which no task makes",
                    remedy="declare the task that makes it, or a static calibration",
                )
        # Tuples, not sets: the order must not depend on how Python hashes text.
        edges[task.name] = tuple(p.name for s in needs_of(task) for p in made[s.item.tag])
    by_name = {task.name: task for task in tasks}
    try:
        return tuple(by_name[name] for name in TopologicalSorter(edges).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise CascadeError(f"the cascade runs in a circle: {circle}") from error
