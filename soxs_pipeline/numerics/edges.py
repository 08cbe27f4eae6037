"""Find where the light of a slit ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from soxs_pipeline.numerics.levenberg import Pixels, fit_batch
from soxs_pipeline.numerics.robust import row_quantiles

__all__ = ["EdgeFits", "fit_edges", "half_level"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Blur of an edge in pixels: first guess, error of the guess, bounds.
SIGMA, SIGMA_ERROR, SIGMA_RANGE = 0.8, 0.5, (0.25, 4.0)
#: Error of a modelled pixel as a fraction of the light: pixel response, slit illumination.
MODEL_ERROR = 0.015
#: Most neighbouring rows without light that are taken for defects within the slit.
DEAD_ROWS = 2


@dataclass(frozen=True, eq=False)
class EdgeFits:
    """Edges fitted, one for each bin; all arrays of shape ``(n,)``.

    Parameters
    ----------
    place, error
        Where the light falls to half, and the error, in pixels.
    significance
        Height of the edge in units of its error.
    good
        True where the fit converged to an edge.
    """

    place: Floats
    error: Floats
    significance: Floats
    good: Flags


def half_level(profile: Floats, centre: int, first: int, direction: int) -> float:
    """Return where a profile falls to half its level, going outwards from the centre.

    Dead rows are no edge: a few pixels, dark or unknown, are passed over if it is bright beyond.

    Parameters
    ----------
    profile
        Shape ``(n,)``, NaN where it is unknown.
    centre
        Index of the middle of the slit.
    first
        Distance from the middle up to which the profile is taken to be flat.
    direction
        1 towards large indices, -1 towards small ones.

    Returns
    -------
    float
        Index with a fraction, NaN if the profile does not fall to half.
    """
    plateau = float(np.median(profile[max(centre - first, 0) : centre + first + 1]))
    half = 0.5 * plateau
    outwards = profile[centre + direction * first :: direction]
    lit = np.flatnonzero(outwards >= half)
    if not lit.size:
        return float("nan")
    # The first gap between lit pixels that is too wide for dead rows ends the slit.
    wide = np.flatnonzero(np.diff(lit) > DEAD_ROWS + 1)
    last = int(lit[wide[0] if wide.size else -1])
    if last + 1 >= len(outwards) or not np.isfinite(outwards[last + 1]):
        return float("nan")
    here, there = outwards[last], outwards[last + 1]
    return float(centre + direction * (first + last + (here - half) / (here - there)))


def fit_edges(
    position: Floats, values: Floats, use: Flags, *, read_variance: float, start: Floats
) -> EdgeFits:
    """Fit a blurred step, integrated over pixels, to every bin at once.

    Parameters
    ----------
    position
        Distance of each pixel centre along the slit, rising into the light, ``(n, k)``.
    values, use
        Electrons and True for usable, shape ``(n, k)``.
    read_variance
        Variance of a pixel without light.
    start
        First guess of the edges, shape ``(n,)``.

    Returns
    -------
    EdgeFits
        One for each bin.
    """
    low, high = row_quantiles(values, use, 0.1), row_quantiles(values, use, 0.8)
    guess = np.stack([np.maximum(high - low, 1.0), start, np.full(len(start), SIGMA), low], axis=1)
    fit = fit_batch(
        _step,
        Pixels(position, values, use, read_variance, MODEL_ERROR),
        start=guess,
        width_error=SIGMA_ERROR,
        width_range=SIGMA_RANGE,
    )
    place, height = fit.state[:, 1], fit.state[:, 0]
    significance = height / np.maximum(fit.error[:, 0], 1e-9)
    inside = (use & (position < place[:, None] - 1.0)).any(axis=1)
    inside &= (use & (position > place[:, None] + 1.0)).any(axis=1)
    good = inside & (height > 0) & np.isfinite(fit.error).all(axis=1)
    return EdgeFits(place, fit.error[:, 1], significance, np.asarray(good))


def _step(position: Floats, state: Floats) -> tuple[Floats, Floats]:
    """Return a blurred step integrated over pixels, on a level, and its derivatives."""
    height, edge, sigma, level = (state[:, k : k + 1] for k in range(4))
    low, high = (position - 0.5 - edge) / sigma, (position + 0.5 - edge) / sigma
    below, above = ndtr(low), ndtr(high)
    density_low = np.exp(-0.5 * low**2) / np.sqrt(2.0 * np.pi)
    density_high = np.exp(-0.5 * high**2) / np.sqrt(2.0 * np.pi)
    # The integral of the normal distribution function Phi is z Phi(z) + phi(z).
    share = sigma * (high * above + density_high - low * below - density_low)
    jacobian = np.empty((*position.shape, 4))
    jacobian[..., 0] = share
    jacobian[..., 1] = -height * (above - below)
    jacobian[..., 2] = height * (density_high - density_low)
    jacobian[..., 3] = 1.0
    return height * share + level, jacobian
