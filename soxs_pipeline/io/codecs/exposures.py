"""The table of raw exposures that products of the sky carry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.io.codecs.codec import Units
from soxs_pipeline.io.codecs.tables import column, floats, integers, table, texts

__all__ = ["exposure_units", "read_exposures"]

_NAME = "EXPOSURES"


def exposure_units(exposures: Sequence[Exposure]) -> list[Any]:
    """Return the table as a list of header-data units: empty if there is no exposure."""
    if not exposures:
        return []
    columns: list[fits.Column] = [
        column("NAME", np.array([e.name for e in exposures], dtype=np.str_)),
        column("ARM", np.array([e.arm for e in exposures], dtype=np.str_)),
        column("MJD_START", np.array([e.mjd_start for e in exposures]), "d"),
        column("EXPTIME", np.array([e.seconds for e in exposures]), "s"),
        column("AIRMASS", np.array([e.airmass for e in exposures])),
        column("OB_ID", np.array([e.ob_id for e in exposures], dtype=np.int64)),
        column("PROG_ID", np.array([e.prog_id for e in exposures], dtype=np.str_)),
        column("TECHNIQUE", np.array([e.technique for e in exposures], dtype=np.str_)),
    ]
    return [table(_NAME, columns)]


def read_exposures(units: Units) -> tuple[Exposure, ...]:
    """Return the exposures of a product; none if it carries no table of them."""
    if _NAME not in units:
        return ()
    rows = units[_NAME]
    blank = np.full(len(rows.data), "", dtype=np.str_)
    told = "TECHNIQUE" in rows.columns.names
    return tuple(
        Exposure(
            name=str(name),
            arm=str(arm),
            mjd_start=float(start),
            seconds=float(seconds),
            airmass=float(airmass),
            ob_id=int(block),
            prog_id=str(programme),
            technique=str(technique),
        )
        for name, arm, start, seconds, airmass, block, programme, technique in zip(
            texts(rows, "NAME"),
            texts(rows, "ARM"),
            floats(rows, "MJD_START"),
            floats(rows, "EXPTIME"),
            floats(rows, "AIRMASS"),
            integers(rows, "OB_ID"),
            texts(rows, "PROG_ID"),
            texts(rows, "TECHNIQUE") if told else blank,
            strict=True,
        )
    )
