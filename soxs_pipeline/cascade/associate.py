"""Files and map to datasets: what is reduced together, with which calibrations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from soxs_pipeline.cascade.classify import DataFile
from soxs_pipeline.cascade.graph import execution_order, producers, users
from soxs_pipeline.cascade.grouping import make_sets
from soxs_pipeline.cascade.matching import Choice, Unmet, choose
from soxs_pipeline.cascade.spec import CascadeMap, DataItem, Group, Slot, Task

__all__ = ["Association", "Dataset", "StaticFinder", "associate", "no_static"]

#: Called with item, arm and modified Julian date; None if there is no such file.
StaticFinder = Callable[[DataItem, str, float], DataFile | None]


def no_static(_item: DataItem, _arm: str, _mjd: float) -> DataFile | None:
    """Find no static calibration."""
    return None


@dataclass(frozen=True, eq=False)
class Dataset:
    """One run of a task: its main inputs, their calibrations, and what is missing.

    Parameters
    ----------
    name
        Identity within the association: task, arm and first main input.
    task, arm
        What is done, and for which arm; the arm is empty if the task joins arms.
    main
        Main inputs, by time.
    choices
        Candidates for each other slot, best first.
    unmet
        Slots that must be filled but cannot be.
    remarks
        What is to be said of the set itself.
    left_out
        Main inputs that cannot be made, without which the set is reduced.
    """

    name: str
    task: Task
    arm: str
    main: tuple[DataFile, ...]
    choices: tuple[Choice, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    remarks: tuple[str, ...] = ()
    left_out: tuple[DataFile, ...] = ()

    @property
    def lacks(self) -> tuple[str, ...]:
        """What is missing in the end for it to be reduced, empty if nothing is."""
        # What the main input lacks comes first; with that mended the rest may be as well.
        lacks = [text for file in self.main for text in file.blocked]
        lacks = lacks or [text for unmet in self.unmet for text in unmet.roots]
        return tuple(dict.fromkeys(lacks))

    @property
    def blocked(self) -> str:
        """The same as one text, parts separated by a bar."""
        return " | ".join(self.lacks)

    @property
    def ready(self) -> bool:
        """True if everything it needs exists or can be made."""
        return not self.lacks

    @property
    def notes(self) -> tuple[str, ...]:
        """All that is to be said of the set and of its best calibrations."""
        notes = list(self.remarks)
        for choice in self.choices:
            if choice.candidates:
                notes += choice.candidates[0].remarks
            elif choice.slot.item.group is not Group.CALIB and not choice.slot.rare:
                why = f" ({choice.missed})" if choice.missed and choice.missed.refusals else ""
                notes.append(f"{choice.slot.name}: none found, done without{why}")
        return tuple(notes)

    @property
    def makers(self) -> tuple[str, ...]:
        """Names of the datasets whose products it takes, of main inputs and best choices."""
        files = (*self.main, *(file for choice in self.choices for file in choice.files))
        return tuple(dict.fromkeys(file.maker for file in files if file.maker))


@dataclass(frozen=True, eq=False)
class Association:
    """Everything that was found out about a collection of files.

    Parameters
    ----------
    files
        Files that have a place in the map.
    datasets
        Datasets in an order in which they can be reduced.
    unclassified
        Reason why a file has no place in the map, by name.
    """

    files: tuple[DataFile, ...]
    datasets: tuple[Dataset, ...]
    unclassified: Mapping[str, str] = field(default_factory=dict)

    @property
    def observations(self) -> tuple[Dataset, ...]:
        """What the night was for: last of their kind, or asked for by observers."""
        taken = set(users([dataset.task for dataset in self.datasets]))
        return tuple(
            d for d in self.datasets
            if d.task.wanted
            or (d.task.joins_arms and not any(i.tag in taken for _, i in d.task.products))
        )  # fmt: skip

    def needed(self) -> tuple[Dataset, ...]:
        """Return the datasets that the observations need; all of them if there is none."""
        by_name = {dataset.name: dataset for dataset in self.datasets}
        wanted: set[str] = set()
        pending = [dataset.name for dataset in self.observations]
        while pending:
            name = pending.pop()
            if name not in wanted:
                wanted.add(name)
                pending += by_name[name].makers
        if not wanted:
            return self.datasets
        return tuple(dataset for dataset in self.datasets if dataset.name in wanted)

    def unused(self, cascade: CascadeMap) -> dict[str, str]:
        """Return why a raw file enters no reduction, for each that does not."""
        needed = self.needed()
        used = {
            file.name
            for dataset in needed
            if dataset.ready
            for file in (*dataset.main, *(f for c in dataset.choices for f in c.files))
        }
        reasons = dict(self.unclassified)
        taken = users(cascade.tasks)
        for file in self.files:
            if file.name not in used and file.item.group is Group.RAW:
                reasons[file.name] = self._why_unused(file, needed, taken)
        return reasons

    def _why_unused(
        self,
        file: DataFile,
        needed: Sequence[Dataset],
        taken: Mapping[str, tuple[Task, ...]],
    ) -> str:
        tasks = [task for task in taken.get(file.item.tag, ()) if file.arm in task.arms]
        if not tasks:
            return f"no recipe takes {file.tag}"
        mine = [dataset for dataset in self.datasets if file in dataset.main]
        blocked = [dataset.blocked for dataset in mine if not dataset.ready]
        if blocked:
            return blocked[0]
        if mine and not any(dataset in needed for dataset in mine):
            return "no observation that can be reduced needs it"
        return "no other frame needs it"


def associate(
    files: Sequence[DataFile],
    cascade: CascadeMap,
    *,
    smallest_set: int = 3,
    static: StaticFinder = no_static,
    unclassified: Mapping[str, str] | None = None,
    chained: bool = True,
) -> Association:
    """Sort files into datasets with their calibrations, following the cascade downwards.

    Products that do not exist yet take part with the header of the first frame they will be
    made from, so that one pass plans the whole night.

    Parameters
    ----------
    files
        Raw frames, products and static calibrations at hand.
    cascade
        The association map.
    smallest_set
        Sets to be combined that have fewer members are joined with others of their setup.
    static
        Finds a static calibration that is not among the files.
    unclassified
        Reasons why other files have no place in the map, to be carried along.
    chained
        Count on products that do not exist yet; with False only on files at hand.
    """
    pool: dict[str, list[DataFile]] = {}
    for file in files:
        pool.setdefault(file.item.tag, []).append(file)
    datasets: list[Dataset] = []
    for task in execution_order(cascade.tasks) if chained else cascade.tasks:
        mains = [f for f in pool.get(task.main.item.tag, ()) if f.arm in task.arms]
        for members, remarks in make_sets(mains, task, cascade, smallest_set):
            dataset = _dataset(task, members, remarks, pool, cascade, static)
            dataset = replace(dataset, name=_unique(dataset.name, datasets))
            datasets.append(dataset)
            for name, item in task.products if chained else ():
                pool.setdefault(item.tag, []).append(_prediction(dataset, name, item))
    return Association(tuple(files), tuple(datasets), dict(unclassified or {}))


def _dataset(
    task: Task,
    members: tuple[DataFile, ...],
    remarks: tuple[str, ...],
    pool: Mapping[str, Sequence[DataFile]],
    cascade: CascadeMap,
    static: StaticFinder,
) -> Dataset:
    # Where exposures, stars or arms are joined, what cannot be made must not stop the rest.
    possible = tuple(file for file in members if not file.blocked)
    left_out: tuple[DataFile, ...] = ()
    if task.does_without and possible:
        left_out = tuple(file for file in members if file.blocked)
        remarks += tuple(
            f"without {file.arm} {file.origin}: {'; '.join(file.blocked)}" for file in left_out
        )
        members = possible
    arm = "" if task.joins_arms else members[0].arm
    choices: list[Choice] = []
    unmet: list[Unmet] = []
    for slot in task.others:
        if slot.applies_to(members[0].arm):
            at_hand = _at_hand(slot, members[0], pool, static)
            found = choose(slot, at_hand, members[0], cascade)
            if isinstance(found, Unmet):
                unmet.append(
                    replace(
                        found, source=_source(slot.item, slot.arm_for(members[0].arm), cascade)
                    )
                )
            else:
                choices.append(found)
    name = f"{task.name}:{arm or 'ALL'}:{members[0].origin}"
    return Dataset(name, task, arm, members, tuple(choices), tuple(unmet), remarks, left_out)


def _source(item: DataItem, arm: str, cascade: CascadeMap) -> str:
    """Say what a file could be made from, down to the raw frames."""
    if item.group is Group.CALIB:
        return "none ships with the pipeline"
    if item.group is Group.RAW:
        return ""
    makers = producers(cascade.tasks).get(item.tag, ())
    task = next((maker for maker in makers if arm in maker.arms), None)
    if task is None:
        return ""
    raw = task.main.item
    if raw.group is not Group.RAW:
        return _source(raw, arm, cascade)
    return f"there is no {raw.tag_for(arm)} ({raw.in_sentence}) for {task.recipe} to make it from"


def _at_hand(
    slot: Slot,
    main: DataFile,
    pool: Mapping[str, Sequence[DataFile]],
    static: StaticFinder,
) -> list[DataFile]:
    found = [
        file for file in pool.get(slot.item.tag, ()) if file.arm in {slot.arm_for(main.arm), ""}
    ]
    if slot.item.group is Group.CALIB and not found:
        shipped = static(slot.item, main.arm, main.mjd)
        found = [shipped] if shipped else []
    return found


def _prediction(dataset: Dataset, name: str, item: DataItem) -> DataFile:
    return DataFile(
        f"{dataset.name}#{name}",
        item,
        dataset.arm,
        dataset.main[0].header,
        maker=dataset.name,
        field=name,
        first_frame=dataset.main[0].origin,
        blocked=dataset.lacks,
    )


def _unique(name: str, datasets: Sequence[Dataset]) -> str:
    """Return the name, numbered if files of one name lie in several folders."""
    same = sum(d.name == name or d.name.startswith(f"{name}~") for d in datasets)
    return f"{name}~{same + 1}" if same else name
