"""Tell cosmic rays from light: what is sharper than the instrument can draw is no light."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

__all__ = ["narrow_pixels", "sharp_pixels"]

Floats = NDArray[np.floating]

#: Light leaves at least this fraction of a pixel in either neighbour, along and across.
_LEAST_NEIGHBOUR = 0.12
#: A pixel this much of its brightest neighbour counts as a summit.
_SUMMIT = 0.7
#: Pixels by which a hit is followed from its sharp part, and along its track as far as every
#: pixel is significant and sharp by itself.
_GROWTH, _TRACK = 2, 12
#: Steps along the row from a hit to a pixel of its fringe, and on to what that is held against;
#: and those from there to other rows.
_BEYOND = {-1: (-3, -2), 0: (-2, 2), 1: (2, 3)}
_ASIDE = (-4, -3, 3, 4)


def sharp_pixels(pull: Floats, *, seed_sigma: float, grow_sigma: float) -> NDArray[np.bool_]:
    """Return the pixels hit by cosmic rays.

    A point of light has a width of about two pixels in both directions. A pixel whose excess is
    significant while a neighbour along *or* across shows next to none was hit by a particle;
    so are its neighbours with a lesser excess, and all of a track that fades along its way.

    Parameters
    ----------
    pull
        Data minus model in units of the error, zero where unknown, shape ``(ny, nx)``.
    seed_sigma
        Least pull of a hit.
    grow_sigma
        Least pull of its neighbours.
    """
    rows, columns = np.nonzero(pull > seed_sigma)
    padded = np.pad(pull, 1)
    here = pull[rows, columns]

    def beside(dy: int, dx: int) -> Floats:
        return padded[rows + 1 + dy, columns + 1 + dx]

    # On the flank of a spot the outer neighbour is faint too, but an inner one is brighter.
    brightest = np.max([beside(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)], axis=0)
    least = np.min([beside(0, 1), beside(0, -1), beside(1, 0), beside(-1, 0)], axis=0)
    isolated = least < _LEAST_NEIGHBOUR * here + 1.0
    narrow = np.zeros(pull.shape, bool)
    narrow[rows[isolated], columns[isolated]] = True
    sharp = isolated & (here > _SUMMIT * brightest)
    rows, columns = rows[sharp], columns[sharp]
    hit = np.zeros(pull.shape, bool)
    hit[rows, columns] = True
    for step in range(_TRACK):
        if not rows.size:
            break
        grown_rows = (rows[:, None] + np.array([-1, -1, -1, 0, 0, 1, 1, 1])).ravel()
        grown_columns = (columns[:, None] + np.array([-1, 0, 1, -1, 1, -1, 0, 1])).ravel()
        inside = (grown_rows >= 0) & (grown_rows < pull.shape[0])
        inside &= (grown_columns >= 0) & (grown_columns < pull.shape[1])
        rows, columns = grown_rows[inside], grown_columns[inside]
        found = pull[rows, columns] > grow_sigma if step < _GROWTH else narrow[rows, columns]
        new = found & ~hit[rows, columns]
        rows, columns = rows[new], columns[new]
        hit[rows, columns] = True
    return hit


def narrow_pixels(
    data: Floats,
    variance: Floats,
    good: NDArray[np.bool_],
    *,
    sharpest_px: float,
    seed_sigma: float,
    grow_sigma: float,
) -> NDArray[np.bool_]:
    """Return the pixels that no light can have made, whatever its spectrum.

    Light is never negative and the optics blur it. Drawn by Gaussian functions of width s or
    more it leaves, wherever it falls, in the two neighbours along a row together at least twice
    the share that it would leave there were it centred. This needs no model of the light, so
    that it also tells a track across a row, right upon a source, from a line of its spectrum.

    Parameters
    ----------
    data, variance
        Light along axis 1, shape ``(ny, nx)``, in units of electrons and their square.
    good
        False where a pixel says nothing.
    sharpest_px
        Least standard deviation of light along a row, in pixels.
    seed_sigma
        Significance from which a pixel is too bright for its neighbours.
    grow_sigma
        That of pixels around it above what lies further along the row.
    """
    share = _share_of_neighbour(sharpest_px)
    bright = good & (data > 0.0) & (data**2 > seed_sigma**2 * variance)
    bright[:, [0, -1]] = False
    rows, columns = np.nonzero(bright)
    summit = data[rows, columns] > np.maximum(data[rows, columns - 1], data[rows, columns + 1])
    rows, columns = rows[summit], columns[summit]
    beside = [np.maximum(data[rows, columns + step], 0.0) for step in (-1, 1)]
    excess = data[rows, columns] - (beside[0] + beside[1]) / (2.0 * share)
    noise2 = (
        variance[rows, columns]
        + (variance[rows, columns - 1] + variance[rows, columns + 1]) / (2.0 * share) ** 2
    )
    found = good[rows, columns - 1] & good[rows, columns + 1]
    found &= excess > seed_sigma * np.sqrt(noise2)
    hit = np.zeros(data.shape, bool)
    hit[rows[found], columns[found]] = True
    return hit | _fringe(data, variance, good & ~hit, rows[found], columns[found], grow_sigma)


def _share_of_neighbour(sigma: float) -> float:
    """Return the light in the next pixel over that in the one on which light is centred."""
    inner, outer = (math.erf(edge / (sigma * math.sqrt(2.0))) for edge in (0.5, 1.5))
    return 0.5 * (outer - inner) / inner


def _fringe(
    data: Floats,
    variance: Floats,
    good: NDArray[np.bool_],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    grow_sigma: float,
) -> NDArray[np.bool_]:
    """Return the pixels around hits that exceed all that lies further along row and column.

    The slope of a line beside the hit goes on in other rows, that of a source in other columns.
    """
    marked = np.zeros(data.shape, bool)
    for down, (step, beyond) in product((-1, 0, 1), _BEYOND.items()):
        inside = (rows + down >= 0) & (rows + down < data.shape[0])
        row, column = rows[inside] + down, columns[inside]
        across = np.clip(column + step, 0, data.shape[1] - 1)
        further = [(row, column + far) for far in beyond]
        aside = [(row + far, across) for far in _ASIDE]
        along, down_or_up = _brightest(data, good, further), _brightest(data, good, aside)
        at = row, across
        excess = data[at] - np.maximum(along, down_or_up)
        known = np.isfinite(along) & np.isfinite(down_or_up)
        new = good[at] & known & (excess > grow_sigma * np.sqrt(variance[at]))
        marked[at[0][new], at[1][new]] = True
    return marked


def _brightest(
    data: Floats,
    good: NDArray[np.bool_],
    places: list[tuple[NDArray[np.intp], NDArray[np.intp]]],
) -> Floats:
    """Return the greatest good value of several places of each hit, -inf if there is none."""
    greatest = np.full(places[0][0].size, -np.inf)
    for row, column in places:
        at = np.clip(row, 0, data.shape[0] - 1), np.clip(column, 0, data.shape[1] - 1)
        greatest = np.where(good[at], np.maximum(greatest, data[at]), greatest)
    return greatest
