"""Cosmic rays that are told from light before anything is known of the light."""

from __future__ import annotations

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.numerics.sharpness import narrow_pixels

__all__ = ["with_tracks_flagged"]

#: Standard deviation along the dispersion of the sharpest light, in unbinned pixels, before it is
#: summed over a pixel. Images of pinholes on real frames are at least 1.55 pixels wide at half
#: maximum, which is 0.59; lines through any slit, and stars, are wider.
_SHARPEST_PX = 0.55
#: Significance from which a pixel beside one that is no light goes with it.
_GROW_SIGMA = 2.5


def with_tracks_flagged(frame: Frame, *, sigma: float) -> Frame:
    """Flag the pixels of an exposure that are too bright for their neighbours along its orders.

    A track that crosses the dispersion right upon a source looks like a line of its spectrum to
    a model that lets every wavelength be as bright as it wants; but it is sharper than any line.

    Parameters
    ----------
    frame
        Electrons without offset, dispersion along axis 1, bad pixels flagged.
    sigma
        Significance from which a pixel is no light.
    """
    hit = narrow_pixels(
        frame.data, frame.variance, ~frame.bad,
        sharpest_px=_SHARPEST_PX / frame.setup.binning[0],
        seed_sigma=sigma, grow_sigma=_GROW_SIGMA,
    )  # fmt: skip
    return frame.flagged(hit, Quality.COSMIC_RAY)
