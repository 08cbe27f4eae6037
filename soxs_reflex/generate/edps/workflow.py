"""Tasks, task functions and parameter sets of the EDPS workflow."""

from __future__ import annotations

from soxs_pipeline.cascade import Cascade
from soxs_pipeline.cascade.grouping import SAME_START_S
from soxs_pipeline.cascade.spec import Group
from soxs_reflex.generate.edps.sources import match_name, matches
from soxs_reflex.generate.edps.words import HEAD, listed
from soxs_reflex.generate.nodes import Input, Step

__all__ = ["parameters", "task_functions", "workflow"]

#: For whom a task is done, by what it observes; the merged spectrum is what the archive gets.
_TARGETS = {
    "calibration": ("QC0", "QC1_CALIB"),
    "standard": ("QC0", "QC1_CALIB"),
    "telluric": ("QC0", "QC1_CALIB"),
    "science": ("QC0", "SCIENCE"),
}
#: No night is longer, and the next begins later.
_NIGHT_DAYS = 0.6
#: Name of the rules by which arms find each other.
_OTHER_ARM = "same_observation_of_another_arm"


def workflow(cascade: Cascade, steps: tuple[Step, ...]) -> str:
    """Return the file of tasks."""
    found: dict[str, str] = {}
    for step in steps:
        for one in step.inputs:
            if one.slot is step.task.main:
                found[_OTHER_ARM] = _other_arm()
            else:
                found[match_name(one.slot, one.arm, cascade)] = matches(one.slot, one.arm, cascade)
    body = [f"{name} = {text}" for name, text in sorted(found.items())]
    body += [_task(step, cascade) for step in steps]
    return (
        HEAD.format(text="Tasks.")
        + "from edps import (\n    CALCHECKER,\n    IDP,\n    QC0,\n    QC1_CALIB,\n    SCIENCE,\n"
        "    RelativeTimeRange,\n    alternative_associated_inputs,\n"
        "    match_rules,\n    task,\n)\n"
        "from edps.generator.time_range import UNLIMITED\n\n"
        "from . import soxs_classification as classes\nfrom . import soxs_datasources as sources\n"
        "from . import soxs_keywords as kwd\n"
        "from .soxs_task_functions import alike, same_observation\n\n"
        "# --- how inputs are matched to the main input\n"
        + "\n\n".join(body[: len(found)])
        + "\n\n# --- tasks\n"
        + "\n\n".join(body[len(found) :])
        + "\n"
    )


def _task(step: Step, cascade: Cascade) -> str:
    if step.source is None:
        main = f"sources.raw_{step.main_tag.lower()}"
    else:
        main = f"{step.source.name}_task, [classes.{step.main_tag}]"
    lines = [
        f'task("{step.name}")',
        f'.with_description("{step.task.doc}")',
        f'.with_recipe("{step.task.recipe}")',
        f".with_main_input({main})",
    ]
    if step.source is not None and step.task.group_by:
        keys = listed(step.group_by, step.arm, cascade)
        lines.append(f".with_grouping_keywords({keys})")
        if step.task.nightly:
            lines.append(f'.with_cluster("mjd-obs", max_diameter={_NIGHT_DAYS})')
    for one in step.inputs:
        lines += _associated(one, step, cascade)
    lines.append(f".with_meta_targets([{', '.join(_meta_targets(step, cascade))}])")
    lines.append(".build()")
    return f"{step.name}_task = (\n    " + "\n    ".join(lines) + "\n)"


def _other_arm() -> str:
    return (
        "(\n    match_rules()\n    .with_match_function(same_observation, "
        "time_range=RelativeTimeRange(-1, 1), level=0)\n)"
    )


def _associated(one: Input, step: Step, cascade: Cascade) -> list[str]:
    slot = one.slot
    # Static calibrations come with the recipes: those of the user go first, none need be there.
    least = 0 if slot.item.group is Group.CALIB else slot.least
    least = 0 if one.slot.most is None and one.makers and one.arm else least
    most = -1 if slot.most is None else slot.most
    rules = _OTHER_ARM if slot is step.task.main else match_name(slot, one.arm, cascade)
    bounds = f"min_ret={least}, max_ret={most}, match_rules={rules}"
    if not one.makers:
        kind = "static" if slot.item.group is Group.CALIB else "raw"
        return [f".with_associated_input(sources.{kind}_{one.tag.lower()}, {bounds})"]
    choices = [
        f".with_associated_input({maker.name}_task, [classes.{one.tag}], {bounds})"
        for maker in one.makers
    ]
    if len(choices) == 1:
        return choices
    inner = "".join(f"\n        {choice}" for choice in choices)
    return [f".with_alternatives(\n        alternative_associated_inputs(){inner}\n    )"]


def _meta_targets(step: Step, cascade: Cascade) -> list[str]:
    targets = list(_TARGETS[step.kind])
    if step.kind == "science":
        if step.source is None:
            targets.append("CALCHECKER")
        taken = {slot.item.tag for task in cascade.tasks for slot in (task.main, *task.others)}
        last = any(item.tag not in taken for _, item in step.task.products)
        if step.task.wanted or (step.task.joins_arms and last):
            targets.append("IDP")
    return targets


def task_functions() -> str:
    """Return the file of functions."""
    return HEAD.format(text="Functions of the tasks.") + (
        "from datetime import datetime\n\n\n"
        "def always(_reference, _file):\n"
        '    """Match every file: a static calibration holds for all data of its arm."""\n'
        "    return True\n\n\n"
        "def same_observation(reference, file):\n"
        '    """Match exposures of one observation in two arms, which tell its start alone."""\n'
        '    for key in ("instrume", "obs.id", "obs.targ.name"):\n'
        "        if _value(reference, key) != _value(file, key):\n"
        "            return False\n"
        '    if all(_value(file, key) is None for key in ("obs.id", "obs.targ.name")):\n'
        "        return False\n"
        '    starts = [_value(one, "obs.start") for one in (reference, file)]\n'
        "    try:\n"
        "        first, second = (datetime.fromisoformat(str(start)) for start in starts)\n"
        "    except ValueError:\n"
        "        # Without a start the block tells.\n"
        "        return True\n"
        f"    return abs((second - first).total_seconds()) < {SAME_START_S:g}\n\n\n"
        "def alike(keywords, number, factor):\n"
        '    """Return the rule: keywords are equal, a number is so within a factor."""\n\n'
        "    def fits(reference, file):\n"
        "        if any(_value(reference, key) != _value(file, key) for key in keywords):\n"
        "            return False\n"
        "        values = [float(_value(one, number) or 0) for one in (reference, file)]\n"
        "        return min(values) * factor >= max(values)\n\n"
        "    return fits\n\n\n"
        "def _value(file, key):\n"
        "    try:\n"
        "        return file[key]\n"
        "    except KeyError:\n"
        "        return None\n"
    )


def parameters(cascade: Cascade, steps: tuple[Step, ...]) -> str:
    """Return the parameter sets: one in which every recipe has its defaults."""
    lines = [
        "# Parameter sets. Written by soxs_reflex.generate from the association map.",
        "# A recipe's parameters go below the name of a task:",
        f"#     {steps[0].name}:",
        f'#       {cascade.instrument.lower()}.{steps[0].task.recipe}.<parameter>: "value"',
        "science_parameters:",
        "  is_default: yes",
        "  workflow_parameters: {}",
        "  recipe_parameters:",
    ]
    for step in steps:
        lines += [f"    {step.name}:", "      OMP_NUM_THREADS: 1"]
    return "\n".join(lines) + "\n"
