"""Which exposures of an offset sequence are of the object, and which of the sky beside it.

No sign tells it: offsets may lead anywhere. What counts is how far an exposure is from where the
object was, in whatever way the headers tell the way there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.errors import InputError

__all__ = ["Pointing", "neighbours_in_time", "pointings_of"]

Floats = NDArray[np.float64]

#: Offsets from the start of the sequence, and from the exposure before, in arcsec.
_TOTALS = (
    ("ESO SEQ CUMOFF RA", "ESO SEQ CUMOFF DEC"),
    ("ESO SEQ CUMOFF X", "ESO SEQ CUMOFF Y"),
)
_STEPS = (
    ("ESO SEQ RELOFF RA", "ESO SEQ RELOFF DEC"),
    ("ESO SEQ RELOFF X", "ESO SEQ RELOFF Y"),
)
_FIXED = ("ESO SEQ FIXOFF RA", "ESO SEQ FIXOFF DEC")
_TYPE_KEYS = ("ESO DPR TYPE", "ESO DPR TECH")
#: Pointings closer than this, in arcsec, are the same: guiding moves them about.
_SAME_ARCSEC = 1.0
#: Offsets that templates write are exact: from this on, in arcsec, they are meant.
_STEP_ARCSEC = 0.05


@dataclass(frozen=True)
class Pointing:
    """One exposure of an offset sequence.

    Parameters
    ----------
    raw
        The exposure.
    away_arcsec
        Distance from the object's place; NaN if the header only says what it is of.
    of_sky
        True for an exposure of the sky.
    """

    raw: RawFrame
    away_arcsec: float
    of_sky: bool


def pointings_of(
    raws: Sequence[RawFrame], *, least_throw: float, first: Literal["object", "sky"] = "object"
) -> list[Pointing]:
    """Return the exposures of a sequence by time, each once, and what each is of.

    Looked for in turn: ``SKY`` in the type or technique of the exposure; total offsets
    (``SEQ.CUMOFF``); relative offsets (``SEQ.RELOFF``); the telescope's position (``RA``,
    ``DEC``); the offset of the template (``SEQ.FIXOFF``), which is either where an exposure is, or
    the way that led to it, or the same in all exposures of a sequence that goes to and fro. Where
    an offset is zero is the object; if it is so nowhere, the first exposure is of it.

    Parameters
    ----------
    raws
        The exposures, in any order, with repeats.
    least_throw
        An exposure further than this from the object, in arcsec, is of the sky.
    first
        What the first exposure is of.

    Raises
    ------
    InputError
        If there are several exposures and no header tells where they point.
    """
    once = {raw.name: raw for raw in raws}
    ordered = sorted(once.values(), key=lambda raw: (raw.header.number("MJD-OBS"), raw.name))
    named = [_says_sky(raw) for raw in ordered]
    if any(named):
        return [Pointing(raw, np.nan, sky) for raw, sky in zip(ordered, named, strict=True)]
    if len(ordered) == 1:
        return [Pointing(ordered[0], 0.0, first == "sky")]
    away = _distances(ordered)
    if away is None:
        raise InputError(
            f"{ordered[0].name} and those with it do not tell where the telescope pointed",
            wanted=f"{_TOTALS[0][0]}, {_STEPS[0][0]}, {_FIXED[0]}, or RA and DEC that differ",
            remedy="add the keywords, or reduce the exposures with soxs_stare",
        )
    elsewhere = away >= least_throw
    # If the exposure that distances count from is of the sky, the object is elsewhere.
    of_sky = elsewhere if first == "object" or elsewhere[0] else ~elsewhere
    return [
        Pointing(raw, float(distance), bool(sky))
        for raw, distance, sky in zip(ordered, away, of_sky, strict=True)
    ]


def _says_sky(raw: RawFrame) -> bool:
    words = ",".join(raw.header.text(key) for key in _TYPE_KEYS).upper().split(",")
    return "SKY" in {word.strip() for word in words}


def _distances(ordered: Sequence[RawFrame]) -> Floats | None:
    """Return the distance of each exposure from where offsets are zero, or from the first.

    None if no header tells it.
    """
    totals = [_pairs(ordered, keys) for keys in _TOTALS]
    steps = [_pairs(ordered, keys) for keys in _STEPS]
    # The step written with the first exposure is how the telescope came to it.
    steps = [
        None if s is None else np.cumsum(np.vstack((0 * s[:1], s[1:])), axis=0) for s in steps
    ]
    for places in (*totals, *steps, _on_sky(ordered)):
        if places is not None:
            away = np.hypot(*(places - _origin(places)).T)
            if away.max() > _SAME_ARCSEC:
                return np.asarray(away)
    told = _by_template(ordered)
    if told is not None:
        return told
    # Steps of a narrow scan are short, but it was the template that made them.
    for places in (*totals, *steps):
        if places is not None and np.ptp(places, axis=0).max() > _STEP_ARCSEC:
            return np.asarray(np.hypot(*(places - places[0]).T))
    return None


def _origin(places: Floats) -> Floats:
    """Return where the object is: where the offset is zero, for there the sequence was acquired.

    If no exposure is there, it is where the first one is.
    """
    at_zero = np.hypot(*places.T) < _STEP_ARCSEC
    return np.asarray(places[np.argmax(at_zero)] if at_zero.any() else places[0])


def _pairs(ordered: Sequence[RawFrame], keys: tuple[str, str]) -> Floats | None:
    values = np.array([[raw.header.number(key) for key in keys] for raw in ordered])
    return values if np.isfinite(values).all() else None


def _on_sky(ordered: Sequence[RawFrame]) -> Floats | None:
    places = _pairs(ordered, ("RA", "DEC"))
    if places is None:
        return None
    ra = (places[:, 0] - places[0, 0] + 180.0) % 360.0 - 180.0
    east = ra * np.cos(np.deg2rad(places[0, 1]))
    return 3600.0 * np.column_stack((east, places[:, 1]))


def _by_template(ordered: Sequence[RawFrame]) -> Floats | None:
    """Return distances by the offset of the template, as the template may mean it."""
    offsets = _pairs(ordered, _FIXED)
    if offsets is None or not np.hypot(*offsets.T).max() > _SAME_ARCSEC:
        return None
    from_first = np.hypot(*(offsets - offsets[0]).T)
    if from_first.max() > _SAME_ARCSEC:
        zero = np.hypot(*offsets.T) < _SAME_ARCSEC
        # Where some are zero they are the object's; else there are ways to and ways back.
        return np.hypot(*offsets.T) if zero.any() else from_first
    throw = float(np.hypot(*offsets[0]))
    return np.where(np.arange(len(ordered)) % 2 == 0, 0.0, throw)


def neighbours_in_time(
    pointings: Sequence[Pointing], name: str
) -> tuple[tuple[Pointing, float], ...]:
    """Return the exposures of the sky around one of the object, with weights that sum to one.

    The last before and the first after it: airglow changes steadily in between. One alone, if
    there is none on the other side.

    Parameters
    ----------
    pointings
        The sequence by time.
    name
        Of the exposure of the object.
    """
    here = next(k for k, one in enumerate(pointings) if one.raw.name == name)
    before = [one for one in pointings[:here] if one.of_sky][-1:]
    after = [one for one in pointings[here + 1 :] if one.of_sky][:1]
    found = [*before, *after]
    if len(found) < 2:
        return tuple((one, 1.0) for one in found)
    first, middle, last = (_middle(one.raw) for one in (found[0], pointings[here], found[1]))
    share = (middle - first) / (last - first) if last > first else 0.5
    share = float(np.clip(share, 0.0, 1.0))
    return (found[0], 1.0 - share), (found[1], share)


def _middle(raw: RawFrame) -> float:
    seconds = raw.header.number("EXPTIME", 0.0)
    return raw.header.number("MJD-OBS") + 0.5 * seconds / 86400.0
