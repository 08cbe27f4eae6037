"""Positive smooth curves: the exponential of a cubic B-spline with even knots."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from scipy.sparse import csr_array

__all__ = ["LogSpline", "second_differences"]

Floats = NDArray[np.float64]

_DEGREE = 3
#: Step in knots of the table from which the curve is looked up.
_TABLE_STEP = 0.04


@dataclass(frozen=True, eq=False)
class LogSpline:
    """A positive curve; beyond its range it stays as it is at the end.

    Parameters
    ----------
    low, high
        Range of the curve.
    coef
        Coefficients of the logarithm's B-splines, at least four: those of the splines whose
        middles lie evenly from one step below ``low`` to one above ``high``.
    """

    low: float
    high: float
    coef: Floats

    @property
    def step(self) -> float:
        """Distance of the knots."""
        return (self.high - self.low) / (self.coef.size - _DEGREE)

    @property
    def middles(self) -> Floats:
        """Where each spline has its middle."""
        return np.asarray(self.low + self.step * (np.arange(self.coef.size) - 1.0))

    def basis(self, x: Floats) -> csr_array:
        """Return the splines at some places, shape ``(x.size, coef.size)``.

        Parameters
        ----------
        x
            Shape ``(n,)``.
        """
        inside = np.clip(x, self.low, self.high - 1e-9 * (self.high - self.low))
        return csr_array(BSpline.design_matrix(inside, self._knots, _DEGREE))

    def __call__(self, x: Floats) -> Floats:
        """Return the curve, from a table.

        Parameters
        ----------
        x
            Of any shape.
        """
        return np.asarray(np.exp(np.interp(x, *self._table)))

    def slope(self, x: Floats) -> Floats:
        """Return the derivative of the curve's logarithm, from a table.

        Parameters
        ----------
        x
            Of any shape.
        """
        places, values = self._table
        return np.asarray(np.interp(x, places, np.gradient(values, places)))

    @cached_property
    def _knots(self) -> Floats:
        count = self.coef.size - _DEGREE
        return np.asarray(self.low + self.step * np.arange(-_DEGREE, count + _DEGREE + 1))

    @cached_property
    def _table(self) -> tuple[Floats, Floats]:
        count = int(np.ceil((self.coef.size - _DEGREE) / _TABLE_STEP)) + 1
        places = np.linspace(self.low, self.high, count)
        return places, np.asarray(self.basis(places) @ self.coef)


def second_differences(count: int, step: float) -> Floats:
    """Return the matrix that gives the second derivative at the inner knots from coefficients.

    Parameters
    ----------
    count, step
        How many coefficients, and the distance of the knots.
    """
    matrix = np.zeros((count - 2, count))
    for k, weight in enumerate((1.0, -2.0, 1.0)):
        matrix[np.arange(count - 2), np.arange(count - 2) + k] = weight / step**2
    return matrix
