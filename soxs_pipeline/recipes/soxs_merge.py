"""Merging recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from soxs_pipeline.domain.camera import Passbands, TargetPhotometry
from soxs_pipeline.domain.flux import FLUX_UNIT
from soxs_pipeline.domain.spectra import MergedSpectrum, OrderSpectra
from soxs_pipeline.errors import InputError
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.definition import QcValue
from soxs_pipeline.qc.merge import (
    ARM_ERROR,
    ARM_RATIO,
    JOIN_STEP,
    JOIN_WORST,
    MERGE_QC,
    measure_merged,
)
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.flux.fluxscale import (
    Magnitude,
    parse_magnitudes,
    scale_to_magnitudes,
)
from soxs_pipeline.reduction.merging.merge import Join, merge_spectra
from soxs_pipeline.reduction.merging.sametarget import about_targets
from soxs_pipeline.reduction.wavelength.barycentre import mean_velocity, to_barycentre

__all__ = ["RECIPE", "MergeParameters", "MergeProducts", "soxs_merge"]

#: A magnitude of a larger error, as with a nominal zero point, tells less than the response.
_USEFUL_MAG = 0.2


@dataclass(frozen=True, kw_only=True)
class MergeParameters(ParameterSet):
    """Parameters of `soxs_merge`."""

    velocity_step: float = parameter(
        15.0, "Bin of the merged spectrum.", unit="km/s", ge=2, le=300
    )
    match_arms: bool = parameter(
        True, "Correct the level of the redder arm's flat lamp so that the arms meet."
    )
    observer: Literal["observatory", "barycentre"] = parameter(
        "observatory",
        "Whose wavelengths: those seen at the observatory, or at the barycentre of the solar "
        "system, where the motion of the Earth is taken out.",
    )
    absolute: bool = parameter(
        True,
        "Scale the flux to the target's magnitude in the acquisition image, if there is one.",
    )
    magnitudes: str = parameter(
        "none",
        "Magnitudes of the target to scale the flux to instead, as r=17.31:0.02,g=17.60 (AB, V in "
        "the Vega system; error after the colon).",
    )


@dataclass(frozen=True)
class MergeProducts:
    """Products of `soxs_merge`."""

    merged: MergedSpectrum


def soxs_merge(
    orders: Sequence[OrderSpectra],
    photometry: Sequence[TargetPhotometry] | None = None,
    passbands: Passbands | None = None,
    *,
    parameters: MergeParameters,
) -> Outcome[MergeProducts]:
    """Merge orders, exposures and arms of one source into one spectrum.

    1. Divide each order by the flat lamp's signal in that order and multiply by one smooth
       curve for all orders and arms: what is left differs between orders by noise alone.
    2. Rebin to one grid, uniform in velocity, conserving flux and carrying the covariance of
       neighbouring bins.
    3. Measure the ratio of the arms in their overlap, correct the level of the redder arm's flat
       lamp by it, and do the first two steps again: the arms meet.
    4. Average with smooth inverse-variance weights that fade in at the ends of each order.

    Where all spectra carry a sensitivity (see `soxs_extract`), it takes the place of the first
    and third step, and the result is in erg/s/cm2/Angstrom; else it is in electrons per second
    and nanometre. On request the wavelengths of each exposure are moved to the barycentre before
    they are averaged; the velocity is written in any case.

    A spectrum in erg/s/cm2/Angstrom is multiplied by one factor to agree with magnitudes of the
    target, its sky is not: light that the slit lost is then put right. The factor is recorded.

    Parameters
    ----------
    orders
        Extracted orders of one source.
    photometry
        Brightness of the target in images, or None.
    passbands
        Responses of the bands, or None.
    parameters
        Grid, frame of the wavelengths, magnitudes.

    Raises
    ------
    InputError
        If there is no spectrum.
    ParameterError
        If the magnitudes cannot be understood.
    UnprocessableDataError
        If no order holds a usable bin.
    """
    given = parse_magnitudes(parameters.magnitudes)
    # Exposures of the sky hold no spectra.
    orders = [one for one in orders if one.spectra]
    if not orders:
        raise InputError("nothing to merge", wanted="at least one set of extracted orders")
    at_barycentre = to_barycentre(orders) if parameters.observer == "barycentre" else None
    merged, joins, remarks = merge_spectra(
        orders if at_barycentre is None else at_barycentre,
        velocity_step_km_s=parameters.velocity_step,
        match_arms=parameters.match_arms,
    )
    merged = replace(
        merged,
        barycentric_km_s=mean_velocity(orders),
        barycentric=at_barycentre is not None,
    )
    if parameters.observer == "barycentre" and at_barycentre is None:
        remarks = (
            *remarks,
            "no header tells where the target is: wavelengths stay those of the observatory",
        )
    merged, said = _absolute(merged, given, photometry or (), passbands, parameters)
    remarks = (*remarks, *said, *about_targets(orders))
    qc = (*measure_merged(merged), *_join_qc(joins, merged.arms))
    return Outcome(MergeProducts(merged), qc, remarks)


def _absolute(
    merged: MergedSpectrum,
    given: Sequence[Magnitude],
    photometry: Sequence[TargetPhotometry],
    passbands: Passbands | None,
    parameters: MergeParameters,
) -> tuple[MergedSpectrum, tuple[str, ...]]:
    """Scale the flux to the user's magnitudes, else to those of the camera."""
    if passbands is None:
        return merged, ("no passbands are given: magnitudes were not used",) if given else ()
    if given:
        return scale_to_magnitudes(merged, given, passbands, "user")
    seen = [
        Magnitude(one.band, one.magnitude, one.error, one.colour, one.colour_term, one.pivot)
        for one in photometry
        if one.found and one.band in passbands.bands and one.error < _USEFUL_MAG
    ]
    if not (parameters.absolute and seen and merged.unit == FLUX_UNIT):
        return merged, ()
    return scale_to_magnitudes(merged, seen, passbands, "camera")


def _join_qc(joins: Sequence[Join], arms: tuple[str, ...]) -> tuple[QcValue, ...]:
    orders = [j for j in joins if j.left not in arms]
    worst = [abs(j.ratio - 1.0) / j.error for j in orders]
    steps = [100.0 * abs(j.ratio - 1.0) for j in orders if j.error < 0.01]
    arm = [j for j in joins if j.left in arms]
    return (
        *((JOIN_WORST.value(max(worst)),) if worst else ()),
        *((JOIN_STEP.value(max(steps)),) if steps else ()),
        *(value for j in arm for value in (ARM_RATIO.value(j.ratio), ARM_ERROR.value(j.error))),
    )


RECIPE = Recipe(soxs_merge, MergeParameters, MergeProducts, MERGE_QC)
