"""The response of an arm, from spectra of standard stars.

The efficiency of an order is its blaze times what all orders share. The flat lamp shows the
blaze, so the star's electrons over the lamp's, divided by the star's flux above the atmosphere,
are one smooth curve over the whole arm, on which all orders must agree but for the steps that
the lamp itself makes (`ordersteps`). That curve is fitted and multiplied by the lamp's signal
again: the result is absolute for each order, and does not depend on the level of the lamp
through another slit. Stars that were dimmed by clouds are raised to the level of the middle one;
the scatter of their levels goes into the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.flux import Extinction, FluxStandards, Response, ResponsePoints
from soxs_pipeline.domain.lines import MolecularBands
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.domain.spectra import OrderSpectra
from soxs_pipeline.domain.telluric import TelluricGrid
from soxs_pipeline.errors import SoxsError, UnprocessableDataError
from soxs_pipeline.numerics.bsplines import fit_curve
from soxs_pipeline.numerics.robust import mad_sigma
from soxs_pipeline.reduction.flux.ordersteps import OrderSteps, find_steps
from soxs_pipeline.reduction.flux.overbands import OFFSET, error_across, over_bands
from soxs_pipeline.reduction.flux.responsepoints import (
    ENVELOPE_ERROR,
    POINT_ERROR,
    Points,
    light_of,
    points_of,
)
from soxs_pipeline.reduction.flux.standardlevels import Levels, find_levels
from soxs_pipeline.reduction.flux.standards import find_standard
from soxs_pipeline.reduction.sources.blur import usual_blur

__all__ = ["airmass_of", "electrons_per_flux", "fit_response"]

Floats = NDArray[np.float64]

_PLANCK_TIMES_C_ERG_NM = 6.62607015e-27 * 2.99792458e17
#: Knot spacings tried, in ln(wavelength).
_SPACINGS = (0.16, 0.08, 0.04, 0.02)
#: Fewest points outside of molecular bands that can carry a response.
_FEWEST = 20
#: Share of an exposure's bins that may be saturated.
_MOST_SATURATED = 0.02
#: Departure of a star's level from that of the others (ln) that is told, and step between orders.
_UNLIKE = 0.05
_STEEP = 0.03


def airmass_of(spectra: OrderSpectra) -> float:
    """Return the mean airmass of the exposures, NaN if no header told it."""
    known = [e.airmass for e in spectra.exposures if np.isfinite(e.airmass)]
    return float(np.mean(known)) if known else float("nan")


def electrons_per_flux(wavelength_nm: Floats, area_cm2: float) -> Floats:
    """Return photons/s/nm on an area for one erg/s/cm2/Angstrom: what a perfect one counts."""
    return 10.0 * area_cm2 * wavelength_nm / _PLANCK_TIMES_C_ERG_NM


def fit_response(
    exposures: Sequence[OrderSpectra],
    standards: FluxStandards,
    extinction: Extinction,
    bands: MolecularBands,
    *,
    telescope_area_cm2: float,
    grid: TelluricGrid | None = None,
) -> tuple[Response, tuple[str, ...]]:
    """Fit the response of one arm to exposures of standard stars.

    Parameters
    ----------
    exposures
        Spectra by order of one or several stars, all of one arm.
    standards
        What is known of the stars.
    extinction
        Of the site.
    bands
        Molecular bands, where the curve is not measured but through a model of the air.
    telescope_area_cm2
        For the efficiency alone.
    grid
        Templates of the air's molecules; without them the brightest bins of a band are the guide.

    Returns
    -------
    response, remarks
        The response, and what the user should know.

    Raises
    ------
    UnprocessableDataError
        If every star is unknown or saturated, or no bin can be used. Some are done without.
    """
    remarks: list[str] = []
    names, lights, used = [], [], []
    refused: SoxsError | None = None
    for exposure in exposures:
        try:
            name, row = _recognised(exposure, standards)
        except SoxsError as error:
            refused = error
            remarks.append(f"done without one exposure: {error.what}")
            continue
        airmass = airmass_of(exposure)
        if not np.isfinite(airmass):
            airmass = 1.0
            remarks.append(f"{name}: the header tells no airmass; 1.0 was assumed")
        found = {
            spectrum.order: light_of(spectrum, exposure, standards, row, extinction, airmass)
            for spectrum in exposure.spectra
        }
        seen = {order: light for order, light in found.items() if light is not None}
        if seen:
            names.append(name)
            lights.append(seen)
            used.append(exposure)
    if refused is not None and not used:
        raise refused
    steps = find_steps(lights)
    remarks += _told_of(steps)
    points = [
        points_of(exposure, seen, steps.levels, bands, grid)
        for exposure, seen in zip(used, lights, strict=True)
    ]
    if sum(int((~p.banded).sum()) for p in points) < _FEWEST:
        raise UnprocessableDataError(
            "no bin of the standard stars can be used for the response",
            wanted="extracted orders with a blaze, outside of the molecular bands",
            remedy="look at the figures of soxs_extract, and give the blaze of the flat",
        )
    if len(used) == 1:
        remarks.append(f"the response rests on one exposure of {names[0]}")
    free = [~p.banded for p in points]
    levels = find_levels(
        [p.x[f] for p, f in zip(points, free, strict=True)],
        [p.y[f] for p, f in zip(points, free, strict=True)],
        names,
    )
    remarks += [
        f"{name} comes out {100 * np.expm1(value):+.0f} % against the standards' middle: "
        "clouds, or light lost beside the slit"
        for name, value in levels.stars.items()
        if len(levels.stars) > 1 and abs(value) > _UNLIKE
    ]
    shifts = np.where(np.isfinite(levels.exposures), levels.exposures, 0.0)
    points = [replace(p, y=p.y - shift) for p, shift in zip(points, shifts, strict=True)]
    response = _smooth(used, points, levels, steps, telescope_area_cm2)
    return replace(response, blur=usual_blur(used)), (*dict.fromkeys(remarks),)


def _recognised(exposure: OrderSpectra, standards: FluxStandards) -> tuple[str, int]:
    row = find_standard(exposure.header, standards)
    _require_unsaturated(exposure, standards.names[row])
    return standards.names[row], row


def _require_unsaturated(exposure: OrderSpectra, name: str) -> None:
    flags = np.concatenate([s.quality for s in exposure.spectra])
    share = float(np.mean((flags & np.uint32(Quality.SATURATED)) != 0))
    if share > _MOST_SATURATED:
        raise UnprocessableDataError(
            f"{100 * share:.0f} % of the bins of the standard {name} are saturated",
            wanted="an exposure below the saturation level",
            remedy="take a shorter exposure of the star, or another star",
        )


def _told_of(steps: OrderSteps) -> list[str]:
    if steps.between is None or steps.largest < _STEEP:
        return []
    first, second = steps.between
    return [
        (
            f"orders {first} and {second} differ by {100 * np.expm1(steps.largest):.0f} % in what "
            "the star tells over the flat lamp: the lamp does not light them as the sky does; the "
            "response makes up for it"
        )
    ]


def _smooth(
    exposures: Sequence[OrderSpectra],
    points: Sequence[Points],
    levels: Levels,
    steps: OrderSteps,
    area_cm2: float,
) -> Response:
    x, y, sigma, banded = (
        np.concatenate([getattr(p, name) for p in points])
        for name in ("x", "y", "sigma", "banded")
    )
    measured = Points(x, y, sigma, banded).only(np.argsort(x))
    settled = over_bands(measured)
    x, y, sigma, free = settled.x, settled.y, settled.sigma, ~settled.banded
    middle = float(np.median(y))
    curve = fit_curve(x, y - middle + OFFSET, sigma, spacings=_SPACINGS)
    fitted = curve(x) - OFFSET + middle
    error = np.asarray(curve.relative_error * np.abs(fitted - middle + OFFSET))
    scatter = float(mad_sigma((y - fitted)[free]))
    known, banded_x, banded_sigma = x[free], x[~free], sigma[~free]

    def in_bands(log_wave: Floats) -> Floats:
        if not banded_x.size:
            return np.full(log_wave.shape, ENVELOPE_ERROR)
        return np.minimum(np.interp(log_wave, banded_x, banded_sigma), ENVELOPE_ERROR)

    # The scatter of orders and exposures about the curve tells of what the errors do not.
    excess = max(1.0, float(np.sqrt(np.mean(np.clip(((y - fitted) / sigma)[free], -5, 5) ** 2))))

    def total_error(log_wave: Floats) -> Floats:
        here = excess * np.interp(log_wave, x, error)
        gap = np.minimum(error_across(log_wave, known), in_bands(log_wave))
        return np.asarray(np.sqrt(here**2 + POINT_ERROR**2 + gap**2 + levels.error**2))

    first = {s.order: (s, e) for e in reversed(exposures) for s in e.spectra}
    orders = sorted(first, key=lambda o: float(first[o][0].wavelength_nm[0]))
    longest = max(first[o][0].wavelength_nm.size for o in orders)
    shape = (len(orders), longest)
    wave, sensitivity, relative, efficiency = (np.full(shape, np.nan) for _ in range(4))
    for k, o in enumerate(orders):
        spectrum, _ = first[o]
        n = spectrum.wavelength_nm.size
        log_wave = np.log(spectrum.wavelength_nm)
        inside = (log_wave >= x[0] - 0.003) & (log_wave <= x[-1] + 0.003)
        lamp = np.where(spectrum.blaze > 0, spectrum.blaze, np.nan)
        wave[k, :n] = spectrum.wavelength_nm
        sensitivity[k, :n] = np.where(
            inside,
            lamp * np.exp(curve(log_wave) - OFFSET + middle + steps.levels.get(o, 0.0)),
            np.nan,
        )
        relative[k, :n] = total_error(log_wave)
        efficiency[k, :n] = sensitivity[k, :n] / electrons_per_flux(
            spectrum.wavelength_nm, area_cm2
        )
    return Response(
        orders=np.array(orders, dtype=np.int64),
        wavelength_nm=wave,
        sensitivity=sensitivity,
        error=relative,
        efficiency=efficiency,
        arm=exposures[0].arm,
        standards=tuple(levels.stars),
        scatter=scatter,
        spread=levels.spread,
        step=steps.largest,
        points=ResponsePoints(
            np.exp(measured.x),
            measured.y - (curve(measured.x) - OFFSET + middle),
            measured.banded.astype(np.int64),
        ),
    )
