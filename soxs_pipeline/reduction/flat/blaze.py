"""The signal of the flat lamp along every order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.spectra import Blaze
from soxs_pipeline.reduction.flat.flatfield import LampOrders
from soxs_pipeline.reduction.flat.lamps import Lamp, OrderBand

__all__ = ["blaze_of"]

Floats = NDArray[np.float64]

#: Relative error of the principal lamp beyond which another takes over.
POOR = 0.005
#: Relative error up to which two lamps may still be compared.
FAIR = 0.02
#: Relative error of the signal beyond which it is not known at all.
UNKNOWN = 0.1
#: Bin in nm, and fewest samples in it and at all, of the ratio of two lamps.
RATIO_BIN_NM, LEAST_IN_BIN, LEAST_SAMPLES = 2.0, 5, 20
#: Bins at either end that tell its slope, and how far in nm it is continued.
SLOPE_BINS, REACH_NM = 8, 60.0


def blaze_of(
    bands: Sequence[OrderBand], lamps: Sequence[LampOrders], nx: int
) -> tuple[Blaze, list[str]]:
    """Return the lamp's signal at mid-slit in electron/s/nm per arcsec of slit.

    Parameters
    ----------
    bands
        The pixels of every order.
    lamps
        The lamps, the principal one first. Another replaces it where its signal is too
        faint. Its light is brought to that of the principal lamp by the ratio of the two
        against wavelength, measured in whatever order shows both well: at one wavelength all
        orders then speak of one lamp, and orders join. Beyond the last wavelength at which
        the ratio can be measured it is continued with its slope.
    nx
        Number of dispersion pixels of the detector.

    Returns
    -------
    tuple
        The blaze and remarks.
    """
    wavelength = np.full((len(bands), nx), np.nan)
    signal = np.full((len(bands), nx), np.nan)
    remarks = []
    ratios = [_ratio(bands, lamps[0], other) for other in lamps[1:]]
    for row, band in enumerate(bands):
        wavelength[row, band.x] = band.wavelength_nm
        if band.order not in lamps[0].orders:
            continue
        rate = _rate(lamps[0], band)
        error = lamps[0].orders[band.order].error
        for other, ratio in zip(lamps[1:], ratios, strict=True):
            if ratio is None or band.order not in other.orders:
                continue
            share = _share(lamps[0].orders[band.order], other.orders[band.order])
            theirs = _rate(other, band) * np.exp(-np.interp(band.wavelength_nm, *ratio))
            # NaN wavelengths have no ratio; there the first lamp stays.
            share = np.where(np.isfinite(theirs), share, 0.0)
            rate = (1.0 - share) * rate + share * np.nan_to_num(theirs)
            error = np.where(share > 0.5, other.orders[band.order].error, error)
            number = int((share > 0.5).sum())
            if number:
                remarks.append(
                    f"order {band.order}: the blaze of {number} pixels rests on "
                    f"{other.exposure.name}"
                )
        known = np.isfinite(band.wavelength_nm) & (rate > 0) & (error < UNKNOWN)
        signal[row, band.x] = np.where(known, rate / band.mid_area, np.nan)
    orders = np.array([band.order for band in bands], dtype=np.int64)
    return Blaze(orders, wavelength, signal), remarks


def _rate(lamp: LampOrders, band: OrderBand) -> Floats:
    exposure = lamp.exposure.frame.exposure_s
    seconds = exposure if np.isfinite(exposure) and exposure > 0 else 1.0
    return lamp.orders[band.order].curve(band.x) / seconds


def _share(first: Lamp, second: Lamp) -> Floats:
    """Return how much of the signal the second lamp gives: it fades in as the first fails."""
    with np.errstate(over="ignore", invalid="ignore"):
        need = np.clip((first.error / POOR - 0.5) / 1.5, 0.0, 1.0)
        better = np.clip(2.0 * (1.0 - second.error / first.error), 0.0, 1.0)
    return np.nan_to_num(need * better)


def _ratio(
    bands: Sequence[OrderBand], first: LampOrders, other: LampOrders
) -> tuple[Floats, Floats] | None:
    """Return the logarithm of the ratio of two lamps against wavelength.

    None if no order shows both.
    """
    nm, ratio = [], []
    for band in bands:
        if band.order not in first.orders or band.order not in other.orders:
            continue
        one, two = first.orders[band.order], other.orders[band.order]
        ours, theirs = _rate(first, band), _rate(other, band)
        both = (one.error < POOR) & (two.error < FAIR) & (ours > 0) & (theirs > 0)
        both &= ~two.lines & np.isfinite(band.wavelength_nm)
        nm.append(band.wavelength_nm[both])
        ratio.append(theirs[both] / ours[both])
    waves = np.concatenate(nm) if nm else np.zeros(0)
    if len(waves) < LEAST_SAMPLES:
        return None
    values = np.concatenate(ratio)
    cell = np.floor(waves / RATIO_BIN_NM).astype(int)
    filled = [k for k in np.unique(cell) if np.count_nonzero(cell == k) >= LEAST_IN_BIN]
    if not filled:
        return None
    centre = np.array([np.median(waves[cell == k]) for k in filled])
    level = np.log([np.median(values[cell == k]) for k in filled])
    # Beyond its ends the ratio goes on as it did: colours of lamps change slowly.
    before = _slope(centre[:SLOPE_BINS], level[:SLOPE_BINS])
    after = _slope(centre[-SLOPE_BINS:], level[-SLOPE_BINS:])
    ends = level[0] - before * REACH_NM, level[-1] + after * REACH_NM
    return (
        np.array([centre[0] - REACH_NM, *centre, centre[-1] + REACH_NM]),
        np.array([ends[0], *level, ends[1]]),
    )


def _slope(nm: Floats, level: Floats) -> float:
    return float(np.polyfit(nm, level, 1)[0]) if len(nm) >= SLOPE_BINS else 0.0
