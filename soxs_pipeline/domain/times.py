"""Start and length of an exposure where a header tells them in another way than usual."""

from __future__ import annotations

import math
from collections.abc import Mapping

from soxs_pipeline.cascade.classify import modified_julian_date

__all__ = ["told_otherwise", "wrong_exposure_time"]

#: Where detectors' own keywords tell the length of one integration, tried in this order.
_EXPOSURE_KEYWORDS = (
    "ESO DET SEQ1 DIT",
    "ESO DET UIT1",
    "ESO DET3 EXPO TIME",
    "ESO DET3 SEQ1 DIT",
    "ESO DET3 SEQ1 REALTIME",
)
#: Frames without light, which may have taken no time.
_UNLIT = ("BIAS", "DARK")


def told_otherwise(cards: Mapping[str, object]) -> dict[str, object]:
    """Return ``EXPTIME`` and ``MJD-OBS`` if they are missing or nonsense, and other cards tell.

    Parameters
    ----------
    cards
        Header of a raw frame, keywords without ``HIERARCH``.

    Returns
    -------
    dict
        Cards to set; empty if the header is as it should be, or tells nothing better.
    """
    better: dict[str, object] = {}
    if not _exposure_time(cards) > 0.0:
        told = (_exposure_time({"EXPTIME": cards.get(key)}) for key in _EXPOSURE_KEYWORDS)
        seconds = next((value for value in told if value > 0.0), math.nan)
        if math.isfinite(seconds):
            better["EXPTIME"] = seconds
    begun = modified_julian_date(cards)
    if math.isfinite(begun) and modified_julian_date({"MJD-OBS": cards.get("MJD-OBS")}) != begun:
        better["MJD-OBS"] = begun
    return better


def wrong_exposure_time(header: Mapping[str, object]) -> str:
    """Return what a raw frame of light has in place of an exposure time, empty if it has one.

    A product needs none.
    """
    kind = str(header.get("ESO DPR TYPE", "")).upper()
    unlit = "ESO PRO CATG" in header or any(word in kind for word in _UNLIT)
    if unlit or _exposure_time(header) > 0.0:
        return ""
    told = header.get("EXPTIME")
    return "missing" if told is None else str(told).strip() or "missing"


def _exposure_time(header: Mapping[str, object]) -> float:
    """Return the exposure time in seconds, NaN if the header tells none that can be."""
    try:
        seconds = float(str(header.get("EXPTIME", "nan")))
    except ValueError:
        return math.nan
    return seconds if math.isfinite(seconds) and seconds >= 0.0 else math.nan
