"""Quality-control measures of a sky model and of the sources on the slit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.objects import Sources
from soxs_pipeline.numerics.gausshermite import hermite_sum
from soxs_pipeline.qc.definition import QcDefinition, QcValue

__all__ = [
    "COSMICS",
    "SKY_QC",
    "SLIT_MOVED",
    "STRAY",
    "UNEVEN",
    "measure_residuals",
    "measure_sources",
]

Floats = NDArray[np.float64]

CHI2 = QcDefinition("SKY CHI2", "Mean squared pull of sky-only pixels; 1 is ideal")
FAR = QcDefinition("SKY BEYOND FRAC", "Fraction of sky-only pixels beyond 5 sigma")
CORE = QcDefinition("SKY CORE CHI2", "Mean squared pull in the cores of sky lines; 1 is ideal")
LEVEL = QcDefinition("SKY MEDIAN", "Median sky in a pixel", "electron")
ORDER_CHI2 = QcDefinition(
    "SKY CHI2", "Mean squared pull of an order's sky-only pixels", per_order=True
)
ORDER_FAR = QcDefinition(
    "SKY BEYOND FRAC", "Fraction of an order's sky-only pixels beyond 5 sigma", per_order=True
)
ORDER_CORE = QcDefinition(
    "SKY CORE CHI2", "Mean squared pull in the cores of an order's sky lines", per_order=True
)
ORDER_LEVEL = QcDefinition("SKY MEDIAN", "Median sky in a pixel of an order", "electron",
                           per_order=True)  # fmt: skip
STRAY = QcDefinition("SKY SCATTERED", "Median scattered light in a pixel, taken off",
                     "electron")  # fmt: skip
SLIT_MOVED = QcDefinition(
    "SLIT MOVED",
    "Motion of the slit's image across an order since the calibrations; missing if none was seen",
    "pixel",
    per_order=True,
)  # fmt: skip
COSMICS = QcDefinition("COSMIC NUM", "Pixels in the orders hit by cosmic rays", "pixel")
UNEVEN = QcDefinition(
    "SKY UNEVEN NUM", "Lines that differ along the slit and were interpolated under the target"
)
NUMBER = QcDefinition("N SOURCES", "Sources found on the slit; 0 if the position is assumed")
POSITION = QcDefinition("SOURCE POS", "Slit position of the target, mid-range", "arcsec")
DRIFT = QcDefinition("SOURCE DRIFT", "Range of the target's slit position", "arcsec")
WIDTH = QcDefinition(
    "SOURCE FWHM", "Width of the target's disc, mid-range, free of the blur", "arcsec"
)
BLUR = QcDefinition(
    "SOURCE BLUR FRAC",
    "Width of the blur in the target's profile over that of a pinhole's image; only a bright star "
    "departs from what parameter blur_fraction expects",
)
SIGNIFICANCE = QcDefinition("SOURCE SIGMA", "Significance of the target; 0 if assumed", "sigma")
FLUX_ERROR = QcDefinition(
    "SOURCE FLUX ERR",
    "Error of the target's flux in all orders alike, from those of its width and wings",
    "%",
)

DEPARTURE = QcDefinition(
    "SOURCE DEPART",
    "Part of the target's light that does not lie as in the best disc: trailing, coma, wings",
    "%",
)

SKY_QC = (
    CHI2, FAR, CORE, LEVEL, ORDER_CHI2, ORDER_FAR, ORDER_CORE, ORDER_LEVEL,
    STRAY, SLIT_MOVED, COSMICS, UNEVEN, NUMBER, POSITION, DRIFT, WIDTH, BLUR, SIGNIFICANCE,
    FLUX_ERROR, DEPARTURE,
)  # fmt: skip

#: Pull that counts as far off, and how bright a line's core is in terms of the median sky.
_FAR_SIGMA, _CORE_LEVEL = 5.0, 3.0
#: Fewer pixels than this tell nothing.
_FEWEST = 50


def measure_residuals(
    orders: Sequence[int], pulls: Sequence[Floats], skies: Sequence[Floats]
) -> list[QcValue]:
    """Measure how well the sky went away.

    Parameters
    ----------
    orders
        Diffraction orders.
    pulls
        Residual over expected scatter of the sky-only pixels of each order.
    skies
        Electrons of sky in these pixels.
    """
    values: list[QcValue] = []
    cores = [_core(sky) for sky in skies]
    definitions = (ORDER_CHI2, ORDER_FAR, ORDER_CORE, ORDER_LEVEL)
    for order, pull, sky, core in zip(orders, pulls, skies, cores, strict=True):
        values += _measures(definitions, pull, sky, core, order)
    if pulls:
        pull, sky = np.concatenate(list(pulls)), np.concatenate(list(skies))
        values += _measures((CHI2, FAR, CORE, LEVEL), pull, sky, np.concatenate(cores), None)
    return values


def measure_sources(sources: Sources, pinhole_px: float = math.nan) -> list[QcValue]:
    """Measure where the target is and how sure it is; an exposure of the sky has none.

    The width of a pinhole's image along the slit in mid-range is NaN if it is not known.
    """
    if not sources.sources:
        return [NUMBER.value(0)]
    target = sources.sources[0]
    low, high = target.wave_domain_nm
    middle = 0.5 * (low + high)
    path = target.position(np.linspace(low, high, 50))
    error = target.flux_error
    blur = float(target.blur(middle)) / pinhole_px
    return [
        NUMBER.value(sum(not source.forced for source in sources.sources)),
        POSITION.value(float(target.position(middle))),
        DRIFT.value(float(np.ptp(path))),
        WIDTH.value(float(target.fwhm(middle))),
        *([BLUR.value(blur)] if np.isfinite(blur) and not target.forced else []),
        SIGNIFICANCE.value(target.significance),
        *([FLUX_ERROR.value(100.0 * error)] if np.isfinite(error) else []),
        *([DEPARTURE.value(_moved(target.departure))] if target.departure.size else []),
    ]


def _moved(departure: Floats) -> float:
    """Return the per cent of a source's light that a departure from its disc moves."""
    u = np.linspace(-8.0, 8.0, 801)
    return float(50.0 * np.abs(hermite_sum(departure, u)).sum() * (u[1] - u[0]))


def _core(sky: Floats) -> NDArray[np.bool_]:
    if not sky.size:
        return np.zeros(0, bool)
    return sky > _CORE_LEVEL * max(float(np.median(sky)), 1.0)


def _measures(
    definitions: tuple[QcDefinition, ...],
    pull: Floats,
    sky: Floats,
    core: NDArray[np.bool_],
    order: int | None,
) -> list[QcValue]:
    if pull.size < _FEWEST:
        return []
    chi2, far, core_chi2, level = definitions
    # A few wild pixels are counted below; they must not hide how good the rest is.
    near = np.abs(pull) < _FAR_SIGMA
    values = [
        chi2.value(float(np.mean(pull[near] ** 2)), order),
        far.value(float(np.mean(~near)), order),
        level.value(float(np.median(sky)), order),
    ]
    if np.count_nonzero(near & core) >= _FEWEST:
        values.append(core_chi2.value(float(np.mean(pull[near & core] ** 2)), order))
    return values
