"""Check files against ESO's standard, rule by rule."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from soxs_pipeline.io.fits_headers import read_header
from soxs_pipeline.io.phase3.rules import every_file, image, science, spectrum
from soxs_pipeline.io.phase3.rules.rule import Look, Rule

__all__ = ["RULES", "Breach", "CheckedFile", "check_batch", "check_file"]

#: All rules, the general ones first.
RULES: tuple[Rule, ...] = (*every_file.RULES, *science.RULES, *spectrum.RULES, *image.RULES)


@dataclass(frozen=True)
class Breach:
    """A rule that a file breaks.

    Parameters
    ----------
    rule
        Name of the rule.
    what
        What is wrong.
    """

    rule: str
    what: str


@dataclass(frozen=True)
class CheckedFile:
    """What was found of a file.

    Parameters
    ----------
    path
        The file.
    category
        Its category.
    rules
        Number of rules it was held against.
    breaches
        What is wrong.
    title
        Of a spectrum, empty otherwise.
    """

    path: Path
    category: str
    rules: int
    breaches: tuple[Breach, ...]
    title: str = ""


def check_file(path: Path | str) -> CheckedFile:
    """Hold a file against all rules of its category.

    Parameters
    ----------
    path
        A FITS file, as it would be submitted.

    Raises
    ------
    InputError
        If the file cannot be read as FITS.
    """
    path = Path(path)
    read_header(path)  # says in one sentence what is wrong with a file that is no FITS at all
    with warnings.catch_warnings():
        # A wrong checksum is a breach of its own; astropy's warning adds nothing.
        warnings.simplefilter("ignore", AstropyUserWarning)
        with fits.open(path, checksum=True, memmap=False) as units:
            look = Look(path, units)
            rules = [rule for rule in RULES if rule.holds_for(look.category)]
            breaches = tuple(
                Breach(rule.name, what) for rule in rules for what in rule.check(look)
            )
            title = str(units[1].header.get("TITLE", "")) if len(units) > 1 else ""
            return CheckedFile(path, look.category, len(rules), breaches, title)


def check_batch(paths: Sequence[Path | str]) -> list[CheckedFile]:
    """Check files that are to be submitted together: names and titles must differ, too.

    Raises
    ------
    InputError
        If a file cannot be read as FITS.
    """
    found = [check_file(path) for path in paths]
    names: dict[str, Path] = {}
    titles: dict[str, Path] = {}
    checked = []
    for one in found:
        more = []
        if one.path.name in names:
            more.append(Breach("BATCH_NAME", f"{names[one.path.name]} has the same name"))
        if one.title and one.title in titles:
            more.append(Breach("BATCH_TITLE", f"TITLE is that of {titles[one.title].name}"))
        names.setdefault(one.path.name, one.path)
        titles.setdefault(one.title, one.path)
        checked.append(replace(one, breaches=(*one.breaches, *more)))
    return checked
