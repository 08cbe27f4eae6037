"""How far emission lines are from where the dispersion solution puts them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LineCheck"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LineCheck:
    """Shifts and widths of lines, order by order and line by line.

    A shift is measured minus expected, in pixels along the detector: what moves as a whole shifts
    alike in orders that run in opposite directions. Velocities are positive towards the red.

    Parameters
    ----------
    orders
        Diffraction orders, shape ``(n,)``.
    shift_px, shift_error_px
        Best estimate of each order's shift; an order without lines takes that of the others,
        with the error that this has. Shape ``(n,)``; NaN and infinite if there is no line.
    velocity_km_s, velocity_error_km_s
        The same as a velocity at the middle of the order.
    n_lines
        Lines that carry each order's own estimate, shape ``(n,)``.
    fwhm_px, resolving_power
        Median over the lines of the order, NaN without; shape ``(n,)``.
    common_px, common_error_px
        Shift of all orders together.
    line_order, line_wavelength_nm, line_shift_px, line_error_px, line_fwhm_px, line_flux
        Every line measured, shape ``(m,)``; wavelengths in vacuum, flux in electrons in a row.
    line_used
        True for lines that carry the estimate.
    arm
        Label of the arm.
    """

    orders: NDArray[np.int64]
    shift_px: Floats
    shift_error_px: Floats
    velocity_km_s: Floats
    velocity_error_km_s: Floats
    n_lines: NDArray[np.int64]
    fwhm_px: Floats
    resolving_power: Floats
    common_px: float
    common_error_px: float
    line_order: NDArray[np.int64]
    line_wavelength_nm: Floats
    line_shift_px: Floats
    line_error_px: Floats
    line_fwhm_px: Floats
    line_flux: Floats
    line_used: NDArray[np.bool_]
    arm: str

    def shift_of(self, order: int) -> tuple[float, float]:
        """Return shift and error of an order in pixels; the common one if it is not known."""
        found = np.flatnonzero(self.orders == order)
        if not found.size:
            return self.common_px, self.common_error_px
        return float(self.shift_px[found[0]]), float(self.shift_error_px[found[0]])
