"""Wavelength, slit position and order of every pixel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.slitprofile import NO_WING, Wing

__all__ = ["PixelMap"]


@dataclass(frozen=True, eq=False)
class PixelMap:
    """The 2-D image map; arrays of shape ``(ny, nx)``.

    Parameters
    ----------
    wavelength_nm
        Vacuum wavelength of the pixel centre, NaN outside the orders.
    slit_arcsec
        Slit position, zero at mid-slit, NaN outside the orders.
    order
        Diffraction order, 0 outside.
    spot_fwhm_px
        Full width at half maximum of the image of a pinhole along the slit, free of the pixel and
        of the wing, in pixels, in each order where it was measured.
    spot_wing
        Wing of these images.
    """

    wavelength_nm: NDArray[np.float64]
    slit_arcsec: NDArray[np.float32]
    order: NDArray[np.int16]
    spot_fwhm_px: Mapping[int, float] = field(default_factory=dict)
    spot_wing: Wing = NO_WING

    @cached_property
    def places(self) -> dict[int, NDArray[np.int64]]:
        """Flat indices of the pixels of each order, rising."""
        labels = np.where(np.isfinite(self.wavelength_nm), self.order, 0).ravel()
        place = np.flatnonzero(labels > 0)
        place = place[np.argsort(labels[place], kind="stable")]
        orders, first = np.unique(labels[place], return_index=True)
        parts = np.split(place, first[1:])
        return {int(order): part for order, part in zip(orders, parts, strict=False)}

    def moved_across(self, moved_px: Mapping[int, float]) -> Self:
        """Return the map for images of the slit that moved by so many pixels along ``y``.

        Each pixel keeps its order and sees what a place so far away from it saw before.
        """
        wave, slit = self.wavelength_nm.copy(), self.slit_arcsec.copy()
        for order, place in self.places.items():
            step = moved_px.get(order, 0.0)
            if not step:
                continue
            rows, columns = np.divmod(place, wave.shape[1])
            up, down = np.minimum(rows + 1, wave.shape[0] - 1), np.maximum(rows - 1, 0)
            up = np.where(self.order[up, columns] == order, up, rows)
            down = np.where(self.order[down, columns] == order, down, rows)
            apart = np.maximum(up - down, 1)
            for old, new in ((self.wavelength_nm, wave), (self.slit_arcsec, slit)):
                slope = (old[up, columns] - old[down, columns]) / apart
                new[rows, columns] -= step * np.nan_to_num(slope)
        moved = replace(self, wavelength_nm=wave, slit_arcsec=slit)
        # No pixel has changed its order: what was sorted need not be sorted again.
        moved.__dict__["places"] = self.places
        return moved
