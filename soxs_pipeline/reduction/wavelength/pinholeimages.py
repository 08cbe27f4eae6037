"""What the images of pinholes tell of the instrument's blur besides its width."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.polynomial import polynomial
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.lines import LineMeasurements
from soxs_pipeline.numerics.slitprofile import NO_WING, Wing
from soxs_pipeline.numerics.spotwing import fit_wing

__all__ = ["core_and_wing"]

Floats = NDArray[np.float64]

#: Columns to either side of a line that are summed, and rows beyond the outermost pinholes.
_COLUMNS, _BEYOND = 4, 7
#: Lines that serve, the brightest, and fewest pinholes of one.
_MOST_LINES, _FEWEST_PINHOLES = 200, 5
#: What the pixel response, not known yet, adds to the noise, in parts of the light.
_RESPONSE = 0.01
#: Least share of a wing, and by how many errors it must stand out.
_LEAST_SHARE, _SIGMA = 0.003, 5.0
_FWHM_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))


class _Row(NamedTuple):
    """A line through all pinholes: light along the slit, and where the pinholes are."""

    first: int
    light: Floats
    variance: Floats
    centres: Floats
    sigma: float
    flux: float


def core_and_wing(frame: Frame, lines: LineMeasurements) -> tuple[float, Wing]:
    """Return width of the core of the pinholes' images over what was measured, and their wing.

    The light of a line is summed along the dispersion; all lines are fitted together.

    Parameters
    ----------
    frame
        Arc through pinholes in electrons.
    lines
        What was measured on it; those that carry the solution count.

    Returns
    -------
    core, wing
        1 and no wing if none stands out.
    """
    rows = _rows(frame, lines)
    if not rows:
        return 1.0, NO_WING
    longest = max(row.light.size for row in rows)
    light, weight = np.zeros((len(rows), longest)), np.zeros((len(rows), longest))
    distance = np.zeros((len(rows), longest, rows[0].centres.size))
    for k, row in enumerate(rows):
        here = slice(row.light.size)
        light[k, here] = row.light
        weight[k, here] = 1.0 / (row.variance + (_RESPONSE * row.light) ** 2)
        distance[k] = row.first + np.arange(longest)[:, None] - row.centres
    found = fit_wing(light, weight, distance, np.array([row.sigma for row in rows]))
    if found.wing.share < max(_LEAST_SHARE, _SIGMA * found.share_error):
        return 1.0, NO_WING
    return found.core, found.wing


def _rows(frame: Frame, lines: LineMeasurements) -> list[_Row]:
    """Return the brightest lines that are seen through as many pinholes as any is."""
    bad = frame.bad
    _, line = np.unique(
        np.column_stack((lines.order, lines.wavelength_nm)), axis=0, return_inverse=True
    )
    count = np.bincount(line.ravel()[lines.used], minlength=line.max(initial=-1) + 1)
    most = int(count.max(initial=0))
    if most < _FEWEST_PINHOLES:
        return []
    rows = []
    for one in np.flatnonzero(count == most):
        spots = np.flatnonzero((line.ravel() == one) & lines.used)
        row = _row(frame, bad, lines, spots[np.argsort(lines.y[spots])])
        if row is not None:
            rows.append(row)
    return sorted(rows, key=lambda row: -row.flux)[:_MOST_LINES]


def _row(
    frame: Frame, bad: NDArray[np.bool_], lines: LineMeasurements, spots: NDArray[np.int64]
) -> _Row | None:
    """Return the light of a line along the slit; None if it comes near the detector's border."""
    x, y = lines.x[spots] + lines.x_blend[spots], lines.y[spots]
    first, last = int(np.floor(y[0])) - _BEYOND, int(np.ceil(y[-1])) + _BEYOND
    rows = np.arange(first, last + 1)
    middle = 0.5 * (y[0] + y[-1])
    path = polynomial.polyval(rows - middle, polynomial.polyfit(y - middle, x, 2))
    columns = np.rint(path).astype(int)[:, None] + np.arange(-_COLUMNS, _COLUMNS + 1)
    ny, nx = frame.shape
    if first < 0 or last >= ny or columns.min() < 0 or columns.max() >= nx:
        return None
    place = rows[:, None], columns
    known = ~bad[place].any(axis=1)
    variance = np.where(known, frame.variance[place].sum(axis=1, dtype=float), np.inf)
    light = np.where(known, frame.data[place].sum(axis=1, dtype=float), 0.0)
    # Images of all widths laid over one another would look as if they had a wing.
    sigma = float(np.median(lines.fwhm_y[spots])) / _FWHM_SIGMA
    return _Row(first, light, variance, y, sigma, float(lines.flux[spots].sum()))
