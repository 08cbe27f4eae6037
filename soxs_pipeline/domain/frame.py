"""A detector image with its variance and quality flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.detector import DetectorSetup
from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import FATAL, Quality

__all__ = ["BadPixelMap", "Frame", "RawFrame"]


@dataclass(frozen=True, eq=False)
class RawFrame:
    """A frame as the detector wrote it, with what is known of the detector.

    Parameters
    ----------
    data
        Full readout in ADU, shape ``(rows, columns)`` in the orientation of the FITS file.
    header
        Primary header.
    setup
        Gain, noise, trims and orientation that hold for this frame.
    name
        File name, for messages and provenance.
    """

    data: NDArray[np.float32]
    header: Header
    setup: DetectorSetup
    name: str


@dataclass(frozen=True, eq=False)
class Frame:
    """Pixel values with one-sigma-squared variance and quality flags, all of one shape.

    Arrays are ``(ny, nx)`` with the dispersion along axis 1 and the slit along axis 0, in
    trimmed pixels. They are read-only views.

    Parameters
    ----------
    data, variance
        Pixel values in ``unit`` and their variance in ``unit`` squared.
    quality
        Bits of `Quality`.
    unit
        ``electron``, ``electron/s`` or ``""`` for a ratio.
    header
        Header of the first raw frame it was made from.
    setup
        The detector setup of that frame.
    exposures
        The raw exposures it holds the light of.
    slit_moved_px
        For each order by how many pixels the slit's image moved towards larger ``y`` since the
        calibrations; empty if it did not, or if that was not measured.
    """

    data: NDArray[np.float32]
    variance: NDArray[np.float32]
    quality: NDArray[np.uint32]
    unit: str
    header: Header
    setup: DetectorSetup
    exposures: tuple[Exposure, ...] = ()
    slit_moved_px: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.data.shape == self.variance.shape == self.quality.shape:
            raise ValueError(
                f"shapes differ: data {self.data.shape}, variance {self.variance.shape}, "
                f"quality {self.quality.shape}"
            )
        for name, kind in (("data", np.float32), ("variance", np.float32), ("quality", np.uint32)):
            view = np.asarray(getattr(self, name), dtype=kind).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of slit pixels and of dispersion pixels."""
        ny, nx = self.data.shape
        return ny, nx

    @cached_property
    def bad(self) -> NDArray[np.bool_]:
        """True where a pixel must not be used."""
        flagged: NDArray[np.bool_] = (self.quality & np.uint32(FATAL)) != 0
        flagged.flags.writeable = False
        return flagged

    @property
    def exposure_s(self) -> float:
        """Exposure time in seconds, NaN if the header does not tell."""
        return self.header.number("EXPTIME")

    def flagged(self, where: NDArray[np.bool_], flag: Quality) -> Self:
        """Return a copy with ``flag`` added where ``where`` is true."""
        return replace(self, quality=np.where(where, self.quality | np.uint32(flag), self.quality))

    @property
    def floor(self) -> NDArray[np.float32]:
        """The variance of a frame in electrons without that of the signal it still holds."""
        return np.asarray(self.variance - np.maximum(self.data, np.float32(0.0)), np.float32)

    def without_light(self, light: NDArray[np.floating]) -> Self:
        """Return a copy without this light, in electrons, whose photons stay in the variance.

        They go into the `floor`, of every pixel alike. Had the variance been left as it is, the
        floor would hold what was taken off where a pixel came out high and not where it came out
        low: every mean by inverse variance would be off by a few per cent of it.
        """
        gone = light.astype(np.float32)
        data = self.data - gone
        own = np.maximum(gone, np.float32(0.0)) + np.maximum(data, np.float32(0.0))
        return self.with_data(data, self.floor + own)

    def with_data(self, data: NDArray[np.floating], variance: NDArray[np.floating]) -> Self:
        """Return a copy with other values and variances."""
        return replace(self, data=data.astype(np.float32), variance=variance.astype(np.float32))


@dataclass(frozen=True, eq=False)
class BadPixelMap:
    """Quality flags that hold for every frame of a detector setup, shape ``(ny, nx)``."""

    quality: NDArray[np.uint32]

    def applied_to(self, frame: Frame) -> Frame:
        """Return the frame with these flags added to its own."""
        return replace(frame, quality=frame.quality | self.quality)
