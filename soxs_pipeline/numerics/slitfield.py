"""Light that varies along the slit and along the dispersion, told from that of sources.

Beside a free spectrum that is the same everywhere on the slit, and one for each source, the light
is a Gaussian process (Rasmussen & Williams 2006, Gaussian Processes for Machine Learning,
chapter 2): a smooth function of the slit position whose length and size the data choose by their
evidence. Under a source it is interpolated, and its error says how well that can be done.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular

from soxs_pipeline.numerics.splinefit import cubic_values

__all__ = ["SlitField", "fit_slit_field"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: Lengths along the slit that are tried, in units of its half length, and sizes in terms of what
#: was expected.
_LENGTHS = (0.2, 0.35, 0.6, 1.2)
_SIZES = (1.0, 3.0)
#: Knots of the spectra in one pixel along the dispersion.
_KNOTS_PER_PX = 2
#: What is not bounded by expectation may be so many times as bright as the brightest pixel.
_FREE = 10.0


@dataclass(frozen=True, eq=False)
class SlitField:
    """The light of some pixels, each array of shape ``(n,)`` but for the spectra.

    Parameters
    ----------
    light, variance
        Light that is not of sources, and its variance.
    even
        What of it is the same along the slit.
    spectra
        Light of each source in a whole column, shape ``(sources, n)``.
    length, size
        The length that was chosen, in units of the slit's half length, and the size in terms of
        what was expected.
    """

    light: Floats
    variance: Floats
    even: Floats
    spectra: Floats
    length: float
    size: float


def fit_slit_field(
    w: Floats,
    u: Floats,
    data: Floats,
    variance: Floats,
    profiles: Floats,
    expected: Floats,
    *,
    like: SlitField | None = None,
) -> SlitField:
    """Fit the light of pixels of which the sky is not even along the slit.

    Parameters
    ----------
    w
        Place along the dispersion in pixels, shape ``(n,)``.
    u
        Place along the slit, its ends at -1 and 1.
    data, variance
        Light and its variance; infinite to leave a pixel out.
    profiles
        Share of each source's light in each pixel, shape ``(sources, n)``.
    expected
        Size of what is uneven, by pixel.
    like
        An earlier fit whose length and size are taken; without it they are chosen.
    """
    used = np.isfinite(variance)
    basis = _splines(w)
    same = basis @ basis.T
    brightest = _FREE * float(np.max(np.abs(data[used]), initial=1.0))
    even = brightest**2 * same
    shares = [(brightest / max(float(share.max()), 1e-6)) ** 2 for share in profiles]
    sources = [size * np.outer(p, p) * same for size, p in zip(shares, profiles, strict=True)]
    free = sum(sources, even.copy())
    uneven = np.outer(expected, expected) * same
    distance = np.abs(u[:, None] - u[None, :])
    noise = np.diag(variance[used])
    pick = np.ix_(used, used)

    def factored(length: float, size: float) -> tuple[Floats, Floats]:
        field = size**2 * uneven * _matern(distance / length)
        return field, cholesky((free + field)[pick] + noise, lower=True)

    def evidence(length: float, size: float) -> float:
        _, lower = factored(length, size)
        scaled = solve_triangular(lower, data[used], lower=True)
        return -0.5 * float(scaled @ scaled) - float(np.log(np.diag(lower)).sum())

    tried = [(length, size) for length in _LENGTHS for size in _SIZES]
    chosen = (
        max(tried, key=lambda one: evidence(*one)) if like is None else (like.length, like.size)
    )
    field, lower = factored(*chosen)
    solved = cho_solve((lower, True), data[used])
    across = (even + field)[:, used]
    spread = solve_triangular(lower, across.T, lower=True)
    known = np.einsum("an,an->n", spread, spread)
    spectra = [
        share * (p[used] * same[:, used]) @ solved
        for share, p in zip(shares, profiles, strict=True)
    ]
    return SlitField(
        light=across @ solved,
        variance=np.maximum(np.diag(even) + np.diag(field) - known, 0.0),
        even=even[:, used] @ solved,
        spectra=np.array(spectra).reshape(profiles.shape),
        length=chosen[0],
        size=chosen[1],
    )


def _splines(w: Floats) -> Floats:
    """Return uniform cubic B-splines at places along the dispersion, shape ``(n, splines)``."""
    scaled = (w - np.floor(w.min())) * _KNOTS_PER_PX
    cell = np.floor(scaled).astype(np.int64)
    values = cubic_values(scaled - cell)
    basis = np.zeros((w.size, int(cell.max()) + 4))
    rows = np.arange(w.size)
    for k in range(4):
        basis[rows, cell + k] = values[k]
    return basis


def _matern(distance: Floats) -> Floats:
    """Return the covariance of a twice differentiable process at a distance in its lengths."""
    r = np.sqrt(5.0) * distance
    return np.asarray((1.0 + r + r * r / 3.0) * np.exp(-r))
