"""What a product's raw exposures say of it: computed from all of them, copied from none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.target import target_of
from soxs_pipeline.errors import InputError

__all__ = ["Release", "observation_cards"]

_SECONDS_A_DAY = 86400.0
#: Exposures further apart than this, in days, are of several epochs.
_EPOCH_DAYS = 1.0


@dataclass(frozen=True)
class Release:
    """What the data cannot tell of a product.

    Parameters
    ----------
    software
        Pipeline and version.
    extended
        The target is an extended object.
    reference
        Bibcode or DOI of the publication; empty before there is one.
    """

    software: str
    extended: bool = False
    reference: str = ""


def observation_cards(
    header: Header, exposures: Sequence[Exposure], release: Release
) -> dict[str, object]:
    """Return the keywords that tell of target, exposures and making.

    Parameters
    ----------
    header
        Of the first exposure.
    exposures
        All raw exposures on the target.
    release
        What the data cannot tell.

    Raises
    ------
    InputError
        If the exposures, the target's place or their times are not known.
    """
    if not exposures:
        raise InputError(
            "the product does not say which raw exposures it was made of",
            wanted="a table EXPOSURES in the product",
            remedy="make the product again with this version of the pipeline",
        )
    target = target_of(header)
    starts = [e.mjd_start for e in exposures]
    if not (target.known and all(map(math.isfinite, starts))):
        raise InputError(
            "the header of the first exposure does not tell where and when it was taken",
            wanted="RA, DEC and MJD-OBS in every raw frame",
            remedy="add the keywords to the raw frame, and reduce it again",
        )
    sums = _sums(exposures)
    blocks = list(dict.fromkeys(e.ob_id for e in exposures))
    programmes = list(dict.fromkeys(e.prog_id or "UNKNOWN" for e in exposures))
    first, last = min(starts), max(e.mjd_end for e in exposures)
    cards: dict[str, object] = {
        "ORIGIN": header.text("ORIGIN") or "ESO",
        "TELESCOP": header.text("TELESCOP") or "ESO-NTT",
        "INSTRUME": header.text("INSTRUME"),
        "OBJECT": _object(header),
        "RA": target.ra_deg,
        "DEC": target.dec_deg,
        "RADESYS": "ICRS",
        # Arms expose at the same time: their sums are alike, and do not add up.
        "EXPTIME": float(np.median(sums)),
        "TEXPTIME": max(sums),
        # Eight decimals of a day: a millisecond.
        "MJD-OBS": round(first, 8),
        "MJD-END": round(last, 8),
        **_listed("PROG_ID", "PROGID", programmes),
        **{f"OBID{k}": block for k, block in enumerate(blocks, 1)},
        "NCOMBINE": len(exposures),
        "OBSTECH": exposures[0].technique or header.text("ESO DPR TECH") or "ECHELLE,SLIT",
        "PROCSOFT": release.software,
        "REFERENC": release.reference,
        "DATE": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "PRODLVL": 2,
        "M_EPOCH": last - first > _EPOCH_DAYS,
        "SINGLEXP": len(exposures) == 1,
    }
    names = dict.fromkeys(e.name.removesuffix(".fits") for e in exposures)
    return cards | {f"PROV{k}": name for k, name in enumerate(names, 1)}


def _sums(exposures: Sequence[Exposure]) -> list[float]:
    """Return the exposure time of each arm."""
    arms = dict.fromkeys(e.arm for e in exposures)
    return [sum(e.seconds for e in exposures if e.arm == arm) for arm in arms]


def _object(header: Header) -> str:
    name = header.text("OBJECT")
    if not name or name.upper().startswith(("STD,", "OBJECT")):
        name = header.text("ESO OBS TARG NAME") or name
    return name or "UNKNOWN"


def _listed(plain: str, indexed: str, values: Sequence[str]) -> dict[str, object]:
    if len(values) == 1:
        return {plain: values[0]}
    return {plain: "MULTI", **{f"{indexed}{k}": value for k, value in enumerate(values, 1)}}
