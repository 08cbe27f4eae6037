"""Points of a response: what the orders of a star say, and what the air hid of it.

Electrons over the flat lamp's signal and over the star's flux through the extinction of the site
are one curve for all orders of an arm, but for molecular bands. There the transmission that is
fitted to the star itself brings the points back, as well as the templates are known. Without
templates the brightest bins of short stretches, nearly free of lines, tell where the curve is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from soxs_pipeline.domain.flux import Extinction, FluxStandards
from soxs_pipeline.domain.lines import MolecularBands
from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.domain.spectra import MergedSpectrum, OrderSpectra, OrderSpectrum
from soxs_pipeline.domain.telluric import TelluricGrid
from soxs_pipeline.reduction.flux.ordersteps import OrderLight
from soxs_pipeline.reduction.flux.telluric import TelluricOptions, find_absorption

__all__ = ["ENVELOPE_ERROR", "POINT_ERROR", "Points", "light_of", "points_of"]

Floats = NDArray[np.float64]

#: Width in ln(wavelength) of the bins in which points are averaged, and of those within bands.
_BIN, _STRETCH = 5e-4, 0.01
#: Error granted to every point: the star's own lines, the extinction, the flat.
POINT_ERROR = 0.003
#: Bins of the lamp with less than this share of the order's peak are left out.
_LEAST_BLAZE = 0.05
#: Width in ln(wavelength) over which a star's spectrum must be smooth to be trusted.
_LINE_WIDTH = 0.02
#: Fewest bins of an order, and of a stretch within a band.
_FEWEST, _FEW = 20, 10
#: Without templates the brightest tenth of the bins in a stretch counts, with this error.
_ENVELOPE, ENVELOPE_ERROR = 90.0, 0.10
#: With them, bins through which this share of the light came.
_LEAST_PASSED = 0.3


@dataclass(frozen=True, eq=False)
class Points:
    """ln of the lamp-free sensitivity at ``x`` with its error; some lie in a band.

    The error of a point within a band is that of what brought it back, which is common to
    neighbours: it does not average out.
    """

    x: Floats
    y: Floats
    sigma: Floats
    banded: NDArray[np.bool_]

    def only(self, kept: NDArray[np.bool_] | NDArray[np.intp]) -> Points:
        """Return some of the points, or all in another order."""
        return Points(self.x[kept], self.y[kept], self.sigma[kept], self.banded[kept])


def light_of(
    spectrum: OrderSpectrum,
    exposure: OrderSpectra,
    standards: FluxStandards,
    row: int,
    extinction: Extinction,
    airmass: float,
) -> OrderLight | None:
    """Return the sensitivity of an order over the lamp's signal, None if too little is usable.

    Parameters
    ----------
    spectrum, exposure
        The order, and the exposure that it is of.
    standards, row
        Fluxes of stars, and which of them this is.
    extinction, airmass
        Of site and exposure.
    """
    wave = spectrum.wavelength_nm
    flux = np.interp(wave, standards.wavelength_nm, standards.flux[row], np.nan, np.nan)
    flux = flux * extinction.transmission(wave, airmass)
    if spectrum.slit_share is not None:
        # The response is that of light that enters the slit.
        flux = flux * spectrum.slit_share
    rate = spectrum.flux / (spectrum.width_nm * exposure.exposure_s)
    error = np.sqrt(spectrum.variance) / (spectrum.width_nm * exposure.exposure_s)
    lamp = spectrum.blaze
    good = (spectrum.quality & np.uint32(FATAL)) == 0
    good &= np.isfinite(lamp) & np.isfinite(flux) & (flux > 0) & (rate > 3 * error)
    if good.sum() < _FEWEST:
        return None
    good &= lamp > _LEAST_BLAZE * np.nanmax(lamp)
    x = np.log(wave)
    # Where the star has lines of its own, resolution and wavelength scale must match too well.
    uneven = _unevenness(x, np.where(flux > 0, flux, np.nan))
    with np.errstate(all="ignore"):
        y = np.log(rate / (lamp * flux))
        sigma = np.hypot(error / rate, 0.3 * uneven)
    good &= np.isfinite(y) & np.isfinite(sigma)
    return OrderLight(x[good], y[good], sigma[good]) if good.any() else None


def _unevenness(x: Floats, flux: Floats) -> Floats:
    """Return how far a spectrum departs from itself smoothed over the width of its lines."""
    step = float(np.median(np.diff(x)))
    size = max(3, int(_LINE_WIDTH / max(step, 1e-9)))
    logarithm = np.log(np.where(np.isfinite(flux), flux, np.nanmedian(flux)))
    slope = np.polynomial.Polynomial.fit(x, logarithm, 2)(x)
    return np.abs(logarithm - slope - uniform_filter1d(logarithm - slope, size, mode="nearest"))


def points_of(
    exposure: OrderSpectra,
    lights: Mapping[int, OrderLight],
    levels: Mapping[int, float],
    bands: MolecularBands,
    grid: TelluricGrid | None,
) -> Points:
    """Return what an exposure says of the curve that all orders share.

    Parameters
    ----------
    exposure
        For its header and airmass.
    lights, levels
        Its orders, and how far each stands above the lamp's scale.
    bands
        Where molecules absorb.
    grid
        Templates of the molecules; None to do without.
    """
    orders = list(lights)
    x, y, sigma = (
        np.concatenate([getattr(lights[order], name) for order in orders])
        for name in ("x", "y", "sigma")
    )
    y = y - np.concatenate([np.full(lights[order].x.size, levels[order]) for order in orders])
    owner = np.concatenate([np.full(lights[order].x.size, order) for order in orders])
    banded = bands.cover(np.exp(x))
    passed, error = np.ones(x.size), np.zeros(x.size)
    if grid is not None and banded.any():
        passed, error = _air(exposure, x, y, sigma, grid)
    parts = []
    for order in orders:
        free, hidden = (owner == order) & ~banded, (owner == order) & banded
        parts.append(_averaged(x[free], y[free], sigma[free]))
        if grid is None:
            parts.append(_envelope(x[hidden], y[hidden], sigma[hidden]))
        else:
            through = hidden & (passed > _LEAST_PASSED)
            light = OrderLight(x[through], y[through] - np.log(passed[through]), sigma[through])
            parts.append(_brought_back(light, error[through] / passed[through]))
    return Points(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("x", "y", "sigma", "banded")
        )
    )


def _air(
    exposure: OrderSpectra, x: Floats, y: Floats, sigma: Floats, grid: TelluricGrid
) -> tuple[Floats, Floats]:
    """Return the share of the star's light that passed the molecules of the air, and its error."""
    rank = np.argsort(x, kind="stable")
    flux = np.exp(y[rank] - np.median(y))
    nothing, none = np.zeros(x.size), np.zeros(x.size, dtype=np.uint32)
    spectrum = MergedSpectrum(
        wavelength_nm=np.exp(x[rank]),
        width_nm=nothing,
        flux=flux,
        variance=(flux * sigma[rank]) ** 2,
        correlation=nothing,
        sky=nothing,
        snr=1.0 / sigma[rank],
        quality=none,
        contributors=np.ones(x.size, dtype=np.int16),
        arm=np.ones(x.size, dtype=np.int16),
        arms=(exposure.arm,),
        unit="",
        header=exposure.header,
        exposures=exposure.exposures,
    )
    found, _ = find_absorption(spectrum, grid, TelluricOptions())
    passed, error = np.empty(x.size), np.empty(x.size)
    passed[rank], error[rank] = found.transmission, found.error
    return passed, error


def _averaged(x: Floats, y: Floats, sigma: Floats) -> Points:
    """Average neighbouring points: the curve is smooth, and needs no thousands of them."""
    if not x.size:
        return Points(x, y, sigma, np.zeros(0, dtype=bool))
    place = ((x - x[0]) / _BIN).astype(int)
    weight = 1.0 / sigma**2
    total = np.bincount(place, weight)
    filled = total > 0
    mean = [np.bincount(place, weight * v)[filled] / total[filled] for v in (x, y)]
    error = np.hypot(1.0 / np.sqrt(total[filled]), POINT_ERROR)
    return Points(mean[0], mean[1], error, np.zeros(error.size, dtype=bool))


def _brought_back(light: OrderLight, error: Floats) -> Points:
    """Average points corrected for absorption, by the errors of both."""
    weight = 1.0 / (light.sigma**2 + error**2)
    found = []
    for mine in _stretches(light.x):
        share = weight[mine] / weight[mine].sum()
        noise2 = (share**2 * light.sigma[mine] ** 2).sum()
        common = float((share * error[mine]).sum())
        total = np.sqrt(noise2 + common**2 + POINT_ERROR**2)
        found.append(((share * light.x[mine]).sum(), (share * light.y[mine]).sum(), total))
    return _in_band(found)


def _envelope(x: Floats, y: Floats, sigma: Floats) -> Points:
    """Return the brightest bins of stretches within molecular bands."""
    return _in_band(
        [
            (
                x[mine].mean(),
                np.percentile(y[mine], _ENVELOPE),
                np.hypot(ENVELOPE_ERROR, np.median(sigma[mine])),
            )
            for mine in _stretches(x)
        ]
    )


def _stretches(x: Floats) -> list[NDArray[np.bool_]]:
    places = np.floor(x / _STRETCH)
    found = [places == place for place in np.unique(places)]
    return [mine for mine in found if mine.sum() >= _FEW]


def _in_band(rows: list[tuple[float, float, float]]) -> Points:
    table = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return Points(table[0], table[1], table[2], np.ones(table.shape[1], dtype=bool))
