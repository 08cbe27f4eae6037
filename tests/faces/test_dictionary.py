"""The dictionary of quality-control keywords holds all that recipes write."""

import re

from soxs_pipeline.runtime.registry import get
from soxs_reflex.description import recipe_names
from soxs_reflex.generate.write import PACKAGE

TEXT = (PACKAGE / "workflows" / "dictionary" / "ESO-DFS-DIC.SOXS_QC").read_text()
FIELDS = ("Parameter Name", "Class", "Context", "Type", "Value Format", "Unit", "Comment Field",
          "Description")  # fmt: skip


LINE = re.compile(r"^([A-Z][A-Za-z ]+?):[ \t]*(.*)$", re.MULTILINE)


def entries():
    return [
        dict(LINE.findall("Parameter Name:" + part))
        for part in TEXT.split("\nParameter Name:")[1:]
    ]


def test_every_entry_is_complete_and_unlike_the_others():
    found = entries()
    assert all(set(FIELDS) <= set(one) for one in found)
    names = [one["Parameter Name"] for one in found]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"QC [A-Z0-9 ]+( Oi)?", name) for name in names)


def test_every_keyword_that_a_recipe_may_write_is_there():
    names = {one["Parameter Name"] for one in entries()}
    for recipe in recipe_names():
        for one in get(recipe).qc:
            assert f"QC {one.key}{' Oi' if one.per_order else ''}" in names


def test_a_keyword_means_one_unit_whoever_writes_it():
    units = {}
    for recipe in recipe_names():
        for one in get(recipe).qc:
            units.setdefault((one.key, one.per_order), set()).add(one.unit)
    several = {key for (key, _), told in units.items() if len(told) > 1}
    # Of merged spectra it is in the unit of the spectrum, which the product tells.
    assert several == {"FLUX MEDIAN"}


def test_it_is_plain_ascii():
    TEXT.encode("ascii")
