"""Find the stars of a catalogue in an image whose pointing and rotation are only roughly known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import binom

__all__ = ["FieldMatch", "match_field", "tangent_plane"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FieldMatch:
    """Pairs of detections and catalogue stars, and how far chance could have made them.

    Parameters
    ----------
    detected, reference
        Indices of the paired rows, shape (n_pairs,).
    matrix
        Linear map, shape (3, 2): detected = [1, x, y] @ matrix for predicted (x, y), in pixels.
    chance
        Expected number of alignments tried that would pair as many stars by chance.
    """

    detected: NDArray[np.intp]
    reference: NDArray[np.intp]
    matrix: Floats
    chance: float


def tangent_plane(ra: Floats, dec: Floats, ra0: float, dec0: float) -> Floats:
    """Project the sky on the plane that touches it at one point.

    Parameters
    ----------
    ra, dec
        Positions in degrees, shape (n,).
    ra0, dec0
        Point of contact in degrees.

    Returns
    -------
    Standard coordinates (xi, eta) in arcsec, shape (n, 2); NaN beyond 90 degrees. Gnomonic
    projection: Calabretta & Greisen 2002, A&A 395, 1077, section 5.1.3.
    """
    alpha, delta, delta0 = np.deg2rad(ra - ra0), np.deg2rad(dec), np.deg2rad(dec0)
    depth = np.sin(delta) * np.sin(delta0) + np.cos(delta) * np.cos(delta0) * np.cos(alpha)
    depth = np.where(depth > 0, depth, np.nan)
    xi = np.cos(delta) * np.sin(alpha) / depth
    eta = (np.sin(delta) * np.cos(delta0) - np.cos(delta) * np.sin(delta0) * np.cos(alpha)) / depth
    return np.rad2deg(np.column_stack([xi, eta])) * 3600.0


def match_field(
    detected: Floats,
    predicted: Floats,
    *,
    centre: tuple[float, float],
    reach: float,
    turn: float,
    tolerance: float,
) -> FieldMatch:
    """Pair detections with catalogue stars under an unknown shift and small rotation.

    Every rotation of a grid is tried; for each the differences of all pairs vote for a shift.
    The best alignment is refined by a linear fit to its pairs. The caller judges `chance`: a
    match is to be believed only where it is small against one.

    Parameters
    ----------
    detected, predicted
        Positions in pixels, shapes (n, 2) and (m, 2).
    centre
        Point that the rotation turns about, in pixels.
    reach
        Largest shift along each axis, in pixels.
    turn
        Largest rotation either way, in degrees.
    tolerance
        Radius within which a pair counts, in pixels.
    """
    if min(len(detected), len(predicted)) < 3:
        return _nothing()
    # A step of the grid moves a star at the rim of the field by no more than the tolerance.
    rim = float(np.max(np.hypot(*(predicted - centre).T)))
    steps = int(np.ceil(2.0 * turn / max(np.rad2deg(tolerance / max(rim, tolerance)), 1e-3))) + 1
    angles = np.linspace(-turn, turn, steps)
    trials = [_vote(detected, _rotate(predicted, a, centre), reach, tolerance) for a in angles]
    best = int(np.argmax([votes for votes, _ in trials]))
    guess = _rotate(predicted, float(angles[best]), centre) + trials[best][1]
    cells = steps * (2.0 * reach / tolerance + 1.0) ** 2
    return _refine(detected, predicted, guess, tolerance, cells)


def _nothing() -> FieldMatch:
    none = np.empty(0, dtype=np.intp)
    return FieldMatch(none, none, np.full((3, 2), np.nan), np.inf)


def _rotate(points: Floats, degrees: float, centre: tuple[float, float]) -> Floats:
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.asarray((points - centre) @ np.array([[c, s], [-s, c]]) + centre)


def _vote(detected: Floats, moved: Floats, reach: float, tolerance: float) -> tuple[int, Floats]:
    shifts = (detected[:, None, :] - moved[None, :, :]).reshape(-1, 2)
    shifts = shifts[np.all(np.abs(shifts) <= reach, axis=1)]
    if len(shifts) == 0:
        return 0, np.zeros(2)
    near = cKDTree(shifts).query_ball_point(shifts, tolerance)
    top = max(near, key=len)
    return len(top), np.asarray(np.median(shifts[top], axis=0))


def _pairs(
    detected: Floats, moved: Floats, radius: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair mutual nearest neighbours within a radius."""
    there, back = cKDTree(detected), cKDTree(moved)
    distance, nearest = there.query(moved)
    _, home = back.query(detected)
    mine = np.arange(len(moved))
    kept = (distance <= radius) & (home[nearest] == mine)
    return nearest[kept], mine[kept]


def _refine(
    detected: Floats, predicted: Floats, guess: Floats, tolerance: float, cells: float
) -> FieldMatch:
    design = np.column_stack([np.ones(len(predicted)), predicted])
    moved, matrix = guess, np.full((3, 2), np.nan)
    for _ in range(5):
        found, known = _pairs(detected, moved, 2.0 * tolerance)
        if len(found) < 3:
            return _nothing()
        matrix = np.linalg.lstsq(design[known], detected[found], rcond=None)[0]
        moved = design @ matrix
    found, known = _pairs(detected, moved, tolerance)
    return FieldMatch(found, known, matrix, _chance(detected, moved, len(found), tolerance, cells))


def _chance(detected: Floats, moved: Floats, pairs: int, tolerance: float, cells: float) -> float:
    """Count the alignments expected by chance; three pairs are spent on the linear fit itself."""
    low, high = detected.min(axis=0), detected.max(axis=0)
    inside = int(np.sum(np.all((moved >= low) & (moved <= high), axis=1)))
    area = max(float(np.prod(high - low)), tolerance**2)
    single = min(1.0, len(detected) * np.pi * tolerance**2 / area)
    return float(cells * binom.sf(pairs - 4, max(inside - 3, 0), single))
