"""Measure emission lines against the dispersion solution, all rows of the slit together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.linecheck import LineCheck
from soxs_pipeline.domain.lines import LineList
from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.domain.slit import slit_width_arcsec
from soxs_pipeline.domain.spectra import OrderSpectra, OrderSpectrum, ZeroPoint
from soxs_pipeline.errors import InputError
from soxs_pipeline.numerics.commonshift import common_shift
from soxs_pipeline.numerics.slitline import SlitLine, fit_slit_line

__all__ = ["FEWEST_LINES", "check_lines", "with_zero_point"]

Floats = NDArray[np.float64]

_LIGHT_KM_S = 299792.458
_FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))
#: Lines of an order that are tried, brightest first, and those that give a first width.
_MOST_LINES, _FIRST_LINES = 40, 12
#: Lines that are enough for a first width, looked for in every so-many-th order first.
_ENOUGH_WIDTHS, _STRIDE = 25, 4
#: Full width at half maximum of the blur where no pinholes told it.
_USUAL_BLUR_PX = 1.6
#: Half the window of the first fits, in pixels, and of the others, in widths.
_FIRST_HALF_PX, _HALF_WIDTHS, _LEAST_HALF_PX = 8.0, 1.6, 4.0
#: A neighbour this bright, relative to a line, bounds its window; one this much nearer than the
#: width of the line spoils it.
_BRIGHT_NEIGHBOUR, _LEAST_WIDTHS = 0.05, 1.1
#: Share of the slit whose ends are vignetted, in arcsec.
_END_ARCSEC = 0.7
#: Spread of the shifts of orders that would not surprise, in pixels.
_EXPECTED_SPREAD_PX = 0.03
#: A zero point with this error, in pixels, is none.
_USELESS_PX = 0.5
#: Lines that must agree for a zero point: one alone may be a blend, or a ghost.
FEWEST_LINES = 3


@dataclass(frozen=True, eq=False)
class _Found:
    order: int
    wavelength_nm: float
    step_nm: float
    line: SlitLine


def check_lines(
    frame: Frame, geometry: Geometry, lines: LineList, *, reach_px: float, least_sigma: float
) -> LineCheck:
    """Measure all clean lines of a list.

    Parameters
    ----------
    frame
        Frame in electrons in which the lines shine.
    geometry
        Where they are expected.
    lines
        The list.
    reach_px
        Largest shift that is looked for.
    least_sigma
        Least significance of a line.
    """
    width = _expected_width(frame, geometry) or _first_width(frame, geometry, lines, reach_px)
    found = [
        found
        for order in geometry.dispersion.orders
        for found in _measure(frame, geometry, lines, int(order), reach_px, least_sigma, width)
    ]
    return _summary(found, geometry.dispersion.orders, geometry, frame.setup.arm)


def _expected_width(frame: Frame, geometry: Geometry) -> float:
    """Return the standard deviation in pixels of the image of the slit; 0 if it is not known."""
    slit = slit_width_arcsec(frame.header)
    if not slit > 0:
        return 0.0
    dispersion = geometry.dispersion
    scale = []
    for order, domain in zip(dispersion.orders, dispersion.wave_domain_nm, strict=True):
        middle = np.array([np.mean(domain)])
        ends = [dispersion.detector_position(int(order), middle, at)[1] for at in (-1.0, 1.0)]
        scale.append(0.5 * abs(float(ends[1][0] - ends[0][0])))
    spots = list(geometry.pixel_map.spot_fwhm_px.values())
    blur = float(np.median(spots)) if spots else _USUAL_BLUR_PX
    return float(np.hypot(slit * np.median(scale) / np.sqrt(12.0), blur / _FWHM_PER_SIGMA))


def _first_width(frame: Frame, geometry: Geometry, lines: LineList, reach_px: float) -> float:
    """Return the typical width of the brightest lines in pixels, before windows are laid."""
    widths: list[float] = []
    orders = geometry.dispersion.orders
    # Orders from all over the detector first: a few tell as much as all.
    for order in np.concatenate([orders[start::_STRIDE] for start in range(_STRIDE)]):
        if len(widths) >= _ENOUGH_WIDTHS:
            break
        first = _measure(frame, geometry, lines, int(order), reach_px, 10.0, 0.0)
        widths += [found.line.sigma for found in first if found.line.good]
    return float(np.median(widths)) if widths else 0.0


def _measure(
    frame: Frame,
    geometry: Geometry,
    lines: LineList,
    order: int,
    reach_px: float,
    least_sigma: float,
    width: float,
) -> Iterator[_Found]:
    """Yield the lines of one order; ``width`` is zero as long as it is not known."""
    pixel_map = geometry.pixel_map
    low, high = geometry.dispersion.slit_domain_arcsec
    rows, columns = _within(frame, geometry, order, (low + _END_ARCSEC, high - _END_ARCSEC))
    if rows.size < 100:
        return
    wave = pixel_map.wavelength_nm[rows, columns]
    rank = np.argsort(wave)
    wave, rows, columns = wave[rank], rows[rank], columns[rank]
    typical = abs(_step_nm(geometry, order, 0.5 * float(wave[0] + wave[-1])))
    half = max(_HALF_WIDTHS * _FWHM_PER_SIGMA * width, _LEAST_HALF_PX) if width else _FIRST_HALF_PX
    half += reach_px
    count = _MOST_LINES if width else _FIRST_LINES
    least = _LEAST_WIDTHS * _FWHM_PER_SIGMA * width
    chosen = _candidates(lines, wave[0] + half * typical, wave[-1] - half * typical, count)
    for index in chosen:
        step = _step_nm(geometry, order, float(lines.wavelength_nm[index]))
        before, after = _clear(lines, index, abs(step))
        if min(before, after) < least:
            continue
        place = lines.wavelength_nm[index]
        begin = np.searchsorted(wave, place - min(half, 0.5 * before + reach_px) * abs(step))
        end = np.searchsorted(wave, place + min(half, 0.5 * after + reach_px) * abs(step))
        if end - begin < 20:
            continue
        part = slice(begin, end)
        yield _Found(
            order,
            float(place),
            step,
            fit_slit_line(
                (wave[part] - place) / step,
                rows[part],
                np.asarray(frame.data[rows[part], columns[part]], dtype=np.float64),
                noise_floor=max(frame.setup.read_noise_e, 0.5) ** 2,
                start_sigma=width or 1.2,
                reach=reach_px,
                least_sigma=least_sigma,
            ),
        )


def _within(
    frame: Frame, geometry: Geometry, order: int, ends: tuple[float, float]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of an order's usable pixels between two slit positions."""
    label = geometry.pixel_map.order
    lit = np.flatnonzero((label == order).any(axis=1))
    if not lit.size:
        return lit, lit
    band = slice(int(lit[0]), int(lit[-1]) + 1)
    slit = geometry.pixel_map.slit_arcsec[band]
    inside = (label[band] == order) & ((frame.quality[band] & np.uint32(FATAL)) == 0)
    rows, columns = np.nonzero(inside & (slit > ends[0]) & (slit < ends[1]))
    return rows + band.start, columns


def _step_nm(geometry: Geometry, order: int, wave: float) -> float:
    """Return the step of wavelength from pixel to pixel at a wavelength, at mid-slit."""
    ends = wave * np.array([1.0 - 1e-5, 1.0 + 1e-5])
    x, _ = geometry.dispersion.detector_position(order, ends, 0.0)
    return float((ends[1] - ends[0]) / (x[1] - x[0]))


def _candidates(lines: LineList, low: float, high: float, count: int) -> NDArray[np.int64]:
    inside = lines.clean & (lines.wavelength_nm > low) & (lines.wavelength_nm < high)
    chosen = np.flatnonzero(inside)
    return chosen[np.argsort(lines.intensity[chosen])[::-1][:count]]


def _clear(lines: LineList, index: int, step: float) -> tuple[float, float]:
    """Return the distance in pixels of the nearest bright neighbour on either side."""
    bright = lines.intensity > _BRIGHT_NEIGHBOUR * lines.intensity[index]
    apart = (lines.wavelength_nm[bright] - lines.wavelength_nm[index]) / step
    # Members of one blend are one line of the list; what stays at zero is the line itself.
    before, after = -apart[apart < -0.3], apart[apart > 0.3]
    return float(before.min(initial=np.inf)), float(after.min(initial=np.inf))


def _summary(
    found: list[_Found], orders: NDArray[np.int64], geometry: Geometry, arm: str
) -> LineCheck:
    good = [one for one in found if one.line.good]
    index = {int(order): k for k, order in enumerate(orders)}
    group = np.array([index[one.order] for one in good], dtype=np.int64)
    shift = np.array([one.line.centre for one in good])
    error = np.array([one.line.centre_error for one in good])
    fwhm = _FWHM_PER_SIGMA * np.array([one.line.sigma for one in good])
    wave = np.array([one.wavelength_nm for one in good])
    step = np.array([one.step_nm for one in good])
    common = common_shift(shift, error, group, len(orders), expected_spread=_EXPECTED_SPREAD_PX)
    used = common.used
    middle = geometry.dispersion.wave_domain_nm.mean(axis=1)
    velocity = np.array(
        [
            _LIGHT_KM_S * _step_nm(geometry, int(order), place) / place
            for order, place in zip(orders, middle, strict=True)
        ]
    )  # fmt: skip
    power = wave / np.maximum(fwhm * np.abs(step), 1e-30)

    def medians(values: Floats) -> Floats:
        own = [values[used & (group == k)] for k in range(len(orders))]
        return np.array([np.median(v) if v.size else np.nan for v in own])

    return LineCheck(
        orders=np.asarray(orders),
        shift_px=common.group,
        shift_error_px=common.error,
        velocity_km_s=velocity * common.group,
        velocity_error_km_s=np.abs(velocity) * common.error,
        n_lines=np.bincount(group[used], minlength=len(orders)),
        fwhm_px=medians(fwhm),
        resolving_power=medians(power),
        common_px=common.common,
        common_error_px=common.common_error,
        line_order=orders[group] if group.size else np.zeros(0, dtype=np.int64),
        line_wavelength_nm=wave,
        line_shift_px=shift,
        line_error_px=error,
        line_fwhm_px=fwhm,
        line_flux=np.array([one.line.flux for one in good]),
        line_used=used,
        arm=arm,
    )


def with_zero_point(orders: OrderSpectra, check: LineCheck) -> tuple[OrderSpectra, list[str]]:
    """Take the shift of the sky lines off the wavelengths of spectra.

    Returns
    -------
    orders, remarks
        The spectra with their zero point, and what the user should know.
    """
    if check.arm != orders.arm:
        raise InputError(
            f"the spectra are of {orders.arm}, the sky lines of {check.arm}",
            wanted="sky lines of the same exposure",
        )
    usable = np.isfinite(check.common_px) and check.common_error_px < _USELESS_PX
    count = int(check.line_used.sum())
    if usable and count < FEWEST_LINES:
        seen = f"{count} sky {'line' if count == 1 else 'lines'} alone"
        return orders, [
            f"{seen} cannot tell the zero point, it takes {FEWEST_LINES}: left as calibrated"
        ]
    if not usable:
        return orders, ["no sky line tells the zero point of the wavelengths: left as calibrated"]
    spectra = tuple(
        replace(
            spectrum,
            wavelength_nm=spectrum.wavelength_nm
            - check.shift_of(spectrum.order)[0] * spectrum.width_nm * _direction(spectrum),
        )
        for spectrum in orders.spectra
    )
    zero = ZeroPoint(
        velocity_km_s=float(np.median(check.velocity_km_s)),
        error_km_s=float(np.median(check.velocity_error_km_s)),
        n_lines=count,
        resolving_power=_median(check.resolving_power),
    )
    said = (
        f"wavelengths corrected by {-zero.velocity_km_s:+.2f} ± {zero.error_km_s:.2f} km/s "
        f"from {zero.n_lines} sky lines"
    )
    return replace(orders, spectra=spectra, zero_point=zero), [said]


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def _direction(spectrum: OrderSpectrum) -> float:
    """Return the sign of the change of wavelength along the detector."""
    return float(np.sign(spectrum.x[-1] - spectrum.x[0]))
