"""Throughput, blaze, slits and seeing of the simulated instrument."""

from __future__ import annotations

from math import gamma, pi, sqrt

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "PINHOLE_AREA_ARCSEC2",
    "PSF_FWHM_PX",
    "SLIT_SCALE_ARCSEC_PX",
    "TELESCOPE_AREA_M2",
    "efficiency",
    "moffat_along_slit",
    "moffat_alpha",
    "moffat_fraction",
    "moffat_line",
    "seeing_at",
    "slit_illumination",
    "slit_image",
]

Array = NDArray[np.floating]

TELESCOPE_AREA_M2 = 8.9
#: Half an arcsecond across.
PINHOLE_AREA_ARCSEC2 = np.pi / 4 * 0.5**2
#: Across the slit's width, which is along the dispersion.
SLIT_SCALE_ARCSEC_PX = {"VIS": 0.28, "NIR": 0.25}
#: Of the optics alone; pixels included, star finders measure 1.67 (VIS) and 1.80 px (NIR).
PSF_FWHM_PX = {"VIS": 1.50, "NIR": 1.73}

#: Telescope, instrument and detector together, without atmosphere, at the peak of the blaze.
_EFFICIENCY = {
    "VIS": (
        (335, 350, 365, 380, 400, 450, 500, 550, 600, 650, 700, 735, 780, 820, 850, 870),
        (0.02, 0.042, 0.062, 0.080, 0.100, 0.130, 0.148, 0.160, 0.180, 0.210, 0.235, 0.240,
         0.220, 0.190, 0.150, 0.110),
    ),
    "NIR": (
        (780, 800, 830, 870, 950, 1050, 1250, 1400, 1600, 1750, 1900, 2000, 2100),
        (0.030, 0.055, 0.085, 0.105, 0.130, 0.140, 0.145, 0.140, 0.150, 0.145, 0.120, 0.100,
         0.080),
    ),
}  # fmt: skip
#: Where the dichroics hand over from band to band, and how gently (nm).
_BANDS = {2: (330.0, 432.5), 3: (432.5, 539.0), 1: (539.0, 673.0), 4: (673.0, 880.0)}
_HAND_OVER_NM = {432.5: 2.2, 539.0: 2.8, 673.0: 3.2, 330.0: 2.0, 880.0: 3.0}
_ECHELLE_NM = 19490.0
_BLAZE_WIDTH = 0.78


def _smooth_step(z: Array) -> Array:
    return 0.5 * (1 + np.tanh(z / 2))


def efficiency(arm: str, order: int, wavelength_nm: Array) -> Array:
    """Electrons per photon on the primary mirror in one order.

    Parameters
    ----------
    arm, order
        Arm and diffraction order (or VIS band number).
    wavelength_nm
        Vacuum wavelength.
    """
    wave = np.asarray(wavelength_nm, dtype=float)
    curve = _pchip(arm, wave)
    if arm == "VIS":
        low, high = _BANDS[order]
        rise = _smooth_step((wave - low) / _HAND_OVER_NM[low])
        fall = _smooth_step((high - wave) / _HAND_OVER_NM[high])
        middle, half = (low + high) / 2, (high - low) / 2
        grating = 1 - 0.18 * ((wave - middle) / half) ** 2
        return curve * np.clip(grating, 0.2, None) * (rise * fall + 1e-3)
    centre = _ECHELLE_NM / order
    blaze = np.sinc(_BLAZE_WIDTH * order * (wave - centre) / centre) ** 2
    if order == 24:
        blaze = blaze * _smooth_step((wave - 796.0) / 1.0) * _smooth_step((839.0 - wave) / 1.0)
    return curve * blaze


def _pchip(arm: str, wave: Array) -> Array:
    knots, values = (np.array(part, dtype=float) for part in _EFFICIENCY[arm])
    rough = np.interp(np.linspace(knots[0], knots[-1], 2000), knots, values)
    # A running mean takes the kinks off the broken line.
    kernel = np.hanning(81)
    padded = np.pad(rough, 40, mode="edge")
    smooth = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    return np.interp(wave, np.linspace(knots[0], knots[-1], 2000), smooth)


def slit_illumination(arm: str, slit_arcsec: Array) -> Array:
    """Relative illumination along the slit by light that fills it."""
    u = np.asarray(slit_arcsec) / 6.0
    tilt, bow = {"VIS": (0.012, -0.020), "NIR": (-0.015, -0.012)}[arm]
    return 1.0 + tilt * u + bow * (u**2 - 1 / 3) + 0.004 * np.sin(7.0 * u)


def slit_image(width_arcsec: float, arm: str) -> tuple[Array, Array]:
    """Offsets (px) and weights of the image of an evenly filled slit across its width."""
    half = width_arcsec / SLIT_SCALE_ARCSEC_PX[arm] / 2
    n = max(int(np.ceil(2 * half / 0.25)), 1)
    offsets = (np.arange(n) + 0.5) / n * 2 * half - half
    return offsets, np.full(n, 1.0 / n)


def seeing_at(wavelength_nm: Array, fwhm_500_arcsec: float) -> Array:
    """FWHM of the seeing (arcsec), falling as wavelength to the power -0.2."""
    return fwhm_500_arcsec * (np.asarray(wavelength_nm, dtype=float) / 500.0) ** -0.2


def moffat_alpha(fwhm: Array, beta: float) -> Array:
    """Scale of a Moffat function of this full width at half maximum."""
    return np.asarray(fwhm) / (2 * np.sqrt(2 ** (1 / beta) - 1))


def moffat_line(offset_arcsec: Array, fwhm_arcsec: Array, beta: float) -> Array:
    """Moffat function summed over the other axis, per arcsec, normalised to one.

    The 2-D Moffat function of exponent beta integrates along a line to a power law of exponent
    ``beta - 1/2`` (Trujillo et al. 2001, MNRAS 328, 977).
    """
    alpha = moffat_alpha(fwhm_arcsec, beta)
    norm = gamma(beta - 0.5) / (sqrt(pi) * gamma(beta - 1.0))
    return norm / alpha * (1 + (offset_arcsec / alpha) ** 2) ** (0.5 - beta)


def moffat_along_slit(
    offsets_arcsec: Array,
    fwhm_arcsec: Array,
    beta: float,
    width_arcsec: float,
    across_arcsec: float = 0.0,
) -> Array:
    """Light of a Moffat image along a slit: summed over the slit's width and no further.

    Parameters
    ----------
    offsets_arcsec
        Distances from the source along the slit, shape ``(m,)``.
    fwhm_arcsec
        Full widths at half maximum, shape ``(n,)``.
    beta
        Exponent of the image in two dimensions.
    width_arcsec, across_arcsec
        Of the slit, and where it is across its width.

    Returns
    -------
    numpy.ndarray
        Share of all the light per arcsec, shape ``(n, m)``.
    """
    steps = max(int(np.ceil(width_arcsec / 0.02)), 1)
    alpha = moffat_alpha(fwhm_arcsec, beta)[:, None]
    seen = np.zeros((alpha.size, len(offsets_arcsec)))
    for k in range(steps):
        x = ((k + 0.5) / steps - 0.5) * width_arcsec + across_arcsec
        seen += (1 + (x**2 + offsets_arcsec**2) / alpha**2) ** -beta
    return (beta - 1) / (pi * alpha**2) * seen * (width_arcsec / steps)


def moffat_fraction(
    width_arcsec: float, fwhm_arcsec: Array, beta: float, offset_arcsec: float = 0.0
) -> Array:
    """Share of a Moffat image between ``offset - width/2`` and ``offset + width/2``."""
    t = (np.arange(400) + 0.5) / 400 * width_arcsec - width_arcsec / 2 + offset_arcsec
    fwhm = np.atleast_1d(np.asarray(fwhm_arcsec, dtype=float))
    values = moffat_line(t, fwhm[..., None], beta)
    return np.asarray(values.sum(axis=-1) * width_arcsec / 400)
