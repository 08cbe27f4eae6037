"""The slit an exposure was taken through."""

from __future__ import annotations

import math
import re

from soxs_pipeline.domain.header import Header

__all__ = ["slit_width_arcsec"]

_SLITS = ("ESO INS VISE NAME", "ESO INS NISE NAME", "ESO INS VISE ID", "ESO INS NISE ID")
#: ``SLIT1.0`` as the instrument writes it, and what else such a name might look like. A bare whole
#: number may count the slits.
_NAME = re.compile(r"(?:SLIT[ _-]*(?=\d)|(?=\d+[._]\d))(\d+(?:[._]\d+)?)")
#: Widths there may be; a name with another number is of something else.
_WIDTHS_ARCSEC = (0.1, 12.0)


def slit_width_arcsec(header: Header) -> float:
    """Return the width of the slit, NaN if no header tells it (``SLIT1.0``)."""
    for key in _SLITS:
        found = _NAME.match(header.text(key).upper())
        if found is not None:
            width = float(found[1].replace("_", "."))
            if _WIDTHS_ARCSEC[0] <= width <= _WIDTHS_ARCSEC[1]:
                return width
    return math.nan
