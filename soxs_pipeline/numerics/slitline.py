"""Fit the image of the slit in one emission line: place, width and strength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import erf

__all__ = ["SlitLine", "fit_slit_line"]

Floats = NDArray[np.float64]

_SIGMA_BOUNDS = (0.4, 15.0)
_STEPS = 25
#: A fit has settled when a step is shorter than this, and than this part of every error.
_SETTLED_PX, _SETTLED = 1e-3, 0.03
#: After so many steps a line below this significance will not stand out any more.
_PATIENCE, _HOPELESS_SIGMA = 6, 2.0
#: Determinant over the product of the diagonal below which a fit has no unique answer.
_SINGULAR = 1e-12
#: Shape of a line that a Gaussian does not describe, as a fraction of its peak.
_MODEL_ERROR = 0.05
_CLIP_SIGMA = 5.0


@dataclass(frozen=True)
class SlitLine:
    """A fitted line; pixels along the dispersion.

    Parameters
    ----------
    centre, centre_error
        Distance from where the line was expected.
    sigma
        Width of the Gaussian, without the pixel.
    flux, flux_error
        Mean electrons of the line in one row.
    good
        True if the fit converged within its window and the line stands out.
    """

    centre: float
    centre_error: float
    sigma: float
    flux: float
    flux_error: float
    good: bool


_FAILED = SlitLine(0.0, np.inf, 0.0, 0.0, np.inf, good=False)


def fit_slit_line(
    offset: Floats,
    row: NDArray[np.int64],
    value: Floats,
    *,
    noise_floor: float,
    start_sigma: float,
    reach: float,
    least_sigma: float = 5.0,
) -> SlitLine:
    """Fit a Gaussian integrated over pixels, of one strength in all rows.

    Each row has a level of its own, so a continuum, a source or scattered light under the line
    does not matter; these levels are eliminated, not fitted. The variance of a pixel follows
    from the model. Pixels that no line can explain are left out.

    Parameters
    ----------
    offset
        Distance of each pixel from the expected place of the line in pixels, shape ``(n,)``.
    row
        Row of the detector of each pixel.
    value
        Electrons.
    noise_floor
        Variance of a pixel without light.
    start_sigma
        Width to start from.
    reach
        Largest distance of the line from where it is expected.
    least_sigma
        Significance of the flux below which the line is not good.
    """
    _, row = np.unique(row, return_inverse=True)
    use = np.isfinite(value)
    if use.sum() >= 12:
        use = _without_hits(offset, row, value, use, noise_floor)
    if use.sum() < 12:
        return _FAILED
    start = _brightest(offset, value, use, reach), start_sigma
    result = _FAILED
    for _ in range(3):
        result = _descend(offset, row, value, use, start, noise_floor, reach)
        if not np.isfinite(result.centre_error):
            return _FAILED
        profile = _profile(offset, result.centre, result.sigma)[0]
        level = _levels(row, value - result.flux * profile, use)
        model = level[row] + result.flux * profile
        tolerance = np.sqrt(
            noise_floor + np.maximum(model, 0) + (_MODEL_ERROR * result.flux * profile.max()) ** 2
        )
        kept = np.isfinite(value) & (np.abs(value - model) < _CLIP_SIGMA * tolerance)
        if (kept == use).all():
            break
        use, start = kept, (result.centre, result.sigma)
    significant = result.flux > least_sigma * result.flux_error
    inside = abs(result.centre) < reach and _SIGMA_BOUNDS[0] < result.sigma < _SIGMA_BOUNDS[1]
    return SlitLine(
        result.centre,
        result.centre_error,
        result.sigma,
        result.flux,
        result.flux_error,
        good=bool(significant and inside),
    )


def _without_hits(
    offset: Floats, row: NDArray[np.int64], value: Floats, use: NDArray[np.bool_], floor: float
) -> NDArray[np.bool_]:
    """Leave out what sticks out of the median line, before a fit can run after it."""
    level = _medians(row, value, use)
    excess, place = value - level[row], np.rint(offset).astype(int)
    place -= place.min()
    typical = _medians(place, excess, use)[place]
    noise = np.sqrt(floor + np.maximum(level[row] + typical, 0.0))
    # A pixel's phase moves it by up to half a pixel on the flank of the line.
    tolerance = 8.0 * noise + 0.5 * np.maximum(typical.max(), 0.0)
    return np.asarray(use & (excess - typical < tolerance))


def _medians(group: NDArray[np.int64], value: Floats, use: NDArray[np.bool_]) -> Floats:
    """Return the median of each group, 0 where nothing is of use."""
    found = np.zeros(int(group.max()) + 1)
    filled = np.unique(group[use])
    found[filled] = ndimage.median(value[use], group[use], filled)
    return found


def _brightest(offset: Floats, value: Floats, use: NDArray[np.bool_], reach: float) -> float:
    """Return the place within reach where the mean over rows is highest."""
    grid = np.arange(-np.floor(reach), np.floor(reach) + 1.0)
    near = np.abs(offset[None, use] - grid[:, None]) < 1.0
    # Medians do not see cosmic rays.
    means = [np.median(value[use][chosen]) if chosen.any() else -np.inf for chosen in near]
    return float(grid[int(np.argmax(means))])


def _profile(offset: Floats, centre: float, sigma: float) -> tuple[Floats, Floats, Floats]:
    """Return the share of a line in each pixel, and its derivatives by centre and width."""
    low, high = (offset - 0.5 - centre) / sigma, (offset + 0.5 - centre) / sigma
    share = 0.5 * (erf(high / np.sqrt(2.0)) - erf(low / np.sqrt(2.0)))
    g_low, g_high = (np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi) for z in (low, high))
    return share, (g_low - g_high) / sigma, (low * g_low - high * g_high) / sigma


def _levels(row: NDArray[np.int64], value: Floats, weight: NDArray) -> Floats:
    """Return the weighted mean of each row."""
    summed = np.bincount(row, weight * np.where(weight > 0, value, 0.0))
    return summed / np.maximum(np.bincount(row, weight), 1e-30)


def _about_levels(row: NDArray[np.int64], values: Floats, weight: Floats) -> Floats:
    """Return what is left of each line of values about the weighted means of its rows."""
    rows = int(row.max()) + 1
    lines = np.arange(len(values))[:, None]
    place = (row + rows * lines).ravel()
    summed = np.bincount(place, (weight * values).ravel(), rows * len(values))
    total = np.maximum(np.bincount(row, weight, rows), 1e-30)
    left: Floats = values - (summed.reshape(-1, rows) / total)[:, row]
    return left


def _descend(
    offset: Floats,
    row: NDArray[np.int64],
    value: Floats,
    use: NDArray[np.bool_],
    start: tuple[float, float],
    noise_floor: float,
    reach: float,
) -> SlitLine:
    """Take damped Gauss-Newton steps; the level of each row is projected out of all columns."""
    centre, sigma = start
    value = np.where(use, value, 0.0)
    flux, errors = 0.0, np.full(3, np.inf)
    for step in range(_STEPS):
        share, by_centre, by_sigma = _profile(offset, centre, sigma)
        if step == 0:
            weight = use / noise_floor
            bare = share - _levels(row, share, weight)[row]
            flux = float((weight * bare) @ value) / max(float((weight * bare) @ bare), 1e-30)
        level = _levels(row, value - flux * share, use)
        # Noise of the model, not of the data: low pixels must not weigh more.
        weight = use / (noise_floor + np.maximum(level[row] + flux * share, 0.0))
        terms = np.array([share, flux * by_centre, flux * by_sigma, value - flux * share])
        *design, residual = _about_levels(row, terms, weight)
        weighted = np.array(design) * weight
        normal = weighted @ np.transpose(design)
        size = np.prod(np.diag(normal))
        if not np.isfinite(size) or np.linalg.det(normal) < _SINGULAR * size:
            return _FAILED
        covariance = np.linalg.inv(normal)
        change = covariance @ (weighted @ residual)
        errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        flux += float(change[0])
        moved = float(np.clip(change[1], -0.5 * sigma, 0.5 * sigma))
        centre = float(np.clip(centre + moved, -2.0 * reach, 2.0 * reach))
        sigma = float(np.clip(sigma + np.clip(change[2], -0.3 * sigma, 0.3 * sigma),
                              *_SIGMA_BOUNDS))  # fmt: skip
        settled = abs(moved) < _SETTLED_PX and np.all(np.abs(change) < _SETTLED * errors)
        hopeless = step >= _PATIENCE and flux < _HOPELESS_SIGMA * errors[0]
        if (settled and step > 0) or hopeless:
            break
    return SlitLine(centre, float(errors[1]), sigma, flux, float(errors[0]), good=True)
