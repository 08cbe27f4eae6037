"""Where light of a wavelength and slit position falls on the detector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

__all__ = ["DispersionSolution", "SpectralFormat"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DispersionSolution:
    """Per order two Chebyshev series: (wavelength, slit position) to detector (x, y).

    With ``t`` the wavelength scaled to [-1, 1] on the order's domain and ``u`` the slit
    position scaled to [-1, 1] on the slit domain, ``x = sum_ij x_coef[i, j] T_i(t) T_j(u)``.
    ``x`` runs along the dispersion, ``y`` along the slit; 0-based centres of trimmed pixels.

    Parameters
    ----------
    orders
        Diffraction orders, shape ``(n,)``.
    wave_domain_nm
        Domain of each order in vacuum nm, shape ``(n, 2)``.
    slit_domain_arcsec
        Domain of the slit position.
    x_coef, y_coef
        Coefficients, shape ``(n, wavelength degree + 1, slit degree + 1)``.
    fit_rms_px
        Residual of the fitted lines along the dispersion and the slit, shape ``(n, 2)``;
        NaN for a prediction.
    n_lines
        Lines that carry each order's fit, shape ``(n,)``.
    """

    orders: NDArray[np.int64]
    wave_domain_nm: Floats
    slit_domain_arcsec: tuple[float, float]
    x_coef: Floats
    y_coef: Floats
    fit_rms_px: Floats
    n_lines: NDArray[np.int64]

    def index(self, order: int) -> int:
        """Return the row of an order.

        Raises
        ------
        KeyError
            If the solution does not hold the order.
        """
        found = np.flatnonzero(self.orders == order)
        if not found.size:
            raise KeyError(order)
        return int(found[0])

    def scaled(
        self, order: int, wavelength_nm: ArrayLike, slit_arcsec: ArrayLike
    ) -> tuple[Floats, Floats]:
        """Return wavelength and slit position scaled to the domain of the series."""
        low, high = self.wave_domain_nm[self.index(order)]
        t = (2.0 * np.asarray(wavelength_nm, float) - low - high) / (high - low)
        low, high = self.slit_domain_arcsec
        u = (2.0 * np.asarray(slit_arcsec, float) - low - high) / (high - low)
        return t, u

    def detector_position(
        self, order: int, wavelength_nm: ArrayLike, slit_arcsec: ArrayLike
    ) -> tuple[Floats, Floats]:
        """Return detector ``x`` and ``y`` of light of this wavelength and slit position."""
        row = self.index(order)
        t, u = np.broadcast_arrays(*self.scaled(order, wavelength_nm, slit_arcsec))
        return (
            chebyshev.chebval2d(t, u, self.x_coef[row]),
            chebyshev.chebval2d(t, u, self.y_coef[row]),
        )

    def moved_across(self, moved_px: Mapping[int, float]) -> Self:
        """Return the solution for images of the slit that moved by so many pixels along ``y``."""
        y_coef = self.y_coef.copy()
        y_coef[:, 0, 0] += [moved_px.get(int(order), 0.0) for order in self.orders]
        return replace(self, y_coef=y_coef)

    def rebinned(self, along_dispersion: int, along_slit: int) -> Self:
        """Return the solution for a detector binned by these factors."""
        return replace(
            self,
            x_coef=_rebinned(self.x_coef, along_dispersion),
            y_coef=_rebinned(self.y_coef, along_slit),
        )


def _rebinned(coef: Floats, factor: int) -> Floats:
    # Centre of binned pixel k covers unbinned pixels factor*k ... factor*k + factor - 1.
    scaled = coef / factor
    scaled[:, 0, 0] += 0.5 / factor - 0.5
    return scaled


@dataclass(frozen=True, eq=False)
class SpectralFormat:
    """The predicted spectral format: a static calibration.

    Parameters
    ----------
    solution
        Predicted positions of unbinned, trimmed pixels.
    names
        Name of each order (``u`` or ``m=16``).
    wave_range_nm
        Useful range of each order in vacuum nm, shape ``(n, 2)``.
    slit_length_arcsec
        Length of the slit.
    pinholes_arcsec
        Slit positions of the pinholes of the mask.
    moves_together
        True if all orders share one flexure (one camera), False if each moves by itself.
    shape
        Shape ``(ny, nx)`` of the unbinned trimmed detector, dispersion along axis 1.
    """

    solution: DispersionSolution
    names: tuple[str, ...]
    wave_range_nm: Floats
    slit_length_arcsec: float
    pinholes_arcsec: Floats
    moves_together: bool
    shape: tuple[int, int]

    @property
    def orders(self) -> NDArray[np.int64]:
        """The diffraction orders."""
        return self.solution.orders

    def name_of(self, order: int) -> str:
        """Return the name of an order."""
        return self.names[self.solution.index(order)]

    def rebinned(self, along_dispersion: int, along_slit: int) -> Self:
        """Return the format of a detector binned by these factors."""
        ny, nx = self.shape
        return replace(
            self,
            solution=self.solution.rebinned(along_dispersion, along_slit),
            shape=(ny // along_slit, nx // along_dispersion),
        )
