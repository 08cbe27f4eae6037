"""Spectral lines: the list, and what was measured of them on a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LineList", "LineMeasurements", "MolecularBands"]


@dataclass(frozen=True, eq=False)
class LineList:
    """Lines of a lamp or of the sky, sorted by wavelength.

    Parameters
    ----------
    wavelength_nm
        Vacuum wavelengths, shape ``(n,)``.
    intensity
        Relative intensity, arbitrary scale.
    species
        Emitter of each line (``Ne I``).
    clean
        True for lines without a disturbing neighbour at the resolution of the instrument;
        only these carry a wavelength solution.
    """

    wavelength_nm: NDArray[np.float64]
    intensity: NDArray[np.float64]
    species: NDArray[np.str_]
    clean: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LineMeasurements:
    """Lines measured on a frame against the fitted solution; all arrays of shape ``(n,)``.

    Parameters
    ----------
    order, wavelength_nm, slit_arcsec
        What the line is.
    x_predicted, y_predicted, x, y, x_error, y_error
        Predicted and measured position and its error in pixels.
    x_fit, y_fit
        Position of the fitted solution.
    flux, fwhm_x, fwhm_y
        Electrons in the line and its widths in pixels.
    used
        True if the line carries the final fit.
    x_blend, x_blend_error
        Shift that fainter neighbours of the list are expected to give the line along the
        dispersion, already taken off ``x``, and how uncertain it is; pixels.
    """

    order: NDArray[np.int64]
    wavelength_nm: NDArray[np.float64]
    slit_arcsec: NDArray[np.float64]
    x_predicted: NDArray[np.float64]
    y_predicted: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_error: NDArray[np.float64]
    y_error: NDArray[np.float64]
    x_fit: NDArray[np.float64]
    y_fit: NDArray[np.float64]
    flux: NDArray[np.float64]
    fwhm_x: NDArray[np.float64]
    fwhm_y: NDArray[np.float64]
    used: NDArray[np.bool_]
    x_blend: NDArray[np.float64]
    x_blend_error: NDArray[np.float64]

    def widths_along_slit_px(self, fewest: int = 5) -> dict[int, float]:
        """Return the median full width at half maximum along the slit of the orders, in pixels.

        Orders with fewer lines than that are left out.
        """
        orders, count = np.unique(self.order[self.used], return_counts=True)
        return {
            int(order): float(np.median(self.fwhm_y[self.used & (self.order == order)]))
            for order in orders[count >= fewest]
        }


@dataclass(frozen=True, eq=False)
class MolecularBands:
    """Where molecules of the air absorb; arrays of shape ``(n,)``, vacuum.

    Parameters
    ----------
    low_nm, high_nm
        Ends of each band.
    absorber
        What absorbs (``H2O``).
    """

    low_nm: NDArray[np.float64]
    high_nm: NDArray[np.float64]
    absorber: NDArray[np.str_]

    def cover(self, wavelength_nm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return True for wavelengths within a band."""
        after = np.asarray(wavelength_nm)[:, None] >= self.low_nm
        before = np.asarray(wavelength_nm)[:, None] <= self.high_nm
        return np.asarray((after & before).any(axis=1))
