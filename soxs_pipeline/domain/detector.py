"""What must be known of a detector to turn ADU into electrons with an error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self

__all__ = ["DetectorSetup", "Window"]


@dataclass(frozen=True)
class Window:
    """Half-open, 0-based pixel ranges of a raw frame."""

    rows: tuple[int, int]
    columns: tuple[int, int]


@dataclass(frozen=True)
class DetectorSetup:
    """Facts of one detector in one readout setup.

    Parameters
    ----------
    arm
        ``VIS``, ``NIR`` or ``ACQ``: a label for headers and messages, never for branching.
    gain_e_per_adu, read_noise_e
        Conversion gain and read noise.
    gain_source, read_noise_source
        Where the two come from: ``header``, ``instrument`` or ``measured``.
    saturation_adu
        Level at and above which a pixel is saturated.
    science
        Window of the raw frame that holds light.
    prescan
        Window of the raw frame that never sees light, or None.
    reference_border
        Width in pixels of the border of reference pixels (0 for none).
    reference_channels
        Number of readout channels side by side in columns, for reference correction.
    transposed
        True if dispersion runs along the rows of the raw frame, so that the image is
        transposed on reading.
    binning
        Binning along the dispersion and along the slit.
    offset_method
        ``bias`` if a master bias is to be subtracted, ``dark`` if a dark or lamp-off frame is.
    read_mode
        Name of the readout mode.
    """

    arm: str
    gain_e_per_adu: float
    read_noise_e: float
    saturation_adu: float
    science: Window
    prescan: Window | None = None
    reference_border: int = 0
    reference_channels: int = 1
    transposed: bool = False
    binning: tuple[int, int] = (1, 1)
    offset_method: Literal["bias", "dark"] = "bias"
    read_mode: str = ""
    gain_source: str = "instrument"
    read_noise_source: str = "instrument"

    @property
    def shape(self) -> tuple[int, int]:
        """Shape ``(ny, nx)`` of the trimmed frame, dispersion along axis 1."""
        ny = self.science.rows[1] - self.science.rows[0]
        nx = self.science.columns[1] - self.science.columns[0]
        return (nx, ny) if self.transposed else (ny, nx)

    def with_read_noise(self, read_noise_e: float) -> Self:
        """Return a copy with a measured read noise."""
        return replace(self, read_noise_e=read_noise_e, read_noise_source="measured")
