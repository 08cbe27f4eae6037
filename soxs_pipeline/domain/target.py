"""Where the target is on the sky, as headers tell."""

from __future__ import annotations

import math
from dataclasses import dataclass

from soxs_pipeline.domain.header import Header

__all__ = ["Target", "target_of"]

_PACKED = ("ESO TEL TARG ALPHA", "ESO TEL TARG DELTA")


@dataclass(frozen=True)
class Target:
    """A place on the sky, ICRS.

    Parameters
    ----------
    ra_deg, dec_deg
        Right ascension and declination in degrees; NaN if unknown.
    pointing
        True if it is where the telescope pointed, for want of the target's own position.
    """

    ra_deg: float
    dec_deg: float
    pointing: bool

    @property
    def known(self) -> bool:
        """True if the position is known at all."""
        return math.isfinite(self.ra_deg) and math.isfinite(self.dec_deg)


def target_of(header: Header) -> Target:
    """Return the position of the target, or where the telescope pointed.

    The template's own ``TEL.TARG.ALPHA`` and ``DELTA`` come first: packed as ``HHMMSS.sss``
    and ``DDMMSS.sss``. ``RA`` and ``DEC`` are the pointing, offsets included.
    """
    alpha, delta = (_unpacked(header.number(key)) for key in _PACKED)
    if _on_sphere(15.0 * alpha, delta):
        return Target(15.0 * alpha, delta, pointing=False)
    ra, dec = header.number("RA"), header.number("DEC")
    if _on_sphere(ra, dec):
        return Target(ra, dec, pointing=True)
    return Target(math.nan, math.nan, pointing=True)


def _on_sphere(ra: float, dec: float) -> bool:
    return 0.0 <= ra < 360.0 and abs(dec) <= 90.0


def _unpacked(packed: float) -> float:
    """Return hours or degrees of a number packed as ``DDMMSS.sss``."""
    if not math.isfinite(packed):
        return math.nan
    size = abs(packed)
    whole, minutes, seconds = size // 10000, size // 100 % 100, size % 100
    if minutes >= 60 or seconds >= 60.0:
        return math.nan
    return math.copysign(whole + minutes / 60.0 + seconds / 3600.0, packed)
