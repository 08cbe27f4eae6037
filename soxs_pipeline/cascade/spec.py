"""The words in which the association map is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

__all__ = [
    "CascadeMap",
    "DataItem",
    "Group",
    "Level",
    "Rejection",
    "Rule",
    "Slot",
    "Task",
    "answers",
    "bundled",
    "maybe",
    "need",
    "rule",
    "static",
]


class Group(Enum):
    """Where a file comes from."""

    RAW = "RAW"
    CALIB = "CALIB"
    PRODUCT = "PRODUCT"


@dataclass(frozen=True)
class Rule:
    """Header values that give a raw file its tag.

    Every keyword must have one of its values; keywords are short names (``DPR.TYPE``). In a
    value an asterisk stands for any text, none included.
    """

    keywords: tuple[tuple[str, tuple[str, ...]], ...]

    def matches(self, header: Mapping[str, object]) -> bool:
        """Return True if the header satisfies the rule."""
        return all(
            any(answers(_plain(header.get(key, "")), _plain(value)) for value in values)
            for key, values in self.keywords
        )


def answers(value: str, wanted: str) -> bool:
    """Return True if a header value is the one wanted; an asterisk stands for any text."""
    if "*" not in wanted:
        return value == wanted
    pattern = ".*".join(re.escape(part) for part in wanted.split("*"))
    return re.fullmatch(pattern, value, re.DOTALL) is not None


def _plain(value: object) -> str:
    # Real headers pad values and, in old data, put a blank after the comma.
    if isinstance(value, bool):
        return "T" if value else "F"
    return ",".join(part.strip() for part in str(value).upper().split(","))


def rule(**keywords: str | tuple[str, ...]) -> Rule:
    """Write a rule with ``dpr_type="BIAS"`` for ``DPR.TYPE``."""
    return Rule(
        tuple(
            (key.upper().replace("_", "."), (value,) if isinstance(value, str) else value)
            for key, value in keywords.items()
        )
    )


@dataclass(frozen=True)
class DataItem:
    """A kind of file: its tag without the arm, its meaning, its origin.

    A raw file has this tag if any of ``rules`` matches and no item declared earlier does.
    """

    tag: str
    doc: str
    group: Group
    rules: tuple[Rule, ...] = ()

    @property
    def in_sentence(self) -> str:
        """Its meaning as it stands within a sentence; abbreviations keep their capitals."""
        first, rest = self.doc[:1], self.doc[1:]
        return self.doc if rest[:1].isupper() else first.lower() + rest

    def tag_for(self, arm: str) -> str:
        """Return the tag as written in files: the item's name and the arm."""
        return f"{self.tag}_{arm}" if arm else self.tag


@dataclass(frozen=True)
class Rejection:
    """A rule for raw files that must not be used, and why."""

    rule: Rule
    reason: str


@dataclass(frozen=True)
class Level:
    """An association level: how good (0 is best), and within how many days."""

    quality: int
    days: float


@dataclass(frozen=True)
class Slot:
    """One input of a task: the recipe's argument, the item that fills it and how it is found.

    Parameters
    ----------
    name
        Argument of the recipe, or field of the bundle.
    item
        What fills it.
    least, most
        How many files; ``most`` None is any number.
    match
        Keywords that must be equal to those of the main input.
    relax
        Of these, the ones that may differ if nothing better is found; the result is flagged.
    nearest
        Keywords in which the nearest value, in factors, is preferred before the nearest in time.
    levels
        Association levels, best first; none for static files.
    arms
        Arms that have the slot; none for all.
    bundle
        Argument of the recipe that this slot is a field of, if it travels with others.
    rare
        True if nothing need be said where nothing fills it.
    of_arm
        Arm whose files fill it, whatever the arm of the main input, or pairs of that arm and this;
        empty for files of all arms, None for those of the same arm.
    """

    name: str
    item: DataItem
    least: int = 1
    most: int | None = 1
    match: tuple[str, ...] = ()
    relax: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    arms: tuple[str, ...] = ()
    bundle: str = ""
    rare: bool = False
    of_arm: str | tuple[tuple[str, str], ...] | None = None

    def arm_for(self, arm: str) -> str:
        """Return the arm of the files that fill the slot for a main input of this arm."""
        if isinstance(self.of_arm, tuple):
            return dict(self.of_arm).get(arm, "")
        return arm if self.of_arm is None else self.of_arm

    def tag_for(self, arm: str) -> str:
        """Return the tag of the files that fill the slot for a main input of this arm."""
        return self.item.tag_for(self.arm_for(arm))

    def applies_to(self, arm: str) -> bool:
        """Return True if this arm's data have the slot at all."""
        return not self.arms or arm in self.arms


@dataclass(frozen=True)
class Task:
    """A node of the cascade: a recipe put to one use.

    Parameters
    ----------
    name, recipe, doc
        The task's own name, the recipe it runs, one sentence.
    main
        The input that makes a dataset.
    others
        The inputs associated with it.
    products
        Field of the recipe's products and item it is written as.
    arms
        Arms the task is done for; ``("",)`` if its main input is of several arms.
    group_by
        Keywords that must be equal within one dataset of the main input.
    nightly
        True if what was seen in one night goes into one run, whatever block it is of: of
        ``group_by`` the keywords of the block then do not count.
    joins_arms
        True if the datasets of all arms go into one run.
    wanted
        True if an observer asks for its products, whether another task takes them or not.
    """

    name: str
    recipe: str
    doc: str
    main: Slot
    others: tuple[Slot, ...] = ()
    products: tuple[tuple[str, DataItem], ...] = ()
    arms: tuple[str, ...] = ("VIS", "NIR")
    group_by: tuple[str, ...] = ()
    nightly: bool = False
    joins_arms: bool = False
    wanted: bool = False

    @property
    def does_without(self) -> bool:
        """True if a main input that cannot be made is done without where there are others."""
        return self.joins_arms or self.nightly

    @property
    def setup_keys(self) -> tuple[str, ...]:
        """Keywords of ``group_by`` that tell sets of one night apart."""
        return tuple(k for k in self.group_by if not (self.nightly and k.startswith("OBS.")))

    @property
    def product_arms(self) -> tuple[str, ...]:
        """Arms that are written into the tags of the products."""
        return ("",) if self.joins_arms else self.arms


@dataclass(frozen=True)
class CascadeMap:
    """The whole association map of an instrument.

    Parameters
    ----------
    instrument
        Value of ``INSTRUME``.
    arms
        Arms of the instrument.
    items
        Kinds of files; raw ones in the order in which their rules are tried.
    tasks
        The nodes of the cascade.
    aliases
        Keywords of the map that are spelt otherwise in each arm.
    rejected
        Raw files that are put aside before any rule is tried.
    namers
        Keywords beside ``SEQ.ARM`` whose value may be the name of the arm, for each arm that
        has one.
    """

    instrument: str
    arms: tuple[str, ...]
    items: tuple[DataItem, ...]
    tasks: tuple[Task, ...]
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rejected: tuple[Rejection, ...] = ()
    namers: Mapping[str, str] = field(default_factory=dict)

    def item(self, tag: str) -> DataItem | None:
        """Return the item of an arm-free tag, None if the map does not know it."""
        return next((item for item in self.items if item.tag == tag), None)

    def of_all_arms(self, item: DataItem) -> bool:
        """Return True if files of the item belong to no single arm."""
        made = [t.product_arms for t in self.tasks for _, one in t.products if one == item]
        return ("",) in made

    def split_tag(self, tag: str) -> tuple[DataItem, str] | None:
        """Return item and arm of a written tag such as ``MASTER_BIAS_VIS``."""
        stem, _, arm = tag.rpartition("_")
        if arm in self.arms and (item := self.item(stem)):
            return item, arm
        item = self.item(tag)
        return (item, "") if item else None


def need(
    name: str, item: DataItem, *levels: Level, match: tuple[str, ...], arms: str = ""
) -> Slot:
    """Declare one required calibration, of some arms only if so said."""
    return Slot(name, item, match=match, levels=levels, arms=tuple(arms.split()))


def maybe(
    name: str, item: DataItem, *levels: Level, match: tuple[str, ...], arms: str = ""
) -> Slot:
    """Declare one calibration that is used if found."""
    return Slot(name, item, least=0, match=match, levels=levels, arms=tuple(arms.split()))


def static(name: str, item: DataItem) -> Slot:
    """Declare one static calibration."""
    return Slot(name, item, match=("SEQ.ARM",))


def bundled(argument: str, *slots: Slot) -> tuple[Slot, ...]:
    """Declare slots that travel together as one argument of the recipe."""
    return tuple(replace(slot, bundle=argument) for slot in slots)
