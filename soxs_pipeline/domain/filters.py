"""How frames of the camera tell their filter."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["FILTER_KEYWORDS", "filter_of"]

#: Where a camera frame tells its filter; the association map matches frames on the same.
FILTER_KEYWORDS = ("INS.ACFW.ID", "INS.ACFW.NAME", "FILTER")


def filter_of(header: Mapping[str, object]) -> str:
    """Return the name of the filter as the header has it, empty if it does not tell.

    Parameters
    ----------
    header
        Keywords by their short names (``INS.ACFW.ID``).
    """
    told = (str(header.get(key) or "").strip() for key in FILTER_KEYWORDS)
    return next(filter(None, told), "")
