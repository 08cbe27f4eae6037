"""Take the absorption by the air out of a spectrum.

1. Optical depths of water, oxygen, carbon dioxide and methane come from templates at high
   resolution. Transmission is what passes through the columns of all of them, blurred by the
   line-spread function of the instrument.
2. The spectrum is cut into bands. In each the columns, the width of the line-spread function and
   the velocity of the lines are fitted together with a smooth continuum; lines of the source are
   clipped.
3. What the bands agree on - the water column, the width - guides a second round, in which faint
   and shallow bands gain from the others.
4. If a telluric standard was observed in the same night, its columns, moved to the airmass of the
   target, are what the fit starts from and keeps near: a faint target is then corrected by it.
5. The flux is divided by the transmission. The error takes in that of the columns and that of the
   templates, as the scatter of the fitted bins shows it.

Where ESO's molecfit is installed it finds the transmission instead (`corrector`): it computes the
lines from the atmosphere of the night, which takes minutes. If it fails, the templates serve.

Where too little light comes through, bins are flagged; what is left there is no measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.domain.telluric import (
    ForeignTransmission,
    TelluricCorrection,
    TelluricGrid,
    TransmissionFinder,
)
from soxs_pipeline.errors import NoSolutionError, ParameterError, UnprocessableDataError
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.telluric import TELLURIC_QC, measure_telluric
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.flux.foreignair import adopt_transmission
from soxs_pipeline.reduction.flux.telluric import (
    TelluricOptions,
    correct_spectrum,
    find_absorption,
)

__all__ = ["RECIPE", "TelluricParameters", "TelluricProducts", "soxs_telluric"]


@dataclass(frozen=True, kw_only=True)
class TelluricParameters(ParameterSet):
    """Parameters of `soxs_telluric`."""

    corrector: Literal["auto", "grid", "molecfit"] = parameter(
        "auto",
        "Who finds the transmission: the templates, molecfit, or molecfit if it is installed and "
        "does not fail.",
    )
    fit: bool = parameter(True, "Fit the columns; else those assumed beforehand are taken.")
    water: float = parameter(
        0.0,
        "Water above the telescope assumed beforehand; 0 takes what the header says.",
        unit="mm",
        ge=0.0,
        le=50.0,
    )
    resolving_power: float = parameter(
        0.0,
        "Resolving power assumed beforehand; 0 takes that of the sky lines.",
        ge=0.0,
        le=50000.0,
    )
    use_standard: bool = parameter(
        True, "Let a telluric standard of the same night guide the fit, if there is one."
    )
    opaque: float = parameter(
        0.2, "Bins of which less than this share of the light came through are flagged.",
        ge=0.02, le=0.9,
    )  # fmt: skip


@dataclass(frozen=True)
class TelluricProducts:
    """Products of `soxs_telluric`."""

    corrected: MergedSpectrum
    telluric: TelluricCorrection


def soxs_telluric(
    merged: MergedSpectrum,
    standard: MergedSpectrum | None,
    grid: TelluricGrid,
    *,
    molecfit: TransmissionFinder | None = None,
    parameters: TelluricParameters,
) -> Outcome[TelluricProducts]:
    """Take the absorption by the air out of a spectrum.

    Parameters
    ----------
    merged
        The spectrum, of one arm or of several.
    standard
        Spectrum of a telluric standard, or None.
    grid
        Templates.
    molecfit
        Finds the transmission with ESO's molecfit; None where it is not installed.
    parameters
        What is assumed, and whether it is fitted.

    Raises
    ------
    ParameterError
        If molecfit is asked for and not installed.
    NoSolutionError
        If molecfit is asked for and fails.
    UnprocessableDataError
        If the spectrum reaches into no band of absorption.
    """
    options = TelluricOptions(
        fit=parameters.fit,
        water_mm=parameters.water,
        resolving_power=parameters.resolving_power,
    )
    remarks: list[str] = []
    foreign = _ask_molecfit(merged, molecfit, parameters, remarks)
    if foreign is not None:
        found = adopt_transmission(merged, grid, foreign)
        corrected = correct_spectrum(merged, found, parameters.opaque)
        return Outcome(
            TelluricProducts(corrected, found), measure_telluric(found, parameters.opaque), remarks
        )
    guide = None
    if standard is not None and parameters.use_standard:
        guide, _ = find_absorption(standard, grid, TelluricOptions())
        if not any(band.measured for band in guide.bands):
            guide = None
            remarks.append("the telluric standard shows no absorption that could be measured")
    found, said = find_absorption(merged, grid, options, guide)
    if not found.bands:
        raise UnprocessableDataError(
            "the spectrum reaches into no band in which the air absorbs",
            wanted=f"data above {grid.band_low_nm.min():.0f} nm",
            remedy="a spectrum of shorter wavelengths needs no such correction",
        )
    lost = [band for band in found.bands if not band.measured]
    if parameters.fit and lost:
        named = ", ".join(f"{band.low_nm:.0f}-{band.high_nm:.0f}" for band in lost)
        remarks.append(f"no fit came about in {len(lost)} bands, columns are assumed: {named} nm")
    corrected = correct_spectrum(merged, found, parameters.opaque)
    return Outcome(
        TelluricProducts(corrected, found),
        measure_telluric(found, parameters.opaque),
        (*remarks, *said),
    )


def _ask_molecfit(
    merged: MergedSpectrum,
    molecfit: TransmissionFinder | None,
    parameters: TelluricParameters,
    remarks: list[str],
) -> ForeignTransmission | None:
    """Return what molecfit found, None if the templates are to serve."""
    insisted = parameters.corrector == "molecfit"
    if parameters.corrector == "grid" or not (parameters.fit or insisted):
        return None
    if molecfit is None:
        if insisted:
            raise ParameterError(
                "corrector is molecfit, but no esorex in the path knows its recipes",
                wanted="molecfit_model and molecfit_calctrans among the recipes of esorex",
                remedy="install ESO's molecfit kit, or set corrector to auto or grid",
            )
        return None
    try:
        return molecfit(merged, parameters.resolving_power)
    except NoSolutionError as error:
        if insisted:
            raise
        remarks.append(f"molecfit failed, the templates served instead: {error.what}")
        return None


RECIPE = Recipe(soxs_telluric, TelluricParameters, TelluricProducts, TELLURIC_QC)
