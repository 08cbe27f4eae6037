"""What the pixels of one order have to tell of stars upon a host."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.reduction.slit.pixels import SlitPixels

__all__ = ["HostPixels"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class HostPixels:
    """What one order has to tell of a host.

    Parameters
    ----------
    pixels
        The pixels that count.
    light, weight
        Data minus sky, and inverse variance, shape ``(n,)``.
    templates
        What is known of the spectra of the stars and, last, of the host, shape ``(sources, n)``;
        ones if nothing is.
    block_px
        Pixels along the dispersion in which spectra are as bright as their templates up to a
        factor.
    """

    pixels: SlitPixels
    light: Floats
    weight: Floats
    templates: Floats
    block_px: int

    def only(self, which: NDArray[np.bool_]) -> HostPixels:
        """Return some of the pixels.

        Parameters
        ----------
        which
            True for those to keep, shape ``(n,)``.
        """
        return HostPixels(
            self.pixels.only(which),
            self.light[which],
            self.weight[which],
            self.templates[:, which],
            self.block_px,
        )

    @property
    def along(self) -> Integers:
        """Number of the pixel along the dispersion in which each pixel's wavelength falls."""
        return np.floor(self.pixels.w).astype(np.int64)
