"""The map taken apart into single steps of one arm, as workflow engines want them.

A task of the map that takes a product which several tasks make (a frame without sky comes from
a stare or from a nod) becomes several steps, one behind each maker, so that every step has one
source for its main input.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from soxs_pipeline.cascade import Cascade
from soxs_pipeline.cascade.graph import execution_order
from soxs_pipeline.cascade.spec import DataItem, Group, Slot, Task

__all__ = ["Input", "Step", "steps_of"]

_OBSERVES = ("science", "standard", "telluric")


@dataclass(frozen=True, eq=False)
class Input:
    """An input of a step beside the main one.

    Parameters
    ----------
    slot
        Of the map.
    arm
        Arm whose files fill it.
    makers
        Steps that make it, best first; empty for raw and static files.
    """

    slot: Slot
    arm: str
    makers: tuple[Step, ...] = ()

    @property
    def tag(self) -> str:
        """The tag, arm included."""
        return self.slot.item.tag_for(self.arm)


@dataclass(frozen=True, eq=False)
class Step:
    """One recipe put to one use in one arm, behind one source.

    Parameters
    ----------
    name
        Unique within the workflow.
    task, arm
        Of the map; of a task that joins arms, the arm that leads; empty behind such a task.
    source
        The step that makes the main input, None if it is raw.
    inputs
        The other inputs.
    """

    name: str
    task: Task
    arm: str
    source: Step | None
    inputs: tuple[Input, ...]

    @property
    def main_tag(self) -> str:
        """Tag of the main input."""
        return self.task.main.item.tag_for(self.arm)

    @property
    def lead(self) -> str:
        """The arm, or that which led where the arms were joined."""
        return self.arm or (self.source.lead if self.source is not None else "")

    @cached_property
    def products(self) -> tuple[str, ...]:
        """Tags of the products."""
        arm = "" if self.task.joins_arms else self.arm
        return tuple(item.tag_for(arm) for _, item in self.task.products)

    @property
    def group_by(self) -> tuple[str, ...]:
        """Keywords that are equal within one run; exposures that help each other go together."""
        helped = [s for s in self.task.others if s.item == self.task.main.item]
        if helped:
            return helped[0].match
        return self.task.setup_keys

    @property
    def kind(self) -> str:
        """``calibration``, ``science``, ``standard`` or ``telluric``."""
        first = self.task.name.partition("_")[0]
        return first if first in _OBSERVES else "calibration"

    @property
    def ancestors(self) -> tuple[Step, ...]:
        """The steps that led to the main input, nearest first."""
        return () if self.source is None else (self.source, *self.source.ancestors)


def steps_of(cascade: Cascade) -> tuple[Step, ...]:
    """Return all steps, each behind those whose products it takes."""
    steps: list[Step] = []
    for task in execution_order(cascade.tasks):
        for arm in task.arms:
            for source in _sources(task, arm, steps):
                steps.append(_step(task, arm, source, steps))
    return tuple(steps)


def _makers(item: DataItem, arm: str, steps: list[Step]) -> list[Step]:
    return [step for step in steps if item.tag_for(arm) in step.products]


def _sources(task: Task, arm: str, steps: list[Step]) -> list[Step | None]:
    if task.main.item.group is not Group.PRODUCT:
        return [None]
    return list(_makers(task.main.item, arm, steps))


def _step(task: Task, arm: str, source: Step | None, steps: list[Step]) -> Step:
    inputs = []
    ancestors = () if source is None else (source, *source.ancestors)
    for slot in task.others:
        if slot.applies_to(arm) and slot.item != task.main.item:
            makers = _makers(slot.item, slot.arm_for(arm), steps)
            # What this very exposure went through comes before what others left.
            own = [m for m in makers if m in ancestors or m.source in ancestors]
            # What was done alike in the other arm.
            own = own or [m for m in makers if m.task in {a.task for a in ancestors}]
            inputs.append(Input(slot, slot.arm_for(arm), tuple(own[:1] or makers)))
    if task.joins_arms and source is not None and arm == task.arms[0]:
        # Led by the first arm, a step takes what was done alike in the others. Led by another,
        # it merges that arm alone: an observation may have no more.
        inputs += [
            Input(task.main, other, (twin,))
            for other in task.arms
            if other != arm and (twin := _twin(source, other, steps)) is not None
        ]
    return Step(_name(task, arm, source), task, arm, source, tuple(inputs))


def _twin(source: Step, arm: str, steps: list[Step]) -> Step | None:
    wanted = source.name.removesuffix(source.arm.lower()) + arm.lower()
    return next((step for step in steps if step.name == wanted), None)


def _name(task: Task, arm: str, source: Step | None) -> str:
    """Name a step by its task, by the mode of observation it stands behind, and by its arm."""
    modes = [
        step.task.name.rpartition("_")[2]
        for step in ((source, *source.ancestors) if source is not None else ())
        if step.source is None and step.kind != "calibration"
    ]
    led = arm or (source.lead if source is not None else "")
    return "_".join([task.name, *modes[:1], led.lower()])
