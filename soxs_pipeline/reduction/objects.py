"""Find the sources on the slit and measure where and how wide they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.optimize import least_squares

from soxs_pipeline.domain.objects import Source
from soxs_pipeline.numerics.detection import Peak, find_peaks, matched_filter
from soxs_pipeline.numerics.profiles import blurred_fraction, moffat_fraction
from soxs_pipeline.reduction.lightshare import light_share
from soxs_pipeline.reduction.slitpixels import SlitPixels

__all__ = [
    "Collapsed",
    "Shape",
    "collapse",
    "detect",
    "fit_shapes",
    "follow",
    "source_of",
    "source_profiles",
    "usual_shape",
]

Floats = NDArray[np.float64]

#: Bins of the collapsed profile in arcsec.
_BIN_ARCSEC = 0.05
#: Dispersion pixels in one segment of an order.
_SEGMENT_PX = 350.0
#: Widths that the search tries, in arcsec, and the exponent it assumes.
_WIDTHS = np.array([0.5, 0.8, 1.2, 1.8, 2.7])
_BETA = 3.5
#: Expectation of width, its change with wavelength and the exponent: mean and scatter.
_LOG_WIDTH = (0.0, 0.5)
_WIDTH_POWER = (-0.2, 0.07)
_LOG_BETA = (np.log(_BETA), 0.5)
_BLUR_PX = (1.6, 0.4)
#: Expected drift of a source along the slit, Chebyshev degree 1, 2, 3, in arcsec.
_DRIFT_ARCSEC = (0.6, 0.25, 0.08)
#: Step of the numerical derivatives: arcsec, or relative for width and exponent.
_DERIVATIVE_STEP = 1e-4
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
    """

    slit_arcsec: Floats
    wavelength_nm: Floats
    order: NDArray[np.int64]
    signal: Floats
    precision: Floats
    height_arcsec: Floats
    domain_nm: tuple[float, float]

    def together(self, segments: NDArray) -> tuple[Floats, Floats]:
        """Return weighted mean and precision of several segments."""
        precision = self.precision[segments].sum(axis=0)
        total = (self.precision[segments] * self.signal[segments]).sum(axis=0)
        return total / np.maximum(precision, 1e-300), precision


@dataclass(frozen=True, eq=False)
class Shape:
    """A source as it is fitted.

    Parameters
    ----------
    trace
        Chebyshev series of the slit position in arcsec.
    log_fwhm, power
        Logarithm of the width at mid-range, and the power of the wavelength it goes with.
    log_beta
        Logarithm of the Moffat exponent.
    blur_px
        Full width at half maximum of the instrument's blur in pixels.
    """

    trace: Floats
    log_fwhm: float
    power: float
    log_beta: float
    significance: float
    forced: bool
    domain_nm: tuple[float, float]
    blur_px: float = 0.0

    @property
    def beta(self) -> float:
        """Exponent of the Moffat profile."""
        return float(np.exp(self.log_beta))

    def position(self, wavelength_nm: Floats) -> Floats:
        """Return the slit position in arcsec."""
        return np.asarray(chebyshev.chebval(self._scaled(wavelength_nm), self.trace))

    def fwhm(self, wavelength_nm: Floats) -> Floats:
        """Return the full width at half maximum in arcsec."""
        middle = np.sqrt(self.domain_nm[0] * self.domain_nm[1])
        return np.asarray(np.exp(self.log_fwhm) * (wavelength_nm / middle) ** self.power)

    def _scaled(self, wavelength_nm: Floats) -> Floats:
        low, high = self.domain_nm
        return (2.0 * wavelength_nm - low - high) / (high - low)


def collapse(
    orders: list[SlitPixels], light: list[Floats], weight: list[Floats], template: list[Floats]
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
    """
    half = max(pixels.slit_half_arcsec for pixels in orders)
    count = int(np.ceil(2 * half / _BIN_ARCSEC))
    rows: list[tuple[float, int, float, Floats, Floats]] = []
    for pixels, value, precision, expected in zip(orders, light, weight, template, strict=True):
        pieces = max(1, round((pixels.w[-1] - pixels.w[0]) / _SEGMENT_PX))
        piece = np.minimum(((pixels.t + 1.0) * 0.5 * pieces).astype(int), pieces - 1)
        column = np.clip(((pixels.slit_arcsec + half) / _BIN_ARCSEC).astype(int), 0, count - 1)
        place = piece * count + column
        scaled = precision * expected
        top = np.bincount(place, scaled * value, pieces * count).reshape(pieces, count)
        bottom = np.bincount(place, scaled * expected, pieces * count).reshape(pieces, count)
        for k in range(pieces):
            here = piece == k
            wave = float(np.mean(pixels.wavelength_nm[here]))
            height = float(np.mean(pixels.height_arcsec[here]))
            rows.append((wave, pixels.order, height, top[k], bottom[k]))
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
    )


def detect(collapsed: Collapsed, *, threshold: float, most: int) -> list[Peak]:
    """Find sources in the light of all orders, or of some if they show in no more.

    Parameters
    ----------
    collapsed
        Light along the slit.
    threshold
        Least significance.
    most
        Greatest number of sources.

    Returns
    -------
    list
        Most significant first; a single peak below the threshold if there is none above.
    """
    everything = np.arange(collapsed.order.size)
    peaks = _peaks_of(collapsed, everything, threshold, most)
    if peaks[0].significance >= threshold:
        return sorted(peaks, key=lambda peak: -peak.significance)
    ranked = np.argsort(collapsed.wavelength_nm)
    parts = [np.flatnonzero(collapsed.order == order) for order in np.unique(collapsed.order)]
    parts += [ranked[: ranked.size // 2], ranked[ranked.size // 2 :]]
    best = peaks[0]
    for part in parts:
        found = _peaks_of(collapsed, part, threshold + _EXTRA_SIGMA, 1)[0]
        if found.significance - _EXTRA_SIGMA > best.significance:
            best = replace(found, significance=found.significance - _EXTRA_SIGMA)
    return [best]


def _peaks_of(collapsed: Collapsed, segments: NDArray, threshold: float, most: int) -> list[Peak]:
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
        most=most,
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
    for k, height in enumerate(collapsed.height_arcsec):
        kernels = moffat_fraction(slit - positions[:, None], height, peak.width, _BETA)
        amplitude, error = matched_filter(
            collapsed.signal[k], collapsed.precision[k], kernels, background
        )
        gathered[k] = np.maximum(amplitude / error, 0.0) ** 2
    best, path = -1.0, (peak.position, 0.0, 0.0)
    for linear in np.arange(-1.5, 1.51, 0.15):
        for bend in np.arange(-0.6, 0.61, 0.15):
            for start in peak.position + np.arange(-0.8, 0.81, 0.1):
                place = chebyshev.chebval(t, (start, linear, bend))
                index = np.rint((place - positions[0]) / 0.1).astype(int)
                inside = (index >= 0) & (index < positions.size)
                total = gathered[np.flatnonzero(inside), index[inside]].sum()
                # A path must earn its bends.
                total -= (linear / 0.5) ** 2 + (bend / 0.2) ** 2
                if total > best:
                    best, path = float(total), (float(start), float(linear), float(bend))
    return replace(usual_shape(peak, collapsed.domain_nm), trace=np.array([*path, 0.0]))


def usual_shape(peak: Peak, domain_nm: tuple[float, float]) -> Shape:
    """Return a straight source at a peak with the profile that is expected beforehand."""
    return Shape(
        trace=np.array([peak.position, 0.0, 0.0, 0.0]),
        log_fwhm=float(np.log(peak.width)),
        power=_WIDTH_POWER[0],
        log_beta=_LOG_BETA[0],
        significance=peak.significance,
        forced=False,
        domain_nm=domain_nm,
        blur_px=_BLUR_PX[0],
    )


def fit_shapes(collapsed: Collapsed, shapes: list[Shape]) -> list[Shape]:
    """Fit trace, width and exponent of all sources to the collapsed segments.

    Amplitudes and a constant for each segment are solved for inside (variable projection);
    weak expectations keep what faint sources do not tell near what is usual.

    Parameters
    ----------
    collapsed
        Light along the slit, sky removed.
    shapes
        Where to start from.
    """
    loose = [shape for shape in shapes if not shape.forced]
    if not loose:
        return shapes
    fixed = [shape for shape in shapes if shape.forced]
    start = np.concatenate([_packed(shape) for shape in loose])

    def departures(values: Floats) -> Floats:
        trial = [
            _unpacked(part, shape)
            for part, shape in zip(values.reshape(len(loose), -1), loose, strict=True)
        ]
        pulls = _pulls(collapsed, [*trial, *fixed])
        return np.concatenate([pulls, *(_expectation(shape) for shape in trial)])

    def derivatives(values: Floats) -> Floats:
        # Steps of one size for all: some coefficients are zero, where relative steps vanish.
        here, step = departures(values), _DERIVATIVE_STEP
        moved = values + step * np.eye(values.size)
        return np.array([(departures(row) - here) / step for row in moved]).T

    low = np.tile([-np.inf] * 4 + [np.log(0.1), -1.0, np.log(1.2), 0.2], len(loose))
    high = np.tile([np.inf] * 4 + [np.log(4.0), 1.0, np.log(30.0), 4.0], len(loose))
    fit = least_squares(departures, np.clip(start, low + 1e-3, high - 1e-3), derivatives,
                        bounds=(low, high),
                        x_scale=np.tile([0.05, 0.05, 0.05, 0.05, 0.05, 0.1, 0.1, 0.1], len(loose)),
                        max_nfev=20, xtol=1e-5, ftol=1e-6)  # fmt: skip
    fitted = iter(
        _unpacked(part, shape)
        for part, shape in zip(fit.x.reshape(len(loose), -1), loose, strict=True)
    )
    return [shape if shape.forced else next(fitted) for shape in shapes]


def _pulls(collapsed: Collapsed, shapes: list[Shape]) -> Floats:
    """Return the pulls of all bins about the best constant and amplitudes of each segment."""
    wave, height = collapsed.wavelength_nm[:, None], collapsed.height_arcsec[:, None]
    root = np.sqrt(collapsed.precision)
    columns = [np.ones_like(root)]
    columns += [
        blurred_fraction(
            collapsed.slit_arcsec - shape.position(wave),
            height,
            shape.fwhm(wave),
            shape.beta,
            shape.blur_px * height,
        )
        for shape in shapes
    ]
    design = np.stack(columns, axis=1) * root[:, None, :]
    target = collapsed.signal * root
    normal = design @ design.transpose(0, 2, 1)
    index = np.arange(len(columns))
    normal[:, index, index] *= 1.0 + 1e-10
    normal[:, index, index] += 1e-30
    right = design @ target[:, :, None]
    amplitude = np.linalg.solve(normal, right)[:, :, 0]
    return (target - np.einsum("kc,kcn->kn", amplitude, design)).ravel()


def _packed(shape: Shape) -> Floats:
    return np.array([*shape.trace, shape.log_fwhm, shape.power, shape.log_beta, shape.blur_px])


def _unpacked(values: Floats, shape: Shape) -> Shape:
    return replace(
        shape,
        trace=values[:4],
        log_fwhm=float(values[4]),
        power=float(values[5]),
        log_beta=float(values[6]),
        blur_px=float(values[7]),
    )


def _expectation(shape: Shape) -> Floats:
    return np.array(
        [
            *(shape.trace[1:] / np.array(_DRIFT_ARCSEC)),
            (shape.log_fwhm - _LOG_WIDTH[0]) / _LOG_WIDTH[1],
            (shape.power - _WIDTH_POWER[0]) / _WIDTH_POWER[1],
            (shape.log_beta - _LOG_BETA[0]) / _LOG_BETA[1],
            (shape.blur_px - _BLUR_PX[0]) / _BLUR_PX[1],
        ]
    )


def source_profiles(pixels: SlitPixels, shapes: list[Shape]) -> Floats:
    """Return the fraction of each source's light in each pixel, shape ``(sources, n)``.

    All the light on the slit is one.
    """
    half = pixels.slit_half_arcsec
    args = (pixels.wavelength_nm, pixels.slit_arcsec, pixels.height_arcsec, (-half, half))
    result = [light_share(shape, *args) for shape in shapes]
    return np.array(result).reshape(len(shapes), pixels.w.size)


def source_of(shape: Shape) -> Source:
    """Return the source as the products carry it: both series on the whole domain."""
    low, high = shape.domain_nm
    nodes = np.cos(np.pi * (np.arange(32) + 0.5) / 32)
    width = shape.fwhm(0.5 * (low + high + (high - low) * nodes))
    return Source(
        trace_coef=np.asarray(shape.trace, float),
        fwhm_coef=np.asarray(chebyshev.chebfit(nodes, width, 3)),
        beta=shape.beta,
        wave_domain_nm=shape.domain_nm,
        significance=shape.significance,
        forced=shape.forced,
        blur_px=shape.blur_px,
    )
