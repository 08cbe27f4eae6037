"""Merge orders, exposures and arms into one spectrum.

Orders differ in efficiency (the blaze). The flat lamp seen through the same orders gives the
ratio of their efficiencies at every wavelength, whatever its own spectrum: with ``S`` the
source, ``L`` the lamp and ``e`` the efficiency of an order, the recorded signals are ``S e``
and ``L e``, so their ratio ``S / L`` is the same in all orders. Multiplying by one smooth
reference lamp curve for all orders and arms, the envelope of the lamp's signal, brings back
electrons per second and nanometre as the best order at each wavelength records them.

Where every arm has a response, each order is divided by its own sensitivity instead: orders and
arms then meet in units of flux, and the steps between them judge the response.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from soxs_pipeline.domain.exposure import all_exposures
from soxs_pipeline.domain.flux import FLUX_UNIT
from soxs_pipeline.domain.quality import FATAL, Quality
from soxs_pipeline.domain.spectra import MergedSpectrum, OrderSpectra, OrderSpectrum
from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.numerics.resampling import bin_edges, overlap_matrix, rebin_density, rebin_means
from soxs_pipeline.reduction.flux.sensitivity import all_calibrated
from soxs_pipeline.reduction.merging.commonscale import (
    common_grid,
    flux_scale,
    flux_scale_error,
    lamp_scale,
    reference_lamp,
)

__all__ = ["Join", "merge_spectra"]

Floats = NDArray[np.float64]

#: Width of the prior of the ratio of two arms: flat lamps and slit losses differ.
_ARM_RATIO_PRIOR = 0.3


@dataclass(frozen=True)
class Join:
    """How two neighbours meet in their overlap.

    Parameters
    ----------
    left, right
        Names of the neighbours, ``order m`` or an arm.
    ratio, error
        Signal of the right one over that of the left one, and its error, before any scaling.
    """

    left: str
    right: str
    ratio: float
    error: float


@dataclass(frozen=True, eq=False)
class _Piece:
    """One order of one exposure on the common grid."""

    arm: str
    order: int
    flux: Floats
    variance: Floats
    covariance: Floats
    sky: Floats
    quality: NDArray[np.uint32]
    valid: NDArray[np.bool_]


def merge_spectra(
    exposures: Sequence[OrderSpectra], *, velocity_step_km_s: float, match_arms: bool
) -> tuple[MergedSpectrum, tuple[Join, ...], tuple[str, ...]]:
    """Merge all orders of all exposures of one source.

    Parameters
    ----------
    exposures
        Spectra by order; several exposures and arms.
    velocity_step_km_s
        Bin of the common grid, uniform in the logarithm of the wavelength.
    match_arms
        Scale the second arm to the first in their overlap.

    Returns
    -------
    merged, joins, remarks
        The spectrum, what was measured at the joins, and what the user should know.

    Raises
    ------
    UnprocessableDataError
        If no order holds a usable bin.
    """
    arms = tuple(sorted({e.arm for e in exposures}, key=lambda a: _bluest(exposures, a)))
    centre, width = common_grid(exposures, velocity_step_km_s)
    calibrated = all_calibrated(exposures)
    pieces, remarks = _on_common_grid(exposures, centre, width, calibrated=calibrated)
    if not pieces:
        raise UnprocessableDataError(
            "no order of any exposure holds a usable bin",
            wanted="extracted spectra with unflagged bins",
            remedy="look at the plots of the extraction",
        )
    joins = list(_order_joins(pieces))
    arm_joins, lamp_levels, said = _compare_arms(pieces, arms)
    if match_arms and lamp_levels and not calibrated:
        # The arms' flats differ in the level of their lamps; with that put right the reference
        # curve follows the efficiency of either arm, and both keep their own electrons.
        exposures = [_with_lamp_level(e, lamp_levels.get(e.arm, 1.0)) for e in exposures]
        pieces, _ = _on_common_grid(exposures, centre, width, calibrated=False)
        remarks = (*remarks, *said)
    merged = _combine(pieces, arms, centre, width, exposures)
    if calibrated:
        reduced, variance = _in_electrons(exposures, centre, width)
        merged = replace(
            merged,
            unit=FLUX_UNIT,
            flux_error=flux_scale_error(exposures),
            reduced=reduced,
            reduced_error=np.sqrt(variance),
        )
    elif any(s.calibrated for e in exposures for s in e.spectra):
        remarks = (*remarks, "not every arm has a response: the spectrum stays in electrons")
    return merged, (*joins, *arm_joins), remarks


def _on_common_grid(
    exposures: Sequence[OrderSpectra], centre: Floats, width: Floats, *, calibrated: bool
) -> tuple[list[_Piece], tuple[str, ...]]:
    """Bring all orders of all exposures to the common grid and scale."""
    reference, remarks = (None, ()) if calibrated else reference_lamp(exposures, centre)
    pieces = [
        piece
        for exposure in exposures
        for spectrum in exposure.spectra
        for piece in (
            _on_grid(exposure, spectrum, centre, width, reference, calibrated=calibrated),
        )
        if piece.valid.any()
    ]
    return pieces, remarks


def _in_electrons(
    exposures: Sequence[OrderSpectra], centre: Floats, width: Floats
) -> tuple[Floats, Floats]:
    """Return electron/s/nm of all, each arm on the scale of its lamp, and the variance."""
    pieces = [
        piece
        for arm in dict.fromkeys(exposure.arm for exposure in exposures)
        for piece in _on_common_grid(
            [e for e in exposures if e.arm == arm], centre, width, calibrated=False
        )[0]
    ]
    if not pieces:
        return np.full_like(centre, np.nan), np.full_like(centre, np.nan)
    flux, variance, *_ = _average(pieces)
    return flux, variance


def _with_lamp_level(exposure: OrderSpectra, level: float) -> OrderSpectra:
    spectra = tuple(replace(s, blaze=s.blaze * level) for s in exposure.spectra)
    return replace(exposure, spectra=spectra)


def _bluest(exposures: Sequence[OrderSpectra], arm: str) -> float:
    return min(float(s.wavelength_nm[0]) for e in exposures if e.arm == arm for s in e.spectra)


def _on_grid(
    exposure: OrderSpectra,
    spectrum: OrderSpectrum,
    centre: Floats,
    width: Floats,
    reference: Floats | None,
    *,
    calibrated: bool,
) -> _Piece:
    """Bring one order to electrons/s/nm, or to flux, on the common grid."""
    bad = (spectrum.quality & np.uint32(FATAL)) != 0
    valid = ~bad & np.isfinite(spectrum.flux) & (spectrum.variance > 0)
    if calibrated:
        scale, usable = flux_scale(spectrum, exposure.exposure_s)
    else:
        scale, usable = lamp_scale(spectrum, exposure.exposure_s, centre, reference)
    valid &= usable
    edges = bin_edges(spectrum.wavelength_nm, spectrum.width_nm)
    # An order fills a small part of the grid; one bin to spare at either end.
    low, high = (int(place) for place in np.searchsorted(centre, edges[[0, -1]]))
    low = min(max(low - 1, 0), len(centre) - 1)
    part = slice(low, max(min(high + 1, len(centre)), low + 1))
    overlap = overlap_matrix(
        edges,
        np.append(centre[part] - 0.5 * width[part], centre[part][-1:] + 0.5 * width[part][-1:]),
    )
    flux = rebin_density(
        overlap,
        spectrum.flux * scale,
        spectrum.variance * scale**2,
        spectrum.correlation,
        valid,
        width[part],
    )
    sky = rebin_means(overlap, spectrum.sky * scale, valid)
    kept = np.nan_to_num(flux.coverage) >= 0.5
    partly = np.where(kept & (flux.coverage < 0.98), np.uint32(Quality.INTERPOLATED), 0)

    def on_all(values: NDArray) -> NDArray:
        whole = np.zeros(len(centre), values.dtype)
        whole[part] = np.where(kept, np.nan_to_num(values), 0)
        return whole

    return _Piece(
        arm=exposure.arm,
        order=spectrum.order,
        flux=on_all(flux.value),
        variance=on_all(flux.variance),
        covariance=on_all(flux.covariance),
        sky=on_all(sky),
        quality=on_all(partly.astype(np.uint32)),
        valid=on_all(kept & (np.nan_to_num(flux.variance) > 0)),
    )


def _weights(piece: _Piece) -> Floats:
    """Return smooth inverse-variance weights, phased in over the ends of the order.

    Weights that follow the noise of each bin would favour bins that fluctuated low; a ramp at
    the ends lets a neighbour take over without a step.
    """
    inside = np.flatnonzero(piece.valid)
    weights = np.zeros(len(piece.flux))
    variance = np.interp(np.arange(inside[0], inside[-1] + 1), inside, piece.variance[inside])
    smooth = ndimage.median_filter(variance, size=31, mode="nearest")
    ramp_bins = min(60.0, 0.1 * len(smooth))
    index = np.arange(len(smooth))
    ramp = np.clip((np.minimum(index, index[::-1]) + 1.0) / max(ramp_bins, 1.0), 0.0, 1.0)
    weights[inside[0] : inside[-1] + 1] = ramp / smooth
    return np.where(piece.valid, weights, 0.0)


def _average(pieces: Sequence[_Piece]) -> tuple[Floats, Floats, Floats, Floats]:
    """Return weighted flux, variance, covariance with the next bin, and sky."""
    weights = np.array([_weights(piece) for piece in pieces])
    total = weights.sum(axis=0)
    share = weights / np.where(total > 0, total, 1.0)
    flux = np.einsum("pk,pk->k", share, [p.flux for p in pieces])
    variance = np.einsum("pk,pk->k", share**2, [p.variance for p in pieces])
    cross = np.zeros_like(flux)
    cross[:-1] = np.einsum(
        "pk,pk,pk->k", share[:, :-1], share[:, 1:], [p.covariance[:-1] for p in pieces]
    )
    sky = np.einsum("pk,pk->k", share, [p.sky for p in pieces])
    missing = total <= 0
    flux[missing] = np.nan
    variance[missing] = np.nan
    return flux, variance, cross, sky


def _ratio(left: Sequence[_Piece], right: Sequence[_Piece]) -> tuple[float, float] | None:
    """Return the ratio of two spectra in their overlap, with its error; None without one."""
    first, second = _average(left), _average(right)
    both = np.isfinite(first[0]) & np.isfinite(second[0])
    if both.sum() < 10:
        return None
    # A common weight for both sums keeps the ratio free of the noise of either.
    spread = ndimage.median_filter(first[1][both] + second[1][both], size=31, mode="nearest")
    weight = 1.0 / spread
    a, b = float(weight @ first[0][both]), float(weight @ second[0][both])
    var_a = float(weight**2 @ first[1][both]) * _inflation(first, both)
    var_b = float(weight**2 @ second[1][both]) * _inflation(second, both)
    if abs(a) < 3.0 * np.sqrt(var_a):
        return None
    ratio = b / a
    return ratio, float(np.sqrt(var_b + ratio**2 * var_a) / abs(a))


def _inflation(average: tuple[Floats, ...], chosen: NDArray[np.bool_]) -> float:
    """Return by how much correlated neighbours raise the variance of a sum."""
    total = float(np.nansum(average[1][chosen]))
    return 1.0 + 2.0 * float(np.sum(average[2][chosen])) / total if total > 0 else 1.0


def _order_joins(pieces: Sequence[_Piece]) -> list[Join]:
    joins = []
    for arm in dict.fromkeys(piece.arm for piece in pieces):
        mine = [p for p in pieces if p.arm == arm]
        orders = sorted({p.order for p in mine}, key=lambda o: _centre_bin(mine, o))
        for left, right in pairwise(orders):
            measured = _ratio(
                [p for p in mine if p.order == left], [p for p in mine if p.order == right]
            )
            if measured is not None:
                joins.append(Join(f"{arm} order {left}", f"{arm} order {right}", *measured))
    return joins


def _centre_bin(pieces: Sequence[_Piece], order: int) -> float:
    return float(np.mean([np.flatnonzero(p.valid).mean() for p in pieces if p.order == order]))


def _compare_arms(
    pieces: Sequence[_Piece], arms: tuple[str, ...]
) -> tuple[list[Join], dict[str, float], tuple[str, ...]]:
    """Measure by how much the flat lamp of each arm must be raised for the arms to meet."""
    joins: list[Join] = []
    levels: dict[str, float] = {}
    remarks: list[str] = []
    level = 1.0
    for blue, red in pairwise(arms):
        measured = _ratio(
            [p for p in pieces if p.arm == blue], [p for p in pieces if p.arm == red]
        )
        if measured is None:
            remarks.append(f"{blue} and {red} share no usable light; their levels are not matched")
            continue
        ratio, error = measured
        joins.append(Join(blue, red, ratio, error))
        # Gaussian prior of mean one: a noisy overlap must not tear the arms apart.
        precision = 1.0 / error**2 + 1.0 / _ARM_RATIO_PRIOR**2
        factor = (ratio / error**2 + 1.0 / _ARM_RATIO_PRIOR**2) / precision
        if factor > 0.1:
            level *= factor
            remarks.append(
                f"flat lamp of {red} raised by {factor:.4f} ± {precision**-0.5:.4f} "
                f"for {red} to meet {blue}"
            )
        levels[red] = level
    return joins, levels, tuple(remarks)


def _combine(
    pieces: Sequence[_Piece],
    arms: tuple[str, ...],
    centre: Floats,
    width: Floats,
    exposures: Sequence[OrderSpectra],
) -> MergedSpectrum:
    flux, variance, covariance, sky = _average(pieces)
    contributors = np.sum([p.valid for p in pieces], axis=0).astype(np.int16)
    quality = np.zeros(len(centre), dtype=np.uint32)
    arm = np.zeros(len(centre), dtype=np.int16)
    clean = np.any([p.valid & (p.quality == 0) for p in pieces], axis=0)
    for piece in pieces:
        quality |= np.where(piece.valid & ~clean, piece.quality, 0).astype(np.uint32)
        arm |= np.where(piece.valid, 1 << arms.index(piece.arm), 0).astype(np.int16)
    quality[contributors == 0] |= np.uint32(Quality.NO_DATA)
    correlation = np.zeros(len(centre))
    product = np.sqrt(variance[:-1] * variance[1:])
    correlation[:-1] = np.where(
        product > 0, covariance[:-1] / np.where(product > 0, product, 1), 0
    )
    first = min(exposures, key=lambda e: e.header.number("MJD-OBS", 0.0))
    return MergedSpectrum(
        wavelength_nm=centre,
        width_nm=width,
        flux=flux,
        variance=variance,
        correlation=np.nan_to_num(correlation),
        sky=np.where(contributors > 0, sky, np.nan),
        snr=flux / np.sqrt(variance),
        quality=quality,
        contributors=contributors,
        arm=arm,
        arms=arms,
        unit="electron/s/nm",
        header=first.header,
        exposures=all_exposures(exposure.exposures for exposure in exposures),
        wavelength_error_km_s=_wavelength_error(exposures),
        resolving_power=_resolving_power(exposures),
    )


def _resolving_power(exposures: Sequence[OrderSpectra]) -> float:
    told = [e.zero_point.resolving_power for e in exposures if e.zero_point is not None]
    known = [power for power in told if np.isfinite(power)]
    return float(np.median(known)) if known else float("nan")


def _wavelength_error(exposures: Sequence[OrderSpectra]) -> float:
    zero_points = [e.zero_point for e in exposures]
    errors = [zero.error_km_s for zero in zero_points if zero is not None]
    # One exposure without a zero point leaves that of the mean unknown.
    return max(errors) if errors and len(errors) == len(zero_points) else float("nan")
