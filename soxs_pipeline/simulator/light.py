"""Spectra of lamps, sky and sources.

Photon rates at the top of the telescope or, for lamps, electron rates at unit efficiency.
All wavelengths are vacuum nm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.errors import ParameterError
from soxs_pipeline.simulator.data import read_table
from soxs_pipeline.simulator.optics import TELESCOPE_AREA_M2
from soxs_pipeline.simulator.scenes import Scene, Source

__all__ = ["Light", "arc_lamp", "flat_lamp", "night_sky", "source_rate", "transmission"]

Array = NDArray[np.floating]

_PLANCK_ERG_S = 6.62607015e-27
_C2_NM_K = 1.438776877e7
_REFERENCE_NM = 620.0


@dataclass(frozen=True)
class Light:
    """Light that fills the slit, per square arcsec and second.

    Parameters
    ----------
    continuum
        Density per nm as a function of wavelength.
    wavelength_nm, strength
        Emission lines.
    """

    continuum: Callable[[Array], Array]
    wavelength_nm: Array
    strength: Array


def _no_lines() -> tuple[Array, Array]:
    return np.zeros(0), np.zeros(0)


def _photons_of_planck(wave: Array, temperature_k: float) -> Array:
    x = _C2_NM_K / (wave * temperature_k)
    return (wave / 1000.0) ** -4 / np.expm1(x)


def flat_lamp(lamp: str, arm: str) -> Light:
    """Light of the halogen (``QTH``), deuterium (``D2``) or ``DOME`` lamp.

    Parameters
    ----------
    lamp
        Which lamp.
    arm
        The lamps are dimmed differently for the arms.
    """
    if lamp == "D2":
        return Light(_deuterium, *_no_lines())
    level = {"VIS": 4.4e6, "NIR": 4.0e6}[arm]
    temperature = 2900.0 if lamp == "QTH" else 3150.0
    reference = {"VIS": 760.0, "NIR": 1600.0}[arm]
    peak = _photons_of_planck(np.array(reference), temperature)

    def halogen(wave: Array) -> Array:
        fibre = 1.0 + 0.03 * np.sin(wave / 37.0)
        return level * _photons_of_planck(wave, temperature) / peak * fibre

    return Light(halogen, *_no_lines())


def _deuterium(wave: Array) -> Array:
    """Continuum that falls from the ultraviolet, molecular bumps, Balmer lines."""
    total = 9.0e6 * (wave / 350.0) ** -6.0 + 1.1e4
    for centre, width, height in (
        (571.0, 4.0, 0.20), (590.0, 6.0, 0.6), (602.0, 7.0, 1.0), (612.0, 6.0, 0.9),
        (622.0, 7.0, 0.8), (640.0, 8.0, 0.3), (465.0, 9.0, 0.25), (455.0, 6.0, 0.20),
        (560.0, 8.0, 0.25), (835.0, 9.0, 0.20),
    ):  # fmt: skip
        total = total + 6e4 * height * np.exp(-0.5 * ((wave - centre) / width) ** 2)
    for centre, height in ((656.29, 2.5e6), (486.14, 5e5), (434.05, 8e4)):
        total = total + height * np.exp(-0.5 * ((wave - centre) / 0.08) ** 2)
    return total


def arc_lamp(arm: str, factor: float = 1.0) -> Light:
    """All lines of the arm's arc lamps, with a weak continuum.

    Parameters
    ----------
    arm
        ThAr for ``VIS``; Ar, Hg, Ne and Xe together for ``NIR``.
    factor
        Factor on all strengths.
    """
    table = read_table("lamps.fits", {"VIS": "THAR", "NIR": "PENRAY"}[arm])
    seconds = {"VIS": 30.0, "NIR": 15.0}[arm]
    # The table holds electrons per 0.5" pinhole in an exposure of that many seconds.
    strength = factor * table["ELECTRONS"].astype(float) / seconds / (np.pi / 16)
    efficiency = {"VIS": 0.17, "NIR": 0.14}[arm]
    faint = {"VIS": 200.0, "NIR": 150.0}[arm]

    def glow(wave: Array) -> Array:
        return faint * factor * _photons_of_planck(wave, 3000.0) / _photons_of_planck(
            np.array(1000.0), 3000.0
        ) + np.zeros_like(wave)

    return Light(glow, table["WAVELENGTH"].astype(float), strength / efficiency)


def transmission(wave: Array, airmass: float) -> Array:
    """Transmission of the atmosphere, extinction and telluric lines together."""
    table = read_table("sky.fits", "CONTINUUM")
    zenith = np.interp(wave, table["WAVELENGTH"], np.clip(table["TRANSMISSION"], 1e-6, 1.0))
    return zenith**airmass


def night_sky(scene: Scene) -> Light:
    """Sky of La Silla, photons/s/arcsec2 on the primary mirror (and per nm).

    Radiances are SkyCalc's for Paranal at mean solar activity, times 8.9 m2 of mirror; airglow
    grows as airmass to the power 0.8.  At an efficiency of 0.14 the brightest OH lines then give
    2.5e4 electrons per pixel in 600 s through a 1 arcsec slit, the gaps between them 4.

    Parameters
    ----------
    scene
        Airmass, moon and the strength of the airglow.
    """
    table = read_table("sky.fits", "CONTINUUM")
    dark = table["STARS"] + table["ZODIACAL"] + table["THERMAL"]
    glow = scene.sky_factor * scene.airmass**0.8
    total = (dark + glow * table["RESIDUAL"] + scene.moon * table["MOON"]).astype(float)
    lines = read_table("sky.fits", "LINES")

    def continuum(wave: Array) -> Array:
        density = np.interp(wave, table["WAVELENGTH"], total)
        return density * 1e-3 * TELESCOPE_AREA_M2

    strength = glow * lines["FLUX"].astype(float) * TELESCOPE_AREA_M2
    return Light(continuum, lines["WAVELENGTH"].astype(float), strength)


def source_rate(source: Source, wave: Array) -> Array:
    """Photons/s/nm on the primary mirror, above the atmosphere."""
    if source.kind == "standard":
        return _standard(source, wave)
    if source.kind == "emission":
        return _emission(source, wave)
    shape = _shape(source, wave)
    reference = float(_shape(source, np.array([_REFERENCE_NM]))[0])
    return _ab_photons(source.magnitude or 0.0) * shape / reference


def _ab_photons(magnitude: float) -> float:
    """Photons/s/nm of this AB magnitude at the reference wavelength."""
    per_hertz = 10 ** (-0.4 * (magnitude + 48.6))
    return per_hertz / (_PLANCK_ERG_S * _REFERENCE_NM) * 1e4 * TELESCOPE_AREA_M2


def _shape(source: Source, wave: Array) -> Array:
    if source.kind == "flat":
        return wave / _REFERENCE_NM
    if source.kind == "ab":
        return _REFERENCE_NM / wave
    if source.kind == "blackbody":
        return _photons_of_planck(wave, source.temperature_k)
    if source.kind == "powerlaw":
        return (wave / _REFERENCE_NM) ** (source.index + 1.0)
    if source.kind == "supernova":
        return _supernova(wave / (1 + source.redshift))
    if source.kind == "galaxy":
        return _galaxy(wave / (1 + source.redshift))
    raise ParameterError(
        f"there is no spectrum called {source.kind!r}",
        wanted="flat, ab, blackbody, powerlaw, supernova, galaxy, emission or standard",
    )


def _supernova(rest: Array) -> Array:
    """Draw a thermonuclear supernova near maximum: hot continuum, broad P Cygni lines."""
    total = _photons_of_planck(rest, 10500.0)
    for centre, width, depth in (
        (382.0, 5.0, 0.55), (395.0, 6.0, -0.20), (430.0, 7.0, 0.35), (487.0, 8.0, 0.35),
        (508.0, 7.0, -0.12), (532.0, 5.0, 0.18), (546.0, 4.5, 0.20), (578.0, 5.0, 0.12),
        (612.0, 6.5, 0.50), (642.0, 9.0, -0.12), (748.0, 8.0, 0.25), (822.0, 12.0, 0.30),
        (868.0, 14.0, -0.15), (1050.0, 20.0, 0.12), (1270.0, 30.0, -0.10),
        (1580.0, 45.0, -0.15), (1750.0, 40.0, -0.12),
    ):  # fmt: skip
        total = total * (1 - depth * np.exp(-0.5 * ((rest - centre) / width) ** 2))
    return total


_NEBULAR = (
    (372.71, 0.35), (372.99, 0.45), (386.98, 0.10), (434.17, 0.15), (486.27, 0.33),
    (496.03, 0.33), (500.82, 1.00), (587.73, 0.05), (630.20, 0.06), (654.99, 0.10),
    (656.46, 0.95), (658.53, 0.30), (671.83, 0.15), (673.27, 0.12), (907.11, 0.06),
    (953.32, 0.15), (1083.3, 0.20), (1094.1, 0.05), (1256.8, 0.06), (1282.2, 0.10),
    (1644.0, 0.06), (1875.6, 0.25),
)  # fmt: skip
#: Width of nebular lines, and equivalent width in a galaxy of a line of flux one.
_NEBULAR_KM_S, _GALAXY_LINES_NM = 150.0, 2.0


def _galaxy(rest: Array) -> Array:
    """Draw a disc that forms stars: old and young stars, the break at 400 nm, nebular lines."""
    old, young = (
        share * _photons_of_planck(rest, t) / _photons_of_planck(np.array(550.0), t)
        for share, t in ((0.75, 4600.0), (0.25, 13000.0))
    )
    total: Array = old * (0.7 + 0.3 / (1.0 + np.exp(-(rest - 400.0) / 3.0))) + young
    for centre, width, depth in (
        (393.5, 0.8, 0.35), (397.0, 0.8, 0.30), (430.5, 1.2, 0.15), (517.4, 1.5, 0.12),
        (589.4, 0.5, 0.15), (854.4, 0.5, 0.15), (866.4, 0.5, 0.12),
    ):  # fmt: skip
        total = total * (1 - depth * np.exp(-0.5 * ((rest - centre) / width) ** 2))
    for centre, flux in _NEBULAR:
        sigma = centre * _NEBULAR_KM_S / 2.3548 / 299792.458
        height = _GALAXY_LINES_NM * flux / (sigma * np.sqrt(2 * np.pi))
        total = total + height * np.exp(-0.5 * ((rest - centre) / sigma) ** 2)
    return total


def _emission(source: Source, wave: Array) -> Array:
    """Nebular lines of 150 km/s, no continuum."""
    strength = _ab_photons(source.magnitude or 0.0) * 10.0
    total = np.zeros_like(wave)
    for rest, flux in _NEBULAR:
        centre = rest * (1 + source.redshift)
        sigma = centre * _NEBULAR_KM_S / 2.3548 / 299792.458
        norm = strength * flux / (sigma * np.sqrt(2 * np.pi))
        total += norm * np.exp(-0.5 * ((wave - centre) / sigma) ** 2)
    return total


def _standard(source: Source, wave: Array) -> Array:
    """LTT 3218, at its own brightness or scaled to an AB magnitude."""
    table = read_table("sky.fits", "STANDARD")

    def photons(at: Array) -> Array:
        flux = np.interp(at, table["WAVELENGTH"], table["FLUX"])  # erg/s/cm2/A
        energy = _PLANCK_ERG_S * 2.99792458e17 / at
        return flux * 10.0 / energy * 1e4 * TELESCOPE_AREA_M2

    if source.magnitude is None:
        return photons(wave)
    reference = float(photons(np.array([_REFERENCE_NM]))[0])
    return photons(wave) * _ab_photons(source.magnitude) / reference
