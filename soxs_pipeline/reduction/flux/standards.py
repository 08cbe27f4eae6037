"""Which standard star an exposure shows."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.flux import FluxStandards
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import UnprocessableDataError

__all__ = ["find_standard", "plain_name"]

#: A star further than this from the pointing is another one; old positions lack proper motion.
_FARTHEST_ARCMIN = 3.0


def plain_name(name: str) -> str:
    """Return a star's name as it is compared: no prefix ``STD,``, no blanks, dashes or case."""
    bare = re.sub(r"^\s*STD\s*,\s*", "", name.upper())
    return re.sub(r"[\s_]+", "", bare).replace("-", "") if bare else ""


def find_standard(header: Header, standards: FluxStandards) -> int:
    """Return the row of the star that a header speaks of, by its name, else by its position.

    Raises
    ------
    UnprocessableDataError
        If the table knows no such star.
    """
    told = [header.text(key) for key in ("OBS.TARG.NAME", "OBJECT")]
    wanted = {plain_name(name) for name in told} - {""}
    for row, name in enumerate(standards.names):
        known = {plain_name(other) for other in (name, *standards.synonyms[row])}
        if wanted & known:
            return row
    distance = _distances_arcmin(header.number("RA"), header.number("DEC"), standards)
    nearest = int(np.argmin(distance)) if np.isfinite(distance).all() else -1
    if nearest >= 0 and distance[nearest] <= _FARTHEST_ARCMIN:
        return nearest
    shown = next((name for name in told if name), "a star without name")
    where = f"; the nearest is {distance[nearest]:.0f} arcmin away" if nearest >= 0 else ""
    raise UnprocessableDataError(
        f"{shown} is no flux standard that the table knows{where}",
        wanted=f"one of {', '.join(standards.names)}",
        remedy="check OBJECT, RA and DEC, or give a table of standards that holds the star",
    )


def _distances_arcmin(ra: float, dec: float, standards: FluxStandards) -> NDArray[np.float64]:
    a, d = np.radians(ra), np.radians(dec)
    b, e = np.radians(standards.ra_deg), np.radians(standards.dec_deg)
    half = np.sin((e - d) / 2) ** 2 + np.cos(d) * np.cos(e) * np.sin((b - a) / 2) ** 2
    return np.asarray(np.degrees(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))) * 60.0)
