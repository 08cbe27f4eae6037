"""Why a pixel or a spectral bin is not to be trusted."""

from __future__ import annotations

from enum import IntFlag

__all__ = ["DESCRIPTIONS", "FATAL", "Quality"]


class Quality(IntFlag):
    """Quality flags of pixels and of spectral bins; zero is good."""

    GOOD = 0
    COSMIC_RAY = 1
    SATURATED = 2
    HOT = 4
    DEAD = 8
    NO_DATA = 16
    LOW_SENSITIVITY = 32
    NOT_FINITE = 64
    NON_LINEAR = 128
    OUTLIER = 256
    INTERPOLATED = 512
    OFF_SLIT = 1024
    NO_CALIBRATION = 2048
    OPAQUE = 4096


DESCRIPTIONS: dict[Quality, str] = {
    Quality.COSMIC_RAY: "hit by a cosmic ray",
    Quality.SATURATED: "at or above the saturation level",
    Quality.HOT: "hot pixel",
    Quality.DEAD: "dead pixel",
    Quality.NO_DATA: "no valid input",
    Quality.LOW_SENSITIVITY: "response far below that of the neighbours",
    Quality.NOT_FINITE: "not a finite number in the raw frame",
    Quality.NON_LINEAR: "responds otherwise than most pixels",
    Quality.OUTLIER: "rejected by a model fit",
    Quality.INTERPOLATED: "value taken from neighbours",
    Quality.OFF_SLIT: "outside the slit image",
    Quality.NO_CALIBRATION: "a calibration is missing here",
    Quality.OPAQUE: "the air lets too little light through to correct for it",
}

#: Flags that forbid the use of a pixel; the others only inform.
FATAL: Quality = (
    Quality.COSMIC_RAY
    | Quality.SATURATED
    | Quality.HOT
    | Quality.DEAD
    | Quality.NO_DATA
    | Quality.LOW_SENSITIVITY
    | Quality.NOT_FINITE
    | Quality.NON_LINEAR
    | Quality.OUTLIER
)
