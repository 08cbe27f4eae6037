"""Extract the target of an exposure order by order.

1. Both arms extract the same target: an arm that found none takes the place where the other one
   saw it, and of several that both see the one next to where the telescope pointed is taken.
2. The bins of an order are the detector's own columns where they cross the target's trace: at
   the trace nothing is resampled.
3. Each row near the trace is read where the tilted image of the slit crosses it, by a
   polynomial through its pixels: a shift of tenths of a pixel over the target's width. Nothing
   is rectified.
4. The samples of a bin are summed with the weights of the best estimate: profile over variance
   of the model. Neighbours on the slit are fitted together with the target.
5. The profile of a bright target is corrected by what is measured of it.
6. Pixels that no source can explain are rejected; bright lines and sharp seeing are not, for
   an error of the profile is granted. Bins that lost most of their weight are flagged.
7. Variance and covariance of neighbouring bins follow exactly from the pixels'; the error of
   the sky, common to all rows, is added to them.
8. The shift that the night sky's lines have against the dispersion solution is taken off the
   wavelengths.
9. If a response is given, the sensitivity of each bin through the atmosphere of the exposure is
   noted beside the electrons, for `soxs_merge` to apply.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from soxs_pipeline.domain.beside import Beside
from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.flux import FluxCalibration
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.objects import Sources
from soxs_pipeline.domain.spectra import Blaze, OrderSpectra
from soxs_pipeline.errors import ParameterError
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.extraction import EXTRACTION_QC, measure_orders
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.extraction.optimal import (
    ExtractionOptions,
    aperture_of,
    extract_orders,
)
from soxs_pipeline.reduction.extraction.windows import lit_range
from soxs_pipeline.reduction.flux.sensitivity import with_sensitivity
from soxs_pipeline.reduction.flux.slitloss import with_slit_share
from soxs_pipeline.reduction.sources.blur import blur_of, split_as_usual
from soxs_pipeline.reduction.sources.onetarget import as_seen_beside
from soxs_pipeline.reduction.wavelength.linecheck import with_zero_point

__all__ = ["RECIPE", "ExtractParameters", "ExtractProducts", "soxs_extract"]


@dataclass(frozen=True, kw_only=True)
class ExtractParameters(ParameterSet):
    """Parameters of `soxs_extract`."""

    method: Literal["optimal", "boxcar"] = parameter(
        "optimal", "Weighted by the profile of a point source, or a plain sum for extended ones."
    )
    aperture: float = parameter(
        0.0,
        "Full width of the boxcar aperture; 0 is three times the width of the target.",
        unit="arcsec",
        ge=0,
        le=15,
    )
    window: str = parameter(
        "target",
        "What is extracted: the target; low:high, all light between two slit positions in arcsec; "
        "or slit, all light on the slit. For windows no profile is assumed.",
    )
    same_target: bool = parameter(
        True, "Take the target for where the other arm saw it, if this one did not."
    )
    clip_sigma: float = parameter(
        5.0, "Pixels further than this from the model are rejected.", unit="sigma", ge=3, le=50
    )
    profile_error: float = parameter(
        0.05, "Relative error of the profile granted before a pixel is rejected.", ge=0, le=0.5
    )
    zero_point: bool = parameter(
        True, "Take the shift of the sky lines off the wavelengths, if they were measured."
    )
    slit_loss: bool = parameter(
        True,
        "Make up for the light of a point source that the slit cut off, as its width along the "
        "slit tells.",
    )
    standard_blur: bool = parameter(
        True,
        "Split the width of the target into seeing and the instrument's blur as the standards of "
        "the response have it, if they are bright enough to tell.",
    )
    most_lost: float = parameter(
        0.5,
        "A bin that lost more of its weight than this to bad pixels is flagged.",
        ge=0.05,
        le=1,
    )


@dataclass(frozen=True)
class ExtractProducts:
    """Products of `soxs_extract`."""

    orders: OrderSpectra


def soxs_extract(
    frame: Frame,
    sky_model: Frame,
    sources: Sources,
    beside: Beside,
    geometry: Geometry,
    blaze: Blaze | None,
    flux: FluxCalibration | None,
    *,
    parameters: ExtractParameters,
) -> Outcome[ExtractProducts]:
    """Extract the target of an exposure order by order.

    Parameters
    ----------
    frame
        Exposure without sky.
    sky_model
        What was taken off, with its variance.
    sources
        The target, and what is beside it on the slit; none for an exposure of the sky.
    beside
        Shift of the sky lines of this exposure, and what the other arm saw on its slit.
    geometry
        Order edges, dispersion solution and pixel map.
    blaze
        Signal of the flat lamp along the orders, or None.
    flux
        Response, extinction of the site and usual efficiency: with them the spectrum can be
        merged in units of flux. None for standards, which make the response.
    parameters
        How the target is extracted.

    Raises
    ------
    InputError
        If the inputs are not of one shape, or the response is of another arm.
    ParameterError
        If the window cannot be read, or does not lie on the slit.
    UnprocessableDataError
        If the target's trace crosses no order.
    """
    geometry = geometry.moved_across(frame.slit_moved_px)
    lit = lit_range(frame, geometry)
    window = _read_window(parameters.window, lit)
    if not sources.sources:
        return _of_sky(frame)
    said: list[str] = []
    if parameters.same_target and window is None:
        sources, said = as_seen_beside(sources, beside.other_arm, lit)
    spectra = extract_orders(
        frame,
        sky_model,
        sources,
        geometry,
        blaze,
        ExtractionOptions(
            method=parameters.method,
            aperture_arcsec=parameters.aperture,
            clip_sigma=parameters.clip_sigma,
            profile_error=parameters.profile_error,
            most_lost=parameters.most_lost,
            window=window,
        ),
    )
    target = sources.sources[0]
    by_profile = window is None and parameters.method == "optimal"
    orders = OrderSpectra(
        spectra=tuple(spectra),
        exposure_s=frame.exposure_s,
        arm=frame.setup.arm,
        header=frame.header,
        exposures=frame.exposures,
        aperture=aperture_of(sources, window, parameters.aperture),
        flux_error=target.flux_error if by_profile else float("nan"),
        blur=blur_of(target, geometry),
        away_arcsec=math.nan if window is not None else _away(sources),
    )
    moved = bool(said)
    if beside.line_check is not None and parameters.zero_point:
        orders, more = with_zero_point(orders, beside.line_check)
        said += more
    if parameters.slit_loss and window is None:
        if parameters.standard_blur and flux is not None:
            target, more = split_as_usual(target, geometry, flux.response)
            said = [*said, *more]
        known = moved or not target.forced
        orders, more = with_slit_share(orders, target, width_known=known)
        said = [*said, *more]
    orders, remarks = with_sensitivity(orders, flux)
    remarks += said
    if blaze is None:
        remarks.append("no blaze was given: orders will not be scaled to each other when merged")
    if window is not None:
        remarks.append(f"all light from {window[0]:+.2f} to {window[1]:+.2f} arcsec was summed")
    elif target.forced and not moved:
        remarks.append("the target was not found; its position was assumed")
    return Outcome(ExtractProducts(orders), measure_orders(orders), remarks)


def _away(sources: Sources) -> float:
    """Return where the target is on the slit, from where the telescope pointed; NaN if unknown."""
    target = sources.sources[0]
    return float(target.position(0.5 * sum(target.wave_domain_nm))) - sources.aim_arcsec


def _read_window(text: str, lit: tuple[float, float]) -> tuple[float, float] | None:
    """Return the window in arcsec, None for the target; ``lit`` is what holds data.

    Raises
    ------
    ParameterError
        If it cannot be read, or does not lie on the slit.
    """
    low, high = lit
    if text.strip().lower() == "target":
        return None
    if text.strip().lower() == "slit":
        return low, high
    first, _, second = text.partition(":")
    try:
        window = float(first), float(second)
    except ValueError:
        window = (0.0, 0.0)
    if not low <= window[0] < window[1] <= high:
        raise ParameterError(
            f"window is {text!r}",
            wanted=f"target, slit, or low:high between {low:.2f} and {high:.2f} arcsec",
            remedy="look at the slit profile in the figures of the sky subtraction",
        )
    return window


def _of_sky(frame: Frame) -> Outcome[ExtractProducts]:
    """Return the spectra of an exposure of the sky: none, so that merging leaves it out."""
    orders = OrderSpectra((), frame.exposure_s, frame.setup.arm, frame.header)
    said = ("an exposure of the sky: nothing was extracted",)
    return Outcome(ExtractProducts(orders), measure_orders(orders), said)


RECIPE = Recipe(soxs_extract, ExtractParameters, ExtractProducts, EXTRACTION_QC)
