"""Linear fits in which some terms are only as large as the data ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ShrunkenFit", "shrunken_fit", "shrunken_normal"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ShrunkenFit:
    """What `shrunken_fit` found.

    Parameters
    ----------
    free
        Coefficients of the free terms, shape ``(n_free, n_axes)``.
    shrunken
        Those of the others, shape ``(n_shrunken, n_axes)``.
    terms
        How many coefficients the fit amounts to, of all axes: each shrunken one counts by the
        part of it that the data determine.
    """

    free: Floats
    shrunken: Floats
    terms: float


def shrunken_fit(
    free: Floats, shrunken: Floats, data: Floats, sigma: Floats, covariances: Sequence[Floats]
) -> ShrunkenFit:
    """Fit a linear model of several axes whose terms are free, or expected to be near zero.

    How near is not known: of several guesses each counts by how well it foretold the data, the
    free terms integrated out (its evidence; MacKay 1992, Neural Computation 4, 415). So a few
    points are not fitted by terms they do not need, and many are by all they do.

    Parameters
    ----------
    free, shrunken
        Design matrices, shapes ``(n, n_free)`` and ``(n, n_shrunken)``, the same for each axis.
    data
        Shape ``(n, n_axes)``.
    sigma
        Standard error of each point along one axis, shape ``(n,)``.
    covariances
        Guesses of the covariance of the shrunken coefficients, those of the first axis first;
        each of shape ``(n_shrunken n_axes, n_shrunken n_axes)``; zero takes the terms out.
    """
    weight = 1.0 / sigma[:, None]
    base, more, values = free * weight, shrunken * weight, data * weight
    # What the free terms can follow says nothing about the others.
    basis = np.linalg.qr(base)[0]
    rest, left = (part - basis @ (basis.T @ part) for part in (more, values))
    axes = data.shape[1]
    gram = np.asarray(np.kron(np.eye(axes), rest.T @ rest), dtype=float)
    lean = np.asarray((rest.T @ left).T.ravel(), dtype=float)
    mean, terms = shrunken_normal(gram, lean, covariances)
    coefficients = mean.reshape(axes, -1).T
    plain = np.linalg.lstsq(base, values - more @ coefficients, rcond=None)[0]
    return ShrunkenFit(np.asarray(plain, np.float64), coefficients, axes * free.shape[1] + terms)


def shrunken_normal(
    gram: Floats, lean: Floats, covariances: Sequence[Floats]
) -> tuple[Floats, float]:
    """Solve normal equations of terms that are expected near zero; see `shrunken_fit`.

    Parameters
    ----------
    gram, lean
        Normal matrix and right side, weighted by inverse variance, shapes ``(n, n)``, ``(n,)``.
    covariances
        Guesses of the covariance of the coefficients, ``(n, n)`` each.

    Returns
    -------
    mean, terms
        Coefficients, shape ``(n,)``, and how many of them the data determine.
    """
    found = [_one(gram, lean, covariance) for covariance in covariances]
    evidence = np.array([one[1] for one in found])
    share = np.exp(evidence - evidence.max())
    share /= share.sum()
    mean = np.sum([s * one[0] for s, one in zip(share, found, strict=True)], axis=0)
    terms = float(np.sum([s * one[2] for s, one in zip(share, found, strict=True)]))
    return np.asarray(mean, dtype=np.float64), terms


def _one(gram: Floats, lean: Floats, covariance: Floats) -> tuple[Floats, float, float]:
    """Return mean, logarithm of the evidence and number of terms under one guess."""
    spread = np.eye(len(lean)) + gram @ covariance
    solved = np.linalg.solve(spread, np.column_stack([lean, gram]))
    mean = covariance @ solved[:, 0]
    evidence = 0.5 * float(lean @ mean) - 0.5 * float(np.linalg.slogdet(spread)[1])
    return mean, evidence, float(np.trace(covariance @ solved[:, 1:]))
