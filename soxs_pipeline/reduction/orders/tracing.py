"""Where the orders run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.numerics.robust import row_quantiles
from soxs_pipeline.numerics.traces import (
    Correction,
    ProfileFits,
    fit_correction,
    fit_profiles,
    ridge_offset,
)

__all__ = ["OrderPath", "OrderTrace", "order_paths", "trace_orders"]

Floats = NDArray[np.float64]

#: Degree of the series that carry the shape of an order; the correction is of lower degree.
SHAPE_DEGREE = 9
#: Half-width in pixels of the window a profile is fitted in.
HALF_WINDOW = 6
#: First guess of a pinhole's width and how far it may differ, in pixels.
SIGMA, SIGMA_ERROR = 0.8, 0.4
#: Bins of columns tried, and the signal to noise of the median bin that is enough.
BINS = (4, 16, 64)
ENOUGH = 20.0
#: Error in pixels that no sample is better than: pixel response and profile shape.
FLOOR = 0.005
#: Largest distance in pixels of a sample from the ridge found first.
FARTHEST = 3.0


@dataclass(frozen=True, eq=False)
class OrderPath:
    """The predicted course of an order at one slit position; arrays of shape ``(n,)``.

    Parameters
    ----------
    order
        Diffraction order.
    x
        Whole dispersion pixels on the detector, rising.
    y
        Predicted slit pixel.
    wavelength_nm
        Vacuum wavelength.
    """

    order: int
    x: NDArray[np.int64]
    y: Floats
    wavelength_nm: Floats


@dataclass(frozen=True, eq=False)
class OrderTrace:
    """The samples of one order and what became of them; arrays of shape ``(n,)``.

    Parameters
    ----------
    order
        Diffraction order.
    x, y, error
        Measured centres and their errors in pixels.
    residual
        Measured minus fitted centre.
    used
        True for samples that carry the fit.
    tried
        Number of bins that were looked at.
    sigma_px
        Median width of the profile.
    offset_px
        Median distance from the prediction.
    found
        False if the prediction stands for the order.
    """

    order: int
    x: Floats
    y: Floats
    error: Floats
    residual: Floats
    used: NDArray[np.bool_]
    tried: int
    sigma_px: float
    offset_px: float
    found: bool


def order_paths(
    dispersion: DispersionSolution, shape: tuple[int, int], slit_arcsec: float = 0.0
) -> list[OrderPath]:
    """Return the course of every order over the detector; orders off it are left out.

    Parameters
    ----------
    dispersion
        Where light falls.
    shape
        Shape ``(ny, nx)`` of the detector.
    slit_arcsec
        Slit position.
    """
    paths = []
    for order, domain in zip(dispersion.orders, dispersion.wave_domain_nm, strict=True):
        wavelength = np.linspace(domain[0], domain[1], 2001)
        x, y = dispersion.detector_position(int(order), wavelength, slit_arcsec)
        if x[-1] < x[0]:
            wavelength, x, y = wavelength[::-1], x[::-1], y[::-1]
        kept = _monotonic_part(x)
        wavelength, x, y = wavelength[kept], x[kept], y[kept]
        first, last = int(np.ceil(x[0])), int(np.floor(x[-1]))
        pixels = np.arange(max(first, 0), min(last, shape[1] - 1) + 1)
        if len(pixels) < 2:
            continue
        row = np.interp(pixels, x, y)
        inside = (row > -0.5) & (row < shape[0] - 0.5)
        if inside.sum() < 2:
            continue
        nm = np.interp(pixels, x, wavelength)
        paths.append(OrderPath(int(order), pixels[inside], row[inside], nm[inside]))
    return paths


def _monotonic_part(x: Floats) -> slice:
    """Return the part about the middle where a series does not turn back at its ends."""
    rising = np.diff(x) > 0
    middle = len(rising) // 2
    before = np.flatnonzero(~rising[:middle])
    after = np.flatnonzero(~rising[middle:])
    first = int(before[-1]) + 1 if before.size else 0
    last = middle + int(after[0]) if after.size else len(rising)
    return slice(first, last + 1)


def trace_orders(
    frame: Frame,
    dispersion: DispersionSolution,
    *,
    search_px: int,
    detection_sigma: float,
    most_degree: int,
    moves_together: bool,
) -> tuple[OrderTable, list[OrderTrace]]:
    """Trace every order on a frame of white light through one pinhole.

    Parameters
    ----------
    frame
        Detrended frame in electrons.
    dispersion
        Prediction.
    search_px
        How far from the prediction an order is looked for.
    detection_sigma
        Least significance of a sample.
    most_degree
        Largest degree of the correction to the prediction.
    moves_together
        True if an order without light may be taken to be shifted as the others are.

    Returns
    -------
    tuple
        Order table without edges, and the samples of each order.

    Raises
    ------
    UnprocessableDataError
        If no order holds light.
    """
    paths = order_paths(dispersion, frame.shape)
    traces = [_trace(frame, path, search_px, detection_sigma, most_degree) for path in paths]
    found = [fit for _, fit in traces if fit is not None]
    if not found:
        raise UnprocessableDataError(
            "no order holds light near its predicted place",
            wanted="a lamp flat through the pinhole, within "
            f"{search_px} px of the dispersion solution",
            remedy="check the lamp and the slit wheel of the frame, and the dispersion solution",
        )
    shift = float(np.median([trace.offset_px for trace, _ in traces if trace.found]))
    substitute = np.array([shift if moves_together else 0.0])
    corrections = [substitute if fit is None else fit.coef for _, fit in traces]
    table = OrderTable(
        orders=np.array([path.order for path in paths]),
        x_range=np.array([[path.x[0], path.x[-1]] for path in paths], dtype=float),
        centre_coef=np.array(
            [_series(path, coef) for path, coef in zip(paths, corrections, strict=True)]
        ),
        lower_coef=np.full((len(paths), SHAPE_DEGREE + 1), np.nan),
        upper_coef=np.full((len(paths), SHAPE_DEGREE + 1), np.nan),
        residual_px=np.array([_residual(trace) for trace, _ in traces]),
    )
    return table, [trace for trace, _ in traces]


def _residual(trace: OrderTrace) -> float:
    return float(np.std(trace.residual[trace.used])) if trace.used.any() else float("nan")


def _scaled(path: OrderPath, x: NDArray[np.floating] | NDArray[np.int64]) -> Floats:
    low, high = float(path.x[0]), float(path.x[-1])
    return np.asarray((2.0 * x - low - high) / (high - low), dtype=np.float64)


def _series(path: OrderPath, correction: Floats) -> Floats:
    degree = min(SHAPE_DEGREE, len(path.x) - 1)
    coef = np.zeros(SHAPE_DEGREE + 1)
    coef[: degree + 1] = chebyshev.chebfit(_scaled(path, path.x), path.y, degree)
    coef[: len(correction)] += correction
    return coef


def _trace(
    frame: Frame, path: OrderPath, search_px: int, detection_sigma: float, most_degree: int
) -> tuple[OrderTrace, Correction | None]:
    offset = _first_offset(frame, path, search_px)
    if not np.isfinite(offset):
        return _empty(path, 0), None
    # The series replaces the prediction from here on: the two differ by some 1e-3 px.
    shape = np.asarray(
        chebyshev.chebval(_scaled(path, path.x), _series(path, np.zeros(1))), dtype=float
    )
    x, fits, sample, tried = _samples(frame, path, shape + offset, detection_sigma)
    if sample.sum() < 3:
        return _empty(path, tried), None
    t = _scaled(path, x[sample])
    measured = fits.centre[sample] + offset
    error = fits.error[sample]
    fit = fit_correction(t, measured, error, most_degree=most_degree, floor=FLOOR)
    residual = measured - chebyshev.chebval(t, fit.coef)
    y = np.interp(x[sample], path.x, shape) + measured
    sigma = float(np.median(fits.sigma[sample]))
    trace = OrderTrace(
        order=path.order,
        x=x[sample],
        y=y,
        error=error,
        residual=residual,
        used=fit.used,
        tried=tried,
        sigma_px=sigma,
        offset_px=float(np.median(measured)),
        found=True,
    )
    return trace, fit


def _empty(path: OrderPath, tried: int) -> OrderTrace:
    none = np.zeros(0)
    return OrderTrace(
        order=path.order,
        x=none,
        y=none,
        error=none,
        residual=none,
        used=np.zeros(0, dtype=bool),
        tried=tried,
        sigma_px=float("nan"),
        offset_px=float("nan"),
        found=False,
    )


def _first_offset(frame: Frame, path: OrderPath, search_px: int) -> float:
    step = np.arange(-search_px - 3, search_px + 4)
    rows = np.rint(path.y).astype(int)[None, :] + step[:, None]
    inside = (rows >= 0) & (rows < frame.shape[0])
    rows = np.clip(rows, 0, frame.shape[0] - 1)
    columns = np.broadcast_to(path.x, rows.shape)
    usable = inside & ~frame.bad[rows, columns]
    straight = np.where(usable, frame.data[rows, columns], np.nan)
    # Rows off the detector would leave nothing to compare with.
    kept = np.isfinite(straight).sum(axis=0) > len(step) // 2
    if kept.sum() < 20:
        return float("nan")
    offset, _ = ridge_offset(straight[:, kept], least_sigma=5.0)
    return offset if abs(offset) <= search_px else float("nan")


def _samples(
    frame: Frame, path: OrderPath, y: Floats, detection_sigma: float
) -> tuple[Floats, ProfileFits, NDArray[np.bool_], int]:
    """Fit the profile in bins of columns, wider ones if the light is faint."""
    for width in BINS:
        x, position, values, use = _windows(frame, path, y, width)
        read_variance = frame.setup.read_noise_e**2
        zero = np.zeros(len(x))
        fits = fit_profiles(
            position,
            values,
            use,
            read_variance=read_variance,
            start=zero,
            sigma=SIGMA,
            sigma_error=SIGMA_ERROR,
        )
        significance = fits.flux / np.maximum(fits.flux_error, 1e-9)
        bright = fits.good & (significance > ENOUGH)
        if fits.good.any() and np.median(significance[fits.good]) > ENOUGH:
            break
    if bright.sum() >= 5:
        # Faint bins take the width of the bright ones.
        sigma = float(np.median(fits.sigma[bright]))
        fits = fit_profiles(
            position,
            values,
            _without_outliers(position, values, use, fits, read_variance),
            read_variance=read_variance,
            start=np.where(fits.good, np.clip(fits.centre, -FARTHEST, FARTHEST), 0.0),
            sigma=sigma,
            sigma_error=0.15 * sigma,
        )
    significance = fits.flux / np.maximum(fits.flux_error, 1e-9)
    sample = fits.good & (significance > detection_sigma) & (np.abs(fits.centre) < FARTHEST)
    return x, fits, sample, len(x)


def _windows(
    frame: Frame, path: OrderPath, y: Floats, width: int
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Cut a window about the order out of every bin of columns."""
    n_bins = len(path.x) // width
    x = path.x[: n_bins * width].reshape(n_bins, width)
    centre = y[: n_bins * width].reshape(n_bins, width)
    step = np.arange(-HALF_WINDOW, HALF_WINDOW + 1)
    rows = np.rint(centre).astype(int)[:, :, None] + step
    inside = (rows >= 0) & (rows < frame.shape[0])
    clipped = np.clip(rows, 0, frame.shape[0] - 1)
    columns = np.broadcast_to(x[:, :, None], rows.shape)
    use = inside & ~frame.bad[clipped, columns]
    values = np.where(use, frame.data[clipped, columns], 0.0).astype(np.float64)
    position = rows - centre[:, :, None]
    flat = (n_bins, -1)
    return (
        x.mean(axis=1),
        position.reshape(flat),
        values.reshape(flat),
        use.reshape(flat),
    )


def _without_outliers(
    position: Floats,
    values: Floats,
    use: NDArray[np.bool_],
    fits: ProfileFits,
    read_variance: float,
) -> NDArray[np.bool_]:
    """Drop pixels far off the first fit: cosmic rays and unknown hot pixels."""
    u = (position - fits.centre[:, None]) / fits.sigma[:, None]
    shape = np.exp(-0.5 * u**2) / (fits.sigma[:, None] * np.sqrt(2.0 * np.pi))
    level = row_quantiles(values, use, 0.2)[:, None]
    light = fits.flux[:, None] * shape
    # The Gaussian is not integrated over the pixel here, hence the wide tolerance.
    sigma = np.sqrt(read_variance + np.maximum(light + level, 0.0) + (0.25 * light) ** 2)
    far = np.abs(values - light - level) > 6.0 * sigma
    return use & ~(far & fits.good[:, None])
