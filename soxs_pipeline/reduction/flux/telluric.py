"""Find how much light the air took away, and give it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.quality import FATAL, Quality
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.domain.telluric import TelluricBand, TelluricCorrection, TelluricGrid
from soxs_pipeline.numerics.robust import mad_sigma
from soxs_pipeline.numerics.telluric import Absorption, AbsorptionFit, Prior, fit_absorption

__all__ = [
    "TelluricOptions",
    "correct_spectrum",
    "find_absorption",
    "fitted_bands",
    "usual_airmass",
]

Floats = NDArray[np.float64]

SPEED_OF_LIGHT_KM_S = 299792.458
_FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))
#: Water at the zenith where nothing is known, and the airmass then.
_USUAL_WATER_MM, _USUAL_AIRMASS = 2.5, 1.2
#: Resolving power where sky lines did not tell it.
_USUAL_POWER = 4500.0
#: One sigma of what is assumed: ln water when guessed and when told, ln of the other molecules,
#: ln of the width, velocity in km/s.
_WATER_GUESSED, _WATER_TOLD, _OTHERS, _WIDTH, _VELOCITY = 0.7, 0.3, 0.2, 0.25, 10.0
#: The same for the second round, in which bands help each other; and with a standard star.
_WATER_COMMON, _WIDTH_COMMON, _WATER_STANDARD, _OTHERS_STANDARD = 0.1, 0.12, 0.15, 0.05
#: Templates of one band and the next agree no better than this (ln).
_BETWEEN_BANDS = 0.08
#: Optical depth below which a molecule does not matter in a band.
_FAINT_DEPTH = 0.02
#: Transmission below which nothing can be given back.
_NOTHING = 0.02
#: Share of a band that a spectrum must cover for the band to be fitted.
_LEAST_SHARE = 0.2
#: Keywords that tell the water column.
_WATER_KEYS = ("ESO TEL AMBI IWV START", "ESO TEL AMBI IWV END")


@dataclass(frozen=True)
class TelluricOptions:
    """What a user may set.

    Parameters
    ----------
    fit
        False to take the columns as assumed.
    water_mm
        Water at the zenith assumed beforehand; 0 for what the header says.
    resolving_power
        Resolving power assumed beforehand; 0 for that of the sky lines.
    """

    fit: bool = True
    water_mm: float = 0.0
    resolving_power: float = 0.0


def usual_airmass(spectrum: MergedSpectrum) -> float:
    """Return the mean airmass of the exposures, NaN if no header tells it."""
    known = [e.airmass for e in spectrum.exposures if np.isfinite(e.airmass)]
    return float(np.mean(known)) if known else float("nan")


def find_absorption(
    spectrum: MergedSpectrum,
    grid: TelluricGrid,
    options: TelluricOptions,
    standard: TelluricCorrection | None = None,
) -> tuple[TelluricCorrection, list[str]]:
    """Fit the molecules of the air to a spectrum, band by band.

    First each band is fitted by itself. What the bands agree on - the water column, the width of
    the lines - then helps those that are faint or shallow, in a second round.

    Parameters
    ----------
    spectrum
        The spectrum.
    grid
        Templates.
    options
        What the user set.
    standard
        What was found in a telluric standard of the same night, or None.
    """
    airmass, remarks = usual_airmass(spectrum), []
    if not np.isfinite(airmass):
        airmass = _USUAL_AIRMASS
        remarks.append(f"no header tells the airmass: {airmass} was assumed")
    first = _prior(spectrum, grid, options, airmass)
    if standard is not None:
        first = _with_water(first, standard.water_mm * airmass, _WATER_STANDARD)
    edges = fitted_bands(grid, spectrum)
    fits = [_fit(spectrum, grid, edge, first, standard, airmass, options) for edge in edges]
    water, error = _common_water(fits, airmass)
    if np.isfinite(water):
        second = _with_common(first, fits, water)
        fits = [_fit(spectrum, grid, edge, second, standard, airmass, options) for edge in edges]
        water, error = _common_water(fits, airmass)
    if not np.isfinite(water):
        water = float(np.exp(first.mean[0])) / airmass
        remarks.append(
            f"absorption by water could not be measured: {water:.1f} mm were assumed"
            if options.fit
            else f"nothing was fitted: {water:.1f} mm of water as told"
        )
    transmission, sigma = _blended(spectrum.wavelength_nm, grid, fits, first, water * airmass)
    found = TelluricCorrection(
        wavelength_nm=spectrum.wavelength_nm,
        transmission=transmission,
        error=sigma,
        molecules=grid.molecules,
        bands=tuple(_band(one, len(grid.molecules)) for one in fits),
        water_mm=water,
        water_error_mm=error,
        airmass=airmass,
        corrector="grid",
        arms=spectrum.arms,
        header=spectrum.header,
    )
    return found, remarks


def correct_spectrum(
    spectrum: MergedSpectrum, found: TelluricCorrection, opaque: float
) -> MergedSpectrum:
    """Return a spectrum without the absorption by the air.

    Parameters
    ----------
    spectrum
        The spectrum.
    found
        Its transmission.
    opaque
        Bins with less transmission are flagged; where next to nothing comes through they hold
        no data.
    """
    passed = np.maximum(found.transmission, _NOTHING)
    flux = spectrum.flux / passed
    relative = found.error / passed
    variance = spectrum.variance / passed**2 + (flux * relative) ** 2
    lost = found.transmission < _NOTHING
    with np.errstate(invalid="ignore", divide="ignore"):
        snr = np.abs(flux) / np.sqrt(variance)
    flags = np.where(found.transmission < opaque, np.uint32(Quality.OPAQUE), np.uint32(0))
    flags |= np.where(lost, np.uint32(Quality.NO_DATA), np.uint32(0))
    return replace(
        spectrum,
        flux=np.where(lost, np.nan, flux),
        variance=np.where(lost, np.nan, variance),
        snr=np.where(lost, 0.0, np.where(np.isfinite(snr), np.minimum(snr, spectrum.snr), 0.0)),
        quality=(spectrum.quality | flags).astype(np.uint32),
    )


@dataclass(frozen=True, eq=False)
class _BandFit:
    """A fit, and which molecules of the grid took part."""

    edge: tuple[float, float]
    molecules: NDArray[np.intp]
    fit: AbsorptionFit


def fitted_bands(grid: TelluricGrid, spectrum: MergedSpectrum) -> list[tuple[float, float]]:
    """Return the ends of the grid's bands that a spectrum reaches into."""
    seen = spectrum.wavelength_nm[np.isfinite(spectrum.flux)]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 0.0)
    return [
        (float(a), float(b))
        for a, b in zip(grid.band_low_nm, grid.band_high_nm, strict=True)
        if min(b, high) - max(a, low) > _LEAST_SHARE * (b - a)
    ]


def _prior(
    spectrum: MergedSpectrum, grid: TelluricGrid, options: TelluricOptions, airmass: float
) -> Prior:
    told = [spectrum.header.number(key) for key in _WATER_KEYS]
    known = [value for value in told if np.isfinite(value) and value > 0.0]
    water = options.water_mm or (float(np.mean(known)) if known else _USUAL_WATER_MM)
    power = options.resolving_power or spectrum.resolving_power
    power = power if np.isfinite(power) and power > 0 else _USUAL_POWER
    others = len(grid.molecules) - 1
    velocity = spectrum.barycentric_km_s if spectrum.barycentric else 0.0
    mean = [np.log(water * airmass), *[np.log(airmass)] * others]
    mean += [np.log(SPEED_OF_LIGHT_KM_S / power / _FWHM), velocity]
    guessed = not options.water_mm and not known
    sigma = [_WATER_GUESSED if guessed else _WATER_TOLD, *[_OTHERS] * others, _WIDTH, _VELOCITY]
    return Prior(np.array(mean), np.array(sigma))


def _with_water(prior: Prior, column_mm: float, sigma: float) -> Prior:
    mean, error = prior.mean.copy(), prior.sigma.copy()
    mean[0], error[0] = np.log(column_mm), sigma
    return Prior(mean, error)


def _fit(
    spectrum: MergedSpectrum,
    grid: TelluricGrid,
    edge: tuple[float, float],
    prior: Prior,
    standard: TelluricCorrection | None,
    airmass: float,
    options: TelluricOptions,
) -> _BandFit:
    places = (
        (np.log(np.array(edge)) - np.log(grid.first_nm)) * SPEED_OF_LIGHT_KM_S / grid.step_km_s
    )
    low, high = (int(np.clip(place, 0, grid.depth.shape[1] - 1)) for place in places)
    deepest = grid.depth[:, low : high + 1].max(axis=1) * np.exp(prior.mean[:-2])
    molecules = np.flatnonzero(deepest > _FAINT_DEPTH)
    chosen = np.r_[molecules, [prior.mean.size - 2, prior.mean.size - 1]]
    mine = _with_standard(prior, standard, edge, airmass)
    mine = Prior(mine.mean[chosen], mine.sigma[chosen])
    inside = (spectrum.wavelength_nm >= edge[0]) & (spectrum.wavelength_nm <= edge[1])
    good = inside & ((spectrum.quality & np.uint32(FATAL)) == 0) & options.fit
    if not molecules.size or np.count_nonzero(inside) < 2:
        good = np.zeros_like(good)
        inside = good | (np.arange(good.size) < 2)
    fit = fit_absorption(
        spectrum.wavelength_nm[inside],
        spectrum.flux[inside],
        np.sqrt(spectrum.variance[inside]),
        good[inside],
        _absorption(grid, molecules),
        mine,
    )
    return _BandFit(edge, molecules, fit)


def _absorption(grid: TelluricGrid, molecules: NDArray[np.intp]) -> Absorption:
    step = grid.step_km_s / SPEED_OF_LIGHT_KM_S
    return Absorption(float(np.log(grid.first_nm)), step, grid.depth[molecules])


def _with_standard(
    prior: Prior, standard: TelluricCorrection | None, edge: tuple[float, float], airmass: float
) -> Prior:
    """Return the prior with what a standard star says of a band, at the target's airmass."""
    if standard is None:
        return prior
    mean, sigma = prior.mean.copy(), prior.sigma.copy()
    for band in standard.bands:
        if (band.low_nm, band.high_nm) == edge and band.measured:
            known = np.isfinite(band.columns) & (band.columns > 0)
            loose = np.where(np.arange(known.size) == 0, _WATER_STANDARD, _OTHERS_STANDARD)
            moved = np.log(np.where(known, band.columns, 1.0) * airmass / standard.airmass)
            mean[:-2] = np.where(known, moved, mean[:-2])
            sigma[:-2] = np.where(known, np.hypot(loose, band.errors), sigma[:-2])
    return Prior(mean, sigma)


def _common_water(fits: Sequence[_BandFit], airmass: float) -> tuple[float, float]:
    """Return water at the zenith as the bands agree on it, and its error; NaN if none tells."""
    told = [
        (one.fit.parameters[0], one.fit.covariance[0, 0] + _BETWEEN_BANDS**2)
        for one in fits
        if one.fit.converged and one.molecules.size and one.molecules[0] == 0
        and one.fit.covariance[0, 0] < 0.09
    ]  # fmt: skip
    if not told:
        return float("nan"), float("nan")
    values, variances = np.array(told).T
    weight = 1.0 / variances
    mean = float((weight * values).sum() / weight.sum())
    scatter = float((weight * (values - mean) ** 2).sum() / max(len(told) - 1, 1))
    water = float(np.exp(mean)) / airmass
    return water, water * float(np.sqrt(max(1.0, scatter) / weight.sum()))


def _with_common(prior: Prior, fits: Sequence[_BandFit], water_mm: float) -> Prior:
    mean, sigma = prior.mean.copy(), prior.sigma.copy()
    used = [one for one in fits if one.fit.converged and one.molecules.size]
    widths = np.array([one.fit.parameters[-2] for one in used])
    errors = np.array([np.sqrt(one.fit.covariance[-2, -2]) for one in used])
    water = [one.fit.parameters[0] for one in used if one.molecules[0] == 0]
    mean[0] = np.median(water) if water else np.log(water_mm)
    sigma[0] = max(_WATER_COMMON, float(mad_sigma(np.array(water)))) if water else sigma[0]
    told = errors < _WIDTH
    if told.any():
        mean[-2] = np.median(widths[told])
        sigma[-2] = max(_WIDTH_COMMON, float(mad_sigma(widths[told])))
    return Prior(mean, sigma)


def _blended(
    wave: Floats, grid: TelluricGrid, fits: Sequence[_BandFit], prior: Prior, water: float
) -> tuple[Floats, Floats]:
    """Return transmission and error over a whole spectrum: each band's own, faded in between."""
    everything = np.arange(len(grid.molecules))
    absorption = _absorption(grid, everything)
    total, error, weight = np.zeros(wave.size), np.zeros(wave.size), np.zeros(wave.size)
    for k, one in enumerate(fits):
        share = np.ones(wave.size)
        if k > 0:
            share *= _fade(wave, fits[k - 1].edge[1], one.edge[0])
        if k + 1 < len(fits):
            share *= 1.0 - _fade(wave, one.edge[1], fits[k + 1].edge[0])
        near = share > 0
        whole = _completed(one, prior, water)
        if near.any():
            total[near] += share[near] * absorption.transmission(wave[near], whole.parameters)
            error[near] += share[near] * whole.errors(absorption, wave[near])
            weight += share
    empty = weight <= 0
    total[empty], error[empty] = 1.0, 0.0
    return np.clip(total, 0.0, 1.0), error


def _fade(wave: Floats, end: float, begin: float) -> Floats:
    """Return 0 before and 1 behind the place where one band gives way to the next."""
    low, high = min(end, begin), max(end, begin)
    return np.clip((wave - low) / max(high - low, 1e-9), 0.0, 1.0)


def _completed(one: _BandFit, prior: Prior, water: float) -> AbsorptionFit:
    """Return a fit of all molecules: those that took no part as they are elsewhere."""
    size = prior.mean.size
    mean, covariance = prior.mean.copy(), np.diag(prior.sigma**2)
    mean[0] = np.log(water)
    chosen = np.r_[one.molecules, [size - 2, size - 1]]
    mean[chosen] = one.fit.parameters
    covariance[np.ix_(chosen, chosen)] = one.fit.covariance
    return replace(one.fit, parameters=mean, covariance=covariance)


def _band(one: _BandFit, molecules: int) -> TelluricBand:
    columns, errors = np.full(molecules, np.nan), np.full(molecules, np.nan)
    columns[one.molecules] = np.exp(one.fit.parameters[:-2])
    errors[one.molecules] = np.sqrt(np.diag(one.fit.covariance)[:-2])
    return TelluricBand(
        low_nm=one.edge[0],
        high_nm=one.edge[1],
        columns=columns,
        errors=errors,
        sigma_km_s=float(np.exp(one.fit.parameters[-2])),
        velocity_km_s=float(one.fit.parameters[-1]),
        velocity_error_km_s=float(np.sqrt(one.fit.covariance[-1, -1])),
        template_error=one.fit.template_error,
        bins=int(one.fit.used.sum()) if one.fit.converged else 0,
    )
