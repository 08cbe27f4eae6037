"""Keywords, classification, rules and data sources of the EDPS workflow."""

from __future__ import annotations

from collections.abc import Iterator

from soxs_pipeline.cascade import Cascade
from soxs_pipeline.cascade.spec import Group, Slot
from soxs_reflex.generate.edps.words import HEAD, fits_keyword, listed, name_of, used_keywords
from soxs_reflex.generate.nodes import Step

__all__ = ["classification", "datasources", "keywords", "match_name", "matches", "rules"]

#: Level of an association for which a keyword had to be given up.
_RELAXED = 5
#: Days within which a calibration is looked for if the map sets no limit.
_ANY = "UNLIMITED"
#: Of numbers the nearest is preferred: those within these factors, in their order.
_NUMBERS, _FACTORS = ("EXPTIME",), (2.0, 5.0, 12.0, 40.0, 200.0)


def keywords(cascade: Cascade) -> str:
    """Return the file of header keywords."""
    lines = [f'{name_of(key)} = "{key.lower()}"' for key in used_keywords(cascade)]
    return HEAD.format(text="Header keywords.") + "\n".join(lines) + "\n"


def rules(cascade: Cascade) -> str:
    """Return the file of rules: how a raw file gets its tag."""
    keys = ",\n    ".join(f"kwd.{name_of(key)}" for key in used_keywords(cascade))
    return HEAD.format(text="How a raw file gets its tag.") + (
        "from soxs_pipeline.cascade import load\n"
        "from soxs_pipeline.cascade.classify import Classified\n\n"
        "from . import soxs_keywords as kwd\n\n"
        f'_CASCADE = load("{cascade.instrument}")\n'
        f"_KEYWORDS = (\n    {keys},\n)\n\n\n"
        "def tag_of(file):\n"
        '    """Return the tag of a raw file, empty if the map has no place for it."""\n'
        "    header = {}\n"
        "    for key in _KEYWORDS:\n"
        "        try:\n"
        "            value = file[key]\n"
        "        except KeyError:\n"
        "            value = None\n"
        "        if value is not None:\n"
        "            header[key.upper()] = value\n"
        "    if header.get(kwd.pro_catg.upper()):\n"
        '        return ""\n'
        "    found = _CASCADE.classify(header)\n"
        "    if not isinstance(found, Classified):\n"
        '        return ""\n'
        "    return found.item.tag_for(found.arm)\n\n\n"
        "def has_tag(tag):\n"
        '    """Return the rule that a raw file has this tag."""\n'
        "    return lambda file: tag_of(file) == tag\n"
    )


def _tags(cascade: Cascade, steps: tuple[Step, ...], group: Group) -> Iterator[tuple[str, str]]:
    """Yield the tags in use and their meaning, in the order of the map."""
    used = {step.main_tag for step in steps}
    used |= {found.tag for step in steps for found in step.inputs}
    used |= {tag for step in steps for tag in step.products}
    for item in cascade.items:
        if item.group is group:
            for arm in (*cascade.arms, ""):
                if item.tag_for(arm) in used:
                    yield item.tag_for(arm), f"{item.doc}{f', {arm}' if arm else ''}"


def classification(cascade: Cascade, steps: tuple[Step, ...]) -> str:
    """Return the file of classification rules."""
    lines = ["# --- raw files"]
    lines += [
        f'{tag.lower()}_class = classification_rule("{tag}", has_tag("{tag}"))  # {doc}'
        for tag, doc in _tags(cascade, steps, Group.RAW)
    ]
    for title, group in (
        ("static calibrations", Group.CALIB), ("products", Group.PRODUCT)
    ):  # fmt: skip
        lines += ["", f"# --- {title}"]
        lines += [
            f'{tag} = classification_rule("{tag}", {{kwd.pro_catg: "{tag}"}})  # {doc}'
            for tag, doc in _tags(cascade, steps, group)
        ]
    return (
        HEAD.format(text="What a file is.")
        + "from edps import classification_rule\n\n"
        + "from . import soxs_keywords as kwd\nfrom .soxs_rules import has_tag\n\n"
        + "\n".join(lines)
        + "\n"
    )


def datasources(cascade: Cascade, steps: tuple[Step, ...]) -> str:
    """Return the file of data sources: raw files in groups, and static calibrations."""
    raw = {tag for tag, _ in _tags(cascade, steps, Group.RAW)}
    blocks = [_raw_source(tag, cascade, steps) for tag in sorted(raw)]
    for tag, _ in _tags(cascade, steps, Group.CALIB):
        arm = tag.rpartition("_")[2]
        blocks.append(
            f'static_{tag.lower()} = (\n    data_source("{tag}")\n'
            f"    .with_classification_rule(classes.{tag})\n"
            f"    .with_setup_keywords({listed(['SEQ.ARM'], arm, cascade)})\n"
            "    .with_match_function(always, time_range=UNLIMITED, level=0)\n    .build()\n)"
        )
    return (
        HEAD.format(text="Raw files in groups, and static calibrations.")
        + "from edps import data_source\n"
        + "from edps.generator.time_range import UNLIMITED\n\n"
        + "from . import soxs_classification as classes\nfrom . import soxs_keywords as kwd\n"
        + "from .soxs_task_functions import always\n\n"
        + "\n\n".join(blocks)
        + "\n"
    )


def _raw_source(tag: str, cascade: Cascade, steps: tuple[Step, ...]) -> str:
    arm = tag.rpartition("_")[2]
    mine = [step for step in steps if step.main_tag == tag and step.source is None]
    group_by = mine[0].group_by if mine and mine[0].group_by else ("ARCFILE",)
    setup = [key for key in group_by if key not in {"TPL.START", "ARCFILE", "OBS.START"}]
    return (
        f'raw_{tag.lower()} = (\n    data_source("{tag}")\n'
        f"    .with_classification_rule(classes.{tag.lower()}_class)\n"
        f"    .with_grouping_keywords({listed(group_by, arm, cascade)})\n"
        f"    .with_setup_keywords({listed(setup or ['INSTRUME', 'SEQ.ARM'], arm, cascade)})\n"
        f"    .with_match_keywords({listed(['INSTRUME', 'SEQ.ARM'], arm, cascade)}, "
        "time_range=UNLIMITED, level=3)\n    .build()\n)"
    )


def match_name(slot: Slot, arm: str, cascade: Cascade) -> str:
    """Return the name of the match rules of a slot: equal rules have equal names."""
    keys = [fits_keyword(key, arm, cascade) for key in slot.match]
    words = "_".join(name_of(key) for key in keys) or "any"
    ages = "_".join(f"{level.days:g}" for level in slot.levels) or "any"
    relaxed = "_relaxed" if slot.relax else ""
    near = "".join(f"_near_{name_of(fits_keyword(key, arm, cascade))}" for key in slot.nearest)
    return f"same_{words}_within_{ages}{relaxed}{near}".replace(".", "p")


def matches(slot: Slot, arm: str, cascade: Cascade) -> str:
    """Return the match rules of a slot as source text; the last has given up what it may."""
    lines = ["match_rules()"]
    ranges = [
        (f"RelativeTimeRange(-{level.days:g}, {level.days:g})", level.quality)
        for level in slot.levels
    ] or [(_ANY, 0)]
    # EDPS knows no nearest value but that of time: what is equal comes first, and has levels
    # below zero, which are better than what a calibration plan asks for; what is alike follows.
    better = len(ranges) if slot.nearest else 0
    for span, quality in ranges:
        lines.append(
            f".with_match_keywords({listed((*slot.match, *slot.nearest), arm, cascade)}, "
            f"time_range={span}, level={quality - better})"
        )
    for key in (key for key in slot.nearest if key in _NUMBERS):
        name = name_of(fits_keyword(key, arm, cascade))
        for quality, factor in enumerate(_FACTORS):
            lines.append(
                f".with_match_function(alike({listed(slot.match, arm, cascade)}, kwd.{name}, "
                f"{factor:g}), time_range={ranges[-1][0]}, level={quality})"
            )
    if slot.relax or slot.nearest:
        kept = [key for key in slot.match if key not in slot.relax]
        lines.append(
            f".with_match_keywords({listed(kept, arm, cascade)}, "
            f"time_range={ranges[-1][0]}, level={_RELAXED})"
        )
    return "(\n    " + "\n    ".join(lines) + "\n)"
