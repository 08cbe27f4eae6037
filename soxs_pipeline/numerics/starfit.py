"""Fit the profile of stars, all stars of an image at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

__all__ = ["StarFits", "StarShape", "cutouts", "fit_shape", "fit_stars"]

Floats = NDArray[np.float64]

_STEPS = 8
#: Step of numerical derivatives: pixels, or relative.
_STEP = 1e-6
#: Sub-pixels along an axis over which the profile is averaged: Gauss-Legendre nodes.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(2)


@dataclass(frozen=True)
class StarShape:
    """An elliptical Moffat profile of total light one (Moffat 1969, A&A 3, 455).

    Parameters
    ----------
    xx, yy, xy
        Coefficients of the squared elliptical radius xx dx2 + 2 xy dx dy + yy dy2, pixel**-2.
    beta
        Exponent.
    """

    xx: float
    yy: float
    xy: float
    beta: float

    @property
    def fwhm(self) -> float:
        """Full width at half maximum, geometric mean of the axes, in pixels."""
        area = float(self.xx * self.yy - self.xy**2)
        return float(2.0 * np.sqrt(2.0 ** (1.0 / self.beta) - 1.0) / area**0.25)

    @property
    def ellipticity(self) -> float:
        """One minus the ratio of the axes."""
        low, high = np.linalg.eigvalsh([[self.xx, self.xy], [self.xy, self.yy]])
        return float(1.0 - np.sqrt(low / high))

    def __call__(self, dx: Floats, dy: Floats) -> Floats:
        """Return the light for each pixel at distances from the centre, pixel averaged."""
        found = np.zeros(np.broadcast_shapes(dx.shape, dy.shape))
        for a, wa in zip(_NODES, _WEIGHTS, strict=True):
            for b, wb in zip(_NODES, _WEIGHTS, strict=True):
                found += 0.25 * wa * wb * self._at(dx + 0.5 * a, dy + 0.5 * b)
        return found

    def _at(self, dx: Floats, dy: Floats) -> Floats:
        radius2 = self.xx * dx * dx + 2.0 * self.xy * dx * dy + self.yy * dy * dy
        return np.asarray(self._norm * (1.0 + radius2) ** -self.beta)

    def with_slopes(self, dx: Floats, dy: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the light and its derivatives with respect to the centre along x and y."""
        size = np.broadcast_shapes(dx.shape, dy.shape)
        light, slope_x, slope_y = np.zeros(size), np.zeros(size), np.zeros(size)
        for a, wa in zip(_NODES, _WEIGHTS, strict=True):
            for b, wb in zip(_NODES, _WEIGHTS, strict=True):
                x, y = dx + 0.5 * a, dy + 0.5 * b
                base = 1.0 + self.xx * x * x + 2.0 * self.xy * x * y + self.yy * y * y
                part = (0.25 * wa * wb * self._norm) * base**-self.beta
                light += part
                part *= 2.0 * self.beta / base
                slope_x += part * (self.xx * x + self.xy * y)
                slope_y += part * (self.xy * x + self.yy * y)
        return light, slope_x, slope_y

    @property
    def _norm(self) -> float:
        return float((self.beta - 1.0) / np.pi * np.sqrt(self.xx * self.yy - self.xy**2))

    def share_within(self, radius: float) -> float:
        """Return the share of the light within a circle, the profile taken as round."""
        alpha2 = 1.0 / np.sqrt(self.xx * self.yy - self.xy**2)
        return float(1.0 - (1.0 + radius**2 / alpha2) ** (1.0 - self.beta))


@dataclass(frozen=True, eq=False)
class StarFits:
    """Fitted stars; arrays of shape ``(n,)``.

    Parameters
    ----------
    x, y
        Centres in pixels, the centre of the first pixel is 0.
    flux, flux_error
        Total light and its standard error.
    x_error, y_error
        Standard errors of the centres.
    chi2
        Reduced chi square.
    good
        True where the fit came to an end within the cutout.
    """

    x: Floats
    y: Floats
    flux: Floats
    flux_error: Floats
    x_error: Floats
    y_error: Floats
    chi2: Floats
    good: NDArray[np.bool_]


def cutouts(image: NDArray[np.floating], x: Floats, y: Floats, half: int, fill: float) -> Floats:
    """Return squares of an image about places, shape ``(n, 2 half + 1, 2 half + 1)``.

    What lies beyond the image is filled; a place may be there, too.
    """
    beyond = half + 1
    padded = np.pad(np.asarray(image, dtype=float), half + beyond, constant_values=fill)
    rows, columns = image.shape
    column = np.clip(np.rint(x), -beyond, columns - 1 + beyond).astype(int) + beyond
    row = np.clip(np.rint(y), -beyond, rows - 1 + beyond).astype(int) + beyond
    steps = np.arange(2 * half + 1)
    return np.asarray(
        padded[row[:, None, None] + steps[:, None], column[:, None, None] + steps[None, :]]
    )


def fit_shape(stamps: Floats, weights: Floats, dx: Floats, dy: Floats, fwhm: float) -> StarShape:
    """Fit one profile to several stars.

    Parameters
    ----------
    stamps, weights
        Light and inverse variance (zero where not to be used), shape ``(n, m, m)``.
    dx, dy
        Centres of the stars from the middle of the stamps, shape ``(n,)``.
    fwhm
        Guess in pixels.
    """
    half = stamps.shape[1] // 2
    grid = np.arange(-half, half + 1, dtype=float)
    root = np.sqrt(weights)

    def shape_of(p: Floats) -> StarShape:
        width = np.exp(p[0])
        alpha2 = (width / 2.0) ** 2 / (2.0 ** (1.0 / np.exp(p[3])) - 1.0)
        stretch = np.array([[1.0 + p[1], p[2]], [p[2], 1.0 - p[1]]])
        stretch /= np.sqrt(max(np.linalg.det(stretch), 1e-3))
        xx, xy, yy = stretch[0, 0] / alpha2, stretch[0, 1] / alpha2, stretch[1, 1] / alpha2
        return StarShape(float(xx), float(yy), float(xy), float(np.exp(p[3])))

    def residual(p: Floats) -> Floats:
        centre = p[4:].reshape(2, -1)
        x = grid[None, None, :] - (dx + centre[0])[:, None, None]
        y = grid[None, :, None] - (dy + centre[1])[:, None, None]
        model = shape_of(p[:4])(x, y)
        # Flux and a level of each star follow by linear least squares.
        ones = np.ones_like(model)
        mm, m1, oo = ((weights * a).sum(axis=(1, 2)) for a in (model**2, model, ones))
        ms, os = (weights * model * stamps).sum((1, 2)), (weights * stamps).sum((1, 2))
        det = np.maximum(mm * oo - m1**2, 1e-30)
        flux, level = (ms * oo - os * m1) / det, (os * mm - ms * m1) / det
        fitted = flux[:, None, None] * model + level[:, None, None]
        return np.asarray((root * (stamps - fitted)).ravel())

    def slopes(p: Floats) -> Floats:
        # The place of a star moves its own stamp alone: all of them are moved at once.
        here, stars = residual(p), len(dx)
        found = np.zeros((here.size, p.size))
        for k in range(4):
            found[:, k] = (residual(p + _STEP * np.eye(p.size)[k]) - here) / _STEP
        own = np.arange(here.size).reshape(stars, -1)
        for axis in range(2):
            columns = np.arange(4 + axis * stars, 4 + (axis + 1) * stars)
            moved = p.copy()
            moved[columns] += _STEP
            found[own, columns[:, None]] = ((residual(moved) - here) / _STEP).reshape(stars, -1)
        return found

    start = np.concatenate([[np.log(fwhm), 0.0, 0.0, np.log(3.0)], np.zeros(2 * len(dx))])
    low = np.concatenate([[np.log(0.8), -0.9, -0.9, np.log(1.3)], np.full(2 * len(dx), -2.0)])
    high = np.concatenate([[np.log(60.0), 0.9, 0.9, np.log(12.0)], np.full(2 * len(dx), 2.0)])
    start = np.clip(start, low + 1e-6, high - 1e-6)
    found = least_squares(
        residual, start, slopes, bounds=(low, high), loss="soft_l1", f_scale=3.0, max_nfev=60
    )
    return shape_of(found.x[:4])


def fit_stars(
    stamps: Floats, weights: Floats, dx: Floats, dy: Floats, shape: StarShape
) -> StarFits:
    """Fit flux, centre and local level of each star with a known profile by Gauss-Newton steps.

    Parameters
    ----------
    stamps, weights, dx, dy
        See `fit_shape`; the centres are guesses. Results are relative to the middle.
    shape
        Of the profile.
    """
    half = stamps.shape[1] // 2
    grid = np.arange(-half, half + 1, dtype=float)
    x, y = dx.astype(float), dy.astype(float)
    normal = np.zeros((len(x), 4, 4))
    step = np.zeros((len(x), 4))
    flux = np.zeros(len(x))
    chi2 = np.full(len(x), np.nan)
    for k in range(_STEPS):
        along, across = (
            grid[None, None, :] - x[:, None, None],
            grid[None, :, None] - y[:, None, None],
        )
        model, slope_x, slope_y = shape.with_slopes(along, across)
        if k == 0:
            flux = _amplitude(stamps, weights, model)
        size = np.where(np.abs(flux) > 0, flux, 1.0)[:, None, None]
        parts = np.stack([model, np.ones_like(model), size * slope_x, size * slope_y], axis=1)
        normal = np.einsum("npij,nqij,nij->npq", parts, parts, weights)
        normal[:, np.arange(4), np.arange(4)] *= 1.0 + 1e-9
        normal[:, np.arange(4), np.arange(4)] += 1e-12
        right = np.einsum("npij,nij,nij->np", parts, stamps, weights)
        step = np.linalg.solve(normal, right[..., None])[..., 0]
        flux = step[:, 0]
        x = x + np.clip(step[:, 2], -0.7, 0.7)
        y = y + np.clip(step[:, 3], -0.7, 0.7)
        fitted = step[:, 0, None, None] * model + step[:, 1, None, None]
        free = np.maximum((weights > 0).sum(axis=(1, 2)) - 4, 1)
        chi2 = (weights * (stamps - fitted) ** 2).sum(axis=(1, 2)) / free
        if k and np.abs(step[:, 2:]).max(initial=0.0) < 0.003:
            break
    error = np.sqrt(np.maximum(np.einsum("nii->ni", np.linalg.inv(normal)), 0.0))
    good = (np.hypot(x - dx, y - dy) < 0.5 * half) & (np.abs(step[:, 2:]) < 0.05).all(axis=1)
    good &= np.isfinite(flux) & (error[:, 0] > 0) & (error[:, 0] < 1e5)
    return StarFits(x, y, flux, error[:, 0], error[:, 2], error[:, 3], chi2, good)


def _amplitude(stamps: Floats, weights: Floats, model: Floats) -> Floats:
    level = np.median(stamps.reshape(len(stamps), -1), axis=1)[:, None, None]
    top = (weights * model * (stamps - level)).sum(axis=(1, 2))
    return np.asarray(top / np.maximum((weights * model**2).sum(axis=(1, 2)), 1e-30))
