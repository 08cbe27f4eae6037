"""Find and centre point-like spots: the images of a pinhole in an emission line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import erf

__all__ = ["SpotFits", "find_spots", "fit_spots", "recentre"]

Floats = NDArray[np.float64]

_SQRT2 = np.sqrt(2.0)
_FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))
_SIGMA_BOUNDS = (0.35, 4.0)
_DAMPING_BOUNDS = (1e-6, 1e4)


@dataclass(frozen=True, eq=False)
class SpotFits:
    """Fitted spots; all arrays of shape ``(n,)``.

    Parameters
    ----------
    x, y, x_error, y_error
        Position and its one-sigma error in pixels.
    flux, flux_error
        Sum under the spot.
    fwhm_x, fwhm_y
        Widths in pixels.
    background
        Level under the spot, per pixel.
    reduced_chi2
        Chi square per degree of freedom of the stamp.
    good
        True where the fit converged inside its stamp on enough valid pixels.
    """

    x: Floats
    y: Floats
    x_error: Floats
    y_error: Floats
    flux: Floats
    flux_error: Floats
    fwhm_x: Floats
    fwhm_y: Floats
    background: Floats
    reduced_chi2: Floats
    good: NDArray[np.bool_]


def find_spots(
    data: NDArray[np.floating],
    variance: NDArray[np.floating],
    bad: NDArray[np.bool_],
    *,
    threshold_sigma: float,
    kernel_sigma_px: float,
    sharpest: float,
) -> tuple[Floats, Floats, Floats]:
    """Find local maxima that look like spots, not like single hot pixels.

    Parameters
    ----------
    data, variance, bad
        Image, its variance and its invalid pixels, shape ``(ny, nx)``.
    threshold_sigma
        Least significance of the smoothed peak.
    kernel_sigma_px
        Gaussian used to smooth; about that of a spot.
    sharpest
        Largest share of its 3 x 3 neighbourhood that the brightest pixel may hold.

    Returns
    -------
    x, y, significance
        Positions of the peak pixels and their significance, brightest first.
    """
    clean = np.where(bad, 0.0, data).astype(np.float32)
    clean -= _block_background(clean, bad, size=64)
    smooth = ndimage.gaussian_filter(clean, kernel_sigma_px)
    # White noise of unit variance has this variance after the Gaussian.
    noise = np.sqrt(np.where(bad, np.median(variance), variance)) / (
        2.0 * np.sqrt(np.pi) * kernel_sigma_px
    )
    significance = smooth / noise
    peak = (smooth == ndimage.maximum_filter(smooth, size=5)) & (significance > threshold_sigma)
    peak[:2] = peak[-2:] = False
    peak[:, :2] = peak[:, -2:] = False
    neighbourhood = 9.0 * ndimage.uniform_filter(np.clip(clean, 0, None), size=3)
    brightest = ndimage.maximum_filter(clean, size=3)
    peak &= brightest < sharpest * np.maximum(neighbourhood, 1e-6)
    y, x = np.nonzero(peak)
    rank = np.argsort(significance[y, x])[::-1]
    return x[rank].astype(float), y[rank].astype(float), significance[y, x][rank].astype(float)


def _block_background(
    data: NDArray[np.floating], bad: NDArray[np.bool_], size: int
) -> NDArray[np.float32]:
    """Return a smooth background: medians of blocks, interpolated."""
    ny, nx = (max(1, n // size) for n in data.shape)
    by, bx = data.shape[0] // ny, data.shape[1] // nx
    valid = np.where(bad, np.nan, data)[: ny * by, : nx * bx]
    blocks = valid.reshape(ny, by, nx, bx).transpose(0, 2, 1, 3).reshape(ny, nx, -1)
    # A block without a valid pixel says nothing; zero keeps it out of the way.
    has_any = np.isfinite(blocks).any(axis=2)
    level = np.zeros((ny, nx))
    level[has_any] = np.nanmedian(blocks[has_any], axis=1)
    grid = np.meshgrid(
        (np.arange(data.shape[0]) + 0.5) / by - 0.5,
        (np.arange(data.shape[1]) + 0.5) / bx - 0.5,
        indexing="ij",
        sparse=True,
    )
    rows = ndimage.map_coordinates(
        level, np.broadcast_arrays(*grid), order=1, mode="nearest", output=np.float32
    )
    return np.asarray(rows)


def recentre(
    data: NDArray[np.floating],
    bad: NDArray[np.bool_],
    x: Floats,
    y: Floats,
    *,
    radius_x: int,
    radius_y: int,
) -> tuple[Floats, Floats]:
    """Move each position to the brightest smoothed pixel within the radii.

    Returns
    -------
    x, y
        Integer positions as floats; positions near the border stay as they are.
    """
    smooth = ndimage.gaussian_filter(np.where(bad, 0.0, data).astype(np.float32), 0.7)
    ny, nx = data.shape
    ix = np.clip(np.rint(x).astype(int), radius_x, nx - 1 - radius_x)
    iy = np.clip(np.rint(y).astype(int), radius_y, ny - 1 - radius_y)
    offset_y, offset_x = np.mgrid[-radius_y : radius_y + 1, -radius_x : radius_x + 1]
    stamps = smooth[iy[:, None] + offset_y.ravel(), ix[:, None] + offset_x.ravel()]
    best = np.argmax(stamps, axis=1)
    return (
        (ix + offset_x.ravel()[best]).astype(float),
        (iy + offset_y.ravel()[best]).astype(float),
    )


def fit_spots(  # noqa: PLR0913 - image, error, mask, where, and the stamp
    data: NDArray[np.floating],
    variance: NDArray[np.floating],
    bad: NDArray[np.bool_],
    x: Floats,
    y: Floats,
    *,
    half_x: int,
    half_y: int,
    start_sigma_px: float,
    rounds: int = 3,
) -> SpotFits:
    """Fit a pixel-integrated Gaussian and a constant to every spot at once.

    Spots that stand close to one another are fitted in turns: in each round the models of all
    the others are taken off the data first.

    Parameters
    ----------
    data, variance, bad
        Image, its variance and its invalid pixels, shape ``(ny, nx)``.
    x, y
        Start positions in pixels, shape ``(n,)``.
    half_x, half_y
        Half sizes of the stamps.
    start_sigma_px
        First guess of the Gaussian width.
    rounds
        Turns of fitting all spots.

    Returns
    -------
    SpotFits
        The fits. Errors are those of the least-squares fit for the given variance; they
        reach the Cramér-Rao bound for Gaussian spots.
    """
    stamps = _Stamps(data.shape, x, y, half_x, half_y)
    values, weights = stamps.cut(data, variance, bad)
    theta = _first_guess(values, weights, start_sigma_px)
    neighbours = np.zeros_like(values)
    for turn in range(rounds):
        theta = _refine(theta, values - neighbours, weights, stamps)
        if turn + 1 < rounds:
            neighbours = stamps.others(theta, data.shape)
    return _summarise(theta, values - neighbours, weights, stamps)


class _Stamps:
    """Pixel indices of the cut-outs around the start positions."""

    def __init__(
        self, shape: tuple[int, ...], x: Floats, y: Floats, half_x: int, half_y: int
    ) -> None:
        ny, nx = shape
        self.ix = np.clip(np.rint(x).astype(int), half_x, nx - 1 - half_x)
        self.iy = np.clip(np.rint(y).astype(int), half_y, ny - 1 - half_y)
        self.dx = np.arange(-half_x, half_x + 1, dtype=float)
        self.dy = np.arange(-half_y, half_y + 1, dtype=float)
        self.columns = self.ix[:, None, None] + self.dx.astype(int)[None, None, :]
        self.rows = self.iy[:, None, None] + self.dy.astype(int)[None, :, None]

    def cut(
        self, data: NDArray[np.floating], variance: NDArray[np.floating], bad: NDArray[np.bool_]
    ) -> tuple[Floats, Floats]:
        values = data[self.rows, self.columns].astype(float)
        weights = np.where(
            bad[self.rows, self.columns], 0.0, 1.0 / variance[self.rows, self.columns]
        )
        return np.where(weights > 0, values, 0.0), weights.astype(float)

    def others(self, theta: Floats, shape: tuple[int, ...]) -> Floats:
        """Return what all other spots put into each stamp."""
        own = theta[:, 4, None, None] * _pixel_gaussian(theta, self)[0]
        own = np.where(np.isfinite(own), own, 0.0)
        total = np.zeros(shape)
        np.add.at(total, (self.rows, self.columns), own)
        return total[self.rows, self.columns] - own


def _first_guess(values: Floats, weights: Floats, sigma: float) -> Floats:
    valid = weights > 0
    border = np.where(valid, values, np.inf).reshape(len(values), -1)
    background = np.percentile(np.where(np.isfinite(border), border, np.nan_to_num(values).reshape(
        len(values), -1)), 20, axis=1)  # fmt: skip
    flux = np.clip(((values - background[:, None, None]) * valid).sum(axis=(1, 2)), 1e-3, None)
    theta = np.zeros((len(values), 6))
    theta[:, 2] = theta[:, 3] = sigma
    theta[:, 4] = flux
    theta[:, 5] = background
    return theta


def _pixel_gaussian(
    theta: Floats, stamps: _Stamps
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return the unit-flux spot on the stamp's pixels and its derivatives.

    ``theta`` columns: x and y offset from the stamp centre, sigma x, sigma y, flux, background.
    """
    fx, fx_centre, fx_width = _integrated(stamps.dx, theta[:, 0], theta[:, 2])
    fy, fy_centre, fy_width = _integrated(stamps.dy, theta[:, 1], theta[:, 3])
    shape = fy[:, :, None] * fx[:, None, :]
    return (
        shape,
        fy[:, :, None] * fx_centre[:, None, :],
        fy_centre[:, :, None] * fx[:, None, :],
        fy[:, :, None] * fx_width[:, None, :],
        fy_width[:, :, None] * fx[:, None, :],
    )


def _integrated(offset: Floats, centre: Floats, sigma: Floats) -> tuple[Floats, Floats, Floats]:
    """Return a Gaussian integrated over pixels, and its derivatives by centre and sigma."""
    high = (offset[None, :] + 0.5 - centre[:, None]) / sigma[:, None]
    low = (offset[None, :] - 0.5 - centre[:, None]) / sigma[:, None]
    value = 0.5 * (erf(high / _SQRT2) - erf(low / _SQRT2))
    density_high = np.exp(-0.5 * high**2) / np.sqrt(2 * np.pi)
    density_low = np.exp(-0.5 * low**2) / np.sqrt(2 * np.pi)
    by_centre = (density_low - density_high) / sigma[:, None]
    by_sigma = (low * density_low - high * density_high) / sigma[:, None]
    return value, by_centre, by_sigma


def _model(theta: Floats, stamps: _Stamps) -> tuple[Floats, Floats]:
    """Return the model on the stamps and its Jacobian, shape ``(n, 6, h, w)``."""
    shape, by_x, by_y, by_sx, by_sy = _pixel_gaussian(theta, stamps)
    flux = theta[:, 4, None, None]
    jacobian = np.stack(
        [flux * by_x, flux * by_y, flux * by_sx, flux * by_sy, shape, np.ones_like(shape)], axis=1
    )
    return flux * shape + theta[:, 5, None, None], jacobian


def _normal_equations(
    theta: Floats, values: Floats, weights: Floats, stamps: _Stamps
) -> tuple[Floats, Floats, Floats]:
    model, jacobian = _model(theta, stamps)
    n = len(theta)
    flat = jacobian.reshape(n, 6, -1)
    weighted = flat * weights.reshape(n, 1, -1)
    residual = (values - model).reshape(n, -1)
    matrix = weighted @ flat.transpose(0, 2, 1)
    gradient = (weighted @ residual[:, :, None])[:, :, 0]
    chi2 = (weights.reshape(n, -1) * residual**2).sum(axis=1)
    return matrix, gradient, chi2


def _refine(
    theta: Floats, values: Floats, weights: Floats, stamps: _Stamps, iterations: int = 25
) -> Floats:
    """Levenberg-Marquardt for all spots at once, each with its own damping.

    Spots that have settled drop out of the iteration.
    """
    theta = theta.copy()
    active = np.arange(len(theta))
    damping = np.full(len(theta), 1e-2)
    matrix, gradient, chi2 = _normal_equations(theta, values, weights, stamps)
    for _ in range(iterations):
        step = _damped_step(matrix[active], gradient[active], damping[active])
        trial = _bounded(theta[active] + step, stamps)
        new_matrix, new_gradient, new_chi2 = _normal_equations(
            trial, values[active], weights[active], stamps
        )
        better = new_chi2 <= chi2[active]
        settled = better & (chi2[active] - new_chi2 <= 1e-4 + 1e-5 * chi2[active])
        won = active[better]
        theta[won], chi2[won] = trial[better], new_chi2[better]
        matrix[won], gradient[won] = new_matrix[better], new_gradient[better]
        factor = np.where(better, 0.2, 8.0)
        damping[active] = np.clip(damping[active] * factor, *_DAMPING_BOUNDS)
        hopeless = ~better & (damping[active] >= _DAMPING_BOUNDS[1])
        active = active[~(settled | hopeless)]
        if not active.size:
            break
    return theta


def _damped_step(matrix: Floats, gradient: Floats, damping: Floats) -> Floats:
    diagonal = np.einsum("nii->ni", matrix)
    floor = 1e-12 * np.max(diagonal, axis=1, keepdims=True) + 1e-30
    lift = (damping[:, None] * diagonal + floor)[:, :, None] * np.eye(6)
    return np.linalg.solve(matrix + lift, gradient[:, :, None])[:, :, 0]


def _bounded(theta: Floats, stamps: _Stamps) -> Floats:
    theta = theta.copy()
    theta[:, 0] = np.clip(theta[:, 0], stamps.dx[0], stamps.dx[-1])
    theta[:, 1] = np.clip(theta[:, 1], stamps.dy[0], stamps.dy[-1])
    theta[:, 2:4] = np.clip(theta[:, 2:4], *_SIGMA_BOUNDS)
    return theta


def _summarise(theta: Floats, values: Floats, weights: Floats, stamps: _Stamps) -> SpotFits:
    matrix, _, chi2 = _normal_equations(theta, values, weights, stamps)
    diagonal = np.einsum("nii->ni", matrix)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    normalised = matrix / scale[:, :, None] / scale[:, None, :] + 1e-10 * np.eye(6)
    covariance = np.linalg.inv(normalised) / scale[:, :, None] / scale[:, None, :]
    errors = np.sqrt(np.abs(np.einsum("nii->ni", covariance)))
    counted = (weights > 0).reshape(len(theta), -1)
    inside = (np.abs(theta[:, 0]) < stamps.dx[-1] - 0.5) & (
        np.abs(theta[:, 1]) < stamps.dy[-1] - 0.5
    )
    widths_free = (theta[:, 2:4] > _SIGMA_BOUNDS[0] * 1.001).all(axis=1) & (
        theta[:, 2:4] < _SIGMA_BOUNDS[1] * 0.999
    ).all(axis=1)
    good = inside & widths_free & (counted.mean(axis=1) > 0.7) & (theta[:, 4] > 0)
    return SpotFits(
        x=stamps.ix + theta[:, 0],
        y=stamps.iy + theta[:, 1],
        x_error=errors[:, 0],
        y_error=errors[:, 1],
        flux=theta[:, 4],
        flux_error=errors[:, 4],
        fwhm_x=_FWHM_PER_SIGMA * theta[:, 2],
        fwhm_y=_FWHM_PER_SIGMA * theta[:, 3],
        background=theta[:, 5],
        reduced_chi2=chi2 / np.maximum(counted.sum(axis=1) - 6, 1),
        good=good & np.isfinite(theta).all(axis=1),
    )
