"""Follow the ridge that a pinhole in white light draws across a detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.special import erf

from soxs_pipeline.numerics.levenberg import Pixels, fit_batch
from soxs_pipeline.numerics.robust import mad_sigma, row_quantiles, tukey_weights

__all__ = ["Correction", "ProfileFits", "fit_correction", "fit_profiles", "ridge_offset"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SQRT2 = float(np.sqrt(2.0))
#: Widths in pixels beyond which a profile is no pinhole.
SIGMA_RANGE = (0.3, 6.0)
#: Error of a modelled pixel as a fraction of the model: pixel response, shape of the profile.
MODEL_ERROR = 0.01


@dataclass(frozen=True, eq=False)
class ProfileFits:
    """Gaussian profiles fitted one for each bin; all arrays of shape ``(n,)``.

    Parameters
    ----------
    centre, error
        Centre and its one-sigma error in pixels, in the coordinate given.
    flux, flux_error
        Sum under the profile in a column.
    sigma
        Width in pixels.
    reduced_chi2
        Chi square per degree of freedom.
    good
        True where the fit converged to a profile.
    """

    centre: Floats
    error: Floats
    flux: Floats
    flux_error: Floats
    sigma: Floats
    reduced_chi2: Floats
    good: Flags


def ridge_offset(straight: NDArray[np.floating], *, least_sigma: float) -> tuple[float, float]:
    """Return where the ridge runs in an image straightened along its prediction.

    Parameters
    ----------
    straight
        Shape ``(2 h + 1, nx)``: row ``h`` lies on the prediction; NaN where unusable.
    least_sigma
        Significance that counts as a ridge.

    Returns
    -------
    tuple
        Offset in pixels, NaN if no ridge is significant; and its significance.
    """
    half = straight.shape[0] // 2
    count = np.isfinite(straight).sum(axis=1)
    if count.min() < 10:
        return float("nan"), 0.0
    clean = np.where(np.isfinite(straight), straight, 0.0)
    level = np.median(clean, axis=0)
    apart = np.where(np.isfinite(straight), straight - level, 0.0)
    # A cosmic ray must not make a ridge: no pixel counts for more than the bright columns do.
    bright = np.quantile(np.abs(apart), 0.95, axis=1)
    apart = np.clip(apart, -bright[:, None], bright[:, None])
    profile = apart.sum(axis=1) / count
    noise = float(mad_sigma(apart)) / np.sqrt(float(count.min()))
    smooth = np.convolve(profile, np.ones(3), mode="same")
    peak = int(np.argmax(smooth))
    significance = float(smooth[peak] / (np.sqrt(3.0) * noise)) if noise > 0 else np.inf
    if significance < least_sigma:
        return float("nan"), significance
    near = slice(max(peak - 2, 0), peak + 3)
    weight = np.maximum(profile[near], 0.0)
    rows = np.arange(straight.shape[0])[near]
    return float((weight * rows).sum() / weight.sum()) - half, significance


def fit_profiles(
    position: Floats,
    values: Floats,
    use: Flags,
    *,
    read_variance: float,
    start: Floats,
    sigma: float,
    sigma_error: float,
    iterations: int = 25,
) -> ProfileFits:
    """Fit a pixel-integrated Gaussian on a constant level to every bin at once.

    The variance is rebuilt from the model at every step, so that noise does not pull the
    fit. The width has a Gaussian prior: faint bins borrow it.

    Parameters
    ----------
    position
        Distance of each pixel centre from the prediction, shape ``(n, k)``.
    values
        Electrons, shape ``(n, k)``.
    use
        True for the pixels to fit, shape ``(n, k)``.
    read_variance
        Variance of a pixel without light.
    start
        First guess of the centres, shape ``(n,)``.
    sigma, sigma_error
        Mean and width of the prior on the Gaussian's sigma.
    iterations
        Number of steps.

    Returns
    -------
    ProfileFits
        One for each bin.
    """
    fit = fit_batch(
        _gaussian,
        Pixels(position, values, use, read_variance, MODEL_ERROR),
        start=_first_guess(position, values, use, start, sigma),
        width_error=sigma_error,
        width_range=SIGMA_RANGE,
        iterations=iterations,
    )
    state = fit.state
    low, high = SIGMA_RANGE
    inside = (low < state[:, 2]) & (state[:, 2] < high)
    centred = (use & (np.abs(position - state[:, 1:2]) < 1.0)).any(axis=1)
    good = inside & centred & (use.sum(axis=1) >= 6) & (state[:, 0] > 0)
    return ProfileFits(
        centre=state[:, 1],
        error=fit.error[:, 1],
        flux=state[:, 0],
        flux_error=fit.error[:, 0],
        sigma=state[:, 2],
        reduced_chi2=fit.reduced_chi2,
        good=np.asarray(good & np.isfinite(fit.error).all(axis=1)),
    )


def _first_guess(
    position: Floats, values: Floats, use: Flags, start: Floats, sigma: float
) -> Floats:
    level = row_quantiles(values, use, 0.2)
    near = use & (np.abs(position - start[:, None]) < 2.5 * sigma)
    peak = np.where(near, values - level[:, None], 0.0).max(axis=1)
    flux = np.maximum(peak, 1.0) * sigma * np.sqrt(2.0 * np.pi)
    return np.stack([flux, start, np.full(len(start), sigma), level], axis=1)


def _gaussian(position: Floats, state: Floats) -> tuple[Floats, Floats]:
    """Return a Gaussian integrated over pixels, on a level, and its derivatives."""
    flux, centre, sigma, level = (state[:, k : k + 1] for k in range(4))
    low, high = (position - 0.5 - centre) / sigma, (position + 0.5 - centre) / sigma
    share = 0.5 * (erf(high / SQRT2) - erf(low / SQRT2))
    density_low = np.exp(-0.5 * low**2) / np.sqrt(2.0 * np.pi)
    density_high = np.exp(-0.5 * high**2) / np.sqrt(2.0 * np.pi)
    jacobian = np.empty((*position.shape, 4))
    jacobian[..., 0] = share
    jacobian[..., 1] = -flux * (density_high - density_low) / sigma
    jacobian[..., 2] = -flux * (high * density_high - low * density_low) / sigma
    jacobian[..., 3] = 1.0
    return flux * share + level, jacobian


@dataclass(frozen=True, eq=False)
class Correction:
    """A smooth correction to a prediction.

    Parameters
    ----------
    coef
        Chebyshev coefficients.
    used
        True for the samples that were not rejected, shape ``(n,)``.
    scatter
        Robust scatter of the used samples about the correction.
    """

    coef: Floats
    used: Flags
    scatter: float


def fit_correction(
    t: Floats,
    values: Floats,
    errors: Floats,
    *,
    most_degree: int,
    floor: float,
    iterations: int = 12,
) -> Correction:
    """Fit a Chebyshev series, its degree chosen by the Bayesian information criterion.

    Outliers are held down by Tukey's biweight in units of the errors, which are first widened
    to what the scatter shows.

    Parameters
    ----------
    t
        Coordinate scaled to [-1, 1], shape ``(n,)``.
    values, errors
        Samples and their one-sigma errors.
    most_degree
        Largest degree tried; less if the samples are few or cover little of the domain.
    floor
        Error that no sample is better than.

    Returns
    -------
    Correction
        The correction.

    Raises
    ------
    ValueError
        If there are no samples.
    """
    if not len(t):
        raise ValueError("no samples to fit")
    limit = min(most_degree, max(0, (len(t) - 1) // 4), int(_coverage(t) * (most_degree + 1)))
    noise = np.sqrt(errors**2 + floor**2)
    trials = []
    for degree in range(limit + 1):
        design = np.asarray(chebyshev.chebvander(t, degree), dtype=np.float64)
        coef, weight, scale = _robust_series(design, values, noise, iterations)
        trials.append((coef, weight, (values - design @ coef) / noise, scale))
    # One scale for all degrees, so that an outlier costs each the same.
    cap = 4.0 * min(scale for *_, scale in trials)
    losses = [float(np.minimum(residual**2, cap**2).sum()) for _, _, residual, _ in trials]
    criteria = [
        len(t) * np.log(max(loss / len(t), 1e-12)) + (degree + 1) * np.log(len(t))
        for degree, loss in enumerate(losses)
    ]
    coef, weight, residual, _ = trials[int(np.argmin(criteria))]
    used = weight > 0.05
    scatter = float(mad_sigma((residual * noise)[used])) if used.any() else float("nan")
    return Correction(coef, used, scatter)


def _coverage(t: Floats) -> float:
    """Return the fraction of ten equal parts of the domain that hold samples."""
    return len(np.unique(np.clip(((t + 1.0) * 5.0).astype(int), 0, 9))) / 10.0


def _robust_series(
    design: Floats, values: Floats, noise: Floats, iterations: int
) -> tuple[Floats, Floats, float]:
    weight = np.ones(len(values))
    coef = np.zeros(design.shape[1])
    coef[0] = float(np.median(values))
    scale = 1.0
    for turn in range(iterations):
        residual = (values - design @ coef) / noise
        scale = max(float(mad_sigma(residual - np.median(residual))), 1.0)
        if turn == 0:
            scale = max(scale, 3.0)
        weight = tukey_weights(residual / scale, cutoff=5.0)
        if np.count_nonzero(weight) <= design.shape[1]:
            break
        root = np.sqrt(weight) / noise
        solved, *_ = np.linalg.lstsq(design * root[:, None], values * root, rcond=1e-10)
        moved = float(np.abs(solved - coef).max())
        coef = np.asarray(solved, dtype=np.float64)
        if moved < 1e-6 and turn > 2:
            break
    return coef, weight, scale
