"""The light of stars upon a galaxy of which nobody knows the profile.

A supernova is seen upon its host, and how much of the light at its place is the host's own only
the host beside it tells. A host has no shape of its own: it is a bulge and a disc under any tilt,
cut by the slit beside its nucleus. What hosts have in common is that their light falls off
smoothly, by about the same factor from one arcsecond to the next: along a slit through an
exponential disc the logarithm of the light is a straight line on either side of the nucleus. So
the logarithm is a spline here, whose second derivative is expected to be small away from the
nucleus, and the data say the rest. Stars have one profile, for they are seen through one air.

Each star and the host have a brightness of their own in each block along the dispersion, and what
the sky lacks is free in each pixel of it; all that is solved for on the way (variable projection;
Golub & Pereyra 1973, SIAM J. Numer. Anal. 10, 413).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy import sparse
from scipy.ndimage import gaussian_filter1d

from soxs_pipeline.numerics.blocksums import BlockSums, Projected
from soxs_pipeline.numerics.logspline import LogSpline, second_differences
from soxs_pipeline.reduction.sources.hostpixels import HostPixels
from soxs_pipeline.reduction.sources.shapes import LOG_BETA, Shape, source_profiles

__all__ = ["SHARED", "HostFit", "HostValues", "SolvedOrder", "nucleus"]

Floats = NDArray[np.float64]

#: Second derivative of the logarithm of a host's light that is expected, per square arcsec: far
#: from the nucleus, and how much more at it; and how far from it that falls off, in arcsec.
_BEND, _BEND_AT_NUCLEUS, _NUCLEUS_ARCSEC = 0.03, 3.0, 0.5
#: The same of a host without a nucleus, while stars are looked for.
_STIFF = 0.03
#: Logarithm of a host's light where least of it is on the slit, over that where most is: mean and
#: scatter. The sky takes what is the same everywhere.
_FAINTEST = (-3.5, 0.03)
#: Light of a host over its brightest at which it may bend twice as much.
_FREE_BELOW = 0.05
#: Expected drift along the slit, Chebyshev degrees 1, 2, 3, in arcsec, and logarithm of a star's
#: width upon a host, which the host can mimic: mean and scatter.
_DRIFT_ARCSEC = (0.6, 0.25, 0.08)
_LOG_WIDTH = (float(np.log(0.9)), 0.25)
#: What all stars share: three of drift, width and exponent.
SHARED = 5
#: How far a fit may move a star from where it was seen, and one at an assumed place, in arcsec.
_PLACE_ARCSEC, _ASSUMED_ARCSEC = 0.3, 1e-3
#: Step of the numerical derivatives.
_DERIVATIVE_STEP = 1e-3
#: Blur in arcsec after which what is brightest is no star.
_BROAD_ARCSEC = 1.0


class HostValues(NamedTuple):
    """What is fitted.

    Parameters
    ----------
    shared
        Drift (three of them), logarithm of the width and of the exponent of all stars.
    places
        Of the stars on the slit, in arcsec.
    coef
        Of the logarithm of the host's light.
    """

    shared: Floats
    places: Floats
    coef: Floats

    def moved(self, step: Floats) -> HostValues:
        """Return the values a step further; the host's peak stays one."""
        shared, places, coef = np.split(step, np.cumsum([SHARED, self.places.size]))
        level = self.coef + coef
        return HostValues(self.shared + shared, self.places + places, level - level.max())


class SolvedOrder(NamedTuple):
    """One order with the brightness of stars and host in each block solved for, and the sky.

    Parameters
    ----------
    shares
        Share of stars and host in each pixel, shape ``(functions, n)``.
    functions, levels
        The same times the templates, and its levels in each group.
    normal, amplitude
        Normal matrix and brightness of each block.
    residual
        What they leave of the light, shape ``(n,)``.
    """

    shares: Floats
    functions: Floats
    levels: Floats
    normal: Floats
    amplitude: Floats
    residual: Floats


class _Derivatives(NamedTuple):
    """Derivatives of the shares of stars and host in the pixels of an order.

    With the place on the slit by drift, stars by place, stars by width and exponent; the host, and
    that with the place and with its coefficients, relative to itself.
    """

    bends: Floats
    moved: Floats
    changed: Floats
    host: Floats
    slope: Floats
    basis: sparse.csr_array

    def light(self, bright: Floats) -> sparse.csr_array:
        """Return the derivatives of the light, shape ``(n, fitted)``.

        Parameters
        ----------
        bright
            Brightness of stars and host at each pixel, shape ``(functions, n)``.
        """
        stars, host = bright[:-1], bright[-1] * self.host
        moved = stars * self.moved
        drifting = moved.sum(axis=0) - host * self.slope
        shared = (stars * self.changed).sum(axis=1)
        dense = np.vstack([self.bends * drifting, shared, moved])
        scaled = sparse.diags_array(host) @ self.basis
        return sparse.csr_array(sparse.hstack([sparse.csr_array(dense.T), scaled]))


def nucleus(outline: LogSpline) -> float:
    """Return where a host is brightest; a star that is taken for a part of it does not count.

    Parameters
    ----------
    outline
        Its profile.
    """
    light = gaussian_filter1d(np.exp(outline.coef), _BROAD_ARCSEC / outline.step, mode="nearest")
    return float(outline.middles[1 + np.argmax(light[1:-1])])


class HostFit:
    """Misfit and normal equations of stars and a host.

    Parameters
    ----------
    orders
        The pixels.
    stars
        What the stars are like; places, drift, width and exponent are fitted.
    outline
        Range and knots of the host's profile, against the slit position freed of drift.
    domain_nm
        Wavelengths of the exposure.
    stiff
        True if a host is to have no nucleus and hardly any bends: whatever is narrow is left over.

    Attributes
    ----------
    sums
        Of each order, over pixels along the dispersion and blocks of them.
    """

    def __init__(
        self,
        orders: list[HostPixels],
        stars: list[Shape],
        outline: LogSpline,
        domain_nm: tuple[float, float],
        *,
        stiff: bool = False,
    ) -> None:
        self._stiff = stiff
        self.orders, self.stars, self.outline = orders, stars, outline
        self.sums = [BlockSums(order.along, order.block_px, order.weight) for order in orders]
        low, high = domain_nm
        scaled = [(2.0 * one.pixels.wavelength_nm - low - high) / (high - low) for one in orders]
        self._bends = [chebyshev.chebvander(t, 3)[:, 1:] for t in scaled]
        self._curvature = second_differences(outline.coef.size, outline.step)
        self._assumed = np.array([star.trace[0] for star in stars])
        loose = [_ASSUMED_ARCSEC if star.forced else _PLACE_ARCSEC for star in stars]
        self._place_error = np.array(loose)

    def shapes(self, values: HostValues) -> list[Shape]:
        """Return the stars.

        Parameters
        ----------
        values
            What was fitted.
        """
        return [
            replace(
                star,
                trace=np.array([place, *values.shared[:3]]),
                log_fwhm=float(values.shared[3]),
                log_beta=float(values.shared[4]),
            )
            for star, place in zip(self.stars, values.places, strict=True)
        ]

    def _profiles(self, k: int, values: HostValues) -> Floats:
        return source_profiles(self.orders[k].pixels, self.shapes(values))

    def _host(self, k: int, values: HostValues) -> Floats:
        """Return the host's share of each pixel."""
        outline = replace(self.outline, coef=values.coef)
        return outline(self._distance(k, values)) * self.orders[k].pixels.height_arcsec

    def _distance(self, k: int, values: HostValues) -> Floats:
        return np.asarray(self.orders[k].pixels.slit_arcsec - self._bends[k] @ values.shared[:3])

    def solve(self, k: int, values: HostValues) -> SolvedOrder:
        """Solve an order for the brightness of stars and host in each block.

        Parameters
        ----------
        k
            Which order.
        values
            What is fitted.
        """
        order, sums = self.orders[k], self.sums[k]
        shares = np.vstack([self._profiles(k, values), self._host(k, values)])
        functions = shares * order.templates
        weighted = (functions * order.weight).T
        levels = sums.level(weighted).T
        light = (order.weight * order.light)[:, None]
        seen = sums.level(light)
        size = len(functions)
        rows, sides = [], []
        for function, level in zip(functions, levels, strict=True):
            rows.append(sums.product(function, weighted) - sums.of_levels(level, levels.T))
            sides.append(sums.product(function, light) - sums.of_levels(level, seen))
        normal, right = np.stack(rows, axis=1), np.stack(sides, axis=1)
        index = np.arange(size)
        # A block of few pixels does not tell them all.
        normal[:, index, index] *= 1.0 + 1e-6
        normal[:, index, index] += 1e-6 * np.median(normal[:, index, index], axis=0) + 1e-30
        amplitude = np.asarray(np.linalg.solve(normal, right)[:, :, 0])
        left = order.light - np.einsum("cn,cn->n", amplitude[sums.block].T, functions)
        left = sums.without_level(left)
        return SolvedOrder(shares, functions, levels, normal, amplitude, left)

    def misfit(self, values: HostValues) -> float:
        """Return chi square, and what departs from expectation.

        Parameters
        ----------
        values
            What is fitted.
        """
        total = 0.0
        for k, order in enumerate(self.orders):
            total += float((order.weight * self.solve(k, values).residual ** 2).sum())
        return total + self.expected(values)[2]

    def expected(self, values: HostValues) -> tuple[Floats, Floats, float]:
        """Return precision, pull and misfit of what is expected beforehand.

        Parameters
        ----------
        values
            What is fitted.
        """
        count = SHARED + values.places.size
        size = count + values.coef.size
        precision, pull = np.zeros((size, size)), np.zeros(size)
        mean = np.array([0.0, 0.0, 0.0, _LOG_WIDTH[0], LOG_BETA[0], *self._assumed])
        sigma = np.array([*_DRIFT_ARCSEC, _LOG_WIDTH[1], LOG_BETA[1], *self._place_error])
        off = (np.concatenate(values[:2]) - mean) / sigma
        index = np.arange(count)
        precision[index, index] = sigma**-2.0
        pull[:count] = -off / sigma
        bend = self._curvature / self._bend(values)[:, None]
        bent = bend @ values.coef
        precision[count:, count:] = bend.T @ bend
        pull[count:] = -bend.T @ bent
        faintest = self._faintest(values)
        below = (values.coef[faintest] - _FAINTEST[0]) / _FAINTEST[1]
        precision[count + faintest, count + faintest] += _FAINTEST[1] ** -2.0
        pull[count + faintest] -= below / _FAINTEST[1]
        return precision, pull, float(off @ off + bent @ bent + below**2)

    def _bend(self, values: HostValues) -> Floats:
        faint = 1.0 + _FREE_BELOW * np.exp(-values.coef[1:-1])
        if self._stiff:
            return np.asarray(_STIFF * faint)
        away = self.outline.middles[1:-1] - nucleus(replace(self.outline, coef=values.coef))
        near = np.exp(-0.5 * (away / _NUCLEUS_ARCSEC) ** 2)
        return np.asarray((_BEND + _BEND_AT_NUCLEUS * near) * faint)

    def _faintest(self, values: HostValues) -> int:
        middles = self.outline.middles
        half = self.orders[0].pixels.slit_half_arcsec
        inside = np.flatnonzero(np.abs(middles) < half)
        return int(inside[np.argmin(values.coef[inside])])

    def normal(self, values: HostValues) -> tuple[Floats, Floats, Floats]:
        """Return normal matrix and right side of the fit, and the slopes of the stars' light.

        Brightness is projected out. A slope is the relative change of the light of a star, of all
        orders together, with what is fitted; shape ``(stars, fitted)``.
        """
        gram, lean, _ = self.expected(values)
        slopes, total = np.zeros((len(self.stars), lean.size)), np.zeros(len(self.stars))
        for k in range(len(self.orders)):
            solved = self.solve(k, values)
            columns = self.columns(k, values, solved)
            projected = self.projected(k, solved, columns)
            lean += projected.weighted.T @ solved.residual
            gram += projected.product(columns, projected)
            light, precision = self.spectra(solved)
            slopes -= np.einsum("ks,ksp->sp", precision * light, projected.followed[:, :-1])
            total += (precision * light**2).sum(axis=0)
        return gram, lean, slopes / np.maximum(total, 1e-300)[:, None]

    def spectra(self, solved: SolvedOrder) -> tuple[Floats, Floats]:
        """Return the stars' light and its precision, shape ``(blocks, stars)``.

        Parameters
        ----------
        solved
            An order.
        """
        variance = np.linalg.inv(solved.normal).diagonal(axis1=1, axis2=2)[:, :-1]
        return np.maximum(solved.amplitude[:, :-1], 0.0), np.asarray(1.0 / variance)

    def projected(self, k: int, solved: SolvedOrder, columns: sparse.csr_array) -> Projected:
        """Return derivatives of the light of an order with brightness and sky projected out.

        Parameters
        ----------
        k, solved
            The order.
        columns
            Derivatives of its light, shape ``(n, m)``.
        """
        return self.sums[k].projected(columns, solved.functions, solved.levels, solved.normal)

    def columns(self, k: int, values: HostValues, solved: SolvedOrder) -> sparse.csr_array:
        """Return the derivatives of the light of an order with all that is fitted.

        Parameters
        ----------
        k, solved
            The order.
        values
            What is fitted.
        """
        bright = solved.amplitude[self.sums[k].block].T * self.orders[k].templates
        return self._derivatives(k, values, solved.shares).light(bright)

    def _derivatives(self, k: int, values: HostValues, shares: Floats) -> _Derivatives:
        here, step = shares[:-1], _DERIVATIVE_STEP
        moved = self._profiles(k, values._replace(places=values.places + step)) - here
        changed = []
        for which in (3, 4):
            shared = values.shared.copy()
            shared[which] += step
            changed.append(self._profiles(k, values._replace(shared=shared)) - here)
        distance = self._distance(k, values)
        return _Derivatives(
            np.asarray(self._bends[k].T, np.float64),
            moved / step,
            np.array(changed) / step,
            shares[-1],
            replace(self.outline, coef=values.coef).slope(distance),
            self.outline.basis(distance),
        )
