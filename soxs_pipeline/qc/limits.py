"""Quality-control values against their limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from soxs_pipeline.qc.definition import QcValue

__all__ = ["Limits", "Verdict", "judge"]

Grade = Literal["good", "bad", "unjudged"]


class Limits(Protocol):
    """Lowest and highest value that raise no alarm."""

    @property
    def low(self) -> float:
        """The lowest."""

    @property
    def high(self) -> float:
        """The highest."""


@dataclass(frozen=True)
class Verdict:
    """A measured value and what is to be thought of it.

    Parameters
    ----------
    value
        The value.
    grade
        ``good`` within the limits, ``bad`` outside, ``unjudged`` if there are none.
    low, high
        The limits, None if there are none.
    """

    value: QcValue
    grade: Grade
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        shown = self.value.value
        number = f"{shown:.6g}" if isinstance(shown, float) else str(shown)
        limits = f" (limits {self.low:g} to {self.high:g})" if self.low is not None else ""
        return f"{self.value.keyword.removeprefix('ESO QC ')} = {number}{limits}: {self.grade}"


def judge(values: Sequence[QcValue], limits: Mapping[str, Limits]) -> tuple[Verdict, ...]:
    """Judge each value by the limits of its key.

    Parameters
    ----------
    values
        What a recipe measured.
    limits
        By key of the QC dictionary (``RAW RON``), for the whole frame and every order alike;
        by keyword (``SNR MEDIAN O16``) for one order only, which outranks the former.
    """
    return tuple(_verdict(value, limits) for value in values)


def _verdict(value: QcValue, limits: Mapping[str, Limits]) -> Verdict:
    key = value.keyword.removeprefix("ESO QC ")
    limit = limits.get(key, limits.get(value.definition.key))
    if limit is None or isinstance(value.value, str):
        return Verdict(value, "unjudged")
    # A value that is not a number lies within no limits.
    inside = limit.low <= value.value <= limit.high
    return Verdict(value, "good" if inside else "bad", limit.low, limit.high)
