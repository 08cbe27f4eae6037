"""Calibrations to frames: the best of those that fit, and why the others do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from soxs_pipeline.cascade.classify import DataFile, lookup, normalised
from soxs_pipeline.cascade.spec import CascadeMap, Group, Slot

__all__ = ["Candidate", "Choice", "Refusal", "Unmet", "choose"]

_SHOWN_REFUSALS = 3
#: Numbers below this are alike; exposure times have two decimals.
_LEAST = 0.01


@dataclass(frozen=True, eq=False)
class Candidate:
    """Files that can fill a slot, with what is to be said of the choice."""

    files: tuple[DataFile, ...]
    quality: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Choice:
    """A slot and all that can fill it, best first; empty if an optional slot stays empty.

    ``missed`` then says what would have filled it and why nothing does.
    """

    slot: Slot
    candidates: tuple[Candidate, ...]
    missed: Unmet | None = None

    @property
    def files(self) -> tuple[DataFile, ...]:
        """The files of the best candidate."""
        return self.candidates[0].files if self.candidates else ()


@dataclass(frozen=True, eq=False)
class Refusal:
    """A file that could have filled a slot, and why it does not.

    ``lacks`` is not empty if it would fit but cannot be made.
    """

    file: DataFile
    reason: str
    lacks: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = f"that of {self.file.origin}" if self.file.maker else self.file.origin
        return f"{what}: {self.reason}"


@dataclass(frozen=True, eq=False)
class Unmet:
    """A slot that cannot be filled.

    Parameters
    ----------
    slot
        The slot.
    wanted
        What would have fitted, in words.
    refusals
        Files of the kind that do not fit, the nearest first.
    source
        What it could be made from, in words.
    """

    slot: Slot
    wanted: str
    refusals: tuple[Refusal, ...]
    source: str = ""

    @property
    def roots(self) -> tuple[str, ...]:
        """What is missing in the end: if it could not be made, what its making lacks."""
        lacks = next((refusal.lacks for refusal in self.refusals if refusal.lacks), ())
        return lacks or (str(self),)

    def __str__(self) -> str:
        told = [str(refusal) for refusal in self.refusals[:_SHOWN_REFUSALS]]
        more = len(self.refusals) - len(told)
        told += [f"{more} more"] if more > 0 else []
        why = "; ".join(told) or self.source
        return f"no {self.wanted}" + (f": {why}" if why else "")


@dataclass(frozen=True, eq=False)
class _Fit:
    file: DataFile
    rank: tuple[float, ...]
    quality: int
    remarks: tuple[str, ...]


def choose(
    slot: Slot,
    pool: Sequence[DataFile],
    main: DataFile,
    cascade: CascadeMap,
    *,
    any_age: bool = False,
) -> Choice | Unmet:
    """Return the candidates for a slot, best first, or why there is none.

    Every ``match`` keyword must be equal; if a keyword is missing on one side it counts as
    equal but ranks below a true match. ``relax`` keywords may differ as a last resort. Among
    the rest the nearest in the ``nearest`` keywords wins (in factors), then the best level,
    then the nearest in time.

    Parameters
    ----------
    slot, main, cascade
        What is sought, the frame it is sought for, the map.
    pool
        Files of the slot's item.
    any_age
        True if the user chose the files, so that no age refuses them.
    """
    fits: list[_Fit] = []
    refusals: list[Refusal] = []
    for file in pool:
        found = _fit(slot, file, main, cascade, any_age=any_age)
        if isinstance(found, Refusal):
            refusals.append(found)
        else:
            fits.append(found)
    fits.sort(key=lambda fit: (fit.rank, fit.file.name))
    candidates = _together(fits) if slot.most is None else [
        Candidate((fit.file,), fit.quality, fit.remarks) for fit in fits
    ]  # fmt: skip
    candidates = [c for c in candidates if len(c.files) >= slot.least]
    if candidates:
        return Choice(slot, tuple(candidates))
    refusals.sort(key=lambda refusal: _distance(refusal.file, main))
    missed = Unmet(slot, _wanted(slot, main, cascade), tuple(refusals))
    return missed if slot.least else Choice(slot, (), missed)


def _together(fits: Sequence[_Fit]) -> list[Candidate]:
    """Gather files of one template and exposure time, which are used together."""
    groups: dict[tuple[object, ...], list[_Fit]] = {}
    for fit in fits:
        header = fit.file.header
        key = (normalised(header.get("TPL.START")), normalised(header.get("EXPTIME")))
        groups.setdefault(key, []).append(fit)
    return [
        Candidate(tuple(fit.file for fit in group), group[0].quality, group[0].remarks)
        for group in groups.values()
    ]


def _fit(
    slot: Slot, file: DataFile, main: DataFile, cascade: CascadeMap, *, any_age: bool
) -> _Fit | Refusal:
    differing, unknown = _compare(slot, file, main, cascade)
    hard = [key for key in differing if key not in slot.relax]
    if hard:
        return Refusal(file, "; ".join(_difference(k, file, main, cascade) for k in hard))
    remarks = [
        f"{slot.name}: {_difference(key, file, main, cascade)}; nothing better was found"
        for key in differing
    ]
    remarks += [
        f"{slot.name}: {_keyword(key, main, cascade)} is not in both headers, taken as equal"
        for key in unknown
    ]
    days = _distance(file, main)
    quality = _level(slot, days)
    if quality is None and not any_age and math.isfinite(days):
        longest = max(level.days for level in slot.levels)
        return Refusal(file, f"{days:.1f} days away, at most {longest:g} are allowed")
    if file.blocked:
        return Refusal(file, "cannot be made", file.blocked)
    if quality and math.isfinite(days):
        remarks.append(f"{slot.name}: taken {days:.1f} days from the frame")
    if quality is None and not math.isfinite(days):
        remarks.append(f"{slot.name}: its time is unknown")
    worst = max((level.quality for level in slot.levels), default=-1) + 1
    quality = worst if quality is None else quality
    off = [_offset(key, file, main, cascade) for key in slot.nearest]
    rank = (len(differing), len(unknown), *off, quality, days)
    return _Fit(file, rank, quality, tuple(remarks))


def _compare(
    slot: Slot, file: DataFile, main: DataFile, cascade: CascadeMap
) -> tuple[list[str], list[str]]:
    differing: list[str] = []
    unknown: list[str] = []
    for key in slot.match:
        got, wanted = lookup(file, key, cascade), lookup(main, key, cascade)
        if got == wanted:
            continue
        (unknown if got is None or wanted is None else differing).append(key)
    return differing, unknown


def _level(slot: Slot, days: float) -> int | None:
    """Return the quality of the best level that holds, None if there is none."""
    if not slot.levels:
        return 0
    held = [level.quality for level in slot.levels if days <= level.days]
    return min(held, default=None)


def _distance(file: DataFile, main: DataFile) -> float:
    days = abs(file.mjd - main.mjd)
    return days if math.isfinite(days) else math.inf


def _offset(key: str, file: DataFile, main: DataFile, cascade: CascadeMap) -> float:
    """Return how far a value is from the one wanted, in factors.

    For a frame of 150 s a dark of 600 s serves better than one of 15 s, whose noise would be
    scaled by ten. Times differ in headers by 1e-4 s, which must not count.
    """
    got, wanted = lookup(file, key, cascade), lookup(main, key, cascade)
    if isinstance(got, float) and isinstance(wanted, float):
        return round(abs(math.log(max(got, _LEAST) / max(wanted, _LEAST))), 3)
    return 0.0 if got == wanted else math.inf


def _keyword(key: str, file: DataFile, cascade: CascadeMap) -> str:
    spelt = cascade.aliases.get(key, {}).get(file.arm, key)
    return spelt if spelt in {"INSTRUME", "MJD-OBS", "EXPTIME"} else spelt.replace(".", " ")


def _difference(key: str, file: DataFile, main: DataFile, cascade: CascadeMap) -> str:
    got, wanted = (_shown(lookup(f, key, cascade)) for f in (file, main))
    return f"{_keyword(key, main, cascade)} is {got}, wanted {wanted}"


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _wanted(slot: Slot, main: DataFile, cascade: CascadeMap) -> str:
    """Say in words what would fill a slot."""
    arm = main.arm if slot.applies_to(main.arm) else ""
    words = f"{slot.tag_for(arm)} ({slot.item.in_sentence})"
    values = {key: lookup(main, key, cascade) for key in slot.match if key not in slot.relax}
    told = [
        f"{_keyword(key, main, cascade)} {_shown(value)}"
        for key, value in values.items()
        if value is not None and key not in {"INSTRUME", "SEQ.ARM"}
    ]
    if told:
        words += " with " + ", ".join(told)
    if slot.levels and slot.item.group is not Group.CALIB:
        words += f" within {max(level.days for level in slot.levels):g} days"
    return words
