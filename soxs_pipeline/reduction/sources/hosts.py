"""Fit stars that lie upon a galaxy, and find them there."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from soxs_pipeline.numerics.detection import Peak
from soxs_pipeline.numerics.logspline import LogSpline
from soxs_pipeline.reduction.sources.hostfit import (
    SHARED,
    HostFit,
    HostValues,
    SolvedOrder,
    nucleus,
)
from soxs_pipeline.reduction.sources.hostpixels import HostPixels
from soxs_pipeline.reduction.sources.shapes import Shape, source_profiles, usual_beside

__all__ = ["HostedSources", "find_star", "fit_hosted", "host_like"]

Floats = NDArray[np.float64]

#: Distance of the spline's knots, how far it reaches beyond the slit, and step of its curve, in
#: arcsec; the faintest light to start from, over the brightest.
_KNOT_ARCSEC, _BEYOND_ARCSEC, _STEP_ARCSEC, _FAINT = 0.5, 1.0, 0.05, 0.03
#: Logarithm of the width of stars to start from.
_START_WIDTH = float(np.log(0.9))
#: The most steps of a fit, and the gain that ends it; steps in which the stars stay as they are.
_MOST_STEPS, _LEAST_GAIN, _STARS_REST = 12, 0.1, 2
#: Largest change of a value in one step; damping: first, and when a step is given up.
_LARGEST_STEP, _DAMPING, _TOO_DAMPED = 0.5, 1e-4, 1e4
#: Part of the host's light beneath a star that is not known, seen on simulated discs of galaxies:
#: the images of stars have wings that pass for a host.
_HOST_ERROR = 0.05
#: Terms of the polynomial by which the colour of a star may differ from the host's.
_COLOUR_TERMS = 4
#: Places at which a star is looked for, how far from the end of the slit and from other light
#: that is brightest somewhere, in arcsec.
_SEARCH_ARCSEC, _END_ARCSEC, _APART_ARCSEC = 0.2, 0.7, 0.8


def host_like(orders: list[HostPixels], shape: Shape, stars: list[Shape]) -> Shape:
    """Return a host as it looks along the slit where no star is, to start a fit from.

    Parameters
    ----------
    orders
        The pixels.
    shape
        A source that is taken for a host.
    stars
        What else is on the slit.
    """
    half = max(one.pixels.slit_half_arcsec for one in orders) + _BEYOND_ARCSEC
    count = int(np.ceil(2.0 * half / _KNOT_ARCSEC)) + 3
    outline = LogSpline(-half, half, np.zeros(count))
    top, bottom = np.zeros(count), np.zeros(count)
    for one in orders:
        basis = outline.basis(one.pixels.slit_arcsec)
        top += basis.T @ (one.weight * one.light)
        bottom += basis.T @ one.weight
    known = bottom > 1e-3 * bottom.max()
    for star in stars:
        near = np.abs(outline.middles - star.trace[0]) < 1.2 * np.exp(_START_WIDTH)
        known &= ~near | (np.count_nonzero(known & ~near) < 4)
    light = np.interp(outline.middles, outline.middles[known], top[known] / bottom[known])
    light -= light.min()
    coef = np.log(np.maximum(light / max(light.max(), 1e-300), _FAINT))
    return _host(shape, replace(outline, coef=coef), np.zeros(3))


class HostedSources(NamedTuple):
    """What `fit_hosted` found.

    Parameters
    ----------
    shapes
        The host and the stars.
    misfit
        Chi square, and what departs from expectation.
    blocks
        How many brightnesses each source has.
    other_colours
        By how much chi square falls if the colour of each star may differ from the host's.
    """

    shapes: list[Shape]
    misfit: float
    blocks: int
    other_colours: Floats


def fit_hosted(
    orders: list[HostPixels],
    shapes: list[Shape],
    *,
    steps: int = _MOST_STEPS,
    stiff: bool = False,
) -> HostedSources:
    """Fit stars and the host they lie upon.

    Parameters
    ----------
    orders
        The pixels.
    shapes
        One host (see `host_like`) and any number of stars.
    steps
        The most steps of the fit.
    stiff
        As in `HostFit`.

    Returns
    -------
    HostedSources
        The shapes in the same order. All stars have one drift, width and exponent; the host has
        their drift. Their significance and the error of their flux count that the host is not
        known.
    """
    host = next(shape for shape in shapes if shape.outline is not None)
    stars = [shape for shape in shapes if shape is not host]
    fit, values = _start(orders, host, stars, stiff=stiff)
    values, misfit = _minimum(fit, values, steps)
    gram, _, slopes = fit.normal(values)
    covariance = np.linalg.pinv(gram, hermitian=True)
    errors = np.sqrt(np.einsum("sp,pq,sq->s", slopes, covariance, slopes))
    solved = [fit.solve(k, values) for k in range(len(orders))]
    sure, beneath = _significance(fit, solved)
    errors = np.hypot(errors, _HOST_ERROR * beneath)
    fitted = iter(
        replace(
            star,
            significance=0.0 if star.forced else float(s / np.hypot(1.0, e * s)),
            flux_error=float(e),
            departure=np.zeros(0),
        )
        for star, s, e in zip(fit.shapes(values), sure, errors, strict=True)
    )
    outlined = _host(host, replace(fit.outline, coef=values.coef), values.shared[:3])
    found = [outlined if shape is host else next(fitted) for shape in shapes]
    blocks = sum(one.blocks for one in fit.sums)
    return HostedSources(found, misfit, blocks, _other_colours(fit, solved))


def find_star(orders: list[HostPixels], shapes: list[Shape]) -> Peak:
    """Look for one more star upon a host that was fitted.

    Wherever a star of usual width may be, it is asked how much more light there is than the host
    can have, whose profile may change with it.

    Parameters
    ----------
    orders
        The pixels.
    shapes
        The host, fitted as a stiff one, and stars that are known.
    """
    host = next(shape for shape in shapes if shape.outline is not None)
    stars = [shape for shape in shapes if shape is not host]
    fit, values = _start(orders, host, stars, stiff=True)
    width = float(np.exp(values.shared[3]))
    half = max(one.pixels.slit_half_arcsec for one in orders) - _END_ARCSEC
    places = np.arange(-half, half, _SEARCH_ARCSEC)
    for bright in (host, *stars):
        places = places[np.abs(places - bright.trace[0]) > _APART_ARCSEC]
    if not places.size:
        return Peak(0.0, width, 0.0, 0.0)
    like = usual_beside(Peak(0.0, width, 0.0, 0.0), host)
    trial = [replace(like, trace=np.array([place, *values.shared[:3]])) for place in places]
    known, lean, _ = fit.normal(values)
    size = known.shape[0]
    cross, gram, more = np.zeros((size, places.size)), np.zeros(places.size), np.zeros(places.size)
    for k, one in enumerate(orders):
        solved = fit.solve(k, values)
        columns = sparse.csr_array((source_profiles(one.pixels, trial) * one.templates[-1]).T)
        projected = fit.projected(k, solved, columns)
        fitted = fit.columns(k, values, solved)
        cross += fit.projected(k, solved, fitted).product(columns, projected)
        gram += columns.power(2).T @ one.weight - (projected.level**2).sum(axis=0)
        gram -= np.einsum("kcp,kcp->p", projected.shared, projected.followed)
        more += projected.weighted.T @ solved.residual
    along = np.linalg.solve(known, cross)
    light = more - along.T @ lean
    precision = np.maximum(gram - np.einsum("qp,qp->p", cross, along), 1e-300)
    sure = light / np.sqrt(precision)
    best = int(np.argmax(sure))
    return Peak(
        float(places[best]), width, float(light[best] / precision[best]), float(sure[best])
    )


def _start(
    orders: list[HostPixels], host: Shape, stars: list[Shape], *, stiff: bool
) -> tuple[HostFit, HostValues]:
    assert host.outline is not None
    moved = float(host.trace[0])
    outline = replace(host.outline, low=host.outline.low + moved, high=host.outline.high + moved)
    fit = HostFit(orders, stars, outline, host.domain_nm, stiff=stiff)
    first = stars[0] if stars else None
    width = _START_WIDTH if first is None else first.log_fwhm
    exponent = host.log_beta if first is None else first.log_beta
    shared = np.array([*host.trace[1:], width, exponent])
    return fit, HostValues(shared, np.array([star.trace[0] for star in stars]), outline.coef)


def _minimum(fit: HostFit, values: HostValues, steps: int) -> tuple[HostValues, float]:
    """Return the values of least misfit, and that (Levenberg, 1944, and Marquardt, 1963)."""
    misfit, damping = fit.misfit(values), _DAMPING
    for count in range(steps):
        gram, lean, _ = fit.normal(values)
        if count < _STARS_REST:
            # The host first: what is left of it would widen or narrow the stars.
            gram[:SHARED, :] = gram[:, :SHARED] = 0.0
            gram[range(SHARED), range(SHARED)] = 1.0
            lean[:SHARED] = 0.0
        gained = 0.0
        while damping < _TOO_DAMPED:
            damped = gram + damping * np.diag(gram.diagonal()) + 1e-9 * np.eye(lean.size)
            step = np.clip(np.linalg.solve(damped, lean), -_LARGEST_STEP, _LARGEST_STEP)
            trial = values.moved(step)
            now = fit.misfit(trial)
            if now < misfit:
                gained, values, misfit = misfit - now, trial, now
                damping = max(0.1 * damping, 1e-7)
                break
            damping *= 10.0
        if gained < _LEAST_GAIN and count >= _STARS_REST:
            break
        damping = min(damping, 1.0)
    return values, misfit


def _significance(fit: HostFit, solved: list[SolvedOrder]) -> tuple[Floats, Floats]:
    """Return how sure each star is if host and profile were known, and the host's light beneath.

    The latter is the host's light in the star's profile over that of the star. Each block is held
    against the next one: the noise of one alone would pass for light.
    """
    total, light, beneath = np.zeros((3, len(fit.stars)))
    for order, sums, one in zip(fit.orders, fit.sums, solved, strict=True):
        bright, host = one.amplitude[:, :-1], one.amplitude[:, -1:]
        pulls = bright * np.sqrt(fit.spectra(one)[1])
        total += (pulls[1:] * pulls[:-1]).sum(axis=0)
        stars, galaxy = one.functions[:-1], one.functions[-1]
        shared = [sums.summed(order.weight * star * galaxy) for star in stars]
        own = [sums.summed(order.weight * star**2) for star in stars]
        light += (bright**2 * np.reshape(own, bright.T.shape).T).sum(axis=0)
        beneath += (bright * host * np.reshape(shared, bright.T.shape).T).sum(axis=0)
    return np.sqrt(np.maximum(total, 0.0)), np.abs(beneath) / np.maximum(light, 1e-300)


def _other_colours(fit: HostFit, solved: list[SolvedOrder]) -> Floats:
    """Return how much worse each star's spectrum is fitted by the host's than by one like it.

    The other is the host's times a polynomial of the wavelength. A star that is but a part of a
    galaxy, or of a trailed image, has the colour of the whole.
    """
    light = np.concatenate([one.amplitude for one in solved])
    noise2 = np.linalg.inv(np.concatenate([one.normal for one in solved]))
    noise2 = noise2.diagonal(axis1=1, axis2=2)
    wave = np.concatenate(
        [
            sums.summed(order.pixels.wavelength_nm) / sums.summed(np.ones(order.light.size))
            for order, sums in zip(fit.orders, fit.sums, strict=True)
        ]
    )
    t = (wave - wave.mean()) / max(float(np.ptp(wave)), 1e-9)
    falls = []
    for k in range(len(fit.stars)):
        sigma = np.sqrt(noise2[:, k])
        basis = (light[:, -1] / sigma)[:, None] * np.vander(t, _COLOUR_TERMS, increasing=True)
        pulls = light[:, k] / sigma
        left = [
            float(((pulls - part @ np.linalg.lstsq(part, pulls, rcond=None)[0]) ** 2).sum())
            for part in (basis[:, :1], basis)
        ]
        falls.append(left[0] - left[1])
    return np.array(falls)


def _host(shape: Shape, outline: LogSpline, drift: Floats) -> Shape:
    """Return a host with its trace at the brightest place on the slit."""
    edge = _BEYOND_ARCSEC
    places = np.arange(outline.low + edge, outline.high - edge, _STEP_ARCSEC)
    curve, middle = outline(places), nucleus(outline)
    bright = np.flatnonzero(curve > 0.5 * curve.max())
    return replace(
        shape,
        trace=np.array([middle, *drift]),
        log_fwhm=float(np.log((bright[-1] - bright[0] + 1) * _STEP_ARCSEC)),
        power=0.0,
        outline=replace(outline, low=outline.low - middle, high=outline.high - middle),
        departure=np.zeros(0),
    )
