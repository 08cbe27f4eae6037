"""Fit where the sources on the slit run and how wide they are."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from soxs_pipeline.numerics.slitprofile import look_up, profile_table
from soxs_pipeline.reduction.slit.lightshare import light_share, smooth_along
from soxs_pipeline.reduction.sources.objects import Collapsed
from soxs_pipeline.reduction.sources.shapes import LOG_BETA, LOG_WIDTH, WIDTH_POWER, Shape

__all__ = ["Solved", "fit_shapes", "one_of_two", "solve_segments", "unexplained"]

Floats = NDArray[np.float64]

#: Expected drift of a source along the slit, Chebyshev degree 1, 2, 3, in arcsec.
_DRIFT_ARCSEC = (0.6, 0.25, 0.08)
#: How far a fit may move a source from where it was seen, in arcsec, and the relative error of
#: a profile when others are looked for beside it.
_FARTHEST_ARCSEC, _SHAPE_ERROR = 0.8, 0.05
#: Step of the numerical derivatives: arcsec, or relative for width and exponent.
_DERIVATIVE_STEP = 1e-4
#: Wavelengths at which the profile of a source is worked out while it is fitted.
_PROFILE_NODES = 6


def fit_shapes(collapsed: Collapsed, shapes: list[Shape]) -> list[Shape]:
    """Fit trace, width and exponent of all sources to the collapsed segments.

    Amplitudes and a constant for each segment are solved for inside (variable projection);
    weak expectations keep what faint sources do not tell near what is usual.

    Parameters
    ----------
    collapsed
        Light along the slit, sky removed.
    shapes
        Where to start from.
    """
    # What has no shape of its own is fitted elsewhere.
    fixed = [shape for shape in shapes if shape.forced or shape.outline is not None]
    loose = [shape for shape in shapes if shape not in fixed]
    if not loose:
        return shapes
    # Finer bins than pixels are of use for finding only.
    collapsed = collapsed.coarser()
    start = np.concatenate([_packed(shape) for shape in loose])

    def departures(values: Floats) -> Floats:
        trial = [
            _unpacked(part, shape)
            for part, shape in zip(values.reshape(len(loose), -1), loose, strict=True)
        ]
        pulls = _pulls(collapsed, [*trial, *fixed])
        return np.concatenate([pulls, *(_expectation(shape) for shape in trial)])

    def derivatives(values: Floats) -> Floats:
        # Steps of one size for all: some coefficients are zero, where relative steps vanish.
        here, step = departures(values), _DERIVATIVE_STEP
        moved = values + step * np.eye(values.size)
        return np.array([(departures(row) - here) / step for row in moved]).T

    low = np.tile([-np.inf] * 4 + [np.log(0.1), -1.0, np.log(1.2), 0.2], len(loose))
    high = np.tile([np.inf] * 4 + [np.log(4.0), 1.0, np.log(30.0), 4.0], len(loose))
    low[::8], high[::8] = start[::8] - _FARTHEST_ARCSEC, start[::8] + _FARTHEST_ARCSEC
    fit = least_squares(
        departures,
        np.clip(start, low + 1e-3, high - 1e-3),
        derivatives,
        bounds=(low, high),
        x_scale=np.tile([0.05, 0.05, 0.05, 0.05, 0.05, 0.1, 0.1, 0.1], len(loose)),
        max_nfev=20,
        xtol=1e-5,
        ftol=1e-6,
    )
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac)
    errors = _flux_errors(collapsed, fit.x, covariance, loose, fixed)
    sigmas = np.sqrt(covariance.diagonal())
    fitted = iter(
        replace(
            _unpacked(part, shape),
            flux_error=error,
            blur_seen_px=_without_expectation(part[-1], sigma[-1], shape.blur_usual_px),
        )
        for part, sigma, shape, error in zip(
            *(values.reshape(len(loose), -1) for values in (fit.x, sigmas)),
            loose, errors.tolist(), strict=True,
        )
    )  # fmt: skip
    return [shape if shape in fixed else next(fitted) for shape in shapes]


def _without_expectation(
    value: float, error: float, expected: tuple[float, float]
) -> tuple[float, float]:
    """Return value and error of what data tell, from a fit that an expectation took part in.

    Parameters
    ----------
    value, error
        Of the fit.
    expected
        Mean and scatter of the expectation.
    """
    mean, scatter = expected
    precision = 1.0 / error**2 - 1.0 / scatter**2
    if not precision > 0.0:
        return float("nan"), float("nan")
    seen = (value / error**2 - mean / scatter**2) / precision
    return float(seen), float(precision**-0.5)


def _flux_errors(
    collapsed: Collapsed,
    values: Floats,
    covariance: Floats,
    loose: list[Shape],
    fixed: list[Shape],
) -> Floats:
    """Return the relative error of the flux of each source that the errors of all shapes bring.

    It is that of one factor on all segments: the derivatives of the amplitudes' weighted sum
    with the fitted values, and their covariance. What noise adds to each amplitude is not in it.

    Parameters
    ----------
    collapsed
        Light along the slit, as it was fitted.
    values, covariance
        What was fitted, and its covariance, shapes ``(n,)`` and ``(n, n)``.
    loose, fixed
        The sources that were fitted, and those that were not.
    """

    def amplitudes(values: Floats) -> tuple[Floats, Floats]:
        parts = values.reshape(len(loose), -1)
        trial = [_unpacked(part, shape) for part, shape in zip(parts, loose, strict=True)]
        solved = solve_segments(collapsed, [*trial, *fixed])
        variance = np.linalg.inv(solved.normal).diagonal(axis1=1, axis2=2)
        kept = slice(1, 1 + len(loose))
        return solved.amplitude[:, kept], np.asarray(variance[:, kept], np.float64)

    here, variance = amplitudes(values)
    weight = np.maximum(here, 0.0) / variance
    total = (weight * here).sum(axis=0)
    # Of a source without any light nothing can be told.
    total[total <= 0.0] = np.nan
    slopes = np.array([
        (weight * (amplitudes(moved)[0] - here)).sum(axis=0) / total / _DERIVATIVE_STEP
        for moved in values + _DERIVATIVE_STEP * np.eye(values.size)
    ])  # fmt: skip
    return np.asarray(np.sqrt(np.einsum("ps,pq,qs->s", slopes, covariance, slopes)))


def unexplained(collapsed: Collapsed, shapes: list[Shape]) -> Collapsed:
    """Return the light that is left when sources, and what may be beside them, are taken out.

    Some share of that light is added to the noise: no profile is known exactly.
    """
    solved = solve_segments(collapsed, shapes)
    light = solved.model - solved.amplitude[:, :1]
    noise2 = 1.0 / np.maximum(collapsed.precision, 1e-300) + (_SHAPE_ERROR * light) ** 2
    return replace(
        collapsed,
        signal=collapsed.signal - light,
        precision=np.where(collapsed.precision > 0, 1.0 / noise2, 0.0),
    )


def _pulls(collapsed: Collapsed, shapes: list[Shape]) -> Floats:
    """Return the pulls of all bins, and of what is beside the sources, about the best fit."""
    solved = solve_segments(collapsed, shapes)
    left = (collapsed.signal - solved.model) * np.sqrt(collapsed.precision)
    beside = solved.amplitude[:, 1 + len(shapes) :] / collapsed.beside_error
    root = np.linalg.cholesky(collapsed.common_precision)
    return np.concatenate((left.ravel(), beside.ravel(), solved.common @ root))


class Solved(NamedTuple):
    """Amplitudes, functions and normal matrices of `solve_segments`, and what all have in common.

    Parameters
    ----------
    amplitude, functions, normal
        Shapes ``(m, 1 + sources + k)``, ``(m, 1 + sources + k, n)``, and the square of the first.
    common, alike
        Amplitudes of what all segments have in common, shape ``(c,)``, and that light, ``(m, n)``.
    """

    amplitude: Floats
    functions: Floats
    normal: Floats
    common: Floats
    alike: Floats

    @property
    def model(self) -> Floats:
        """The best fit, shape ``(m, n)``."""
        return np.asarray(np.einsum("kc,kcn->kn", self.amplitude, self.functions) + self.alike)


def solve_segments(collapsed: Collapsed, shapes: list[Shape]) -> Solved:
    """Return amplitudes of constant and sources, their functions, and the normal matrices.

    Parameters
    ----------
    collapsed
        Light along the slit in ``m`` segments; what it may hold beside the sources comes last.
    shapes
        The sources; departures of their profiles from a disc are left out.

    Returns
    -------
    Solved
        The best fit.
    """
    columns = [np.ones_like(collapsed.signal)]
    columns += [_profiles(collapsed, shape) for shape in shapes]
    columns += list(collapsed.beside)
    functions = np.stack(columns, axis=1)
    return _amplitudes(collapsed, functions)


def one_of_two(collapsed: Collapsed, shapes: list[Shape]) -> Solved:
    """Return the best fit if the first two sources were one, of a profile that the two make up.

    Their brightness then has the same ratio in all segments.

    Parameters
    ----------
    collapsed, shapes
        As in `solve_segments`; at least two sources.
    """
    solved = solve_segments(collapsed, shapes)
    amplitude, functions = solved.amplitude, solved.functions
    weight = solved.normal[:, 1:3, 1:3].diagonal(axis1=1, axis2=2)
    total = np.maximum(weight.sum(axis=0), 1e-300)
    first, second = (weight * amplitude[:, 1:3]).sum(axis=0) / total
    both = first * functions[:, 1] + second * functions[:, 2]
    whole = np.concatenate((functions[:, :1], both[:, None], functions[:, 3:]), axis=1)
    return _amplitudes(collapsed, whole)


def _amplitudes(collapsed: Collapsed, functions: Floats) -> Solved:
    weighted = functions * collapsed.precision[:, None, :]
    normal = weighted @ functions.transpose(0, 2, 1)
    index = np.arange(functions.shape[1])
    normal[:, index, index] *= 1.0 + 1e-10
    normal[:, index, index] += 1e-30
    last = index[index.size - len(collapsed.beside) :]
    normal[:, last, last] += collapsed.beside_error**-2.0
    # What all have in common is found from what the functions of single segments leave of it.
    given = np.stack((collapsed.signal, *collapsed.common), axis=2)
    taken = np.linalg.solve(normal, weighted @ given)
    left = given - functions.transpose(0, 2, 1) @ taken
    each = given.shape[-1]
    heavy = (given * collapsed.precision[:, :, None]).reshape(-1, each)
    gram = heavy.T @ left.reshape(-1, each)
    precision = gram[1:, 1:] + collapsed.common_precision
    share = np.asarray(np.linalg.solve(precision, gram[1:, 0]), np.float64)
    amplitude = np.asarray(taken[:, :, 0] - taken[:, :, 1:] @ share)
    return Solved(amplitude, functions, normal, share, given[:, :, 1:] @ share)


def _profiles(collapsed: Collapsed, shape: Shape) -> Floats:
    """Return the fraction of a source's light in the bins of each segment."""
    wave, height = collapsed.wavelength_nm, collapsed.height_arcsec
    if shape.outline is not None:
        waves, places, heights = np.broadcast_arrays(
            wave[:, None], collapsed.slit_arcsec, height[:, None]
        )
        half = float(collapsed.slit_arcsec[-1])
        return light_share(shape, waves, places, heights, (-half, half))
    low, high = float(wave.min()), float(wave.max())
    nodes = np.linspace(low, high, _PROFILE_NODES)
    heights = smooth_along(nodes, wave, height)
    # A bin takes pixels from half its width to either side.
    spread = np.hypot(heights, collapsed.slit_arcsec[1] - collapsed.slit_arcsec[0])
    table = profile_table(
        shape.fwhm(nodes),
        shape.beta,
        shape.slit_width_arcsec,
        spread,
        shape.blur(nodes) * heights,
        shape.blur_wing,
    )
    row = (wave - low) * ((_PROFILE_NODES - 1) / max(high - low, 1e-12))
    distance = collapsed.slit_arcsec - shape.position(wave)[:, None]
    return look_up(table, np.broadcast_to(row[:, None], distance.shape), distance)


def _packed(shape: Shape) -> Floats:
    return np.array([*shape.trace, shape.log_fwhm, shape.power, shape.log_beta, shape.blur_px])


def _unpacked(values: Floats, shape: Shape) -> Shape:
    return replace(
        shape,
        trace=values[:4],
        log_fwhm=float(values[4]),
        power=float(values[5]),
        log_beta=float(values[6]),
        blur_px=float(values[7]),
    )


def _expectation(shape: Shape) -> Floats:
    return np.array(
        [
            *(shape.trace[1:] / np.array(_DRIFT_ARCSEC)),
            (shape.log_fwhm - LOG_WIDTH[0]) / LOG_WIDTH[1],
            (shape.power - WIDTH_POWER[0]) / WIDTH_POWER[1],
            (shape.log_beta - LOG_BETA[0]) / LOG_BETA[1],
            (shape.blur_px - shape.blur_usual_px[0]) / shape.blur_usual_px[1],
        ]
    )
