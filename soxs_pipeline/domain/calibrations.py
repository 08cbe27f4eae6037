"""What several recipes need together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.frame import BadPixelMap, Frame, RawFrame
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.domain.pixelmap import PixelMap

__all__ = ["DetectorCalibration", "Geometry"]


@dataclass(frozen=True, eq=False)
class DetectorCalibration:
    """What removes the detector's signature; each may be missing.

    Parameters
    ----------
    master_bias, master_dark
        Frames in electrons.
    lamp_off
        Raw frames of the same exposure time with the lamp off.
    bad_pixels, nonlinear
        Flags known beforehand, and of pixels that respond otherwise than most.
    """

    master_bias: Frame | None = None
    master_dark: Frame | None = None
    lamp_off: Sequence[RawFrame] = ()
    bad_pixels: BadPixelMap | None = None
    nonlinear: BadPixelMap | None = None

    @property
    def known_bad(self) -> BadPixelMap | None:
        """All flags known beforehand, None if there are none."""
        if self.bad_pixels is None or self.nonlinear is None:
            return self.bad_pixels or self.nonlinear
        return BadPixelMap(self.bad_pixels.quality | self.nonlinear.quality)


@dataclass(frozen=True, eq=False)
class Geometry:
    """Where every wavelength and slit position falls."""

    order_table: OrderTable
    dispersion: DispersionSolution
    pixel_map: PixelMap

    def moved_across(self, moved_px: Mapping[int, float]) -> Geometry:
        """Return the geometry of an exposure in which the slit's image moved across the orders.

        Parameters
        ----------
        moved_px
            For each order by how many pixels it moved towards larger ``y``; none for nothing.
        """
        if not any(moved_px.values()):
            return self
        return Geometry(
            self.order_table.moved_across(moved_px),
            self.dispersion.moved_across(moved_px),
            self.pixel_map.moved_across(moved_px),
        )
