"""Bring spectra to the absolute scale that magnitudes of the target tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from soxs_pipeline.domain.camera import BANDS, Passbands
from soxs_pipeline.domain.flux import FLUX_UNIT
from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.domain.spectra import AbsoluteScale, MergedSpectrum
from soxs_pipeline.errors import ParameterError
from soxs_pipeline.numerics.synphot import SyntheticMagnitude, ab_magnitude

__all__ = ["Magnitude", "parse_magnitudes", "scale_to_magnitudes"]

#: Share of a band that the spectrum must cover.
_COVERED = 0.95
#: Error of a magnitude of which the user tells none; largest S/N ratio below which a synthetic
#: magnitude says nothing.
_USER_ERROR, _LEAST_SNR = 0.02, 3.0
#: Factors beyond these are no slit loss: the wrong star was measured, or the sky was not clear.
_CREDIBLE = (0.2, 20.0)


@dataclass(frozen=True)
class Magnitude:
    """A magnitude of the target in its band's own system.

    With a colour term it holds for a colour of `pivot`; the spectrum tells the target's colour.
    """

    band: str
    value: float
    error: float
    colour: str = ""
    colour_term: float = 0.0
    pivot: float = 0.0


def parse_magnitudes(text: str) -> tuple[Magnitude, ...]:
    """Return the magnitudes that a user wrote: ``r=17.31``, ``g=17.6:0.03,r=17.31``, ``none``.

    Raises
    ------
    ParameterError
        If the text is not of that form, or a band is unknown.
    """
    if text.strip().lower() == "none":
        return ()
    found = []
    for part in (piece.strip() for piece in text.split(",") if piece.strip()):
        band, equals, rest = part.partition("=")
        value, _, error = rest.partition(":")
        name = band.strip() if band.strip() == "V" else band.strip().lower()
        try:
            numbers = float(value), float(error) if error else _USER_ERROR
        except ValueError:
            numbers = None
        if not equals or numbers is None or name not in BANDS or not numbers[1] > 0:
            raise ParameterError(
                f"magnitudes: cannot understand {part!r}",
                wanted=f"as r=17.31 or r=17.31:0.02, of the bands {' '.join(BANDS)}",
                remedy="AB magnitudes, V in the Vega system",
            )
        found.append(Magnitude(name, *numbers))
    return tuple(found)


def scale_to_magnitudes(
    merged: MergedSpectrum, magnitudes: Sequence[Magnitude], passbands: Passbands, source: str
) -> tuple[MergedSpectrum, tuple[str, ...]]:
    """Multiply a spectrum by one factor so that it gives the magnitudes; return also remarks.

    Bands that the spectrum does not cover, or in which it shows nothing, do not count. The factor
    is the mean over the bands by inverse variance.

    Parameters
    ----------
    merged
        Calibrated in flux.
    magnitudes
        Of the target.
    passbands
        That they refer to.
    source
        Whose they are, for the record.
    """
    if merged.unit != FLUX_UNIT:
        return merged, ("magnitudes were not used: the spectrum is not calibrated in flux",)
    remarks, used, shifts, errors = [], [], [], []
    for magnitude in magnitudes:
        k = passbands.bands.index(magnitude.band)
        found = _synthetic(merged, passbands, magnitude.band)
        if found.covered < _COVERED:
            remarks.append(
                f"{magnitude.band} was not used: the spectrum covers {100 * found.covered:.0f} % "
                "of the band"
            )
        elif not np.isfinite(found.magnitude) or found.error > 1.0857 / _LEAST_SNR:
            remarks.append(f"{magnitude.band} was not used: the spectrum shows nothing there")
        else:
            used.append(magnitude.band)
            value = magnitude.value + _colour_correction(merged, passbands, magnitude)
            shifts.append(found.magnitude - value - float(passbands.ab_offset[k]))
            errors.append(float(np.hypot(found.error, magnitude.error)))
    if not used:
        return merged, tuple(remarks)
    shift, sigma = np.array(shifts), np.array(errors)
    weight = sigma**-2.0
    mean = float((weight * shift).sum() / weight.sum())
    factor = float(10.0 ** (0.4 * mean))
    if not _CREDIBLE[0] < factor < _CREDIBLE[1]:
        remarks.append(
            f"the magnitudes ask for a factor of {factor:.3g} on the flux, which is not believed: "
            "the flux stays as the response gave it"
        )
        return merged, tuple(remarks)
    error = float(weight.sum() ** -0.5)
    if len(used) > 1:
        # Bands that disagree tell that the shape of the spectrum is wrong by as much.
        chi2 = float((weight * (shift - mean) ** 2).sum()) / (len(used) - 1)
        error *= max(1.0, chi2**0.5)
        for band, one, its in zip(used, shift - mean, sigma, strict=True):
            if abs(one) > 4.0 * its and abs(one) > 0.05:
                remarks.append(f"{band} disagrees with the other bands by {one:+.2f} mag")
    scaled = replace(
        merged,
        flux=merged.flux * factor,
        variance=merged.variance * factor**2,
        absolute=AbsoluteScale(factor, error / 1.0857, tuple(used), source),
    )
    return scaled, tuple(remarks)


def _synthetic(merged: MergedSpectrum, passbands: Passbands, band: str) -> SyntheticMagnitude:
    k = passbands.bands.index(band)
    good = (merged.quality & np.uint32(FATAL)) == 0
    return ab_magnitude(
        merged.wavelength_nm,
        merged.width_nm,
        merged.flux,
        merged.variance,
        good & (merged.contributors > 0),
        (passbands.wavelength_nm[k], passbands.response[k]),
    )


def _colour_correction(
    merged: MergedSpectrum, passbands: Passbands, magnitude: Magnitude
) -> float:
    """Return what the target's own colour adds to its magnitude, zero if it cannot be told."""
    names = magnitude.colour.split("-")
    if len(names) != 2 or not set(names) <= set(passbands.bands):
        return 0.0
    first, second = (_synthetic(merged, passbands, name) for name in names)
    if min(first.covered, second.covered) < _COVERED:
        return 0.0
    colour = first.magnitude - second.magnitude
    error = float(np.hypot(first.error, second.error))
    if not np.isfinite(colour) or error > 1.0857 / _LEAST_SNR:
        return 0.0
    return magnitude.colour_term * (colour - magnitude.pivot)
