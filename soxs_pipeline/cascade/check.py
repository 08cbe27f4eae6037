"""What must hold of any association map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from soxs_pipeline.cascade.graph import execution_order, producers
from soxs_pipeline.cascade.spec import CascadeMap, Group, Rule, Slot, Task, answers
from soxs_pipeline.errors import CascadeError

__all__ = ["faults", "verify"]

#: Keywords a slot may be matched on, besides those the rules and the aliases name.
KNOWN_KEYWORDS = frozenset(
    {
        "DET.BINX", "DET.BINY", "DET.READ.CURID", "DPR.CATG", "DPR.TECH", "DPR.TYPE", "EXPTIME",
        "FILTER", "INS.ACFW.ID", "INS.ACFW.NAME", "INSTRUME", "MJD-OBS", "OBJECT", "OBS.ID",
        "OBS.START", "OBS.TARG.NAME", "SEQ.ARM", "TPL.START",
    }
)  # fmt: skip


def verify(cascade: CascadeMap) -> None:
    """Raise if a map contradicts itself.

    Raises
    ------
    CascadeError
        With every fault found.
    """
    found = list(faults(cascade))
    if found:
        raise CascadeError(
            f"the association map of {cascade.instrument} contradicts itself: " + "; ".join(found)
        )


def faults(cascade: CascadeMap) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with a map."""
    yield from _repeated("tag", [item.tag for item in cascade.items])
    yield from _repeated("task", [task.name for task in cascade.tasks])
    yield from _unreachable(cascade)
    for task in cascade.tasks:
        yield from _faults_of_task(task, cascade)
    try:
        execution_order(cascade.tasks)
    except CascadeError as error:
        yield error.what


def _repeated(what: str, names: list[str]) -> Iterator[str]:
    for name, number in Counter(names).items():
        if number > 1:
            yield f"{what} {name} is declared {number} times"


def _unreachable(cascade: CascadeMap) -> Iterator[str]:
    """Find raw items whose every rule is covered by one tried before."""
    earlier: list[Rule] = []
    for item in cascade.items:
        if item.group is not Group.RAW:
            continue
        if not item.rules:
            yield f"raw item {item.tag} has no rule"
        elif all(any(_covers(wide, narrow) for wide in earlier) for narrow in item.rules):
            yield f"no frame can ever be {item.tag}: earlier rules take them all"
        earlier += item.rules


def _covers(wide: Rule, narrow: Rule) -> bool:
    """Return True if every header that satisfies ``narrow`` satisfies ``wide``."""
    allowed = dict(narrow.keywords)
    return all(
        key in allowed and all(any(answers(one, two) for two in values) for one in allowed[key])
        for key, values in wide.keywords
    )


def _faults_of_task(task: Task, cascade: CascadeMap) -> Iterator[str]:
    yield from _repeated(f"product of {task.name}", [name for name, _ in task.products])
    yield from _unknown(f"task {task.name}", "arm", task.arms, ("", *cascade.arms))
    keywords = (*KNOWN_KEYWORDS, *cascade.aliases)
    yield from _unknown(f"task {task.name}", "keyword", task.group_by, keywords)
    if not task.products:
        yield f"task {task.name} makes nothing"
    if task.main.least < 1:
        yield f"task {task.name} may run without its main input"
    for _, item in task.products:
        if item.group is not Group.PRODUCT or item not in cascade.items:
            yield f"task {task.name} makes {item.tag}, which is no declared product"
    for slot in (task.main, *task.others):
        yield from _faults_of_slot(slot, task, cascade)


def _faults_of_slot(slot: Slot, task: Task, cascade: CascadeMap) -> Iterator[str]:
    where = f"slot {slot.name} of {task.name}"
    if slot.item not in cascade.items:
        yield f"{where} takes {slot.item.tag}, which is not declared"
    yield from _unknown(where, "arm", slot.arms, cascade.arms)
    keywords = (*KNOWN_KEYWORDS, *cascade.aliases)
    yield from _unknown(where, "keyword", (*slot.match, *slot.nearest), keywords)
    yield from _unknown(where, "relaxed keyword", slot.relax, slot.match)
    if slot.most is not None and slot.most < max(slot.least, 1):
        yield f"{where} takes at most {slot.most} but needs {slot.least}"
    days = [level.days for level in slot.levels]
    if days != sorted(days):
        yield f"{where} has levels that do not widen"
    if slot.item.group is Group.PRODUCT and slot.least:
        made_for = {arm for maker in producers(cascade.tasks).get(slot.item.tag, ())
                    for arm in maker.product_arms}  # fmt: skip
        for arm in task.arms:
            if slot.applies_to(arm) and not made_for & {slot.arm_for(arm), ""}:
                yield f"{where} needs {slot.tag_for(arm)}, which no task makes"


def _unknown(where: str, what: str, got: tuple[str, ...], known: tuple[str, ...]) -> Iterator[str]:
    for name in got:
        if name not in known:
            yield f"{where} names the unknown {what} {name}"
