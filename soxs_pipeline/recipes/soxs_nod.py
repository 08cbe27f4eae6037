"""Take the sky off one exposure of a nodding sequence with the help of the others.

1. All exposures of the template are put in order with their offsets along the slit. Any pattern
   will do; each exposure has one partner at the other end of the nod, and none two. The last
   ones of the more numerous end have none.
2. Sky and sources are modelled together along the slit of the exposure itself, as for a stare:
   airglow that changed between exposures leaves nothing, and no noise of another exposure comes
   in. The target is sought where the offset puts it.
3. Pixels that exceed both the model and the partner are cosmic rays, sharp or not.
4. On request the residual of the partner, whose sky is modelled in the same way, is taken off
   as well (double subtraction): what both models miss goes away, for a noise that is the square
   root of two times higher where the sky dominates.
5. Each exposure keeps its own products; extraction and merging weight them by inverse variance.
   No two of them share a pixel's noise at the target, so N exposures have sqrt(N) times the
   signal to noise of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from soxs_pipeline.domain.calibrations import DetectorCalibration, Geometry
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.objects import Sources
from soxs_pipeline.parameters import parameter
from soxs_pipeline.qc.modes import COMPARED, OFFSET, SEQUENCE_QC
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
from soxs_pipeline.reduction.exposures.offsets import pair_of, ratio_of, sequence_of
from soxs_pipeline.reduction.exposures.sequences import common_off, struck_by_comparison
from soxs_pipeline.reduction.sky.subtraction import model_exposure

__all__ = ["RECIPE", "NodParameters", "NodProducts", "soxs_nod"]


@dataclass(frozen=True, kw_only=True)
class NodParameters(SkyParameters):
    """Parameters of `soxs_nod`: those of `soxs_stare`; positions are those at offset zero."""

    subtract: Literal["model", "difference"] = parameter(
        "model",
        "Take off the sky modelled along the exposure's own slit, or the partner's residual too.",
    )
    least_throw: float = parameter(
        2.0, "Positions closer than this are one end of the nod.", unit="arcsec", ge=0.5, le=12
    )
    compare: bool = parameter(
        True, "Find cosmic rays by comparison with the partner, besides by their sharpness."
    )


@dataclass(frozen=True)
class NodProducts:
    """Products of `soxs_nod`."""

    sky_subtracted: Frame
    sky_model: Frame
    sources: Sources


def soxs_nod(
    raw: RawFrame,
    partners: Sequence[RawFrame],
    detector: DetectorCalibration,
    master_flat: Frame | None,
    geometry: Geometry,
    *,
    parameters: NodParameters,
) -> Outcome[NodProducts]:
    """Take the sky off one exposure of a nodding sequence with the help of the others.

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
        If a header tells no offset, or a calibration is of another detector setup.
    ParameterError
        If the sky regions cannot be read.
    UnprocessableDataError
        If the frame holds no data, or no order lies on it.
    """
    options = sky_options(parameters)
    steps = sequence_of((raw, *partners))
    here, partner = pair_of(steps, raw.name, parameters.least_throw)
    seen = gathered(raw, detector, master_flat, geometry, parameters)
    ratio, difference = ratio_of(raw, partner), parameters.subtract == "difference"
    beside, remarks = None, list(seen.remarks)
    if partner is not None and (parameters.compare or difference):
        beside = gathered_like(
            partner.raw, detector, master_flat, geometry, parameters, seen,
            as_bright=0.0 if difference else 1.0 / ratio,
        )  # fmt: skip
    elif partner is None:
        alone = f"{raw.name}: no other exposure of the sequence is left to pair it with"
        remarks.append(f"{alone}; done as a stare")
    shape, compared = seen.frame.shape, 0
    modelled, sources = model_exposure(
        seen.pixels, shape, options, source_options(parameters, here.along)
    )
    if beside is not None and parameters.compare:
        modelled, compared = struck_by_comparison(modelled, beside, ratio, options.clip_sigma)
    if beside is not None and partner is not None and difference:
        left, _ = model_exposure(beside, shape, options, source_options(parameters, partner.along))
        frames = common_off(seen.frame, modelled, left, ratio)
    else:
        frames = make_sky_frames(seen.frame, modelled)
    qc = [
        *sky_quality(modelled, sources, seen.frame, parameters),
        *seen.quality(),
        OFFSET.value(here.along),
        COMPARED.value(compared),
    ]
    told = about_sources(raw.name, sources, parameters.detection_sigma)
    told += about_lines(raw.name, modelled)
    return Outcome(NodProducts(*frames, sources), qc, (*remarks, *told))


RECIPE = Recipe(soxs_nod, NodParameters, NodProducts, (*SKY_QC, *SEQUENCE_QC))
