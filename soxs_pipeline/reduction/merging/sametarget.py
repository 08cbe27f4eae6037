"""Whether all exposures that are merged hold the same object."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from soxs_pipeline.domain.spectra import OrderSpectra

__all__ = ["about_targets"]

#: Places on the slit, from where the telescope pointed, that are not of one object, in arcsec:
#: refraction between the arms, and the error of an offset, are less.
_APART_ARCSEC = 0.8
#: Exposures that a remark names at most.
_MOST_NAMED = 3


def about_targets(exposures: Sequence[OrderSpectra]) -> list[str]:
    """Say so if some exposures hold another object than most.

    Parameters
    ----------
    exposures
        Spectra by order; what does not know where its target was does not count.
    """
    known = [one for one in exposures if math.isfinite(one.away_arcsec)]
    if len(known) < 2:
        return []
    arms: dict[str, list[float]] = {}
    for one in known:
        arms.setdefault(one.arm, []).append(one.away_arcsec)
    places = {arm: median(values) for arm, values in arms.items()}
    if max(places.values()) - min(places.values()) > _APART_ARCSEC:
        told = ", ".join(f"{arm} {place:+.1f}" for arm, place in places.items())
        said = (
            f"the arms hold different objects: {told} arcsec from where the telescope pointed; "
            "'position' of the sky subtraction tells which to take"
        )
        return [said]
    others = [one for one in known if abs(one.away_arcsec - places[one.arm]) > _APART_ARCSEC]
    if not others:
        return []
    if 2 * len(others) > len(known):
        said = (
            "the target is not where the offsets in the headers put it: they may run the other "
            "way along the slit"
        )
        return [said]
    named = ", ".join(f"{one.arm} {one.header.text('DATE-OBS')}" for one in others[:_MOST_NAMED])
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    return [f"another object than in most exposures is that of {named}{more}"]
