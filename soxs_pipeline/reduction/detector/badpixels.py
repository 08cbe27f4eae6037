"""Flag pixels that cannot be trusted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality

__all__ = ["flag_offset_outliers"]

#: Deviation in sigma that chance makes in less than a pixel of a detector.
CHANCE_SIGMA = 5.5


def flag_offset_outliers(frame: Frame, residual: NDArray[np.floating], limit: float) -> Frame:
    """Flag hot and dead pixels of a frame taken without light.

    Parameters
    ----------
    frame
        Master bias or dark in electrons.
    residual
        What each pixel has beyond its surroundings, in electrons.
    limit
        Deviation in electrons beyond which a pixel is hot or, if negative, dead; never less
        than what the noise of the mean makes by chance.

    Returns
    -------
    Frame
        With `Quality.HOT` and `Quality.DEAD` added.
    """
    known = frame.bad
    margin = np.maximum(np.float32(limit), np.float32(CHANCE_SIGMA) * np.sqrt(frame.variance))
    hot = (residual > margin) & ~known
    dead = (residual < -margin) & ~known
    return frame.flagged(hot, Quality.HOT).flagged(dead, Quality.DEAD)
