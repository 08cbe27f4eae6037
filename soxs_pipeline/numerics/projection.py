"""Tangent-plane projection with distortion: apply it, and fit it to stars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.astrometry import tangent_plane

__all__ = ["PlaneFit", "fit_plane", "from_plane", "pixel_to_sky", "sky_to_pixel"]

Floats = NDArray[np.float64]

_ARCSEC = 3600.0


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


def _powers(degree: int) -> list[tuple[int, int]]:
    return [(p, d - p) for d in range(degree + 1) for p in range(d, -1, -1)]


def fit_plane(
    xy: Floats,
    ra: Floats,
    dec: Floats,
    sigma_arcsec: Floats,
    *,
    crpix: Sequence[float],
    start: Sequence[float],
    degree: int,
    clip: float = 4.0,
) -> PlaneFit:
    """Fit a projection of given degree to stars, by inverse variance, outliers left out.

    Degree 1 is a linear one; 0 a shift, rotation and scale. The reference pixel is kept, its place
    on the sky is fitted.

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
    degree
        Of the distortion.
    clip
        Stars further off than so many robust errors are left out.
    """
    centre = np.asarray(crpix, dtype=float)
    crval = np.asarray(start, dtype=float)
    uv = xy - centre
    size = max(float(np.abs(uv).max()), 1.0)
    design = _similar(uv / size) if degree == 0 else _design(uv / size, degree)
    used = np.ones(len(uv), dtype=bool)
    for _ in range(12):
        plane = tangent_plane(ra, dec, float(crval[0]), float(crval[1]))
        solution = _solve(design, plane, sigma_arcsec, used)
        residual = plane - _predicted(design, solution)
        moved = solution[0]
        distance = np.hypot(*(residual / sigma_arcsec[:, None]).T)
        width = max(float(np.median(distance[used])) / 1.1774, 1.0)
        kept = distance < clip * width
        if np.hypot(*moved) < 1e-7 and np.array_equal(kept, used):
            break
        crval = np.concatenate(from_plane(moved[None, :], float(crval[0]), float(crval[1])))
        if kept.sum() >= max(len(_powers(max(degree, 1))), 2):
            used = kept
    linear, sip_a, sip_b = _as_sip(solution, degree, size)
    weight = float((sigma_arcsec[used] ** -2.0).sum())
    spread = _scatter(residual, sigma_arcsec, used, len(solution))
    return PlaneFit(
        centre, crval, linear / _ARCSEC, sip_a, sip_b, residual, used, spread * weight**-0.5
    )


def _scatter(residual: Floats, sigma: Floats, used: NDArray[np.bool_], terms: int) -> float:
    """Return by what factor stars scatter more than their errors say, at least one."""
    free = max(2 * int(used.sum()) - 2 * terms, 1)
    chi2 = float(((residual[used] / sigma[used, None]) ** 2).sum()) / free
    return max(1.0, chi2**0.5)


def _design(uv: Floats, degree: int) -> Floats:
    u, v = uv.T
    return np.column_stack([u**p * v**q for p, q in _powers(degree)])


def _similar(uv: Floats) -> Floats:
    return np.column_stack([np.ones(len(uv)), uv])


def _solve(design: Floats, plane: Floats, sigma: Floats, used: NDArray[np.bool_]) -> Floats:
    """Return the coefficients, shape ``(terms, 2)``, the constant first."""
    weight = 1.0 / sigma[used, None]
    a, b = design[used] * weight, plane[used] * weight
    return np.asarray(np.linalg.lstsq(a, b, rcond=None)[0])


def _predicted(design: Floats, solution: Floats) -> Floats:
    return np.asarray(design @ solution)


def _as_sip(solution: Floats, degree: int, size: float) -> tuple[Floats, Floats, Floats]:
    """Return arcsec per pixel, and the distortion in pixels."""
    powers = _powers(max(degree, 1))
    scaled = {pq: row / size ** sum(pq) for pq, row in zip(powers, solution, strict=True)}
    linear = np.column_stack([scaled[1, 0], scaled[0, 1]])
    if degree < 2:
        return linear, np.zeros((0, 0)), np.zeros((0, 0))
    terms = np.zeros((2, degree + 1, degree + 1))
    inverse = np.linalg.inv(linear)
    for (p, q), row in scaled.items():
        if p + q >= 2:
            terms[:, p, q] = inverse @ row
    return linear, terms[0], terms[1]
