"""Paint light on a finely sampled focal plane, then blur it and collect it in pixels.

The focal plane is sampled three times finer than the pixels.  Smooth light is painted by
looking up, for every fine cell, which wavelength and slit position it sees (times the
Jacobian, so flux is conserved); sharp light (emission lines, pinholes) is dealt out to the four
nearest cells in proportion (cloud in cell), which conserves its flux and its centroid exactly.
The point-spread function and the width of the slit come in when cells are summed into pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from soxs_pipeline.simulator.geometry import Geometry, horner

__all__ = ["Blur", "Canvas", "Strip", "strip_of"]

FINE = 3
MARGIN = 6
BLOCK = 64
SAMPLES = 16384
SLIT_HALF_ARCSEC = 6.0

Array = NDArray[np.floating]
Image = NDArray[np.float32]


@dataclass(frozen=True)
class Blur:
    """The optics' point spread along one axis.

    Parameters
    ----------
    fwhm_px
        Width of the core in the middle of the detector.
    growth
        Relative gain in width from the middle to the ends of the axis.
    wing
        Share of the light in a second Gaussian, twice as wide.
    profile
        Offsets (px) and weights of the image of the slit's width, for light that does not come
        from a point; None for a point.
    """

    fwhm_px: float
    growth: float = 0.05
    wing: float = 0.04
    profile: tuple[Array, Array] | None = None

    def matrix(self, block: slice, n_pixels: int) -> tuple[slice, Image]:
        """Weights ``(pixels, cells)`` of the fine cells that reach a block of pixels."""
        middle = (block.start + block.stop - 1) / 2
        place = 2 * middle / n_pixels - 1
        sigma = self.fwhm_px * (1 + self.growth * place**2) / 2.3548
        table, reach = self._table(sigma)
        pad = int(np.ceil(reach)) + 1
        first = max((block.start - pad + MARGIN) * FINE, 0)
        last = min((block.stop + pad + MARGIN) * FINE, (n_pixels + 2 * MARGIN) * FINE)
        cells = (np.arange(first, last) + 0.5) / FINE - 0.5 - MARGIN
        offsets = np.arange(block.start, block.stop)[:, None] - cells
        weights = np.interp(offsets, table[0], table[1], left=0.0, right=0.0)
        return slice(first, last), weights.astype(np.float32)

    def _table(self, sigma: float) -> tuple[tuple[Array, Array], float]:
        offsets, weights = self.profile or (np.zeros(1), np.ones(1))
        reach = 7.0 * sigma + float(np.abs(offsets).max()) + 0.5
        grid = np.arange(-reach, reach + 0.02, 0.02)
        total = np.zeros_like(grid)
        for share, width in ((1 - self.wing, sigma), (self.wing, 2 * sigma)):
            step = np.sqrt(2) * width
            for offset, weight in zip(offsets, weights, strict=True):
                shifted = grid - offset
                high, low = erf((shifted + 0.5) / step), erf((shifted - 0.5) / step)
                total += share * weight * (high - low) / 2
        return (grid, total), reach


class Canvas:
    """A finely sampled focal plane.

    Parameters
    ----------
    shape
        ``(ny, nx)`` of the detector in canonical orientation.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        ny, nx = ((n + 2 * MARGIN) * FINE for n in shape)
        self.cells: Image = np.zeros((ny, nx), dtype=np.float32)

    def add_points(self, x: Array, y: Array, light: Array) -> None:
        """Add sharp light at canonical pixel positions (arrays of one length)."""
        rows, columns = self.cells.shape
        fine_x = (x + 0.5 + MARGIN) * FINE - 0.5
        fine_y = (y + 0.5 + MARGIN) * FINE - 0.5
        inside = (fine_x >= 0) & (fine_x < columns - 1) & (fine_y >= 0) & (fine_y < rows - 1)
        fine_x, fine_y, light = fine_x[inside], fine_y[inside], light[inside]
        i, j = fine_x.astype(np.int64), fine_y.astype(np.int64)
        a, b = fine_x - i, fine_y - j
        flat = self.cells.reshape(-1)
        corner = j * columns + i
        np.add.at(flat, corner, (light * (1 - a) * (1 - b)).astype(np.float32))
        np.add.at(flat, corner + 1, (light * a * (1 - b)).astype(np.float32))
        np.add.at(flat, corner + columns, (light * (1 - a) * b).astype(np.float32))
        np.add.at(flat, corner + columns + 1, (light * a * b).astype(np.float32))

    def add_strip(self, strip: Strip, light: Image) -> None:
        """Add light per cell, shape of the strip."""
        self.cells.reshape(-1)[strip.index] += light

    def collect(self, along: Blur, across: Blur) -> Image:
        """Blur and sum into pixels; ``along`` acts on x, ``across`` on y."""
        ny, nx = self.shape
        narrow = np.zeros((ny, self.cells.shape[1]), dtype=np.float32)
        for block in _blocks(ny):
            cells, weights = across.matrix(block, ny)
            part = self.cells[cells]
            if part.any():
                narrow[block] = weights @ part
        image = np.empty((ny, nx), dtype=np.float32)
        for block in _blocks(nx):
            cells, weights = along.matrix(block, nx)
            image[:, block] = narrow[:, cells] @ weights.T
        return image


def _blocks(length: int) -> list[slice]:
    return [slice(k, min(k + BLOCK, length)) for k in range(0, length, BLOCK)]


@dataclass(frozen=True)
class Strip:
    """What every fine cell along one order sees.

    Parameters
    ----------
    index
        Flat index into the canvas, ``(nv, nx)``.
    sample
        Wavelength as fractional index into ``wavelengths``, ``(nv, nx)``.
    slit
        Slit position in arcsec, ``(nv, nx)``.
    area
        Wavelength times slit covered by the cell (nm arcsec), zero off the slit.
    wavelengths
        Uniform vacuum grid (nm) on which spectra are to be given.
    """

    index: NDArray[np.int64]
    sample: Image
    slit: Image
    area: Image
    wavelengths: Array

    def look_up(self, spectrum: Array) -> Image:
        """Interpolate a spectrum on ``wavelengths`` at every cell."""
        values = np.append(spectrum, spectrum[-1]).astype(np.float32)
        whole = self.sample.astype(np.int32)
        fraction = self.sample - whole
        low = values[whole]
        return low + fraction * (values[whole + 1] - low)

    def map_slit(self, curve: Callable[[Array], Array]) -> Image:
        """Evaluate a smooth function of slit position at every cell."""
        grid = np.linspace(-9.0, 9.0, 3601)
        table = curve(grid).astype(np.float32)
        where = ((self.slit + np.float32(9.0)) * np.float32(200.0) + np.float32(0.5)).astype(
            np.int32
        )
        return table[np.clip(where, 0, 3600)]


def strip_of(geometry: Geometry, order: int) -> Strip:
    """Prepare one order for painting smooth light."""
    inverse = geometry.inverse(order)
    ny, nx = ((n + 2 * MARGIN) * FINE for n in geometry.shape)
    columns = np.arange(nx)
    x = (columns + 0.5) / FINE - 0.5 - MARGIN
    keep = (x >= inverse.x_range[0]) & (x <= inverse.x_range[1])
    columns, x = columns[keep], x[keep]
    centre = inverse.reference(x)
    height = int(np.ceil(2 * inverse.half_height * FINE)) + 1
    first = np.floor((centre - inverse.half_height + 0.5 + MARGIN) * FINE - 0.5).astype(int)
    first = np.clip(first, 0, ny - height)
    rows = first + np.arange(height)[:, None]
    v = ((rows + 0.5) / FINE - 0.5 - MARGIN - centre) / inverse.half_height
    wave_c, slit_c, area_c = inverse.columns(x)
    low, high = geometry.orders[order].wave_range
    step = (high - low) / (SAMPLES - 1)
    sample = (horner(wave_c, v) - low) / step
    slit = horner(slit_c, v)
    per_cell = np.abs(np.gradient(slit, axis=0)).mean()
    edge = np.clip((SLIT_HALF_ARCSEC - np.abs(slit)) / per_cell + 0.5, 0.0, 1.0)
    edge *= (sample >= 0) & (sample <= SAMPLES - 1)
    return Strip(
        index=rows * nx + columns,
        sample=np.clip(sample, 0, SAMPLES - 1).astype(np.float32),
        slit=slit.astype(np.float32),
        area=(horner(area_c, v) * edge / FINE**2).astype(np.float32),
        wavelengths=low + step * np.arange(SAMPLES),
    )
