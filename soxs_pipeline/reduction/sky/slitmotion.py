"""Where the image of the slit lies across the dispersion in an exposure of the sky.

Spectrographs bend. What moves along the dispersion the sky lines tell; what moves across it is
told by where the light of the sky ends, and by a bright star, whose course is smooth on the sky:
where the slit lies the other way round in some orders, a motion of the detector makes the star
jump between them.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.objects import WIDEST_STAR_ARCSEC
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.numerics.detection import Peak, matched_filter
from soxs_pipeline.numerics.profiles import moffat_fraction
from soxs_pipeline.reduction.orders.slitends import SlitEnds, measure_slit_ends
from soxs_pipeline.reduction.sky.spectrum import first_guess
from soxs_pipeline.reduction.slit.pixels import SlitPixels
from soxs_pipeline.reduction.sources.objects import Collapsed, collapse, detect

__all__ = ["slit_motion"]

Floats = NDArray[np.float64]

#: Expected motion of all orders together, and by how much single ones differ, in pixels; the
#: latter grows if the ends of the slit say so.
_TOGETHER_PX, _SINGLE_PX = 0.5, 0.1
#: Expected course of a star along the slit: anywhere, and its drift (Chebyshev degree 1, 2, 3).
_COURSE_ARCSEC = (10.0, 0.6, 0.25, 0.08)
#: Error of a place of a star beside its noise, in arcsec; significance of a star, and of one of
#: its places; how far from its mean place it is looked for; fewest places.
_PLACE_ERROR, _BRIGHT, _CLEAR, _REACH_ARCSEC, _FEWEST = 0.03, 50.0, 15.0, 1.5, 4
#: Exponent assumed of its profile, step of the places tried.
_BETA, _STEP_ARCSEC = 3.5, 0.05
#: Ends known as well as this in all orders need no star.
_KNOWN_PX = 0.08
#: Motions smaller than this, in pixels, are none; and less sure than so many sigma.
_LEAST_PX, _LEAST_SIGMA = 0.03, 2.0


def slit_motion(frame: Frame, table: OrderTable, orders: list[SlitPixels]) -> dict[int, float]:
    """Return by how many pixels the slit's image moved in each order since the calibrations.

    Parameters
    ----------
    frame
        Exposure in electrons, dark or bias removed, and scattered light.
    table
        Edges as the flat has them.
    orders
        The pixels of the exposure, as the calibrations place them.

    Returns
    -------
    dict
        Pixels towards larger ``y`` by order; empty if the slit lies where it lay.
    """
    usable = ~frame.bad
    numbers = np.array([pixels.order for pixels in orders])
    ends = measure_slit_ends(frame, table, usable)
    known = numbers.size == ends.orders.size and bool((ends.error_px < _KNOWN_PX).all())
    places = None if known else _star_places(orders)
    moved, error = _solve(numbers, ends, places)
    sure = np.abs(moved) > np.maximum(_LEAST_PX, _LEAST_SIGMA * error)
    if not sure.any():
        return {}
    return {int(order): round(float(px), 4) for order, px in zip(numbers, moved, strict=True)}


_Places = tuple[NDArray[np.int64], Floats, Floats, Floats, Floats]


def _solve(
    numbers: NDArray[np.int64], ends: SlitEnds, places: _Places | None
) -> tuple[Floats, Floats]:
    """Return the motion of each order and its error, by least squares.

    Parameters
    ----------
    numbers
        The orders.
    ends
        What the ends of the slit tell.
    places
        What a star tells, see `_star_places`.
    """
    count, terms = numbers.size, len(_COURSE_ARCSEC)
    # Unknown: the motions, what they have in common, the course of the star.
    size = count + 1 + terms
    rows: list[Floats] = []
    right: list[float] = []

    def add(row: Floats, value: float, error: float) -> None:
        rows.append(row / error)
        right.append(value / error)

    unit = np.eye(size)
    single = _scatter(ends)
    for k in range(count):
        add(unit[k] - unit[count], 0.0, single)
    add(unit[count], 0.0, _TOGETHER_PX)
    for k, expected in enumerate(_COURSE_ARCSEC):
        add(unit[count + 1 + k], 0.0, expected)
    for order, px, error in zip(*ends, strict=True):
        found = np.flatnonzero(numbers == order)
        if found.size:
            add(unit[found[0]], float(px), float(error))
    if places is not None:
        for order, t, scale, place, error in zip(*places, strict=True):
            row = unit[int(np.flatnonzero(numbers == order)[0])] * scale
            row[count + 1 :] = chebyshev.chebvander(t, terms - 1)
            add(row, float(place), float(error))
    design, values = np.array(rows), np.array(right)
    solution, covariance = _least_squares(design, values)
    if places is not None:
        # The course of two stars seen as one is not as smooth: it tells less.
        star = np.arange(values.size) >= values.size - places[0].size
        pulls = (values - design @ solution)[star]
        scatter = max(1.0, 1.4826 * float(np.median(np.abs(pulls))))
        design[star] /= scatter
        values[star] /= scatter
        solution, covariance = _least_squares(design, values)
    return solution[:count], np.sqrt(covariance.diagonal())[:count]


def _least_squares(design: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return the solution of weighted equations and its covariance."""
    covariance = np.asarray(np.linalg.inv(design.T @ design), np.float64)
    return covariance @ (design.T @ values), covariance


def _scatter(ends: SlitEnds) -> float:
    """Return by how much orders move apart, in pixels.

    By moments, as DerSimonian & Laird (1986, Controlled Clinical Trials 7, 177).
    """
    if ends.orders.size < 3:
        return _SINGLE_PX
    weight = ends.error_px**-2.0
    mean = float((weight * ends.moved_px).sum() / weight.sum())
    excess = float((weight * (ends.moved_px - mean) ** 2).sum()) - (ends.orders.size - 1)
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    return float(np.sqrt(max(excess / scale, 0.0) + _SINGLE_PX**2))


def _star_places(orders: list[SlitPixels]) -> _Places | None:
    """Return where a bright star lies along the orders; None if there is none.

    Returns
    -------
    tuple or None
        Of each place its order, wavelength scaled to [-1, 1], arcsec along the slit for a pixel
        towards larger ``y``, slit position and error in arcsec.
    """
    skies = [first_guess(pixels, pixels.usable) for pixels in orders]
    light = [pixels.data - sky.sky for pixels, sky in zip(orders, skies, strict=True)]
    weights = [
        np.where(pixels.usable, 1.0 / pixels.variance(sky.sky + np.maximum(value, 0.0)), 0.0)
        for pixels, sky, value in zip(orders, skies, light, strict=True)
    ]
    collapsed = collapse(orders, light, weights, [np.ones_like(value) for value in light])
    peak = detect(collapsed, threshold=_BRIGHT)
    # The middle of a galaxy, and of what is blended with it, depends on the colour.
    if peak.significance < _BRIGHT or peak.width >= WIDEST_STAR_ARCSEC:
        return None
    place, error = _places(collapsed, peak)
    seen = np.isfinite(place)
    if np.count_nonzero(seen) < _FEWEST:
        return None
    low, high = collapsed.domain_nm
    scale = {pixels.order: _arcsec_per_pixel(pixels) for pixels in orders}
    return (
        collapsed.order[seen],
        (2.0 * collapsed.wavelength_nm[seen] - low - high) / (high - low),
        np.array([scale[int(order)] for order in collapsed.order[seen]]),
        place[seen],
        error[seen],
    )


def _places(collapsed: Collapsed, peak: Peak) -> tuple[Floats, Floats]:
    """Return slit position and error of a star in each segment, NaN where it is not clear."""
    slit = collapsed.slit_arcsec
    tried = peak.position + np.arange(-_REACH_ARCSEC, _REACH_ARCSEC, _STEP_ARCSEC)
    tried = tried[np.abs(tried) < slit[-1] - 0.3]
    background = np.array([np.ones_like(slit), slit / slit[-1]])
    place, error = np.full((2, collapsed.order.size), np.nan)
    if tried.size < 3:
        return place, error
    for k, height in enumerate(collapsed.height_arcsec):
        if np.count_nonzero(collapsed.precision[k]) < 0.5 * slit.size:
            continue
        kernels = moffat_fraction(slit - tried[:, None], height, peak.width, _BETA)
        amplitude, noise = matched_filter(
            collapsed.signal[k], collapsed.precision[k], kernels, background
        )
        sure = amplitude / noise
        best = int(np.argmax(sure))
        if sure[best] < _CLEAR or not 0 < best < tried.size - 1:
            continue
        before, here, after = sure[best - 1 : best + 2]
        bend = before - 2.0 * here + after
        place[k] = tried[best] + _STEP_ARCSEC * (0.5 * (before - after) / bend if bend else 0.0)
        error[k] = np.hypot(_PLACE_ERROR, 0.5 * peak.width / here)
    return place, error


def _arcsec_per_pixel(pixels: SlitPixels) -> float:
    """Return by how much the slit position changes with a pixel towards larger ``y``."""
    rows = pixels.place // pixels.width
    return float(np.median(pixels.height_arcsec)) * float(
        np.sign(np.corrcoef(rows - _course(pixels, rows), pixels.slit_arcsec)[0, 1])
    )


def _course(pixels: SlitPixels, rows: NDArray[np.int64]) -> Floats:
    """Return the mean row along the order, which may be bent by more than the slit is long."""
    count = np.bincount(pixels.column)
    mean = np.bincount(pixels.column, rows) / np.maximum(count, 1)
    return np.asarray(mean[pixels.column], np.float64)
