"""The pixels of one order with all a sky model must know of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, legendre
from numpy.typing import NDArray

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.slit import slit_width_arcsec
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.numerics.slitprofile import NO_WING, Wing
from soxs_pipeline.reduction.detector.prepare import require_same
from soxs_pipeline.reduction.orders.pixelarea import pixel_area

__all__ = ["BLUR_FRACTION", "SLIT_BINS", "SlitPixels", "gather_like", "gather_pixels"]

Floats = NDArray[np.float64]

#: Blur over the width of the image of a pinhole. The size of the holes is not published: a point
#: leaves nearly all of the width to the optics, a hole of 0.5 arcsec four fifths.
BLUR_FRACTION = 0.95
#: An order with fewer pixels than this holds nothing to model.
FEWEST_PIXELS = 2000
#: Bins along the slit in which light that stands out is looked for.
SLIT_BINS = 48
#: Wavelengths of an order at which the area of its pixels is worked out.
_AREA_NODES = 65


@dataclass(frozen=True, eq=False)
class SlitPixels:
    """Unrectified pixels of one order, sorted by ``w``; arrays of shape ``(n,)``.

    Parameters
    ----------
    order
        Diffraction order.
    place
        Flat index into the frame.
    w
        Where the pixel's wavelength falls along the dispersion at mid-slit, in pixels.
    slit_arcsec, height_arcsec
        Slit position of the centre and extent along the slit.
    area
        Area in wavelength and slit position over that at mid-slit at the same wavelength: what a
        pixel takes of light that fills the slit.
    wavelength_nm
        Vacuum wavelength.
    data
        Electrons, divided by the flat.
    floor, poisson, relative
        The variance of a pixel that expects ``m`` is
        ``floor + poisson * m + relative * m**2``: read noise and dark, Poisson noise, flat.
    usable
        False where the pixel was flagged before.
    slit_half_arcsec
        Half length of the slit.
    width
        Columns of the frame.
    blur_px
        Full width at half maximum of the instrument's blur along the slit that is expected, in
        pixels; NaN if unknown.
    blur_wing
        Wing of the blur.
    slit_width_arcsec
        Width of the slit; 0 if unknown.
    """

    order: int
    place: NDArray[np.int64]
    w: Floats
    slit_arcsec: Floats
    height_arcsec: Floats
    area: Floats
    wavelength_nm: Floats
    data: Floats
    floor: Floats
    poisson: Floats
    relative: Floats
    usable: NDArray[np.bool_]
    slit_half_arcsec: float
    width: int
    blur_px: float = math.nan
    blur_wing: Wing = NO_WING
    slit_width_arcsec: float = 0.0

    def only(self, which: NDArray[np.bool_]) -> SlitPixels:
        """Return some of the pixels.

        Parameters
        ----------
        which
            True for those to keep, shape ``(n,)``.
        """
        kept: dict[str, Any] = {
            one.name: value[which]
            for one in fields(self)
            if isinstance(value := getattr(self, one.name), np.ndarray)
        }
        return replace(self, **kept)

    @cached_property
    def u(self) -> Floats:
        """Slit position scaled to [-1, 1]."""
        return self.slit_arcsec / self.slit_half_arcsec

    @cached_property
    def t(self) -> Floats:
        """Position along the dispersion scaled to [-1, 1]."""
        low, high = self.w[0], self.w[-1]
        return (2.0 * self.w - low - high) / (high - low)

    def along_order(self, count: int) -> Floats:
        """Return the first Chebyshev polynomials along the order, shape ``(count, n)``."""
        return self._kept(("T", count), lambda: chebyshev.chebvander(self.t, count - 1))

    def along_slit(self, degree: int) -> Floats:
        """Return Legendre polynomials 1 to ``degree`` along the slit, shape ``(degree, n)``."""
        return self._kept(("P", degree), lambda: legendre.legvander(self.u, degree)[:, 1:])

    @cached_property
    def slit_bins(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Bin of each pixel along the slit; usable pixels bin by bin; where each bin begins."""
        place = ((self.u + 1.0) * 0.5 * SLIT_BINS).astype(np.int64)
        place = np.clip(place, 0, SLIT_BINS - 1)
        used = np.flatnonzero(self.usable)
        rank = used[np.argsort(place[used], kind="stable")]
        return place, rank, np.searchsorted(place[rank], np.arange(SLIT_BINS + 1))

    def _kept(self, key: tuple[str, int], make: Callable[[], NDArray]) -> Floats:
        """Return polynomials that every round of a fit asks for."""
        if key not in self._polynomials:
            self._polynomials[key] = np.ascontiguousarray(np.moveaxis(make(), -1, 0), float)
        return self._polynomials[key]

    @cached_property
    def _polynomials(self) -> dict[tuple[str, int], Floats]:
        return {}

    @cached_property
    def column(self) -> NDArray[np.int64]:
        """Whole dispersion pixels since the first one."""
        return (self.w - self.w[0]).astype(np.int64)

    def variance(self, expected: Floats, at: NDArray[np.int64] | slice = slice(None)) -> Floats:
        """Return the variance of the pixels, or of those at an index, that expect this signal."""
        positive = np.maximum(expected, 0.0)
        return self.floor[at] + self.poisson[at] * positive + self.relative[at] * positive**2


def gather_pixels(
    frame: Frame,
    flat: Frame | None,
    geometry: Geometry,
    *,
    edge_margin_px: float,
    blur_fraction: float = BLUR_FRACTION,
) -> list[SlitPixels]:
    """Collect the pixels of each order that lie well inside its edges.

    Parameters
    ----------
    frame
        Frame in electrons, dark or bias removed, not divided by the flat; its variance holds
        read noise, Poisson noise of the data, and the noise of what was subtracted.
    flat
        Pixel response, or None.
    geometry
        Edges and pixel map.
    edge_margin_px
        Pixels left out at either edge.
    blur_fraction
        Width of the blur over that of the image of a pinhole.

    Raises
    ------
    InputError
        If flat or pixel map are of another detector setup.
    UnprocessableDataError
        If no order has pixels.
    """
    _require_together(frame, flat, geometry)
    readings = _Readings(frame, flat)
    found = []
    for order, place in geometry.pixel_map.places.items():
        pixels = _gather(readings, geometry, order, place, edge_margin_px, blur_fraction)
        if pixels is not None:
            found.append(pixels)
    if not found:
        raise UnprocessableDataError(
            "no order has pixels inside its edges",
            wanted="a pixel map and order edges of the same detector and binning as the frame",
            remedy="check the products of soxs_spatial_solution and soxs_spec_mflat",
        )
    return sorted(found, key=lambda pixels: float(np.median(pixels.wavelength_nm)))


def gather_like(frame: Frame, flat: Frame | None, alike: Sequence[SlitPixels]) -> list[SlitPixels]:
    """Collect the pixels of another frame of the same detector, at the same places.

    Parameters
    ----------
    frame, flat
        As in `gather_pixels`.
    alike
        What was gathered with the same geometry.
    """
    readings = _Readings(frame, flat)
    return [replace(pixels, **readings.at(pixels.place)) for pixels in alike]


def _require_together(frame: Frame, flat: Frame | None, geometry: Geometry) -> None:
    if geometry.pixel_map.order.shape != frame.shape:
        raise InputError(
            f"the pixel map has shape {geometry.pixel_map.order.shape}, the frame {frame.shape}",
            wanted="a pixel map of the same detector and binning",
            remedy="reduce multi-pinhole arcs of this binning with soxs_spatial_solution",
        )
    if flat is not None:
        # The response does not depend on the readout mode, as it is free of gain.
        setup = replace(flat.setup, read_mode="")
        require_same("the frame", frame.setup, "the master flat", setup)


class _Readings:
    """What is read of a frame and of its flat at places of the detector."""

    def __init__(self, frame: Frame, flat: Frame | None) -> None:
        self.width = frame.shape[1]
        slit = slit_width_arcsec(frame.header)
        self.slit_width_arcsec = slit if slit > 0 else 0.0
        self._data = frame.data.ravel()
        self._floor = np.maximum(frame.floor, 0.5 * frame.setup.read_noise_e**2).ravel()
        self._bad = frame.bad.ravel()
        self._flat = flat
        self._flat_bad = None if flat is None else flat.bad.ravel()

    def at(self, place: NDArray[np.int64]) -> dict[str, Any]:
        """Return the fields of `SlitPixels` that depend on the frame."""
        response, noise2 = self._response(place)
        good = response > 0
        response = np.where(good, response, 1.0)
        return {
            "data": self._data[place] / response,
            "floor": self._floor[place] / response**2,
            "poisson": 1.0 / response,
            "relative": noise2,
            "usable": good & ~self._bad[place],
        }

    def _response(self, place: NDArray[np.int64]) -> tuple[Floats, Floats]:
        if self._flat is None or self._flat_bad is None:
            return np.ones(place.size), np.zeros(place.size)
        response = self._flat.data.ravel()[place].astype(float)
        response[self._flat_bad[place]] = 0.0
        noise2 = self._flat.variance.ravel()[place].astype(float)
        return response, noise2 / np.maximum(response, 1e-3) ** 2


def _gather(
    readings: _Readings,
    geometry: Geometry,
    order: int,
    place: NDArray[np.int64],
    margin: float,
    blur_fraction: float,
) -> SlitPixels | None:
    pixel_map = geometry.pixel_map
    rows, columns = _inside(geometry, order, place, margin)
    place = rows * readings.width + columns
    wave = pixel_map.wavelength_nm.ravel()[place]
    w = geometry.dispersion.detector_position(order, wave, 0.0)[0]
    height = _height(pixel_map.slit_arcsec, pixel_map.order, rows, columns)
    keep = np.isfinite(w) & np.isfinite(height)
    if np.count_nonzero(keep) < FEWEST_PIXELS:
        return None
    rank = np.flatnonzero(keep)[np.argsort(w[keep], kind="stable")]
    place = place[rank]
    slit = pixel_map.slit_arcsec.ravel()[place].astype(float)
    low, high = geometry.dispersion.slit_domain_arcsec
    return SlitPixels(
        order=order,
        place=place,
        w=w[rank],
        slit_arcsec=slit,
        height_arcsec=height[rank],
        area=_area(geometry.dispersion, order, wave[rank], slit),
        wavelength_nm=wave[rank],
        **readings.at(place),
        slit_half_arcsec=0.5 * (high - low),
        width=readings.width,
        slit_width_arcsec=readings.slit_width_arcsec,
        blur_px=blur_fraction * pixel_map.spot_fwhm_px.get(order, math.nan),
        blur_wing=pixel_map.spot_wing,
    )


def _area(dispersion: DispersionSolution, order: int, wave: Floats, slit: Floats) -> Floats:
    """Return the relative area of pixels; it changes slowly along the order."""
    low, high = float(wave.min()), float(wave.max())
    known = pixel_area(dispersion, order, np.linspace(low, high, _AREA_NODES))
    return known.at((wave - low) / (high - low) * (_AREA_NODES - 1)).relative(slit)


def _inside(
    geometry: Geometry, order: int, place: NDArray[np.int64], margin: float
) -> tuple[NDArray, NDArray]:
    rows, columns = np.divmod(place, geometry.pixel_map.order.shape[1])
    table = geometry.order_table
    if order not in table.orders or not table.has_edges:
        return rows, columns
    first, last = table.x_range[table.index(order)]
    x = np.arange(geometry.pixel_map.order.shape[1])
    low, high = table.lower(order, x)[columns], table.upper(order, x)[columns]
    inside = (rows >= low + margin) & (rows <= high - margin)
    inside &= (columns >= first) & (columns <= last)
    return rows[inside], columns[inside]


def _height(slit: NDArray, label: NDArray, rows: NDArray, columns: NDArray) -> Floats:
    """Return how far the slit position moves from one pixel to the next along the column."""
    up, down = np.minimum(rows + 1, slit.shape[0] - 1), np.maximum(rows - 1, 0)
    here = label[rows, columns]
    up = np.where(label[up, columns] == here, up, rows)
    down = np.where(label[down, columns] == here, down, rows)
    step = slit[up, columns].astype(float) - slit[down, columns]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.abs(step) / (up - down)
