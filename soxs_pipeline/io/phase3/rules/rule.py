"""What a rule is, and what it sees of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Look", "Rule", "Rules"]


@dataclass(frozen=True)
class Look:
    """What a rule sees of a file.

    Parameters
    ----------
    path
        The file.
    units
        Its header-data units, an astropy HDUList.
    """

    path: Path
    units: Any

    @property
    def primary(self) -> Any:
        """The primary header."""
        return self.units[0].header

    @property
    def category(self) -> str:
        """Product category, empty if there is none."""
        return str(self.primary.get("PRODCATG", ""))

    def number(self, key: str, unit: int = 0) -> float | None:
        """Return a keyword as a number, None if it is missing or something else."""
        value = self.units[unit].header.get(key) if len(self.units) > unit else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return float(value)


Check = Callable[[Look], Iterator[str]]


@dataclass(frozen=True)
class Rule:
    """One rule.

    Parameters
    ----------
    name
        Short and stable, for reports.
    text
        What the rule asks, one sentence.
    categories
        Beginnings of the categories it holds for.
    check
        Yields a complaint for each breach.
    """

    name: str
    text: str
    categories: tuple[str, ...]
    check: Check

    def holds_for(self, category: str) -> bool:
        """Return True if files of this category must keep the rule."""
        return category.startswith(self.categories)


class Rules(list[Rule]):
    """A list that rules are entered into by decorating their checks."""

    def enter(self, name: str, text: str, *categories: str) -> Callable[[Check], Check]:
        """Return a decorator that enters a check.

        Parameters
        ----------
        name, text
            See `Rule`.
        *categories
            Beginnings of categories; all files if none.
        """

        def entered(check: Check) -> Check:
            self.append(Rule(name, text, categories or ("",), check))
            return check

        return entered
