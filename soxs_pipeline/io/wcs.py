"""World coordinates of images of the sky as keywords (FITS WCS papers I and II, SIP)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.camera import Astrometry

__all__ = ["astrometry_of", "wcs_cards"]

_SIP = re.compile(r"([AB])_(\d)_(\d)")


def wcs_cards(found: Astrometry) -> dict[str, object]:
    """Return the keywords of a projection."""
    distorted = found.sip_a.size > 0
    tail = "-SIP" if distorted else ""
    cards: dict[str, object] = {
        "CTYPE1": (f"RA---TAN{tail}", "Gnomonic projection"),
        "CTYPE2": (f"DEC--TAN{tail}", "Gnomonic projection"),
        "CUNIT1": ("deg", "Unit of axis 1"),
        "CUNIT2": ("deg", "Unit of axis 2"),
        "CRPIX1": (float(found.crpix[0]), "[pixel] Reference pixel"),
        "CRPIX2": (float(found.crpix[1]), "[pixel] Reference pixel"),
        "CRVAL1": (float(found.crval[0]), "[deg] Right ascension there"),
        "CRVAL2": (float(found.crval[1]), "[deg] Declination there"),
    }
    for i in range(2):
        for j in range(2):
            cards[f"CD{i + 1}_{j + 1}"] = (float(found.cd[i, j]), "[deg/pixel]")
    if distorted:
        for letter, terms in (("A", found.sip_a), ("B", found.sip_b)):
            order = len(terms) - 1
            cards[f"{letter}_ORDER"] = (order, "Degree of the distortion")
            cards |= {
                f"{letter}_{p}_{q}": float(terms[p, q])
                for p in range(order + 1)
                for q in range(order + 1 - p)
                if p + q >= 2
            }
    cards |= {
        "RADESYS": ("ICRS", "Frame of the coordinates"),
        "EQUINOX": (2000.0, "Standard FK5"),
        "ESO PRO WCS TIED": (found.tied, "Tied to stars of a catalogue"),
        "ESO PRO WCS NSTARS": (found.stars, "Catalogue stars used"),
    }
    if np.isfinite(found.rms_mas):
        cards["ESO PRO WCS RMS"] = (found.rms_mas, "[mas] Scatter of the stars, one axis")
    if np.isfinite(found.error_mas):
        cards["ESO PRO WCS ERR"] = (found.error_mas, "[mas] Error of the zero point, one axis")
    return cards


def astrometry_of(header: Mapping[str, object]) -> Astrometry:
    """Return the projection kept in a header; KeyError if there is none."""

    def number(key: str) -> float:
        return float(str(header[key]))

    order = int(number("A_ORDER")) if "A_ORDER" in header else 0
    terms = {letter: np.zeros((order + 1, order + 1)) for letter in "AB"}
    if order:
        for key in header:
            if found := _SIP.fullmatch(key):
                terms[found[1]][int(found[2]), int(found[3])] = number(key)
    empty = np.zeros((0, 0))
    return Astrometry(
        crpix=_pair(number("CRPIX1"), number("CRPIX2")),
        crval=_pair(number("CRVAL1"), number("CRVAL2")),
        cd=np.array([[number(f"CD{i}_{j}") for j in (1, 2)] for i in (1, 2)]),
        sip_a=terms["A"] if order else empty,
        sip_b=terms["B"] if order else empty,
        tied=bool(header["ESO PRO WCS TIED"]),
        stars=int(number("ESO PRO WCS NSTARS")),
        rms_mas=number("ESO PRO WCS RMS") if "ESO PRO WCS RMS" in header else float("nan"),
        error_mas=number("ESO PRO WCS ERR") if "ESO PRO WCS ERR" in header else float("nan"),
    )


def _pair(one: float, two: float) -> NDArray[np.float64]:
    return np.array([one, two])
