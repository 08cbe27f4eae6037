"""The grid and the scale on which orders, exposures and arms meet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from soxs_pipeline.domain.spectra import OrderSpectra, OrderSpectrum

__all__ = ["common_grid", "flux_scale", "flux_scale_error", "lamp_scale", "reference_lamp"]

Floats = NDArray[np.float64]

_SPEED_OF_LIGHT_KM_S = 299792.458
#: Smoothing of the reference lamp curve, in units of ln(wavelength): wide enough to even out
#: the scallops between the blaze peaks of neighbouring orders (0.04 to 0.1).
_REFERENCE_SMOOTHING = 0.04
#: Below this share of the lamp's envelope, or of its own peak, an order carries too little
#: light to be of use.
_LEAST_BLAZE = 0.03


def common_grid(exposures: Sequence[OrderSpectra], step_km_s: float) -> tuple[Floats, Floats]:
    """Return centres and widths of bins uniform in ln(wavelength), anchored at 1000 nm."""
    ends = [(s.wavelength_nm[0], s.wavelength_nm[-1]) for e in exposures for s in e.spectra]
    step = np.log1p(step_km_s / _SPEED_OF_LIGHT_KM_S)
    # Anchoring the grid makes spectra of different nights share their bins.
    first = int(np.floor(np.log(min(e[0] for e in ends) / 1000.0) / step))
    last = int(np.ceil(np.log(max(e[1] for e in ends) / 1000.0) / step))
    edges = 1000.0 * np.exp(step * (np.arange(first, last + 2) - 0.5))
    return 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)


def reference_lamp(
    exposures: Sequence[OrderSpectra], grid: Floats
) -> tuple[Floats | None, tuple[str, ...]]:
    """Return the smooth envelope of the lamp's signal over all orders and arms."""
    envelope = np.full(len(grid), np.nan)
    for exposure in exposures:
        for spectrum in exposure.spectra:
            known = np.isfinite(spectrum.blaze) & (spectrum.blaze > 0)
            if known.sum() < 10:
                continue
            lamp = np.interp(
                grid,
                spectrum.wavelength_nm[known],
                spectrum.blaze[known],
                left=np.nan,
                right=np.nan,
            )
            envelope = np.fmax(envelope, lamp)
    seen = np.isfinite(envelope)
    if not seen.any():
        return None, ("no flat-lamp signal: orders are joined without correction of the blaze",)
    return _smooth_curve(grid, envelope, seen), ()


def _smooth_curve(grid: Floats, values: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Smooth the logarithm of a curve; its ends are continued as straight lines."""
    step = float(np.log(grid[1] / grid[0]))
    sigma = _REFERENCE_SMOOTHING / step
    first, last = np.flatnonzero(seen)[[0, -1]]
    logarithm = np.interp(np.arange(first, last + 1), np.flatnonzero(seen), np.log(values[seen]))
    end = min(int(sigma) + 2, len(logarithm))
    reach = int(4 * sigma) + 1
    left = np.polynomial.Polynomial.fit(np.arange(end), logarithm[:end], 1)
    right = np.polynomial.Polynomial.fit(np.arange(-end, 0), logarithm[-end:], 1)
    extended = np.concatenate(
        [left(np.arange(-reach - first, 0)), logarithm, right(np.arange(reach + len(grid) - last))]
    )
    smooth = ndimage.gaussian_filter1d(extended, sigma, mode="nearest")
    return np.exp(smooth[reach : reach + len(grid)])


def lamp_scale(
    spectrum: OrderSpectrum, exposure_s: float, grid: Floats, reference: Floats | None
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return what turns electrons into electron/s/nm on the lamp's scale, and where it can.

    Parameters
    ----------
    spectrum, exposure_s
        One order of one exposure.
    grid, reference
        The reference lamp and its wavelengths; None leaves orders as they are.
    """
    usable = np.ones(len(spectrum.flux), dtype=bool)
    gain = np.ones(len(spectrum.flux))
    if reference is not None:
        known = np.isfinite(spectrum.blaze) & (spectrum.blaze > 0)
        lamp = np.where(known, spectrum.blaze, np.nan)
        at = np.interp(spectrum.wavelength_nm, grid, reference)
        gain = np.where(known, at / lamp, 0.0)
        usable = known & (lamp > _LEAST_BLAZE * at)
    return gain / (spectrum.width_nm * exposure_s), usable


def flux_scale(spectrum: OrderSpectrum, exposure_s: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Return what turns electrons into erg/s/cm2/Angstrom, and where it can.

    Parameters
    ----------
    spectrum, exposure_s
        One order of one exposure, with its sensitivity.
    """
    size = len(spectrum.flux)
    sensitivity = np.full(size, np.nan) if spectrum.sensitivity is None else spectrum.sensitivity
    known = np.isfinite(sensitivity) & (sensitivity > 0)
    if not known.any():
        return np.zeros(size), known
    # The far wings of an order's efficiency hold nothing but the error of the response.
    usable = known & (sensitivity > _LEAST_BLAZE * np.percentile(sensitivity[known], 99.0))
    safe = np.where(known, sensitivity, 1.0)
    return np.where(known, 1.0 / (safe * spectrum.width_nm * exposure_s), 0.0), usable


def flux_scale_error(exposures: Sequence[OrderSpectra]) -> float:
    """Return the relative error of the flux scale: of the sensitivities, and of an arm's flux."""
    errors = [s.sensitivity_error for e in exposures for s in e.spectra]
    response = float(np.nanmedian(np.concatenate([e for e in errors if e is not None])))
    in_common: dict[str, list[float]] = {}
    for exposure in exposures:
        if np.isfinite(exposure.flux_error):
            in_common.setdefault(exposure.arm, []).append(exposure.flux_error)
    # Each exposure fits its own source, so that errors of several average out.
    of_arms = [float(np.linalg.norm(each)) / len(each) for each in in_common.values()]
    return float(np.hypot(response, max(of_arms, default=0.0)))
