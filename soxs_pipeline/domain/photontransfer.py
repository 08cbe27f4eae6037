"""The photon-transfer curve of a detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["TransferCurve"]


@dataclass(frozen=True, eq=False)
class TransferCurve:
    """Signal and variance of groups of pixels, and what they tell.

    Parameters
    ----------
    signal_adu, variance_adu2, error_adu2
        Points of the curve, shape ``(n,)``: mean signal, variance of one frame, its error.
    gain, read_noise
        Electrons in a count, and electrons; NaN if the curve tells nothing.
    bend
        Relative change of the response per count, of most pixels.
    highest_adu
        Signal above which points were left out.
    arm
        Label of the arm.
    """

    signal_adu: NDArray[np.float64]
    variance_adu2: NDArray[np.float64]
    error_adu2: NDArray[np.float64]
    gain: float
    read_noise: float
    bend: float
    highest_adu: float
    arm: str
