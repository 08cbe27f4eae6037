"""The light of a point source along a slit: a round disc, cut by the slit's width."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dct, idct
from scipy.optimize import least_squares
from scipy.special import gammaln

from soxs_pipeline.numerics.profiles import moffat_cumulative

__all__ = [
    "NO_WING",
    "STEP_ARCSEC",
    "Wing",
    "look_up",
    "matched_disc",
    "passed_between",
    "profile_table",
]

Floats = NDArray[np.float64]

#: Step of the table, and how far it reaches; beyond, wings would come back from the other side.
STEP_ARCSEC, _FARTHEST_ARCSEC = 0.01, 20.48
#: Rules for the integral across half the slit: while its half width is about that of the disc, and
#: beyond.
_FEW, _MANY, _WIDE_ANGLE = (*map(np.polynomial.legendre.leggauss, (4, 7)), 0.9)
#: Natural logarithm of the largest change of a width that another blur may bring, and exponents
#: of a disc.
_WIDEST_STEP, _EXPONENTS, _LITTLE = 0.6, (1.2, 40.0), 1e-3
_FWHM_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))


class Wing(NamedTuple):
    """The wing of the instrument's blur: a second Gaussian upon that of its core.

    Parameters
    ----------
    share
        Part of the light that is in the wing.
    stretch
        Width of the wing over that of the core.
    """

    share: float
    stretch: float


NO_WING = Wing(0.0, 1.0)


def profile_table(
    fwhm: Floats, beta: float, width: float, height: Floats, blur: Floats, wing: Wing = NO_WING
) -> Floats:
    """Return the fraction of the light passed by the slit that falls into pixels along it.

    The disc is a round Moffat function ``(1 + r^2 / a^2)^-beta`` (Moffat 1969, A&A 3, 455). At a
    distance ``x`` from the middle of the slit it is a Moffat function along the slit again, of the
    same exponent and of the scale ``sqrt(a^2 + x^2)``; they are summed over the slit's width. Blur
    and extent of the pixels are convolved with the sum.

    Parameters
    ----------
    fwhm
        Full width at half maximum of the disc in arcsec, shape ``(m,)``.
    beta
        Exponent of the disc, above 1.
    width
        Of the slit in arcsec; in a slit of width 0 the profile is a Moffat function.
    height, blur
        Extent of the pixels along the slit, and full width at half maximum of the core of the
        blur, a Gaussian, in arcsec, shape ``(m,)``.
    wing
        Of the blur.

    Returns
    -------
    ndarray
        At distances from the centre in steps of `STEP_ARCSEC`, shape ``(m, n)``.
    """
    share, scale = _through(fwhm, beta, width)
    distance2, frequency = _grid()
    density = np.zeros((len(scale), distance2.size))
    peak = share / scale * np.exp(gammaln(beta) - gammaln(beta - 0.5)) / np.sqrt(np.pi)
    for part, unit in zip(peak.T, scale.T, strict=True):
        density += part[:, None] * np.exp(-beta * np.log1p(distance2 / unit[:, None] ** 2))
    sigma = np.asarray(blur, float)[:, None] / _FWHM_SIGMA
    half = 0.5 * np.asarray(height, float)[:, None]
    kernel = np.exp(-0.5 * (sigma * frequency) ** 2)
    if wing.share:
        broad = np.exp(-0.5 * (wing.stretch * sigma * frequency) ** 2)
        kernel += wing.share * (broad - kernel)
    kernel *= np.sinc(half * frequency / np.pi)
    seen = idct(dct(density, type=1, axis=1) * kernel, type=1, axis=1)
    return np.asarray(2.0 * half * seen)


def look_up(table: Floats, row: Floats, distance: Floats) -> Floats:
    """Return a table of `profile_table` at fractional rows and any distances, bilinearly.

    Parameters
    ----------
    table
        Shape ``(m, n)``, at least two rows.
    row
        Between 0 and ``m - 1``.
    distance
        From the centre in arcsec, either sign, of one shape with ``row``.
    """
    column = np.minimum(np.abs(distance) * (1.0 / STEP_ARCSEC), table.shape[1] - 1.001)
    row = np.clip(row, 0.0, len(table) - 1.001)
    i, j = row.astype(np.int32), column.astype(np.int32)
    f, g = row - i, column - j
    flat, place = table.ravel(), i * table.shape[1] + j
    below = flat[place] + g * (flat[place + 1] - flat[place])
    place += table.shape[1]
    above = flat[place] + g * (flat[place + 1] - flat[place])
    return below + f * (above - below)


def passed_between(
    low: ArrayLike, high: ArrayLike, fwhm: Floats, beta: float, width: float
) -> Floats:
    """Return the fraction of the light passed that falls between two places, without blur.

    Parameters
    ----------
    low, high
        Distances from the centre in arcsec, shape ``(m,)``.
    fwhm, beta, width
        As in `profile_table`.
    """
    share, scale = _through(fwhm, beta, width)
    wide = scale * 2.0 * np.sqrt(np.expm1(np.log(2.0) / beta))
    ends = [moffat_cumulative(np.asarray(end, float)[:, None], wide, beta) for end in (low, high)]
    return np.asarray((share * (ends[1] - ends[0])).sum(axis=1))


def matched_disc(
    fwhm: Floats,
    beta: float,
    width: float,
    height: Floats,
    blur: Floats,
    other: Floats,
    wing: Wing = NO_WING,
) -> tuple[Floats, float]:
    """Return width and exponent of the disc that gives the same profile with another blur.

    Least squares over the profiles; the width's change is a line along them.

    Parameters
    ----------
    fwhm, beta, width, height, blur
        As in `profile_table`, of the profiles that are seen; at least two of them.
    other
        Full width at half maximum of the other blur in arcsec, shape ``(m,)``.
    wing
        Of either blur, in units of its width.
    """
    seen = profile_table(fwhm, beta, width, height, blur, wing)
    along = np.linspace(-1.0, 1.0, len(fwhm))

    def disc(values: Floats) -> tuple[Floats, float]:
        return fwhm * np.exp(values[0] + values[1] * along), float(beta * np.exp(values[2]))

    def apart(values: Floats) -> Floats:
        wide, exponent = disc(values)
        return (profile_table(wide, exponent, width, height, other, wing) - seen).ravel()

    # An exponent at the end of the range may move inwards only.
    exponents = np.log(np.array(_EXPONENTS) / beta)
    low = np.array([-_WIDEST_STEP, -_WIDEST_STEP, min(exponents[0], -_LITTLE)])
    high = np.array([_WIDEST_STEP, _WIDEST_STEP, max(exponents[1], _LITTLE)])
    fit = least_squares(apart, np.zeros(3), bounds=(low, high), xtol=1e-4)
    return disc(fit.x)


def _through(fwhm: Floats, beta: float, width: float) -> tuple[Floats, Floats]:
    """Return light and scale of what strips of the slit add to the profile, shape ``(m, k)``."""
    scale = 2.0 * float(np.sqrt(np.expm1(np.log(2.0) / beta)))
    alpha: Floats = np.asarray(fwhm, np.float64)[:, None] / scale
    if width <= 0.0:
        return np.ones(alpha.shape), np.asarray(alpha)
    # With x = a tan(phi) the light of a strip is a power of cos(phi), smooth for any width.
    edge = np.arctan(0.5 * width / alpha)
    nodes, weights = _FEW if float(edge.max()) < _WIDE_ANGLE else _MANY
    phi = edge * (0.5 * (nodes + 1.0))
    light: Floats = weights * np.cos(phi) ** (2.0 * beta - 3.0)
    share: Floats = light / light.sum(axis=1, keepdims=True)
    unit: Floats = alpha / np.cos(phi)
    return np.asarray(share), np.asarray(unit)


@lru_cache(maxsize=1)
def _grid() -> tuple[Floats, Floats]:
    count = round(_FARTHEST_ARCSEC / STEP_ARCSEC) + 1
    distance = STEP_ARCSEC * np.arange(count, dtype=float)
    frequency = np.pi * np.arange(count, dtype=float) / ((count - 1) * STEP_ARCSEC)
    return distance**2, np.asarray(frequency)
