"""Many small least-squares fits at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BatchFit", "Model", "Pixels", "fit_batch"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: From positions ``(n, k)`` and parameters ``(n, p)`` to the model ``(n, k)`` and its
#: derivatives ``(n, k, p)``.
Model = Callable[[Floats, Floats], tuple[Floats, Floats]]

#: Step of the centre below which a fit has converged.
SETTLED = 1e-4
LARGEST_DAMPING = 1e8


@dataclass(frozen=True, eq=False)
class BatchFit:
    """Fits of one model to many sets of pixels.

    Parameters
    ----------
    state, error
        Parameters and their one-sigma errors, shape ``(n, p)``.
    reduced_chi2
        Chi square per degree of freedom, shape ``(n,)``.
    """

    state: Floats
    error: Floats
    reduced_chi2: Floats


@dataclass(frozen=True, eq=False)
class Pixels:
    """Sets of pixels to fit.

    Parameters
    ----------
    position, values
        Coordinates and electrons, shape ``(n, k)``.
    use
        True for pixels to fit, shape ``(n, k)``.
    read_variance
        Variance of a pixel without light.
    model_error
        Error of the model as a fraction of the light above the level.
    """

    position: Floats
    values: Floats
    use: Flags
    read_variance: float
    model_error: float

    def weights(self, model: Floats, level: Floats, index: NDArray) -> Floats:
        """Return the inverse variance of the pixels of some sets by the model's own light."""
        light = np.maximum(model - level[:, None], 0.0)
        variance = self.read_variance + np.maximum(model, 0.0) + (self.model_error * light) ** 2
        return np.where(self.use[index], 1.0 / variance, 0.0)


def fit_batch(
    model: Model,
    pixels: Pixels,
    *,
    start: Floats,
    width_error: float,
    width_range: tuple[float, float],
    iterations: int = 25,
) -> BatchFit:
    """Fit a model of four parameters (height, place, width, level) to every set of pixels.

    Levenberg-Marquardt with a damping of its own for each set. The variance is rebuilt from
    the model at every step, so that noise does not pull the fit. The width has a Gaussian
    prior about its start: faint sets borrow it.

    Parameters
    ----------
    model
        Gives model and derivatives; parameters are height, place, width and level.
    pixels
        What to fit.
    start
        First guess, shape ``(n, 4)``.
    width_error
        Width of the prior on the width.
    width_range
        Bounds of the width.
    iterations
        Most steps.

    Returns
    -------
    BatchFit
        Parameters and errors.
    """
    state = np.array(start, dtype=np.float64)
    wanted, prior = state[:, 2].copy(), 1.0 / width_error**2
    damping = np.full(len(state), 1e-2)
    active = np.arange(len(state))
    for _ in range(iterations):
        where, data, now = pixels.position[active], pixels.values[active], state[active]
        expected, jacobian = model(where, now)
        weight = pixels.weights(expected, now[:, 3], active)
        pull = wanted[active] - now[:, 2]
        chi2 = (weight * (data - expected) ** 2).sum(axis=1) + prior * pull**2
        matrix, right = _normal(jacobian, weight, data - expected)
        matrix[:, 2, 2] += prior
        right[:, 2] += prior * pull
        step = _solve(matrix, right, damping[active])
        trial = now + step
        trial[:, 1] = now[:, 1] + np.clip(step[:, 1], -1.0, 1.0)
        trial[:, 2] = np.clip(trial[:, 2], *width_range)
        residual = data - model(where, trial)[0]
        new = (weight * residual**2).sum(axis=1) + prior * (trial[:, 2] - wanted[active]) ** 2
        better = new <= chi2
        state[active[better]] = trial[better]
        damping[active] = np.clip(
            damping[active] * np.where(better, 0.2, 8.0), 1e-8, LARGEST_DAMPING
        )
        # Sets that no longer move, or cannot, are left alone.
        moves = np.where(better, np.abs(step[:, 1]) > SETTLED, damping[active] < LARGEST_DAMPING)
        active = active[moves]
        if not active.size:
            break
    return _summary(model, pixels, state, prior)


def _normal(jacobian: Floats, weight: Floats, residual: Floats) -> tuple[Floats, Floats]:
    transposed = (jacobian * weight[..., None]).transpose(0, 2, 1)
    return transposed @ jacobian, (transposed @ residual[..., None])[..., 0]


def _solve(matrix: Floats, right: Floats, damping: Floats) -> Floats:
    diagonal = np.einsum("nii->ni", matrix)
    damped = matrix.copy()
    index = np.arange(matrix.shape[1])
    damped[:, index, index] += damping[:, None] * diagonal + 1e-12
    return np.asarray(np.linalg.solve(damped, right[..., None])[..., 0], dtype=np.float64)


def _summary(model: Model, pixels: Pixels, state: Floats, prior: float) -> BatchFit:
    expected, jacobian = model(pixels.position, state)
    residual = pixels.values - expected
    weight = pixels.weights(expected, state[:, 3], np.arange(len(state)))
    matrix, _ = _normal(jacobian, weight, residual)
    matrix[:, 2, 2] += prior
    index = np.arange(state.shape[1])
    matrix[:, index, index] += 1e-12
    variance = np.einsum("nii->ni", np.linalg.inv(matrix))
    freedom = np.maximum(pixels.use.sum(axis=1) - state.shape[1], 1)
    chi2 = (weight * residual**2).sum(axis=1) / freedom
    return BatchFit(state, np.sqrt(np.maximum(variance, 0.0)), chi2)
