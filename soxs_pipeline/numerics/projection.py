"""Tangent-plane projection with distortion: apply it, and fit it to stars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.astrometry import tangent_plane
from soxs_pipeline.numerics.shrinkage import shrunken_fit

__all__ = ["PlaneFit", "fit_plane", "from_plane", "pixel_to_sky", "sky_to_pixel"]

Floats = NDArray[np.float64]

_ARCSEC = 3600.0

#: Powers of the two pixel coordinates, those of the linear map first.
_POWERS = [(p, d - p) for d in range(4) for p in range(d, -1, -1)]
#: Distortions that are thought of, at the rim of the field: all kinds, and that of a lens.
_OTHERS_ARCSEC, _RADIAL_ARCSEC = (0.0, 0.004, 0.016, 0.064, 0.25), (0.0, 0.02, 0.08, 0.32, 1.3)


@dataclass(frozen=True, eq=False)
class PlaneFit:
    """A projection fitted to stars.

    Parameters
    ----------
    crpix, crval, cd, sip_a, sip_b
        As in a FITS header (SIP convention), pixels counted from one.
    residual_arcsec
        Measured minus predicted standard coordinates, shape ``(n, 2)``.
    used
        Stars that entered the fit.
    error_arcsec
        Standard error of the zero point along one axis.
    """

    crpix: Floats
    crval: Floats
    cd: Floats
    sip_a: Floats
    sip_b: Floats
    residual_arcsec: Floats
    used: NDArray[np.bool_]
    error_arcsec: float


def from_plane(xi_eta: Floats, ra0: float, dec0: float) -> tuple[Floats, Floats]:
    """Take standard coordinates in arcsec back to right ascension and declination in degrees.

    The inverse of the gnomonic projection (Calabretta & Greisen 2002, A&A 395, 1077, 5.1.3).
    """
    xi, eta = np.deg2rad(xi_eta.T / _ARCSEC)
    sin0, cos0 = np.sin(np.deg2rad(dec0)), np.cos(np.deg2rad(dec0))
    depth = cos0 - eta * sin0
    ra = ra0 + np.rad2deg(np.arctan2(xi, depth))
    dec = np.rad2deg(np.arctan2(eta * cos0 + sin0, np.hypot(xi, depth)))
    return np.asarray(ra) % 360.0, np.asarray(dec)


def _distorted(uv: Floats, sip_a: Floats, sip_b: Floats) -> Floats:
    """Return pixel offsets with the distortion added."""
    if not sip_a.size:
        return uv
    u, v = uv.T
    shift = [np.polynomial.polynomial.polyval2d(u, v, terms) for terms in (sip_a, sip_b)]
    return uv + np.column_stack(shift)


def pixel_to_sky(
    xy: Floats, *, crpix: Floats, crval: Floats, cd: Floats, sip_a: Floats, sip_b: Floats
) -> tuple[Floats, Floats]:
    """Return right ascension and declination (deg) of pixels, counted from one, ``(n, 2)``."""
    plane = _distorted(xy - crpix, sip_a, sip_b) @ cd.T * _ARCSEC
    return from_plane(plane, float(crval[0]), float(crval[1]))


def sky_to_pixel(
    ra: Floats,
    dec: Floats,
    *,
    crpix: Floats,
    crval: Floats,
    cd: Floats,
    sip_a: Floats,
    sip_b: Floats,
) -> Floats:
    """Return pixels, counted from one, shape ``(n, 2)``; NaN beyond 90 degrees."""
    plane = tangent_plane(ra, dec, float(crval[0]), float(crval[1])) / _ARCSEC
    wanted = plane @ np.linalg.inv(cd).T
    uv = wanted
    # Distortions are far below a pixel per pixel: the fixed point is reached at once.
    for _ in range(6 if sip_a.size else 0):
        uv = wanted - (_distorted(uv, sip_a, sip_b) - uv)
    return np.asarray(uv + crpix)


def fit_plane(
    xy: Floats,
    ra: Floats,
    dec: Floats,
    sigma_arcsec: Floats,
    *,
    crpix: Sequence[float],
    start: Sequence[float],
    distorted: bool,
    clip: float = 4.0,
) -> PlaneFit:
    """Fit a projection to stars, by inverse variance, outliers left out.

    The reference pixel is kept, its place on the sky is fitted.

    Parameters
    ----------
    xy
        Pixels, counted from one, shape ``(n, 2)``.
    ra, dec
        Places in degrees, shape ``(n,)``.
    sigma_arcsec
        Standard error of a star along one axis, shape ``(n,)``.
    crpix
        Reference pixel.
    start
        Guess of its place on the sky in degrees.
    distorted
        Fit any linear map, and a distortion of third degree as large as the stars ask for;
        otherwise a shift, rotation and scale.
    clip
        Stars further off than so many robust errors are left out.
    """
    centre = np.asarray(crpix, dtype=float)
    crval = np.asarray(start, dtype=float)
    uv = xy - centre
    size = max(float(np.abs(uv).max()), 1.0)
    solve, least = (_solve_distorted, 4) if distorted else (_solve_similar, 2)
    used = np.ones(len(uv), dtype=bool)
    width = 1.0
    for _ in range(12):
        plane = tangent_plane(ra, dec, float(crval[0]), float(crval[1]))
        solution, terms = solve(uv / size, plane, width * sigma_arcsec, used)
        residual = plane - _design(uv / size, len(solution)) @ solution
        moved = solution[0]
        distance = np.hypot(*(residual / sigma_arcsec[:, None]).T)
        width = max(float(np.median(distance[used])) / 1.1774, 1.0)
        kept = distance < clip * width
        if np.hypot(*moved) < 1e-7 and np.array_equal(kept, used):
            break
        crval = np.concatenate(from_plane(moved[None, :], float(crval[0]), float(crval[1])))
        if kept.sum() >= least:
            used = kept
    linear, sip_a, sip_b = _as_sip(solution, size)
    weight = float((sigma_arcsec[used] ** -2.0).sum())
    spread = _scatter(residual, sigma_arcsec, used, terms)
    return PlaneFit(
        centre, crval, linear / _ARCSEC, sip_a, sip_b, residual, used, spread * weight**-0.5
    )


def _scatter(residual: Floats, sigma: Floats, used: NDArray[np.bool_], terms: float) -> float:
    """Return by what factor stars scatter more than their errors say, at least one."""
    free = max(2 * int(used.sum()) - terms, 1.0)
    chi2 = float(((residual[used] / sigma[used, None]) ** 2).sum()) / free
    return max(1.0, chi2**0.5)


def _design(uv: Floats, terms: int) -> Floats:
    u, v = uv.T
    return np.column_stack([u**p * v**q for p, q in _POWERS[:terms]])


def _solve_similar(
    uv: Floats, plane: Floats, sigma: Floats, used: NDArray[np.bool_]
) -> tuple[Floats, float]:
    """Return shift, rotation and scale, mirrored or not, as coefficients of `_POWERS`.

    The better of a proper rotation and a mirrored one is taken.
    """
    weight = 1.0 / sigma[used]
    best, found = np.inf, np.zeros((3, 2))
    u, v = uv[used].T
    zero, one = np.zeros_like(u), np.ones_like(u)
    data = (plane[used] * weight[:, None]).T.ravel()
    for mirror in (1.0, -1.0):
        # xi = a u - b v, eta = mirror (b u + a v)
        rows = np.vstack([
            np.column_stack([one, zero, u, -v]),
            np.column_stack([zero, one, mirror * v, mirror * u]),
        ]) * np.tile(weight, 2)[:, None]  # fmt: skip
        x, y, a, b = solution = np.linalg.lstsq(rows, data, rcond=None)[0]
        chi2 = float(((rows @ solution - data) ** 2).sum())
        if chi2 < best:
            best, found = chi2, np.array([[x, y], [a, mirror * b], [-b, mirror * a]])
    return found, 4.0


def _solve_distorted(
    uv: Floats, plane: Floats, sigma: Floats, used: NDArray[np.bool_]
) -> tuple[Floats, float]:
    """Return the coefficients of `_POWERS`, and how many they amount to."""
    design, here, error = _design(uv[used], len(_POWERS)), plane[used], sigma[used]
    weight = 1.0 / error[:, None]
    linear = np.asarray(
        np.linalg.lstsq(design[:, :3] * weight, here * weight, rcond=None)[0], dtype=float
    )
    fit = shrunken_fit(design[:, :3], design[:, 3:], here, error, _distortions(linear[1:]))
    return np.vstack([fit.free, fit.shrunken]), fit.terms


def _distortions(linear: Floats) -> list[Floats]:
    """Return covariances that distortions may have, in arcsec at the rim.

    What a lens does most is to stretch a field with the cube of the distance from its axis; the
    rest, such as an axis elsewhere, is allowed in any form but smaller.
    """
    radial = np.zeros((len(_POWERS) - 3, 2))
    size = float(np.sqrt(abs(np.linalg.det(linear))))
    for row, (p, q) in enumerate(_POWERS[3:]):
        if p + q == 3:
            radial[row] = linear[(p + 1) % 2] / size
    lens = radial.T.ravel()
    return [
        rest**2 * np.eye(len(lens)) + rim**2 * np.outer(lens, lens)
        for rest in _OTHERS_ARCSEC
        for rim in _RADIAL_ARCSEC
    ]


def _as_sip(solution: Floats, size: float) -> tuple[Floats, Floats, Floats]:
    """Return arcsec per pixel, and the distortion in pixels."""
    scaled = {pq: row / size ** sum(pq) for pq, row in zip(_POWERS, solution, strict=False)}
    linear = np.column_stack([scaled[1, 0], scaled[0, 1]])
    if len(solution) == 3:
        return linear, np.zeros((0, 0)), np.zeros((0, 0))
    terms = np.zeros((2, 4, 4))
    inverse = np.linalg.inv(linear)
    for (p, q), row in scaled.items():
        if p + q >= 2:
            terms[:, p, q] = inverse @ row
    return linear, terms[0], terms[1]
