"""Photon transfer: gain, read noise and non-linearity from pairs of equal exposures.

A detector that counts photons has a variance that rises with the signal; how steeply tells how
many electrons a count is (Janesick 2001, *Scientific Charge-Coupled Devices*, chapter 5).
Differences of equal exposures are free of the pixels' own response.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.robust import clipped_moments, mad_sigma

__all__ = ["PairPoints", "Transfer", "fit_transfer", "linearity_of_pixels", "points_of_pair"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: Pixels of about equal signal that make one point, at least, and points of one pair.
_LEAST_PIXELS, _POINTS = 1500, 24
_CLIP_SIGMA = 4.5


@dataclass(frozen=True, eq=False)
class PairPoints:
    """Signal and variance of groups of pixels of about equal signal; arrays ``(n,)``, counts.

    Parameters
    ----------
    signal, variance, error
        Mean signal, variance of one frame, and the error of the variance.
    """

    signal: Floats
    variance: Floats
    error: Floats


@dataclass(frozen=True)
class Transfer:
    """What a photon-transfer curve tells.

    Parameters
    ----------
    gain, gain_error
        Electrons in a count.
    read_noise, read_noise_error
        Electrons.
    points
        Number of points used.
    """

    gain: float
    gain_error: float
    read_noise: float
    read_noise_error: float
    points: int


def points_of_pair(
    first: Floats, second: Floats, usable: Booleans, brightness: Floats
) -> PairPoints:
    """Return signal and variance of groups of pixels of a pair of equal exposures.

    Parameters
    ----------
    first, second
        Frames without offset, in counts, of one shape.
    usable
        False for pixels to be left out.
    brightness
        How bright pixels are, from other exposures: sorted by their own noise pixels without light
        would seem to differ.
    """
    a, b = first[usable].astype(float), second[usable].astype(float)
    if a.size < _LEAST_PIXELS:
        return PairPoints(np.zeros(0), np.zeros(0), np.zeros(0))
    mean = 0.5 * (a + b)
    # The lamp may have changed between the exposures.
    bright = mean > np.percentile(mean, 75.0)
    ratio = float(np.median(a[bright]) / np.median(b[bright])) if bright.any() else 1.0
    difference = a - ratio * b
    number = int(min(_POINTS, a.size // _LEAST_PIXELS))
    found = []
    rank = np.argsort(brightness[usable], kind="stable")
    for chosen in np.array_split(rank, number):
        _, sigma, count = clipped_moments(difference[chosen], clip_sigma=_CLIP_SIGMA, iterations=6)
        noise2 = float(sigma**2) / (1.0 + ratio**2)
        found.append((float(np.mean(mean[chosen])), noise2, noise2 * np.sqrt(2.0 / float(count))))
    signal, variance, error = np.array(found).T
    return PairPoints(signal, variance, error)


def fit_transfer(points: list[PairPoints], *, highest: float) -> Transfer:
    """Fit ``variance = (read noise / gain)^2 + signal / gain``, with a bend for non-linearity.

    Parameters
    ----------
    points
        Of all pairs.
    highest
        Signal in counts above which points are left out.

    Returns
    -------
    Transfer
        NaN if there are too few points.
    """
    signal = np.concatenate([p.signal for p in points]) if points else np.zeros(0)
    variance = np.concatenate([p.variance for p in points]) if points else np.zeros(0)
    error = np.concatenate([p.error for p in points]) if points else np.zeros(0)
    used = (signal < highest) & np.isfinite(variance) & (error > 0)
    if used.sum() < 6 or np.ptp(signal[used]) < 10.0:
        nothing = float("nan")
        return Transfer(nothing, nothing, nothing, nothing, int(used.sum()))
    basis = np.column_stack([np.ones(signal.size), signal, signal**2])
    # A group that mixes lit and dark pixels has a variance that is wrong, and a small one: the
    # error of a variance is that of the variance expected.
    number = 2.0 * (variance / np.where(error > 0, error, 1.0)) ** 2
    bright = used & (signal > 0.2 * signal[used].max())
    floor = float(np.percentile(variance[used], 5.0))
    expected = floor + signal * max(
        float(np.median((variance - floor)[bright] / signal[bright])), 1e-9
    )
    spread = 1.0
    for _ in range(6):
        sigma = np.maximum(expected, 0.1 * floor) * np.sqrt(2.0 / np.maximum(number, 2.0))
        pull = (variance - expected) / sigma
        spread = max(1.0, float(mad_sigma(pull[used])))
        kept = used & (np.abs(pull) < 4.0 * spread)
        weight = np.where(kept, 1.0 / sigma**2, 0.0)
        normal = (basis * weight[:, None]).T @ basis
        scale = np.sqrt(np.diag(normal))
        covariance = np.linalg.inv(normal / np.outer(scale, scale)) / np.outer(scale, scale)
        coef = covariance @ ((basis * weight[:, None]).T @ variance)
        expected = np.maximum(basis @ coef, 0.1 * floor)
    used = kept
    if not coef[1] > 3.0 * float(np.sqrt(covariance[1, 1])) * spread:
        nothing = float("nan")
        return Transfer(nothing, nothing, nothing, nothing, int(used.sum()))
    gain = 1.0 / float(coef[1])
    gain_error = gain**2 * float(np.sqrt(covariance[1, 1])) * spread
    noise = gain * float(np.sqrt(max(coef[0], 0.0)))
    noise_error = gain * 0.5 * float(np.sqrt(covariance[0, 0])) * spread / max(noise / gain, 1e-6)
    return Transfer(gain, gain_error, noise, noise_error, int(used.sum()))


def linearity_of_pixels(
    levels: Floats,
    exposures: Floats,
    noise2: Floats,
    usable: Booleans,
    bend: float | None = None,
) -> tuple[Floats, Floats, float]:
    """Return how each pixel departs from the law that most pixels follow.

    The common law is ``counts = light * (1 + bend * light)``; a pixel's own departure is a further
    bend, relative to its highest level.

    Parameters
    ----------
    levels
        Counts of every pixel at every exposure, shape ``(k, n)``.
    exposures
        Exposure times, shape ``(k,)``.
    noise2
        Variance of the counts, shape ``(k, n)``.
    usable
        False for values to be left out (saturated), shape ``(k, n)``.
    bend
        Of the common law, if it is known; found from these pixels if not.

    Returns
    -------
    departure, error, bend
        Fraction by which a pixel's highest level departs from the common law, its error, both
        shape ``(n,)``, NaN where it cannot be told; and the bend per count of the common law.
    """
    weight = np.where(usable, 1.0 / noise2, 0.0)
    t = exposures[:, None]
    if bend is None:
        bend = _common_bend(levels, t, weight)
    light = levels / (1.0 + bend * levels)
    _, curve, error, _ = _parabola(light, t, weight)
    return curve, error, bend


def _common_bend(levels: Floats, t: Floats, weight: Floats) -> float:
    """Return the bend per count that takes the typical pixel's own away."""
    bend = 0.0
    for _ in range(4):
        _, curve, error, top = _parabola(levels / (1.0 + bend * levels), t, weight)
        good = np.isfinite(curve) & (error > 0) & (top > 0)
        if not good.any():
            break
        more = float(np.median(curve[good] / top[good]))
        bend += more
        if abs(more) < 1e-4 * max(abs(bend), 1e-12):
            break
    return bend


def _parabola(light: Floats, t: Floats, weight: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Fit ``light = a t + b t^2`` to each pixel: slope, relative bend at the top, error, top."""
    s22, s23, s33 = ((weight * t**k).sum(axis=0) for k in (2, 3, 4))
    r1, r2 = (weight * t * light).sum(axis=0), (weight * t**2 * light).sum(axis=0)
    det = s22 * s33 - s23**2
    known = det > 1e-12 * np.maximum(s22 * s33, 1e-300)
    safe = np.where(known, det, 1.0)
    a = np.where(known, (s33 * r1 - s23 * r2) / safe, np.nan)
    b = np.where(known, (s22 * r2 - s23 * r1) / safe, np.nan)
    sigma_b = np.where(known, np.sqrt(np.maximum(s22 / safe, 0.0)), np.nan)
    last = np.where(weight > 0, t, 0.0).max(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return a, b * last / a, sigma_b * last / np.abs(a), a * last
