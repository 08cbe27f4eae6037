"""Find the response of an arm from spectra of standard stars.

1. Each star is recognised by its name or a synonym, else by its position.
2. The electrons of every order are divided by the flat lamp's signal in that order and by the
   star's flux through the atmosphere: what is left is one smooth curve over the whole arm.
3. Steps between orders that the lamp leaves are measured where two orders share wavelengths.
4. In molecular bands the absorption is fitted to the star by templates and divided out, as far as
   light came through and with the error of the templates. Bins within lines of the star count
   less.
5. A spline is fitted in the logarithm; the spacing of its knots is chosen by the Bayesian
   information criterion, outliers count less.
6. The curve times the lamp's signal is the sensitivity of each order: it holds through any slit.
   Its error grows across the bands.

What a point source loses beside the slit, as its width along the slit tells, is taken into
account (`soxs_extract`, parameter `slit-loss`). What a source off the middle of the slit loses
beyond that is not told apart from inefficiency: take standards through the widest slit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from soxs_pipeline.domain.flux import Extinction, FluxStandards, Response
from soxs_pipeline.domain.lines import MolecularBands
from soxs_pipeline.domain.spectra import OrderSpectra
from soxs_pipeline.domain.telluric import TelluricGrid
from soxs_pipeline.errors import InputError
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.flux import RESPONSE_QC, measure_response
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.flux.response import fit_response

__all__ = ["RECIPE", "ResponseParameters", "ResponseProducts", "soxs_response"]


@dataclass(frozen=True, kw_only=True)
class ResponseParameters(ParameterSet):
    """Parameters of `soxs_response`."""

    telescope_area: float = parameter(
        89000.0,
        "Collecting area of the telescope, for the efficiency alone.",
        unit="cm2",
        ge=1.0,
        le=1e8,
    )


@dataclass(frozen=True)
class ResponseProducts:
    """Products of `soxs_response`."""

    response: Response


def soxs_response(
    orders: Sequence[OrderSpectra],
    standards: FluxStandards,
    extinction: Extinction,
    bands: MolecularBands,
    grid: TelluricGrid | None = None,
    *,
    parameters: ResponseParameters,
) -> Outcome[ResponseProducts]:
    """Find the response of an arm from spectra of standard stars.

    Parameters
    ----------
    orders
        Spectra by order of one or several standard stars, all of one arm.
    standards
        Fluxes of the stars.
    extinction
        Of the site.
    bands
        Where molecules of the air absorb.
    grid
        Templates of these molecules.
    parameters
        Area of the telescope.

    Raises
    ------
    InputError
        If the spectra are of several arms, or there is none.
    UnprocessableDataError
        If a star is unknown or saturated, or no bin can be used.
    """
    # Exposures of the sky beside a star hold no spectra.
    orders = [one for one in orders if one.spectra]
    arms = sorted({found.arm for found in orders})
    if len(arms) != 1:
        raise InputError(
            f"the spectra are of {len(arms)} arms: {', '.join(arms) or 'none'}",
            wanted="spectra of standard stars of one arm",
            remedy="make a response for each arm",
        )
    response, remarks = fit_response(
        orders,
        standards,
        extinction,
        bands,
        grid=grid,
        telescope_area_cm2=parameters.telescope_area,
    )
    return Outcome(ResponseProducts(response), measure_response(response), remarks)


RECIPE = Recipe(soxs_response, ResponseParameters, ResponseProducts, RESPONSE_QC)
