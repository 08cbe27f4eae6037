"""The detector setup of a frame as keywords."""

from __future__ import annotations

import re
from typing import Any

from soxs_pipeline.domain.detector import DetectorSetup, Window

__all__ = ["setup_from_header", "setup_keywords"]

_PREFIX = "ESO PRO DETSETUP"
_WINDOW = re.compile(r"\[(\d+):(\d+),(\d+):(\d+)\]")


def setup_keywords(setup: DetectorSetup) -> dict[str, object]:
    """Return the keywords that keep a detector setup."""
    cards: dict[str, tuple[object, str]] = {
        "ARM": (setup.arm, "Arm"),
        "GAIN": (setup.gain_e_per_adu, "[electron/adu] Conversion gain"),
        "GAINSRC": (setup.gain_source, "Where the gain comes from"),
        "RON": (setup.read_noise_e, "[electron] Read noise"),
        "RONSRC": (setup.read_noise_source, "Where the read noise comes from"),
        "SATUR": (setup.saturation_adu, "[adu] Saturation level"),
        "SCIENCE": (_text(setup.science), "Raw rows,columns that see light"),
        "PRESCAN": (_text(setup.prescan), "Raw rows,columns of prescan"),
        "BORDER": (setup.reference_border, "[pixel] Border of reference pixels"),
        "CHANNELS": (setup.reference_channels, "Readout channels"),
        "TRANSP": (setup.transposed, "Dispersion along the rows"),
        "BINDISP": (setup.binning[0], "Binning along the dispersion"),
        "BINSLIT": (setup.binning[1], "Binning along the slit"),
        "OFFSET": (setup.offset_method, "Offset removed by bias or dark"),
        "READMODE": (setup.read_mode, "Readout mode"),
    }
    return {f"{_PREFIX} {key}": card for key, card in cards.items()}


def setup_from_header(header: Any) -> DetectorSetup:
    """Return the detector setup kept in a header; KeyError if there is none."""
    values = {
        key.removeprefix(_PREFIX + " "): header[key] for key in header if key.startswith(_PREFIX)
    }
    return DetectorSetup(
        arm=values["ARM"],
        gain_e_per_adu=float(values["GAIN"]),
        read_noise_e=float(values["RON"]),
        saturation_adu=float(values["SATUR"]),
        science=_window(values["SCIENCE"]),
        prescan=_window(values["PRESCAN"]) if values["PRESCAN"] else None,
        reference_border=int(values["BORDER"]),
        reference_channels=int(values["CHANNELS"]),
        transposed=bool(values["TRANSP"]),
        binning=(int(values["BINDISP"]), int(values["BINSLIT"])),
        offset_method="bias" if values["OFFSET"] == "bias" else "dark",
        read_mode=values["READMODE"],
        gain_source=values["GAINSRC"],
        read_noise_source=values["RONSRC"],
    )


def _text(window: Window | None) -> str:
    if window is None:
        return ""
    (top, bottom), (left, right) = window.rows, window.columns
    return f"[{top}:{bottom},{left}:{right}]"


def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise KeyError(f"a window in {text!r}")
    top, bottom, left, right = (int(number) for number in match.groups())
    return Window((top, bottom), (left, right))
