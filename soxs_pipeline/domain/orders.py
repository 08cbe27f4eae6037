"""Where the orders run: their centres and their edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike, NDArray

__all__ = ["OrderTable"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OrderTable:
    """Per order Chebyshev series of ``y`` against dispersion pixel ``x``.

    Parameters
    ----------
    orders
        Diffraction orders, shape ``(n,)``.
    x_range
        First and last dispersion pixel of each order that light falls on, shape ``(n, 2)``;
        also the domain of the series.
    centre_coef, lower_coef, upper_coef
        Coefficients, shape ``(n, degree + 1)``. The edges are NaN until a flat was measured.
    residual_px
        Residual of the measured centres, shape ``(n,)``.
    """

    orders: NDArray[np.int64]
    x_range: Floats
    centre_coef: Floats
    lower_coef: Floats
    upper_coef: Floats
    residual_px: Floats

    def index(self, order: int) -> int:
        """Return the row of an order."""
        return int(np.flatnonzero(self.orders == order)[0])

    def centre(self, order: int, x: ArrayLike) -> Floats:
        """Return ``y`` of the slit centre at dispersion pixels ``x``."""
        return self._evaluate(self.centre_coef, order, x)

    def lower(self, order: int, x: ArrayLike) -> Floats:
        """Return ``y`` of the edge at small ``y``."""
        return self._evaluate(self.lower_coef, order, x)

    def upper(self, order: int, x: ArrayLike) -> Floats:
        """Return ``y`` of the edge at large ``y``."""
        return self._evaluate(self.upper_coef, order, x)

    def moved_across(self, moved_px: Mapping[int, float]) -> Self:
        """Return the table for orders that moved by so many pixels along ``y``.

        The edges then hold what lies on the slit now and did so before: of what came in at one
        end no flat knows the response.
        """
        steps = np.array([moved_px.get(int(order), 0.0) for order in self.orders])
        centre, lower, upper = (
            np.column_stack([coef[:, 0] + step, coef[:, 1:]])
            for coef, step in (
                (self.centre_coef, steps),
                (self.lower_coef, np.maximum(steps, 0.0)),
                (self.upper_coef, np.minimum(steps, 0.0)),
            )
        )
        return replace(self, centre_coef=centre, lower_coef=lower, upper_coef=upper)

    @property
    def has_edges(self) -> bool:
        """True once the edges were measured."""
        return bool(np.isfinite(self.lower_coef).all() and np.isfinite(self.upper_coef).all())

    def _evaluate(self, coef: Floats, order: int, x: ArrayLike) -> Floats:
        row = self.index(order)
        low, high = self.x_range[row]
        t = (2.0 * np.asarray(x, float) - low - high) / (high - low)
        return np.asarray(chebyshev.chebval(t, coef[row]))
