"""The light of a lamp in every order, told from the response of the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy import ndimage

from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.numerics.bsplines import SmoothCurve, fit_curve
from soxs_pipeline.reduction.orders.pixelarea import pixel_area
from soxs_pipeline.reduction.orders.tracing import order_paths

__all__ = ["Lamp", "LampExposure", "OrderBand", "fit_lamp", "order_bands"]

Floats = NDArray[np.float64]

#: Part of the slit that carries the lamp's spectrum, as a fraction of its half-length.
INNER = 0.85
#: Distances in pixels of the knots of the lamp's spectrum that are tried.
SPACINGS = (512.0, 256.0, 128.0, 64.0, 32.0)
#: Scatter of the pixel response that is assumed before it is measured.
RESPONSE_SCATTER = 0.01
#: Width in pixels of the median that emission lines stand out of, and what they spread over.
LINE_WINDOW, LINE_SPREAD = 101, 8
#: Excess over the median, as a fraction, that makes a line.
LINE_EXCESS = 0.03
#: Degree of the illumination along the slit, and bins it is measured in.
ILLUMINATION_DEGREE, ILLUMINATION_BINS = 3, 24
#: Rows beyond the edges that belong to the band of an order.
BEYOND = 3
#: Fraction of the scattered light that its model may be wrong by.
SCATTER_ERROR = 0.05


@dataclass(frozen=True, eq=False)
class OrderBand:
    """The pixels of one order, straightened by whole pixels.

    Parameters
    ----------
    order
        Diffraction order.
    x
        Dispersion pixels, shape ``(nx,)``.
    rows
        Detector row of each pixel of the band, shape ``(nb, nx)``.
    on_detector
        False for rows off the detector.
    v
        Position on the slit, -1 and 1 at the edges.
    depth
        Distance in pixels from the nearer edge, positive inside.
    mid_x
        Dispersion pixel at which mid-slit has the same wavelength.
    wavelength_nm
        Vacuum wavelength at mid-slit, shape ``(nx,)``, NaN beyond the solution.
    area
        Area of a pixel in wavelength and slit position over that of the pixel at mid-slit
        at its wavelength.
    mid_area
        Area of the pixels at mid-slit in nm arcsec, shape ``(nx,)``.
    """

    order: int
    x: NDArray[np.int64]
    rows: NDArray[np.int64]
    on_detector: NDArray[np.bool_]
    v: Floats
    depth: Floats
    mid_x: Floats
    wavelength_nm: Floats
    area: Floats
    mid_area: Floats

    @property
    def place(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Index of the band's pixels on the detector; rows off it are moved onto it."""
        return self.rows, np.broadcast_to(self.x, self.rows.shape)


@dataclass(frozen=True, eq=False)
class LampExposure:
    """The combined exposures of one lamp.

    Parameters
    ----------
    frame
        Mean without scattered light, in electrons of one exposure.
    scattered
        What was subtracted.
    number
        Number of exposures combined.
    name
        Name of the lamp for remarks.
    """

    frame: Frame
    scattered: Frame
    number: int
    name: str


@dataclass(frozen=True, eq=False)
class Lamp:
    """One lamp in one order.

    Parameters
    ----------
    curve
        Electrons of a pixel against the dispersion pixel at mid-slit.
    error
        Relative error of the curve at the band's pixels ``x``, scattered light included.
    illumination
        Chebyshev series of the illumination against the position ``v`` on the slit.
    lines
        True at pixels ``x`` disturbed by an emission line.
    """

    curve: SmoothCurve
    error: Floats
    illumination: Floats
    lines: NDArray[np.bool_]

    def along_slit(self, v: Floats) -> Floats:
        """Return the illumination, one on average over the slit."""
        return np.asarray(chebyshev.chebval(np.clip(v, -1.0, 1.0), self.illumination))


def order_bands(
    table: OrderTable, dispersion: DispersionSolution, shape: tuple[int, int]
) -> list[OrderBand]:
    """Return the pixels of every order of a table with edges."""
    paths = {path.order: path for path in order_paths(dispersion, shape)}
    bands = []
    for order, (low, high) in zip(table.orders.tolist(), table.x_range, strict=True):
        path = paths.get(order)
        if path is None:
            continue
        x = np.arange(int(low), int(high) + 1)
        centre = table.centre(order, x)
        lower, upper = table.lower(order, x), table.upper(order, x)
        tallest = int(np.ceil(np.max(upper - lower))) + 2 * BEYOND + 2
        rows = np.floor(lower).astype(int)[None, :] - BEYOND + np.arange(tallest)[:, None]
        inside = (rows >= 0) & (rows < shape[0])
        half = 0.5 * (upper - lower)
        v = (rows - 0.5 * (upper + lower)) / half
        depth = np.minimum(rows - lower, upper - rows)
        nm = np.interp(x, path.x, path.wavelength_nm, left=np.nan, right=np.nan)
        known = np.interp(x, path.x, path.wavelength_nm)
        tilt, area = _tilt(dispersion, order, known), pixel_area(dispersion, order, known)
        slit = (rows - centre) * tilt.arcsec_per_px
        bands.append(
            OrderBand(
                order=order,
                x=x,
                rows=np.clip(rows, 0, shape[0] - 1),
                on_detector=inside,
                v=v,
                depth=depth,
                mid_x=x - tilt.slope * slit - tilt.bow * slit**2,
                wavelength_nm=nm,
                area=area.relative(slit),
                mid_area=area.mid_area,
            )
        )
    return bands


@dataclass(frozen=True, eq=False)
class _Tilt:
    """Geometry of the slit image along an order, shape ``(nx,)`` each.

    ``slope`` and ``bow`` displace light in x per arcsec and per its square.
    """

    arcsec_per_px: Floats
    slope: Floats
    bow: Floats


def _tilt(dispersion: DispersionSolution, order: int, nm: Floats) -> _Tilt:
    reach = 4.0
    x0, _ = dispersion.detector_position(order, nm, 0.0)
    x1, y1 = dispersion.detector_position(order, nm, -reach)
    x2, y2 = dispersion.detector_position(order, nm, reach)
    return _Tilt(
        arcsec_per_px=2.0 * reach / (y2 - y1),
        slope=(x2 - x1) / (2.0 * reach),
        bow=(x2 + x1 - 2.0 * x0) / (2.0 * reach**2),
    )


def fit_lamp(exposure: LampExposure, band: OrderBand) -> Lamp:
    """Separate a lamp's smooth spectrum from the response of the pixels.

    Every pixel is assigned to the dispersion pixel at which mid-slit has its wavelength, so
    that the tilt of the slit does not turn a slope of the spectrum into one of the response.

    Parameters
    ----------
    exposure
        The combined exposures.
    band
        The pixels of the order.

    Returns
    -------
    Lamp
        Spectrum and slit illumination.

    Raises
    ------
    ValueError
        If too few pixels hold light.
    """
    place = band.place
    data = exposure.frame.data[place] / band.area
    variance = exposure.frame.variance[place] / band.area**2
    usable = band.on_detector & ~exposure.frame.bad[place] & (np.abs(band.v) < INNER)
    bins = np.clip(np.rint(band.mid_x).astype(int) - int(band.x[0]), 0, len(band.x) - 1)
    illumination = np.array([1.0])
    good = usable
    x = band.x.astype(np.float64)
    for turn in range(3):
        lamp = _fit_once(x, data, variance, good, bins, chebyshev.chebval(band.v, illumination))
        model = lamp[0](band.mid_x)
        illumination = _illumination(band.v, data, model, good & ~lamp[1][bins])
        expected = model * chebyshev.chebval(band.v, illumination)
        if turn < 2:
            limit = 6.0 * np.sqrt(variance + (0.03 * expected) ** 2)
            good = usable & (np.abs(data - expected) < limit)
    curve, lines = lamp
    level = np.maximum(curve(x), 1e-30)
    middle = len(band.rows) // 2
    stray = exposure.scattered.data[band.rows[middle], band.x]
    error = np.hypot(curve.relative_error, SCATTER_ERROR * np.abs(stray) / level)
    return Lamp(curve, error, illumination, lines)


def _fit_once(
    x: Floats,
    data: Floats,
    variance: Floats,
    good: NDArray[np.bool_],
    bins: NDArray[np.int64],
    illumination: Floats,
) -> tuple[SmoothCurve, NDArray[np.bool_]]:
    """Fit the spectrum to the sums over the slit; return also where lines stand out."""
    n = len(x)
    where = bins[good]
    weight = np.bincount(where, illumination[good], n)
    number = np.bincount(where, minlength=n)
    # A ratio of sums: a mean weighted with the noise of the data would be biased low.
    enough = number > 0.3 * np.median(number[number > 0]) if number.any() else number > 0
    safe = np.where(enough, weight, 1.0)
    level = np.where(enough, np.bincount(where, data[good], n) / safe, np.nan)
    noise2 = np.bincount(where, variance[good], n) / safe**2
    floor2 = (RESPONSE_SCATTER * level) ** 2 / np.maximum(number, 1)
    sigma = np.where(enough, np.sqrt(noise2 + floor2), np.inf)
    lines = _lines(level, sigma)
    curve = fit_curve(x, level, np.where(lines, np.inf, sigma), spacings=SPACINGS)
    return curve, lines


def _lines(level: Floats, sigma: Floats) -> NDArray[np.bool_]:
    """Return True where a narrow line stands out of the smooth spectrum."""
    filled = np.interp(
        np.arange(len(level)), np.flatnonzero(np.isfinite(level)), level[np.isfinite(level)]
    )
    smooth = ndimage.median_filter(filled, LINE_WINDOW, mode="nearest")
    excess = ndimage.uniform_filter1d(filled - smooth, 3)
    error = np.where(np.isfinite(sigma), sigma, np.nanmax(np.where(np.isfinite(sigma), sigma, 0)))
    # A steep but smooth spectrum also departs from its median: only what is narrow counts.
    bump = excess - ndimage.median_filter(excess, LINE_WINDOW // 3, mode="nearest")
    found = (bump > 6.0 * error / np.sqrt(3.0)) & (bump > LINE_EXCESS * np.abs(smooth))
    grown: NDArray[np.bool_] = ndimage.binary_dilation(found, iterations=LINE_SPREAD)
    return grown


def _illumination(v: Floats, data: Floats, model: Floats, good: NDArray[np.bool_]) -> Floats:
    """Return a series of the light along the slit with a mean of one."""
    part = np.clip(((v[good] + 1.0) * 0.5 * ILLUMINATION_BINS).astype(int), 0, None)
    light = np.bincount(part, data[good], ILLUMINATION_BINS)[:ILLUMINATION_BINS]
    lamp = np.bincount(part, model[good], ILLUMINATION_BINS)[:ILLUMINATION_BINS]
    filled = lamp > 0.2 * np.max(lamp, initial=0.0)
    if filled.sum() <= ILLUMINATION_DEGREE + 1:
        return np.array([1.0])
    centre = (np.arange(ILLUMINATION_BINS) + 0.5) / ILLUMINATION_BINS * 2.0 - 1.0
    coef = chebyshev.chebfit(
        centre[filled], light[filled] / lamp[filled], ILLUMINATION_DEGREE, w=np.sqrt(lamp[filled])
    )
    mean = float(np.mean(chebyshev.chebval(np.linspace(-INNER, INNER, 101), coef)))
    return np.asarray(coef / mean, dtype=np.float64) if mean > 0 else np.array([1.0])
