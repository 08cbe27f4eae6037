"""Take the sky off an exposure of an object that leaves no sky on the slit, by others beside it.

1. The exposures of the template are told apart by their offsets: near the first one is the
   object, far from it the sky. No sign is asked, and any list of offsets will do.
2. Of an exposure of the object, the sky is that of the last exposure of the sky before it and of
   the first after it, in proportion to time. Sources that happen to lie there are modelled and do
   not count.
3. Lines of the sky are matched in brightness and place to the exposure, for they change within
   minutes; the continuum is not.
4. Taken off is the model of that sky, or on request the exposures themselves: then what no model
   knows goes away too, for more noise.
5. What is left is the object, extended or not: nothing of its light is taken for sky. Beside a
   point source, a smooth level that is small against sky and source is a change of the sky's
   continuum or scattered light, and is taken off as well (`level`); not in mapping.
6. Exposures of the sky are modelled as in a stare; their own sky is delivered too. They hold no
   target, so nothing is extracted from them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from soxs_pipeline.domain.calibrations import DetectorCalibration, Geometry
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.objects import Sources
from soxs_pipeline.parameters import parameter
from soxs_pipeline.qc.modes import OFFSET_QC, measure_offset
from soxs_pipeline.qc.sky import SKY_QC
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.recipes._sky import (
    SkyParameters,
    about_lines,
    about_sources,
    gathered,
    gathered_like,
    sky_options,
    sky_quality,
    source_options,
)
from soxs_pipeline.reduction.exposures.frames import make_sky_frames
from soxs_pipeline.reduction.exposures.pointings import Pointing, neighbours_in_time, pointings_of
from soxs_pipeline.reduction.exposures.skyexposures import common_light_off
from soxs_pipeline.reduction.sky.around import SkyMatch, around, match_sky, model_under_sky
from soxs_pipeline.reduction.sky.modelled import ModelledOrder
from soxs_pipeline.reduction.sky.subtraction import model_exposure
from soxs_pipeline.reduction.slit.pixels import SlitPixels

__all__ = ["RECIPE", "OffsetParameters", "OffsetProducts", "soxs_offset"]

#: An exposure of the sky with a source this significant, and so many times more so than the
#: object's own, is doubted.
_LIKE_THE_OBJECT, _BRIGHTER = 10.0, 3.0


@dataclass(frozen=True, kw_only=True)
class OffsetParameters(SkyParameters):
    """Parameters of `soxs_offset`: those of `soxs_stare`, which hold for exposures of the sky."""

    subtract: Literal["model", "difference"] = parameter(
        "model", "Take off the model of the sky around, or the exposures of the sky themselves."
    )
    least_throw: float = parameter(
        12.0,
        "Exposures further than this from the object are of the sky.",
        unit="arcsec",
        ge=1,
        le=3600,
    )
    first: Literal["object", "sky"] = parameter(
        "object", "What the first exposure of the template is of."
    )
    match_lines: bool = parameter(
        True, "Match brightness and place of the sky's lines to the exposure of the object."
    )
    level: Literal["automatic", "take", "leave"] = parameter(
        "automatic",
        "Light left beside the target: take it off always, never, or (but in mapping) if the "
        "target is a point source and the light no more than a change of the sky may come to.",
    )


@dataclass(frozen=True)
class OffsetProducts:
    """Products of `soxs_offset`."""

    sky_subtracted: Frame
    sky_model: Frame
    sources: Sources


@dataclass(frozen=True, eq=False)
class _Made:
    """What comes out for one exposure."""

    frames: tuple[Frame, Frame]
    modelled: Sequence[ModelledOrder]
    sources: Sources
    matches: Sequence[SkyMatch]
    remarks: list[str]


def soxs_offset(
    raw: RawFrame,
    partners: Sequence[RawFrame],
    detector: DetectorCalibration,
    master_flat: Frame | None,
    geometry: Geometry,
    *,
    parameters: OffsetParameters,
) -> Outcome[OffsetProducts]:
    """Take the sky off one exposure of an offset sequence with the help of the others.

    Parameters
    ----------
    raw
        The exposure.
    partners
        All exposures of its template and arm; the exposure itself may be among them.
    detector
        Bias or dark.
    master_flat
        Pixel response, or None.
    geometry
        Order edges, dispersion solution and pixel map.
    parameters
        How sky and sources are modelled.

    Raises
    ------
    InputError
        If no header tells where the exposures point, or a calibration is of another setup.
    ParameterError
        If the sky regions cannot be read.
    UnprocessableDataError
        If the frame holds no data, or no order lies on it.
    """
    pointings = pointings_of(
        (raw, *partners), least_throw=parameters.least_throw, first=parameters.first
    )
    here = next(one for one in pointings if one.raw.name == raw.name)
    skies = () if here.of_sky else neighbours_in_time(pointings, raw.name)

    seen = gathered(raw, detector, master_flat, geometry, parameters)
    if skies:
        around_it = [
            (
                one,
                weight,
                gathered_like(one.raw, detector, master_flat, geometry, parameters, seen),
            )
            for one, weight in skies
        ]
        made = _under_sky_around(raw, seen.frame, seen.pixels, around_it, parameters)
    else:
        made = _alone(here, seen.frame, seen.pixels, parameters)
    qc = [
        *sky_quality(made.modelled, made.sources, seen.frame, parameters),
        *seen.quality(),
        *measure_offset(here.away_arcsec, [m.factor for m in made.matches], here.of_sky),
    ]
    products = OffsetProducts(*made.frames, made.sources)
    told = () if here.of_sky else about_lines(raw.name, made.modelled)
    return Outcome(products, qc, (*seen.remarks, *made.remarks, *told))


def _alone(
    here: Pointing, frame: Frame, pixels: list[SlitPixels], chosen: OffsetParameters
) -> _Made:
    """Model an exposure of the sky, or of an object without any of the sky, by itself."""
    name = here.raw.name
    modelled, sources = model_exposure(
        pixels, frame.shape, sky_options(chosen), source_options(chosen)
    )
    frames = make_sky_frames(frame, modelled)
    if here.of_sky:
        # Nothing on it is the target, and none of its time was spent on the target.
        empty = replace(sources, sources=())
        without = replace(frames[0], exposures=()), replace(frames[1], exposures=())
        return _Made(without, modelled, empty, (), [f"{name}: an exposure of the sky"])
    told = about_sources(name, sources, chosen.detection_sigma)
    none = f"{name}: no exposure of the sky goes with it; its sky is taken from its own slit"
    return _Made(frames, modelled, sources, (), [none, *told])


def _under_sky_around(
    raw: RawFrame,
    frame: Frame,
    pixels: list[SlitPixels],
    around_it: Sequence[tuple[Pointing, float, list[SlitPixels]]],
    chosen: OffsetParameters,
) -> _Made:
    """Take the sky of the exposures around off one of the object."""
    options = sky_options(chosen)
    nowhere = source_options(chosen)
    alone = [model_exposure(p, frame.shape, options, nowhere) for _, _, p in around_it]
    skies = [orders for orders, _ in alone]
    weights = [weight for _, weight, _ in around_it]
    ratios = [_ratio(raw, one.raw) for one, _, _ in around_it]
    expected = around(skies, weights, ratios)
    matches: list[SkyMatch] = []
    if chosen.match_lines:
        matched = [match_sky(p, sky) for p, sky in zip(pixels, expected, strict=True)]
        expected, matches = [sky for sky, _ in matched], [match for _, match in matched]
    # A map is of extended light.
    mapping = "MAPPING" in raw.header.text("ESO DPR TECH")
    level = "leave" if mapping and chosen.level == "automatic" else chosen.level
    modelled, sources, (beside, taken) = model_under_sky(
        pixels, expected, frame.shape, options, source_options(chosen), level
    )
    frames = make_sky_frames(frame, modelled)
    if chosen.subtract == "difference":
        frames = common_light_off(frames, skies, weights, ratios)
    names = " and ".join(one.raw.name for one, _, _ in around_it)
    told = [f"{raw.name}: sky of {names}"]
    if matches:
        factor = float(np.median([match.factor for match in matches]))
        told[0] += f", its lines times {factor:.3f} (median of the orders)"
    if math.isfinite(beside):
        told.append(
            f"{raw.name}: {beside:+.2f} e- a pixel beside the target "
            + ("were taken off" if taken else "are more than the sky may change; they were left")
        )
    told += about_sources(raw.name, sources, chosen.detection_sigma)
    for (one, _, _), (_, beside_it) in zip(around_it, alone, strict=True):
        told += _confused(raw.name, sources, one.raw.name, beside_it)
    return _Made(frames, modelled, sources, matches, told)


def _confused(name: str, sources: Sources, other: str, others: Sources) -> list[str]:
    """Say so if an exposure of the sky looks like that of the object."""
    mine, theirs = (_brightest(found) for found in (sources, others))
    if theirs < _LIKE_THE_OBJECT or theirs < _BRIGHTER * mine:
        return []
    return [
        (
            f"{name} is taken for the object and {other} for the sky, but that holds a source of "
            f"{theirs:.0f} sigma where this has {mine:.0f}: the offsets in the headers may mean "
            "something else; see least-throw and first, or give ESO SEQ CUMOFF"
        )
    ]


def _brightest(found: Sources) -> float:
    return max((s.significance for s in found.sources if not s.forced), default=0.0)


def _ratio(raw: RawFrame, other: RawFrame) -> float:
    ratio = raw.header.number("EXPTIME") / other.header.number("EXPTIME")
    return ratio if ratio > 0 else 1.0


RECIPE = Recipe(soxs_offset, OffsetParameters, OffsetProducts, (*SKY_QC, *OFFSET_QC))
