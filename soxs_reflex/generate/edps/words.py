"""How things of the map are spelt in an EDPS workflow."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from soxs_pipeline.cascade import Cascade

__all__ = ["HEAD", "fits_keyword", "listed", "name_of", "used_keywords"]

HEAD = '"""{text} Written by soxs_reflex.generate from the association map."""\n\n'


def name_of(key: str) -> str:
    """Return the Python name of a header keyword: ``DET.READ.CURID`` as ``det_read_curid``."""
    name = re.sub(r"\W+", "_", key.lower())
    return f"{name}_" if keyword.iskeyword(name) or hasattr(builtins, name) else name


def fits_keyword(key: str, arm: str, cascade: Cascade) -> str:
    """Return a keyword as EDPS writes it, and as the arm's headers have it."""
    return cascade.aliases.get(key, {}).get(arm, key).lower()


def listed(keys: Iterable[str], arm: str, cascade: Cascade) -> str:
    """Return a list of keywords as source text."""
    names = (name_of(cascade.aliases.get(key, {}).get(arm, key)) for key in dict.fromkeys(keys))
    return "[" + ", ".join(f"kwd.{name}" for name in names) + "]"


def used_keywords(cascade: Cascade) -> tuple[str, ...]:
    """Return all keywords of the map, aliases resolved, sorted."""
    keys = {"INSTRUME", "PRO.CATG", "ARCFILE", "MJD-OBS"}
    for item in cascade.items:
        keys |= {key for rule in item.rules for key, _ in rule.keywords}
    for rejection in cascade.rejected:
        keys |= {key for key, _ in rejection.rule.keywords}
    for task in cascade.tasks:
        keys |= set(task.group_by)
        for slot in (task.main, *task.others):
            keys |= {*slot.match, *slot.relax, *slot.nearest}
    spelt = set()
    for key in keys:
        spelt |= set(cascade.aliases.get(key, {"": key}).values())
    # Classification looks at these first.
    first = {"DPR.CATG", "DPR.TYPE", "DPR.TECH", "SEQ.ARM", *cascade.namers.values()}
    return tuple(sorted(spelt | first))
