"""Tell cosmic rays from light: what is sharper than the instrument can draw is no light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["sharp_pixels"]

Floats = NDArray[np.floating]

#: Light leaves at least this fraction of a pixel in either neighbour, along and across.
_LEAST_NEIGHBOUR = 0.12
#: A pixel this much of its brightest neighbour counts as a summit.
_SUMMIT = 0.7
#: Pixels by which a hit is followed from its sharp part, and along its track as far as every
#: pixel is significant and sharp by itself.
_GROWTH, _TRACK = 2, 12


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
