"""The shape of a point's image: a Gaussian core and a wider Gaussian about it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import erf

from soxs_pipeline.numerics.slitprofile import Wing

__all__ = ["WingFit", "fit_wing"]

Floats = NDArray[np.float64]

#: Expectation of the stretch, which faint wings do not tell: its logarithm, and the scatter of it.
_STRETCH = (float(np.log(2.0)), 0.3)
#: Logarithm of the core over the guess, share of the wing, logarithm of its stretch: ends of the
#: ranges. A wing hardly wider than the core is part of it.
_RANGES = ((-1.0, 0.0, float(np.log(1.4))), (1.0, 0.4, float(np.log(5.0))))
_START = (0.0, 0.01, _STRETCH[0])
#: Pulls beyond which a row counts less.
_OUTLYING = 3.0


class WingFit(NamedTuple):
    """What images of points tell.

    Parameters
    ----------
    core
        Width of the core over the guess.
    wing, share_error
        Its wing, and the error of the wing's share, which counts the scatter about the fit.
    """

    core: float
    wing: Wing
    share_error: float


def fit_wing(light: Floats, weight: Floats, distance: Floats, sigma: Floats) -> WingFit:
    """Fit core and wing of points that stand in rows, all rows at once.

    Brightness of each point, and a level and its slope under each row, follow by linear least
    squares (variable projection: Golub and Pereyra 1973, SIAM J. Numer. Anal. 10, 413).

    Parameters
    ----------
    light, weight
        Light of pixels along the rows and inverse variance, 0 where unknown, shape ``(m, n)``.
    distance
        Of each pixel's centre from each point in pixels, shape ``(m, n, k)``.
    sigma
        Guess of the standard deviation of the images in pixels, shape ``(m,)``.
    """
    root = np.sqrt(weight)
    along = np.broadcast_to(np.linspace(-1.0, 1.0, light.shape[1])[:, None], (*light.shape, 1))
    ground = np.concatenate((np.ones((*light.shape, 1)), along), axis=2)
    given = (root * light)[..., None]

    def pulls(values: Floats) -> Floats:
        core = np.exp(values[0]) * sigma[:, None, None]
        image = _in_pixels(distance, core)
        image += values[1] * (_in_pixels(distance, np.exp(values[2]) * core) - image)
        functions = root[..., None] * np.concatenate((image, ground), axis=2)
        across = functions.transpose(0, 2, 1)
        normal = across @ functions
        index = np.arange(normal.shape[1])
        normal[:, index, index] *= 1.0 + 1e-10
        normal[:, index, index] += 1e-30
        left = given - functions @ np.linalg.solve(normal, across @ given)
        return np.append(left.ravel(), (values[2] - _STRETCH[0]) / _STRETCH[1])

    found = least_squares(
        pulls, _START, bounds=_RANGES, loss="soft_l1", f_scale=_OUTLYING, x_scale=(0.01, 0.01, 0.1)
    )
    # What the rows tell of brightness and level does not count as knowledge of the shape.
    free = np.count_nonzero(weight) - light.shape[0] * (distance.shape[2] + 2)
    scatter2 = max(2.0 * found.cost / max(free, 1), 1.0)
    error2 = np.linalg.pinv(found.jac.T @ found.jac)[1, 1] * scatter2
    core, share, stretch = found.x
    return WingFit(
        float(np.exp(core)), Wing(float(share), float(np.exp(stretch))), float(np.sqrt(error2))
    )


def _in_pixels(distance: Floats, sigma: Floats) -> Floats:
    """Return the part of a Gaussian's light that falls into pixels."""
    unit = 1.0 / (np.sqrt(2.0) * sigma)
    return np.asarray(0.5 * (erf((distance + 0.5) * unit) - erf((distance - 0.5) * unit)))
