"""Orders of a standard star as a toy spectrograph would record it, and what is true of them."""

from dataclasses import replace

import numpy as np

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.flux import Extinction, FluxStandards
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.lines import MolecularBands
from soxs_pipeline.domain.spectra import OrderSpectra, OrderSpectrum

__all__ = [
    "ARM",
    "BANDS",
    "EXTINCTION",
    "ORDERS",
    "STANDARDS",
    "efficiency",
    "exposure",
    "recorded",
    "star",
]

ARM = "TOY"
GRID = np.linspace(500.0, 1000.0, 5001)
ORDERS = {3: (520.0, 700.0), 2: (660.0, 860.0), 1: (820.0, 980.0)}
EXTINCTION = Extinction(np.array([500.0, 1000.0]), np.array([0.2, 0.05]))
BANDS = MolecularBands(np.array([755.0]), np.array([775.0]), np.array(["O2"]))


def star(wave, number):
    """Flux density of two stars; the first has a broad absorption line."""
    line = 1.0 - 0.3 * np.exp(-0.5 * ((wave - 656.0) / 2.0) ** 2)
    return (3e-13 * (wave / 700.0) ** -3 * line) if number == 0 else 8e-14 * (wave / 700.0) ** -1


STANDARDS = FluxStandards(
    names=("LTT3218", "GD71"),
    synonyms=(("LTT 3218", "CD-32 5613"), ("WD0549+158",)),
    ra_deg=np.array([130.4, 88.1]),
    dec_deg=np.array([-32.9, 15.9]),
    wavelength_nm=GRID,
    flux=np.array([star(GRID, 0), star(GRID, 1)]),
)


def efficiency(order, wave):
    """Electrons/s/nm for one erg/s/cm2/Angstrom: a smooth curve times the order's blaze."""
    low, high = ORDERS[order]
    blaze = np.sinc(0.8 * (wave - 0.5 * (low + high)) / (high - low)) ** 2
    return 2e16 * np.exp(-0.5 * ((wave - 780.0) / 220.0) ** 2) * blaze, blaze


def recorded(rng, order, wave, mean, variance, lamp):
    """Return an order of so many electrons in each bin, with their noise."""
    n = wave.size
    return OrderSpectrum(
        order=order,
        wavelength_nm=wave,
        width_nm=np.gradient(wave),
        flux=mean + rng.normal(0.0, np.sqrt(variance)),
        variance=variance,
        correlation=np.zeros(n),
        boxcar=mean,
        boxcar_variance=variance,
        sky=np.zeros(n),
        quality=np.zeros(n, np.uint32),
        blaze=lamp,
        x=np.arange(float(n)),
        y=np.zeros(n),
    )


def exposure(rng, flux, *, airmass=1.3, slit_lamp=1.0, seconds=100.0, header=None, saturated=0.0):
    """Return the orders of a star of the given flux, with a lamp through another slit."""
    spectra = []
    for order, (low, high) in ORDERS.items():
        wave = np.linspace(low, high, 1500)
        width = np.gradient(wave)
        sensitivity, blaze = efficiency(order, wave)
        seen = flux(wave) * sensitivity * EXTINCTION.transmission(wave, airmass)
        inside = BANDS.cover(wave)
        seen = np.where(inside, seen * (0.3 + 0.6 * (np.sin(40 * wave) > 0)), seen)
        mean = seen * width * seconds
        lamp = slit_lamp * 500.0 * (wave / 700.0) ** 4 * blaze
        seen = recorded(rng, order, wave, mean, mean + 25.0, lamp)
        flagged = np.where(rng.uniform(size=1500) < saturated, 2, 0).astype(np.uint32)
        spectra.append(replace(seen, quality=flagged))
    known = Header({"OBJECT": "STD, LTT 3218", "MJD-OBS": 61000.0} if header is None else header)
    return OrderSpectra(
        tuple(spectra), seconds, ARM, known, (Exposure("a", ARM, 61000.0, seconds, airmass),)
    )
