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
    def blocks(self) -> int:
        """How many blocks there are."""
        return int(np.unique(self.along // self.block_px).size)

    def block_means(self, values: Floats) -> Floats:
        """Return the mean of values at the pixels of each block, shape ``(blocks,)``.

        Parameters
        ----------
        values
            Shape ``(n,)``.
        """
        return np.asarray(self.block_sums(values) / self.block_sums(np.ones(values.size)))

    def block_sums(self, values: Floats) -> Floats:
        """Return the sum of values at the pixels of each block, shape ``(blocks,)``.

        Parameters
        ----------
        values
            Shape ``(n,)``.
        """
        _, block = np.unique(self.along // self.block_px, return_inverse=True)
        return np.asarray(np.bincount(block, values))

    @property
    def along(self) -> Integers:
        """Number of the pixel along the dispersion in which each pixel's wavelength falls."""
        return np.floor(self.pixels.w).astype(np.int64)
