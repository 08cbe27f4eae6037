"""Spectral bins along the trace of a source, and where each lies in the rows around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.objects import Source
from soxs_pipeline.numerics.extraction import Samples, take_samples
from soxs_pipeline.reduction.slit.lightshare import light_share

__all__ = ["Bins", "lay_bins", "profile_of"]

Floats = NDArray[np.float64]

#: Wavelengths at which the trace is worked out before it is interpolated.
_NODES = 600
_NEWTON_STEPS = 4


@dataclass(frozen=True, eq=False)
class Bins:
    """Spectral bins of one order, each one column wide at the trace, rising in wavelength.

    Parameters
    ----------
    order
        Diffraction order.
    x, y
        Trace at the bins; ``x`` are whole columns, shape ``(bins,)``.
    wavelength_nm, width_nm
        Centres and widths, shape ``(bins,)``.
    slit_arcsec
        Slit position of each sample, shape ``(bins, k)``.
    height_arcsec
        Extent along the slit of a pixel there, along its column.
    spacing
        Distance of samples along the tilted line in units of ``height_arcsec``.
    on_slit
        True where a sample lies between the order's edges.
    samples
        How a bin's samples are made of pixels.
    """

    order: int
    x: Floats
    y: Floats
    wavelength_nm: Floats
    width_nm: Floats
    slit_arcsec: Floats
    height_arcsec: Floats
    spacing: Floats
    on_slit: NDArray[np.bool_]
    samples: Samples


def lay_bins(geometry: Geometry, source: Source, order: int) -> Bins | None:
    """Lay bins along the trace of a source in one order.

    The bins are the detector's own columns where they cross the trace, so that nothing needs
    resampling there.

    Returns
    -------
    Bins or None
        None if the trace crosses fewer than ten columns of the order.
    """
    solution, shape = geometry.dispersion, geometry.pixel_map.order.shape
    x, y, wave = _trace(geometry, source, order)
    if x.size < 10:
        return None
    width = np.abs(np.gradient(wave, x))
    lower, upper = _edges(geometry, order, x)
    reach = int(np.ceil(max(np.max(y - lower), np.max(upper - y)))) + 2
    rows = np.rint(y).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)[None, :]
    low, high = solution.slit_domain_arcsec
    u, x_at, height, along = _at_rows(solution, order, wave, rows)
    on_slit = (rows > lower[:, None] - 0.5) & (rows < upper[:, None] + 0.5)
    on_slit &= (rows >= 0) & (rows < shape[0]) & (x_at > 2.0) & (x_at < shape[1] - 3.0)
    return Bins(
        order=order,
        x=x,
        y=y,
        wavelength_nm=wave,
        width_nm=width,
        slit_arcsec=0.5 * (low + high + (high - low) * u),
        height_arcsec=height,
        spacing=along / height,
        on_slit=on_slit,
        samples=take_samples(np.clip(rows, 0, shape[0] - 1), x_at, shape[1]),
    )


def profile_of(source: Source, bins: Bins, slit: tuple[float, float]) -> Floats:
    """Return the fraction of a source's light in each sample; all light on the slit is one."""
    wave = np.broadcast_to(bins.wavelength_nm[:, None], bins.slit_arcsec.shape)
    share = light_share(source, wave, bins.slit_arcsec, bins.height_arcsec, slit)
    return np.where(bins.on_slit, share, 0.0)


def _trace(geometry: Geometry, source: Source, order: int) -> tuple[Floats, Floats, Floats]:
    """Return whole columns, ``y`` and wavelength along the trace, rising in wavelength."""
    solution, label = geometry.dispersion, geometry.pixel_map.order
    low, high = solution.wave_domain_nm[solution.index(order)]
    wave = np.linspace(low, high, _NODES)
    x, y = solution.detector_position(order, wave, source.position(wave))
    rank = np.argsort(x)
    x, y, wave = x[rank], y[rank], wave[rank]
    keep = np.concatenate(([True], np.diff(x) > 1e-6))
    to_wave, to_y = CubicSpline(x[keep], wave[keep]), CubicSpline(x[keep], y[keep])
    first, last = np.ceil(max(x[0], 3.0)), np.floor(min(x[-1], label.shape[1] - 4.0))
    columns = np.arange(first, last + 1.0)
    rows = to_y(columns)
    inside = (rows >= 0) & (rows <= label.shape[0] - 1)
    near = label[np.clip(np.rint(rows), 0, label.shape[0] - 1).astype(int), columns.astype(int)]
    table = geometry.order_table
    if order in table.orders and table.has_edges:
        # The edges say how far the order is lit.
        begin, end = table.x_range[table.index(order)]
        inside &= (columns >= begin) & (columns <= end)
    columns = columns[inside & (near == order)]
    wave, rows = to_wave(columns), to_y(columns)
    rank = np.argsort(wave)
    return columns[rank], rows[rank], wave[rank]


def _edges(geometry: Geometry, order: int, x: Floats) -> tuple[Floats, Floats]:
    table = geometry.order_table
    if order in table.orders and table.has_edges:
        within = np.clip(x, *table.x_range[table.index(order)])
        return table.lower(order, within), table.upper(order, within)
    rows = np.arange(geometry.pixel_map.order.shape[0])[:, None]
    here = geometry.pixel_map.order[:, x.astype(int)] == order
    lower = np.where(here, rows, rows.size).min(axis=0).astype(float)
    return lower, np.where(here, rows, -1).max(axis=0).astype(float)


def _at_rows(
    solution: DispersionSolution, order: int, wave: Floats, rows: NDArray[np.int64]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return where lines of constant wavelength cross rows.

    Returns
    -------
    u, x
        Scaled slit position and column of each crossing.
    height, along
        Change of slit position from row to row: along the column, and along the line.
    """
    row = solution.index(order)
    t = solution.scaled(order, wave, 0.0)[0]
    series = {}
    for name, coef in (("x", solution.x_coef[row]), ("y", solution.y_coef[row])):
        # Contracted over wavelength a series along the slit is left for each bin.
        series[name] = chebyshev.chebval(t, coef)
        series[name + "t"] = chebyshev.chebval(t, chebyshev.chebder(coef))
    u = np.zeros(rows.shape)

    def along_slit(name: str, derivative: int = 0) -> Floats:
        coef = series[name]
        coef = chebyshev.chebder(coef, derivative) if derivative else coef
        return sum(
            coef[k][:, None] * np.polynomial.Chebyshev.basis(k)(u) for k in range(len(coef))
        )

    for _ in range(_NEWTON_STEPS):
        slope = along_slit("y", 1)
        u = np.clip(u + (rows - along_slit("y")) / slope, -2.0, 2.0)
    low, high = solution.slit_domain_arcsec
    half = 0.5 * (high - low)
    xt, xu, yt, yu = (
        along_slit("xt"), along_slit("x", 1), along_slit("yt"), along_slit("y", 1)
    )  # fmt: skip
    return u, along_slit("x"), half * np.abs(xt / (xt * yu - xu * yt)), half / np.abs(yu)
