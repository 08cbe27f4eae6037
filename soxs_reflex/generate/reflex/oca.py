"""Rules by which Reflex sorts files into data sets: classification, grouping, association."""

from __future__ import annotations

from soxs_pipeline.cascade import Cascade
from soxs_pipeline.cascade.spec import DataItem, Group, Rule, Slot
from soxs_reflex.generate.nodes import Input, Step

__all__ = ["rules"]

_HEAD = """\
// Rules of the {instrument} workflow of Reflex.
// Written by soxs_reflex.generate from the association map: change that, not this file.
"""


def rules(cascade: Cascade, steps: tuple[Step, ...]) -> str:
    """Return the text of the OCA file."""
    raw = [step for step in steps if step.source is None]
    parts = [_HEAD.format(instrument=cascade.instrument), *_classification(cascade, raw)]
    parts += [_grouping(step, cascade) for step in raw]
    parts += [_action(step, steps, cascade) for step in raw]
    return "\n".join(parts)


# --- what a file is -------------------------------------------------------------------------
def _classification(cascade: Cascade, raw: list[Step]) -> list[str]:
    targets = {step.main_tag for step in raw if step.kind == "science"}
    used = {tag for step in raw for tag in (step.main_tag, *_raw_inputs(step))}
    lines = [
        f'if INSTRUME=="{cascade.instrument}" and SEQ.ARM is undefined and {key}=="{arm}" '
        f'then {{ SEQ.ARM="{arm}"; }}'
        for arm, key in cascade.namers.items()
    ]
    for item in cascade.items:
        for arm in cascade.arms if item.group is Group.RAW else ():
            tag = item.tag_for(arm)
            if tag in used:
                target = ' REFLEX.TARGET="T";' if tag in targets else ""
                lines += [_raw_rule(rule, tag, arm, target, cascade) for rule in item.rules]
    products = dict.fromkeys(
        tag
        for item in cascade.items
        if item.group is not Group.RAW
        for tag in _all_tags(item, cascade)
    )
    lines += [
        f'if PRO.CATG=="{tag}" then {{ REFLEX.CATG="{tag}"; }}'
        for tag in products
    ]  # fmt: skip
    return [*lines, ""]


def _raw_inputs(step: Step) -> list[str]:
    return [one.tag for one in step.inputs if one.slot.item.group is Group.RAW]


def _all_tags(item: DataItem, cascade: Cascade) -> tuple[str, ...]:
    return (item.tag, *(item.tag_for(arm) for arm in cascade.arms))


def _raw_rule(rule: Rule, tag: str, arm: str, target: str, cascade: Cascade) -> str:
    # The first rule that fits names a file: what has a name keeps it.
    conditions = [f'INSTRUME=="{cascade.instrument}"', "RAW.TYPE is undefined"]
    keywords = {**dict(rule.keywords), "SEQ.ARM": (arm,)}
    for key, values in keywords.items():
        spelt = _spelt(key, arm, cascade)
        allowed = " or ".join(_condition(spelt, value) for value in values)
        conditions.append(f"({allowed})" if len(values) > 1 else allowed)
    then = f'RAW.TYPE="{tag}"; REFLEX.CATG="{tag}";{target}'
    return f"if {' and '.join(conditions)} then {{ {then} }}"


def _condition(key: str, value: str) -> str:
    if "*" in value:
        return f'{key} like "{value.replace("*", "%")}"'
    return f'{key}=="{value}"'


def _spelt(key: str, arm: str, cascade: Cascade) -> str:
    return cascade.aliases.get(key, {}).get(arm, key)


# --- which files go together ----------------------------------------------------------------
def _grouping(step: Step, cascade: Cascade) -> str:
    keys = [_spelt(key, step.arm, cascade) for key in step.group_by] or ["ARCFILE"]
    least = f"minRet={step.task.main.least}; " if step.task.main.least > 1 else ""
    return (
        f"{least}select execute({_name(step)}) from inputFiles "  # noqa: S608 - no query
        f'where RAW.TYPE=="{step.main_tag}" group by {",".join(keys)} as (TPL_A,tpl);'
    )


def _name(step: Step) -> str:
    return f"ACTION_{step.main_tag}"


def _action(step: Step, steps: tuple[Step, ...], cascade: Cascade) -> str:
    """Return what a group of raw files needs until its last product, and all its products.

    In the workflow the steps that take products run one behind the other within one data set:
    to the organiser they are one action of the raw files that they begin with.
    """
    chain = [step, *(other for other in steps if step in other.ancestors)]
    made = dict.fromkeys(tag for one in chain for tag in one.products)
    lines, seen = [], set()
    for link in chain:
        for one in link.inputs:
            if one.tag not in made and one.tag not in seen:
                seen.add(one.tag)
                lines.append(_selection(one, cascade))
    lines.append(f"    recipe {step.task.recipe};")
    lines += [
        f'    product {tag} {{ PRO.CATG="{tag}"; PRO.EXT="tpl_0000.fits"; }}' for tag in made
    ]
    body = "\n".join(lines)
    return f"\naction {_name(step)} {{\n{body}\n}}"


def _selection(one: Input, cascade: Cascade) -> str:
    slot = one.slot
    static = slot.item.group is Group.CALIB
    least = 0 if static else slot.least
    most = f" maxRet = {slot.most};" if slot.most is not None else ""
    source = "rawFiles" if slot.item.group is Group.RAW else "calibFiles"
    kind = "RAW.TYPE" if slot.item.group is Group.RAW else "PRO.CATG"
    conditions = [f'{kind}=="{one.tag}"', *_matches(slot, one.arm, cascade)]
    return (
        f"    minRet = {least};{most}\n    select file as {one.tag} from {source} "  # noqa: S608
        f"where {' and '.join(conditions)};"
    )


def _matches(slot: Slot, arm: str, cascade: Cascade) -> list[str]:
    keys = [key for key in slot.match if key not in slot.relax]
    found = [f"inputFile.{key}=={key}" for key in (_spelt(k, arm, cascade) for k in keys)]
    if slot.levels:
        days = max(level.days for level in slot.levels)
        found += [
            f"MJD-OBS - inputFile.MJD-OBS <= {days:g}",
            f"inputFile.MJD-OBS - MJD-OBS <= {days:g}",
        ]
    return found
