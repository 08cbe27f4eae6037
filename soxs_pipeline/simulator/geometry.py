"""Where light of each wavelength and slit position falls on the simulated detectors.

Positions are canonical: ``x`` along the dispersion, ``y`` along the slit, 0-based pixel centres
of the trimmed, unbinned detector.  For the VIS arm that is the transposed detector.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from soxs_pipeline.simulator.data import data_file

__all__ = ["Flexure", "Geometry", "InverseMap", "OrderGeometry", "random_flexure", "vacuum_to_air"]

Array = NDArray[np.floating]

#: Light is followed this fraction of the order's wavelength domain past its ends.
OVERREACH = 0.02
SLIT_HALF_ARCSEC = 6.0


def vacuum_to_air(vacuum_nm: Array) -> Array:
    """Wavelength in standard air (Ciddor 1996, Appl. Opt. 35, 1566, eq. 1).

    Parameters
    ----------
    vacuum_nm
        Vacuum wavelength in nm.
    """
    wavenumber2 = (1e3 / np.asarray(vacuum_nm, dtype=float)) ** 2
    excess = 5792105.0 / (238.0185 - wavenumber2) + 167917.0 / (57.362 - wavenumber2)
    return np.asarray(vacuum_nm) / (1.0 + 1e-8 * excess)


def air_to_vacuum(air_nm: Array) -> Array:
    """Invert :func:`vacuum_to_air` by fixed-point iteration."""
    air = np.asarray(air_nm, dtype=float)
    vacuum = air.copy()
    for _ in range(5):
        vacuum = air * (vacuum / vacuum_to_air(vacuum))
    return vacuum


@dataclass(frozen=True)
class Flexure:
    """How the optics have moved with respect to the published format.

    Parameters
    ----------
    shift
        Order to ``(dx, dy)`` in canonical pixels.
    rotation_rad, scale
        Rotation about, and relative scale from, the centre of the detector.
    bend
        Order to Chebyshev coefficients ``(2, 4, 3)`` of a smooth extra distortion of x and y over
        the detector, in pixels.
    """

    shift: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    rotation_rad: float = 0.0
    scale: float = 1.0
    bend: Mapping[int, Array] = field(default_factory=dict)

    def moved(self, dx: float, dy: float) -> Flexure:
        """Return a copy shifted rigidly by some pixels more."""
        orders = self.shift or {0: (0.0, 0.0)}
        shift = {m: (a + dx, b + dy) for m, (a, b) in orders.items()}
        return Flexure(shift, self.rotation_rad, self.scale, self.bend)


def random_flexure(arm: str, rng: np.random.Generator, *, bend_px: float = 0.25) -> Flexure:
    """Draw a flexure state: shifts of several pixels, each VIS band on its own.

    Parameters
    ----------
    arm
        ``VIS`` or ``NIR``.
    rng
        Source of chance.
    bend_px
        Largest extra distortion in pixels.
    """
    orders = sorted(_published()[arm]["orders"], key=int)
    common = (rng.uniform(-4.0, 4.0), rng.uniform(-3.0, 3.0))
    one_bend = _random_bend(rng, bend_px)
    shift: dict[int, tuple[float, float]] = {}
    bend: dict[int, Array] = {}
    for name in orders:
        own = rng.uniform(-2.5, 2.5, 2) if arm == "VIS" else np.zeros(2)
        shift[int(name)] = (common[0] + own[0], common[1] + own[1])
        bend[int(name)] = _random_bend(rng, bend_px) if arm == "VIS" else one_bend
    return Flexure(shift, rng.normal(0.0, 4e-4), 1.0 + rng.normal(0.0, 3e-4), bend)


def _random_bend(rng: np.random.Generator, largest_px: float) -> Array:
    coefficients = rng.normal(size=(2, 4, 3))
    # Shift, scale and rotation are drawn apart; what is left here only bends.
    coefficients[:, 0, 0] = coefficients[:, 1, 0] = coefficients[:, 0, 1] = 0.0
    coefficients[:, 2:, 1:] *= 0.3
    total = np.abs(coefficients).sum(axis=(1, 2), keepdims=True)
    return coefficients / total * largest_px


@lru_cache(maxsize=1)
def _published() -> dict:
    return json.loads(Path(data_file("geometry.json")).read_text())


@dataclass(frozen=True)
class InverseMap:
    """Wavelength and slit position of every place in a strip along one order.

    Parameters
    ----------
    x_range
        Validity in canonical pixels along the dispersion.
    centre
        Chebyshev coefficients of the strip's reference row over ``x_range``.
    half_height
        Half the height in pixels that holds the slit.
    wavelength, slit, jacobian
        Coefficients ``(nx, nv)``: Chebyshev in x, powers in ``v = (y - centre) / half_height``;
        vacuum nm, arcsec, and nm arcsec per square pixel.
    """

    x_range: tuple[float, float]
    centre: Array
    half_height: float
    wavelength: Array
    slit: Array
    jacobian: Array

    def reference(self, x: Array) -> Array:
        """Row of the strip's reference line."""
        return chebyshev.chebval(self._normal(x), self.centre)

    def _normal(self, x: Array) -> Array:
        low, high = self.x_range
        return (2 * np.asarray(x, dtype=float) - low - high) / (high - low)

    def columns(self, x: Array) -> tuple[Array, Array, Array]:
        """Power-series coefficients in v, shape ``(nv, len(x))``, of the three quantities."""
        basis = chebyshev.chebvander(self._normal(x), self.wavelength.shape[0] - 1)
        return (
            (basis @ self.wavelength).T,
            (basis @ self.slit).T,
            (basis @ self.jacobian).T,
        )

    def evaluate(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Vacuum wavelength (nm) and slit position (arcsec) at single places ``(n,)``."""
        v = (np.asarray(y) - self.reference(x)) / self.half_height
        wavelength, slit, _ = self.columns(x)
        return horner(wavelength, v), horner(slit, v)


def horner(coefficients: Array, v: Array) -> Array:
    """Sum ``coefficients[k] * v**k`` with broadcasting over the trailing axes."""
    total = coefficients[-1] + np.zeros_like(v)
    for row in coefficients[-2::-1]:
        total *= v
        total += row
    return total


@dataclass(frozen=True)
class OrderGeometry:
    """One order of one arm, in one flexure state."""

    order: int
    wave_domain_air: tuple[float, float]
    wave_full_air: tuple[float, float]
    x_coef: Array
    y_coef: Array
    flexure: Flexure
    shape: tuple[int, int]

    @property
    def wave_range(self) -> tuple[float, float]:
        """Vacuum wavelengths (nm) between which light is followed."""
        low, high = self.wave_domain_air
        reach = OVERREACH * (high - low)
        ends = air_to_vacuum(np.array([low - reach, high + reach]))
        return float(ends[0]), float(ends[1])

    @property
    def wave_published(self) -> tuple[float, float]:
        """Full range of the published format, vacuum nm."""
        ends = air_to_vacuum(np.array(self.wave_full_air))
        return float(ends[0]), float(ends[1])

    def position(self, vacuum_nm: Array, slit_arcsec: Array) -> tuple[Array, Array]:
        """Canonical ``(x, y)`` of light; arguments broadcast against each other."""
        low, high = self.wave_domain_air
        wave, slit = np.broadcast_arrays(vacuum_to_air(vacuum_nm), slit_arcsec)
        t = (2 * wave - low - high) / (high - low)
        u = slit / SLIT_HALF_ARCSEC
        x = chebyshev.chebval2d(t, u, self.x_coef)
        y = chebyshev.chebval2d(t, u, self.y_coef)
        return self._flexed(x, y)

    def _flexed(self, x: Array, y: Array) -> tuple[Array, Array]:
        ny, nx = self.shape
        dx, dy = x - (nx - 1) / 2, y - (ny - 1) / 2
        turn, scale = self.flexure.rotation_rad, self.flexure.scale
        shift = self.flexure.shift.get(self.order, self.flexure.shift.get(0, (0.0, 0.0)))
        new_x = (nx - 1) / 2 + scale * (np.cos(turn) * dx - np.sin(turn) * dy) + shift[0]
        new_y = (ny - 1) / 2 + scale * (np.sin(turn) * dx + np.cos(turn) * dy) + shift[1]
        bend = self.flexure.bend.get(self.order)
        if bend is not None:
            a, b = 2 * dx / nx, 2 * dy / ny
            new_x = new_x + chebyshev.chebval2d(a, b, bend[0])
            new_y = new_y + chebyshev.chebval2d(a, b, bend[1])
        return new_x, new_y

    def rising(self) -> bool:
        """Tell whether the wavelength rises with x."""
        x, _ = self.position(np.array(self.wave_published), np.zeros(2))
        return bool(x[1] > x[0])

    def inverse(self) -> InverseMap:
        """Fit the inverse map; exact to about 1e-6 px."""
        return _fit_inverse(self)


def _fit_inverse(geometry: OrderGeometry, n_x: int = 28, n_v: int = 9) -> InverseMap:
    low, high = geometry.wave_range
    dense = np.linspace(low, high, 400)
    x_mid, y_mid = geometry.position(dense, np.zeros_like(dense))
    x_range = (float(x_mid.min()), float(x_mid.max()))
    normal = (2 * x_mid - sum(x_range)) / (x_range[1] - x_range[0])
    centre = chebyshev.chebfit(normal, y_mid, 8)
    _, ends = geometry.position(dense[:, None], np.array([-1.0, 1.0]) * SLIT_HALF_ARCSEC)
    half = float(np.abs(ends - y_mid[:, None]).max()) + 2.0
    nodes = np.cos(np.pi * (np.arange(n_x) + 0.5) / n_x)
    v = np.cos(np.pi * (np.arange(n_v) + 0.5) / n_v)
    x = (nodes * (x_range[1] - x_range[0]) + sum(x_range)) / 2
    target_x = np.repeat(x, n_v)
    target_y = (chebyshev.chebval(nodes, centre)[:, None] + v * half).ravel()
    sort = np.argsort(x_mid)
    wave = np.interp(target_x, x_mid[sort], dense[sort])
    sign = 1.0 if ends[200, 1] > ends[200, 0] else -1.0
    slit = sign * np.tile(v, n_x) * SLIT_HALF_ARCSEC
    found = _newton(geometry, target_x, target_y, (wave, slit))
    basis = (
        chebyshev.chebvander(np.repeat(nodes, n_v), 15)[:, :, None]
        * np.vander(np.tile(v, n_x), 6, increasing=True)[:, None, :]
    ).reshape(n_x * n_v, -1)

    def fit(values: Array) -> Array:
        return np.linalg.lstsq(basis, values, rcond=None)[0].reshape(16, 6)

    return InverseMap(x_range, centre, half, *(fit(values) for values in found))


def _newton(
    geometry: OrderGeometry, x: Array, y: Array, start: tuple[Array, Array]
) -> tuple[Array, Array, Array]:
    wave, slit = start
    step_wave, step_slit = 1e-5 * (wave.max() - wave.min()), 1e-3
    determinant = np.ones_like(wave)
    for _ in range(12):
        px, py = geometry.position(wave, slit)
        ax, ay = geometry.position(wave + step_wave, slit)
        bx, by = geometry.position(wave - step_wave, slit)
        cx, cy = geometry.position(wave, slit + step_slit)
        ex, ey = geometry.position(wave, slit - step_slit)
        xw, yw = (ax - bx) / (2 * step_wave), (ay - by) / (2 * step_wave)
        xs, ys = (cx - ex) / (2 * step_slit), (cy - ey) / (2 * step_slit)
        determinant = xw * ys - xs * yw
        wave = wave + (ys * (x - px) - xs * (y - py)) / determinant
        slit = slit + (xw * (y - py) - yw * (x - px)) / determinant
    return wave, slit, 1.0 / np.abs(determinant)


class Geometry:
    """All orders of one arm in one flexure state.

    Parameters
    ----------
    arm
        ``VIS`` or ``NIR``.
    flexure
        State of the optics; none by default.
    smooth
        Positions that change smoothly from order to order, as an echelle's do, instead of those
        published order by order; they differ by up to 1.3 px.
    """

    def __init__(self, arm: str, flexure: Flexure | None = None, *, smooth: bool = False) -> None:
        published = _published()[arm]
        rows, columns = published["rows_columns"]
        self.arm = arm
        self.smooth = smooth
        self.transposed = arm == "VIS"
        self.shape: tuple[int, int] = (columns, rows) if self.transposed else (rows, columns)
        self.pinholes = np.array(published["pinholes_arcsec"])
        self.flexure = flexure or Flexure()
        self.orders: dict[int, OrderGeometry] = {}
        for name, entry in sorted(published["orders"].items(), key=lambda item: int(item[0])):
            kind = "smooth" if smooth and "x_smooth" in entry else "coef"
            along, across = ("y", "x") if self.transposed else ("x", "y")
            self.orders[int(name)] = OrderGeometry(
                order=int(name),
                wave_domain_air=tuple(entry["wave_domain_nm"]),
                wave_full_air=tuple(entry["wave_range_full_nm"]),
                x_coef=np.array(entry[f"{along}_{kind}"]),
                y_coef=np.array(entry[f"{across}_{kind}"]),
                flexure=self.flexure,
                shape=self.shape,
            )
        self._inverse: dict[int, InverseMap] = {}

    def inverse(self, order: int) -> InverseMap:
        """Inverse map of one order, fitted once."""
        if order not in self._inverse:
            self._inverse[order] = self.orders[order].inverse()
        return self._inverse[order]

    def moved(self, dx: float, dy: float) -> Geometry:
        """Return the same geometry shifted rigidly by some pixels more."""
        flexure = self.flexure
        if not flexure.shift:
            flexure = Flexure(dict.fromkeys(self.orders, (0.0, 0.0)))
        return Geometry(self.arm, flexure.moved(dx, dy), smooth=self.smooth)
