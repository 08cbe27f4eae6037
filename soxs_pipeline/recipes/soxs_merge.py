"""Merging recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

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
from soxs_pipeline.reduction.barycentre import mean_velocity, to_barycentre
from soxs_pipeline.reduction.merge import Join, merge_spectra

__all__ = ["RECIPE", "MergeParameters", "MergeProducts", "soxs_merge"]


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


@dataclass(frozen=True)
class MergeProducts:
    """Products of `soxs_merge`."""

    merged: MergedSpectrum


def soxs_merge(
    orders: Sequence[OrderSpectra], *, parameters: MergeParameters
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
    """
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
    qc = (*measure_merged(merged), *_join_qc(joins, merged.arms))
    return Outcome(MergeProducts(merged), qc, remarks)


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
