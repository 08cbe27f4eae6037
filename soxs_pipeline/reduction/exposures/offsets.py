"""Where along the slit each exposure of a sequence was taken, as its header tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.errors import InputError

__all__ = ["Step", "pair_of", "ratio_of", "sequence_of"]

#: Offset along the slit from the start of the sequence, and from the exposure before.
_ALONG, _NEXT_ALONG = "ESO SEQ CUMOFF Y", "ESO SEQ RELOFF Y"


@dataclass(frozen=True)
class Step:
    """One exposure of a sequence.

    Parameters
    ----------
    raw
        The exposure.
    along
        Offset in arcsec along the slit, as its header tells.
    """

    raw: RawFrame
    along: float


def sequence_of(raws: Sequence[RawFrame]) -> list[Step]:
    """Return the exposures of a sequence by time, each once, with their offsets.

    Parameters
    ----------
    raws
        The exposures, in any order, with repeats.

    Raises
    ------
    InputError
        If an exposure's header tells no offset.
    """
    once = {raw.name: raw for raw in raws}
    ordered = sorted(once.values(), key=lambda raw: (raw.header.number("MJD-OBS"), raw.name))
    for key, relative in ((_ALONG, False), (_NEXT_ALONG, True)):
        along = np.array([raw.header.number(key) for raw in ordered])
        if np.isfinite(along).all():
            # The offset written with the first exposure is how the telescope came to it.
            along = np.cumsum([0.0, *along[1:]]) if relative else along
            return [Step(raw, float(at)) for raw, at in zip(ordered, along, strict=True)]
    lacking = next(raw for raw in ordered if not np.isfinite(raw.header.number(_ALONG)))
    raise InputError(
        f"{lacking.name}: the header does not tell where the telescope pointed",
        wanted=f"{_ALONG} or {_NEXT_ALONG} in every exposure of the sequence",
        remedy="add the keyword, or reduce the exposure with soxs_stare",
    )


def pair_of(steps: Sequence[Step], name: str, least_throw: float) -> tuple[Step, Step | None]:
    """Return an exposure and its own partner at the other end of the nod, None if there is none.

    Each exposure is the partner of one other only, so that no two results share noise: the first
    at one end goes with the first at the other, and so on. Where the numbers differ the last
    ones have no partner.

    Parameters
    ----------
    steps
        The sequence.
    name
        Of the exposure.
    least_throw
        Positions closer than this, in arcsec, are not two ends.
    """
    along = np.array([step.along for step in steps])
    here = next(step for step in steps if step.raw.name == name)
    if np.ptp(along) < least_throw:
        return here, None
    middle = 0.5 * (along.min() + along.max())
    ends = [s for s in steps if s.along >= middle], [s for s in steps if s.along < middle]
    mine, others = ends if here in ends[0] else ends[::-1]
    rank = mine.index(here)
    if rank >= len(others) or abs(others[rank].along - here.along) < least_throw:
        return here, None
    return here, others[rank]


def ratio_of(raw: RawFrame, other: Step | None) -> float:
    """Return exposure time over the other's, 1 if unknown."""
    if other is None:
        return 1.0
    ratio = raw.header.number("EXPTIME") / other.raw.header.number("EXPTIME")
    return ratio if ratio > 0 else 1.0
