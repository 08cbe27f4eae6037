"""A flat for exposures in which the image of the slit lies elsewhere than when it was taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.pixelmap import PixelMap
from soxs_pipeline.domain.quality import Quality

__all__ = ["with_slit_moved"]

Floats = NDArray[np.float64]

#: Bins along the slit, in arcsec, and pixels that make one; about half a pixel, as in the flat.
_BIN_ARCSEC, _FEWEST = 0.15, 100
#: Illumination below which the lamp tells nothing of a pixel that the sky lights now.
_LIT = 0.6
#: Largest factor, either way, by which the illumination may differ.
_MOST = 2.0


def with_slit_moved(flat: Frame, then: PixelMap, now: PixelMap) -> Frame:
    """Return the flat with its illumination of the slit moved, and its pixels left in place.

    A master flat holds two things: what the pixels respond, which stays with the detector, and
    how the slit is lit, nicks, dust and ends, which goes with the image of the slit. The second
    is the median of an order at one position on the slit.

    Parameters
    ----------
    flat
        Master flat.
    then, now
        Where its pixels were on the slit, and where they are (see `Geometry.moved_across`).
    """
    if now is then:
        return flat
    data, noise2 = flat.data.ravel().copy(), flat.variance.ravel().copy()
    quality, bad = flat.quality.ravel().copy(), flat.bad.ravel()
    for place in then.places.values():
        good = place[~bad[place]]
        places = [one.slit_arcsec.ravel()[good].astype(float) for one in (then, now)]
        known = _illumination(places[0], data[good].astype(float))
        if known is None:
            continue
        before, after = (np.interp(slit, *known) for slit in places)
        factor = np.clip(after / np.maximum(before, 1e-3), 1.0 / _MOST, _MOST)
        data[good] *= factor.astype(np.float32)
        noise2[good] *= (factor**2).astype(np.float32)
        quality[good[before < _LIT]] |= np.uint32(Quality.NO_CALIBRATION)
    shape = flat.shape
    return replace(
        flat,
        data=data.reshape(shape),
        variance=noise2.reshape(shape),
        quality=quality.reshape(shape),
    )


def _illumination(slit: Floats, response: Floats) -> tuple[Floats, Floats] | None:
    """Return slit positions, rising, and the illumination there; None if too few pixels tell."""
    if slit.size < _FEWEST:
        return None
    low = float(slit.min())
    place = ((slit - low) / _BIN_ARCSEC).astype(np.int64)
    rank = np.argsort(place, kind="stable")
    count = int(place.max()) + 1
    bounds = np.searchsorted(place[rank], np.arange(count + 1))
    filled = np.flatnonzero(np.diff(bounds) >= _FEWEST)
    if filled.size < 2:
        return None
    parts = [rank[bounds[k] : bounds[k + 1]] for k in filled]
    return (
        np.array([slit[part].mean() for part in parts]),
        np.array([np.median(response[part]) for part in parts]),
    )
