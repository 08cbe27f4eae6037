"""Move stars along their proper motions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["propagate"]

Floats = NDArray[np.float64]


def propagate(
    ra: Floats, dec: Floats, pm_ra: Floats, pm_dec: Floats, years: float
) -> tuple[Floats, Floats]:
    """Carry positions to another epoch along great circles.

    Parallax and radial velocity are left out. The motion is added as a vector (ESA SP-1200,
    volume 1, section 1.5.5), so that it holds at the poles too.

    Parameters
    ----------
    ra, dec
        Positions in degrees, shape (n,).
    pm_ra, pm_dec
        Proper motions in mas/yr, that in right ascension with the factor cos(dec); NaN is none.
    years
        Epoch wanted minus epoch of the positions, in Julian years.

    Returns
    -------
    Right ascension from 0 to 360 and declination, in degrees.
    """
    a, d = np.deg2rad(ra), np.deg2rad(dec)
    step = np.deg2rad(years / 3.6e6)
    east, north = step * np.nan_to_num(pm_ra), step * np.nan_to_num(pm_dec)
    x = np.cos(d) * np.cos(a) - east * np.sin(a) - north * np.sin(d) * np.cos(a)
    y = np.cos(d) * np.sin(a) + east * np.cos(a) - north * np.sin(d) * np.sin(a)
    z = np.sin(d) + north * np.cos(d)
    return np.rad2deg(np.arctan2(y, x)) % 360.0, np.rad2deg(np.arctan2(z, np.hypot(x, y)))
