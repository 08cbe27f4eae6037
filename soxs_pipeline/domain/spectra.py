"""One-dimensional spectra: of one order, of all orders, merged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.objects import BlurFraction

__all__ = [
    "AbsoluteScale",
    "Aperture",
    "Blaze",
    "MergedSpectrum",
    "OrderSpectra",
    "OrderSpectrum",
    "ZeroPoint",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Blaze:
    """Signal of the flat lamp along each order, at mid-slit.

    The ratio of two orders of the same lamp at one wavelength is the ratio of their
    efficiencies, whatever the lamp's spectrum: this is what makes orders and arms join.

    Parameters
    ----------
    orders
        Diffraction orders, shape ``(n,)``.
    wavelength_nm
        Vacuum wavelength at each dispersion pixel, shape ``(n, nx)``, NaN off the order.
    signal
        Lamp signal per arcsec of slit in electron/s/nm, shape ``(n, nx)``, NaN off the order.
    """

    orders: NDArray[np.int64]
    wavelength_nm: Floats
    signal: Floats


@dataclass(frozen=True, eq=False)
class OrderSpectrum:
    """The spectrum of one source in one order, bins of one detector pixel.

    Arrays have shape ``(n,)`` and rise in wavelength.

    Parameters
    ----------
    order
        Diffraction order.
    wavelength_nm
        Vacuum wavelength of the bin centres.
    width_nm
        Width of the bins.
    flux, variance
        Electrons in the bin, optimally extracted, and the variance.
    correlation
        Correlation coefficient of a bin with the next.
    boxcar, boxcar_variance
        Plain sum over the aperture.
    sky
        Electrons of sky in the bin over the object's effective aperture.
    quality
        Bits of `Quality`.
    blaze
        Flat-lamp signal at the bin in electron/s/nm, NaN if unknown.
    x, y
        Detector position of the trace at the bin.
    sensitivity, sensitivity_error
        Electrons/s/nm for one erg/s/cm2/Angstrom above the atmosphere in this exposure, and its
        relative error; NaN, or None, without a response.
    slit_share
        Share of a point source's light that passed the slit; None if unknown.
    """

    order: int
    wavelength_nm: Floats
    width_nm: Floats
    flux: Floats
    variance: Floats
    correlation: Floats
    boxcar: Floats
    boxcar_variance: Floats
    sky: Floats
    quality: NDArray[np.uint32]
    blaze: Floats
    x: Floats
    y: Floats
    sensitivity: Floats | None = None
    sensitivity_error: Floats | None = None
    slit_share: Floats | None = None

    @property
    def calibrated(self) -> bool:
        """True if a response tells the sensitivity of some bin."""
        return self.sensitivity is not None and bool(np.isfinite(self.sensitivity).any())


@dataclass(frozen=True)
class ZeroPoint:
    """What sky lines said of the wavelength scale, already taken off the wavelengths.

    Parameters
    ----------
    velocity_km_s, error_km_s
        Median over the orders of their shift, towards the red, and of its error.
    n_lines
        Lines that carry it.
    resolving_power
        Median of the lines', NaN if unknown.
    """

    velocity_km_s: float
    error_km_s: float
    n_lines: int
    resolving_power: float = float("nan")


@dataclass(frozen=True)
class Aperture:
    """Where on the slit light was summed.

    Parameters
    ----------
    low_arcsec, high_arcsec
        Its edges: slit positions, or distances from the target's trace.
    on_target
        True if it follows the trace.
    """

    low_arcsec: float
    high_arcsec: float
    on_target: bool


@dataclass(frozen=True, eq=False)
class OrderSpectra:
    """The spectra of one source in all orders of one exposure.

    Parameters
    ----------
    spectra
        One for each order, in rising order of wavelength.
    exposure_s
        Exposure time in seconds.
    arm
        Label of the arm.
    header
        Header of the exposure.
    exposures
        The raw exposures.
    zero_point
        Correction of the wavelengths by sky lines, None if there was none.
    aperture
        Where on the slit the plain sum was taken; None for an exposure of the sky.
    flux_error
        Relative error of the flux in all orders alike, from those of the target's width and wings;
        NaN if they were not fitted, or not used.
    blur
        How much of a pinhole's image is blur, as the target's profile tells; None if it tells
        nothing.
    away_arcsec
        Where the target was on the slit, from where the telescope pointed; NaN if that is not
        known.
    """

    spectra: tuple[OrderSpectrum, ...]
    exposure_s: float
    arm: str
    header: Header
    exposures: tuple[Exposure, ...] = ()
    zero_point: ZeroPoint | None = None
    aperture: Aperture | None = None
    flux_error: float = float("nan")
    blur: BlurFraction | None = None
    away_arcsec: float = float("nan")


@dataclass(frozen=True)
class AbsoluteScale:
    """Scaling of a spectrum to magnitudes of the target.

    Parameters
    ----------
    factor
        What the flux was multiplied with.
    error
        Its relative standard error.
    bands
        Bands that gave it.
    source
        ``camera`` or ``user``.
    """

    factor: float
    error: float
    bands: tuple[str, ...]
    source: str


@dataclass(frozen=True, eq=False)
class MergedSpectrum:
    """A spectrum over all orders and arms on one grid; arrays of shape ``(n,)``.

    Parameters
    ----------
    wavelength_nm, width_nm
        Centres (vacuum) and widths of the bins.
    flux, variance
        Flux density in ``unit`` and its variance.
    correlation
        Correlation coefficient of a bin with the next.
    sky
        Sky in the same unit.
    snr
        Signal to noise ratio of the bin.
    quality
        Bits of `Quality`.
    contributors
        Number of order spectra that entered the bin.
    arm
        Bit 1: VIS, bit 2: NIR, in the order of ``arms``.
    arms
        Labels of the arms.
    unit
        ``electron/s/nm`` until a response is applied, then ``erg/s/cm2/Angstrom``.
    header
        Header of the first exposure.
    exposures
        The raw exposures of all arms.
    flux_error
        Relative error of the flux scale: the median of the response's, from bin to bin, and
        what the errors of the target's width and wings bring to an arm. NaN without response.
    wavelength_error_km_s
        Largest error of the zero points of the exposures; NaN if none was measured.
    resolving_power
        Median of the sky lines', NaN if none was measured.
    barycentric_km_s
        Velocity of the observatory towards the target relative to the barycentre of the solar
        system, mean of the exposures; NaN if no header tells where the target is.
    barycentric
        True if the wavelengths are those of an observer at the barycentre.
    absolute
        What brought the flux, not the sky, to the absolute scale; None if nothing did.
    reduced, reduced_error
        The spectrum in electron/s/nm before it was calibrated in flux, and its error; None if
        ``flux`` is that itself.
    """

    wavelength_nm: Floats
    width_nm: Floats
    flux: Floats
    variance: Floats
    correlation: Floats
    sky: Floats
    snr: Floats
    quality: NDArray[np.uint32]
    contributors: NDArray[np.int16]
    arm: NDArray[np.int16]
    arms: tuple[str, ...]
    unit: str
    header: Header
    exposures: tuple[Exposure, ...] = ()
    flux_error: float = float("nan")
    wavelength_error_km_s: float = float("nan")
    resolving_power: float = float("nan")
    barycentric_km_s: float = float("nan")
    barycentric: bool = False
    absolute: AbsoluteScale | None = None
    reduced: Floats | None = None
    reduced_error: Floats | None = None
