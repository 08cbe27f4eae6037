"""Collapse the light of an exposure along the dispersion and find the sources in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.detection import Peak, find_peaks, matched_filter
from soxs_pipeline.numerics.profiles import moffat_fraction
from soxs_pipeline.numerics.slitprofile import NO_WING, Wing
from soxs_pipeline.reduction.slit.pixels import SlitPixels
from soxs_pipeline.reduction.sources.shapes import Shape, usual_shape

__all__ = [
    "Collapsed",
    "collapse",
    "detect",
    "expected_shape",
    "follow",
]

Floats = NDArray[np.float64]

#: Bins of the collapsed profile in arcsec.
_BIN_ARCSEC = 0.05
#: Dispersion pixels in one segment of an order.
_SEGMENT_PX = 350.0
#: Widths that the search tries, in arcsec, and the exponent it assumes.
_WIDTHS = np.array([0.5, 0.8, 1.2, 1.8, 2.7])
_BETA = 3.5
#: Pixels are taken to be alike in extent within such steps, in arcsec, while paths are tried; and
#: what the best path must gather.
_HEIGHT_STEP, _LEAST_GATHERED = 0.005, -1.0
#: Extra significance asked of a source seen in one order only: more places were looked at.
_EXTRA_SIGMA = 0.8


@dataclass(frozen=True, eq=False)
class Collapsed:
    """Light along the slit in segments of the orders.

    Parameters
    ----------
    slit_arcsec
        Bin centres, shape ``(n,)``.
    wavelength_nm, order
        Of each segment, shape ``(m,)``.
    signal, precision
        Mean electrons per pixel and inverse variance, shape ``(m, n)``.
    height_arcsec
        Mean extent of a pixel along the slit, shape ``(m,)``.
    domain_nm
        Wavelengths of the whole exposure.
    blur_px
        Full width at half maximum of the blur along the slit that is expected in the order of each
        segment, shape ``(m,)``; NaN if unknown.
    blur_wing
        Wing of the blur.
    slit_width_arcsec
        Width of the slit; 0 if unknown.
    beside
        Functions of other light that each segment may hold some of, shape ``(k, m, n)``.
    beside_error
        How much of each is expected, shape ``(k,)``; infinite if any amount may be there.
    common
        Functions of other light of which all segments hold the same share, shape ``(c, m, n)``.
    common_precision
        Inverse covariance of what is expected of these, shape ``(c, c)``.
    """

    slit_arcsec: Floats
    wavelength_nm: Floats
    order: NDArray[np.int64]
    signal: Floats
    precision: Floats
    height_arcsec: Floats
    domain_nm: tuple[float, float]
    blur_px: Floats
    slit_width_arcsec: float
    blur_wing: Wing = NO_WING
    beside: Floats = field(default_factory=lambda: np.zeros((0, 1, 1)))
    beside_error: Floats = field(default_factory=lambda: np.zeros(0))
    common: Floats = field(default_factory=lambda: np.zeros((0, 1, 1)))
    common_precision: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def coarser(self) -> Collapsed:
        """Return the same light in bins of twice the size; an odd one at the end is left out."""
        even = self.slit_arcsec.size // 2 * 2
        precision = self.precision[:, :even]
        summed = precision[:, ::2] + precision[:, 1::2]

        def mean(values: Floats) -> Floats:
            total = precision * values[..., :even]
            return (total[..., ::2] + total[..., 1::2]) / np.maximum(summed, 1e-300)

        return replace(
            self,
            slit_arcsec=self.slit_arcsec[:even].reshape(-1, 2).mean(axis=1),
            signal=mean(self.signal),
            precision=summed,
            beside=mean(self.beside) if len(self.beside) else self.beside,
            common=mean(self.common) if len(self.common) else self.common,
        )

    def evenly_lit(self) -> Collapsed:
        """Return the same light where nothing is expected beside sources but light that rises."""
        free = np.isinf(self.beside_error)
        return replace(
            self,
            beside=self.beside[free],
            beside_error=self.beside_error[free],
            common=self.common[:0],
            common_precision=self.common_precision[:0, :0],
        )

    def together(self, segments: NDArray) -> tuple[Floats, Floats]:
        """Return weighted mean and precision of several segments."""
        precision = self.precision[segments].sum(axis=0)
        total = (self.precision[segments] * self.signal[segments]).sum(axis=0)
        return total / np.maximum(precision, 1e-300), precision


def collapse(
    orders: list[SlitPixels],
    light: list[Floats],
    weight: list[Floats],
    template: list[Floats],
    path: Callable[[Floats], Floats] | None = None,
) -> Collapsed:
    """Collapse light that is not sky along the dispersion.

    Parameters
    ----------
    orders
        The pixels.
    light, weight
        Data minus sky, and inverse variance (0 to leave a pixel out).
    template
        Expected spectrum at each pixel; the result is in its units. Ones for electrons.
    path
        Slit position of a source against wavelength, if one is known: its drift within a
        segment is taken out, so that it does not blur the profile.
    """
    half = max(pixels.slit_half_arcsec for pixels in orders)
    count = int(np.ceil(2 * half / _BIN_ARCSEC))
    rows: list[tuple[float, int, float, Floats, Floats]] = []
    for pixels, value, precision, expected in zip(orders, light, weight, template, strict=True):
        pieces = max(2, round((pixels.w[-1] - pixels.w[0]) / _SEGMENT_PX))
        piece = np.minimum(((pixels.t + 1.0) * 0.5 * pieces).astype(int), pieces - 1)
        size = np.maximum(np.bincount(piece, minlength=pieces), 1)
        waves = np.bincount(piece, pixels.wavelength_nm, pieces) / size
        heights = np.bincount(piece, pixels.height_arcsec, pieces) / size
        slit = pixels.slit_arcsec
        if path is not None:
            slit = slit - path(pixels.wavelength_nm) + path(waves)[piece]
        column = np.clip(((slit + half) / _BIN_ARCSEC).astype(int), 0, count - 1)
        place = piece * count + column
        scaled = precision * expected
        top = np.bincount(place, scaled * value, pieces * count).reshape(pieces, count)
        bottom = np.bincount(place, scaled * expected, pieces * count).reshape(pieces, count)
        rows += [
            (float(waves[k]), pixels.order, float(heights[k]), top[k], bottom[k])
            for k in range(pieces)
        ]
    blurs = {pixels.order: pixels.blur_px for pixels in orders}
    precision = np.array([row[4] for row in rows])
    return Collapsed(
        slit_arcsec=np.asarray((np.arange(count) + 0.5) * _BIN_ARCSEC - half, np.float64),
        wavelength_nm=np.array([row[0] for row in rows]),
        order=np.array([row[1] for row in rows]),
        signal=np.array([row[3] for row in rows]) / np.maximum(precision, 1e-300),
        precision=precision,
        height_arcsec=np.array([row[2] for row in rows]),
        domain_nm=(
            min(float(pixels.wavelength_nm.min()) for pixels in orders),
            max(float(pixels.wavelength_nm.max()) for pixels in orders),
        ),
        blur_px=np.array([blurs[row[1]] for row in rows]),
        slit_width_arcsec=orders[0].slit_width_arcsec,
        blur_wing=orders[0].blur_wing,
    )


def detect(collapsed: Collapsed, *, threshold: float) -> Peak:
    """Find the most significant source in the light of all orders, or of some.

    Parameters
    ----------
    collapsed
        Light along the slit.
    threshold
        Significance from which the light of all orders need not be divided.

    Returns
    -------
    Peak
        The source; what shows in some orders only counts less, as more places were looked at.
    """
    best = _best_peak(collapsed, np.arange(collapsed.order.size), threshold)
    if best.significance >= threshold:
        return best
    ranked = np.argsort(collapsed.wavelength_nm)
    parts = [np.flatnonzero(collapsed.order == order) for order in np.unique(collapsed.order)]
    parts += [ranked[: ranked.size // 2], ranked[ranked.size // 2 :]]
    for part in parts:
        found = _best_peak(collapsed, part, threshold)
        if found.significance - _EXTRA_SIGMA > best.significance:
            best = replace(found, significance=found.significance - _EXTRA_SIGMA)
    return best


def _best_peak(collapsed: Collapsed, segments: NDArray, threshold: float) -> Peak:
    signal, precision = collapsed.together(segments)
    height = float(np.mean(collapsed.height_arcsec[segments]))
    slit = collapsed.slit_arcsec
    edge = slit[-1] - 0.4
    u = slit / slit[-1]

    def shape(position: Floats, width: Floats) -> Floats:
        return moffat_fraction(slit - position, height, width, _BETA)

    return find_peaks(
        signal,
        precision,
        shape,
        positions=np.arange(-edge, edge, 0.1),
        widths=_WIDTHS,
        background=np.array([np.ones_like(u), u, u**2]),
        threshold=threshold,
        most=1,
    )[0]


def expected_shape(collapsed: Collapsed, peak: Peak) -> Shape:
    """Return a straight source at a peak with the profile that is expected beforehand."""
    return usual_shape(
        peak,
        collapsed.domain_nm,
        _blurs(collapsed),
        collapsed.slit_width_arcsec,
        collapsed.blur_wing,
    )


def _blurs(collapsed: Collapsed) -> tuple[Floats, Floats]:
    """Return mid-wavelength of the orders whose blur is known, and the blur."""
    known = np.isfinite(collapsed.blur_px)
    orders = np.unique(collapsed.order[known])
    here = [known & (collapsed.order == order) for order in orders]
    return (
        np.array([collapsed.wavelength_nm[part].mean() for part in here]),
        np.array([collapsed.blur_px[part].mean() for part in here]),
    )


def follow(collapsed: Collapsed, peak: Peak) -> Shape:
    """Find how a source drifts along the slit with wavelength, to start the fit from.

    All straight and bent paths near the peak are tried; the one along which most significance
    gathers is taken.
    """
    slit, u = collapsed.slit_arcsec, collapsed.slit_arcsec / collapsed.slit_arcsec[-1]
    low, high = collapsed.domain_nm
    t = (2.0 * collapsed.wavelength_nm - low - high) / (high - low)
    positions = np.arange(slit[0] + 0.3, slit[-1] - 0.3, 0.1)
    background = np.array([np.ones_like(u), u])
    gathered = np.zeros((t.size, positions.size))
    heights = np.maximum(np.rint(collapsed.height_arcsec / _HEIGHT_STEP), 1.0)
    for height in np.unique(heights):
        kernels = moffat_fraction(
            slit - positions[:, None], height * _HEIGHT_STEP, peak.width, _BETA
        )
        for k in np.flatnonzero(heights == height):
            amplitude, error = matched_filter(
                collapsed.signal[k], collapsed.precision[k], kernels, background
            )
            gathered[k] = np.maximum(amplitude / error, 0.0) ** 2
    linear, bend, start = (
        one.ravel()
        for one in np.meshgrid(
            np.arange(-1.5, 1.51, 0.15),
            np.arange(-0.6, 0.61, 0.15),
            peak.position + np.arange(-0.8, 0.81, 0.1),
            indexing="ij",
        )
    )
    places = start + linear * t[:, None] + bend * (2.0 * t[:, None] ** 2 - 1.0)
    index = np.rint((places - positions[0]) / 0.1).astype(np.int64)
    inside = (index >= 0) & (index < positions.size)
    index = np.clip(index, 0, positions.size - 1)
    total = np.where(inside, np.take_along_axis(gathered, index, axis=1), 0.0).sum(axis=0)
    # A path must earn its bends.
    total -= (linear / 0.5) ** 2 + (bend / 0.2) ** 2
    best = int(np.argmax(total))
    path = (peak.position, 0.0, 0.0)
    if total[best] > _LEAST_GATHERED:
        path = float(start[best]), float(linear[best]), float(bend[best])
    usual = expected_shape(collapsed, peak)
    return replace(usual, trace=np.array([*path, 0.0]))
