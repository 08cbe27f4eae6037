"""The slit an exposure was taken through."""

from __future__ import annotations

import math

from soxs_pipeline.domain.header import Header

__all__ = ["slit_width_arcsec"]

_SLITS = ("ESO INS VISE NAME", "ESO INS NISE NAME", "ESO INS VISE ID", "ESO INS NISE ID")


def slit_width_arcsec(header: Header) -> float:
    """Return the width of the slit, NaN if no header tells it (``SLIT1.0``)."""
    for key in _SLITS:
        name = header.text(key).upper()
        if name.startswith("SLIT"):
            try:
                return float(name.removeprefix("SLIT").replace("_", "."))
            except ValueError:
                continue
    return math.nan
