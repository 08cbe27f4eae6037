"""Photon-transfer curves as tables."""

from __future__ import annotations

from typing import Any

from astropy.io import fits

from soxs_pipeline.domain.photontransfer import TransferCurve
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units
from soxs_pipeline.io.codecs.tables import column, floats, table

__all__ = ["TRANSFER"]

_NAME = "PHOTON_TRANSFER"
_NUMBERS = ("GAIN", "RON", "BEND", "HIGHEST")


def _encode(curve: TransferCurve, _: Layout) -> tuple[dict[str, object], list[Any]]:
    points = table(
        _NAME,
        [
            column("SIGNAL", curve.signal_adu, "adu"),
            column("VARIANCE", curve.variance_adu2, "adu2"),
            column("ERROR", curve.error_adu2, "adu2"),
        ],
    )
    cards: dict[str, object] = {
        "ESO PRO PTC ARM": (curve.arm, "Arm"),
        "ESO PRO PTC GAIN": (curve.gain, "[electron/adu] Gain"),
        "ESO PRO PTC RON": (curve.read_noise, "[electron] Read noise"),
        "ESO PRO PTC BEND": (curve.bend, "Relative change of response per adu"),
        "ESO PRO PTC HIGHEST": (curve.highest_adu, "[adu] Points above were left out"),
    }
    return cards, [fits.PrimaryHDU(), points]


def _decode(units: Units, _: Layout) -> TransferCurve:
    header = units[0].header
    gain, noise, bend, highest = (_number(header[f"ESO PRO PTC {name}"]) for name in _NUMBERS)
    points = units[_NAME]
    return TransferCurve(
        signal_adu=floats(points, "SIGNAL"),
        variance_adu2=floats(points, "VARIANCE"),
        error_adu2=floats(points, "ERROR"),
        gain=gain,
        read_noise=noise,
        bend=bend,
        highest_adu=highest,
        arm=str(header["ESO PRO PTC ARM"]),
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")


TRANSFER = Codec(TransferCurve, 1, _encode, _decode)
