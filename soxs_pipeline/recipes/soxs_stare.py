"""Take the sky off a stare exposure and find the sources on the slit.

1. The frame is detrended and divided by the flat.
2. In each order a first sky is the median along the slit. It is refined by splines in
   wavelength fitted to the unrectified pixels, slit positions that stand out left aside.
3. What is left is collapsed along the dispersion; sources are peaks of a plausible width that
   stand out of the noise, in all orders together, in one order, or in single emission lines.
4. Sky and spectra of the sources are fitted together, pixel by pixel: the sky as a spline in
   wavelength, as smooth as its own data allow, times a low polynomial along the slit; each
   source as a spectrum times a Moffat profile. Shifts of the wavelength scale and of the line
   width along the slit are refined on the sky lines themselves. Trace and width of the sources
   are refined between rounds.
5. Pixels are weighted by the variance of the model. What is sharper than the optics can draw
   is a cosmic ray.
6. Of several sources the one next to the expected position is the target. Without a source
   that position is taken, and flagged so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from soxs_pipeline.domain.calibrations import DetectorCalibration, Geometry
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.objects import Sources
from soxs_pipeline.errors import ParameterError
from soxs_pipeline.parameters import ParameterSet, parameter
from soxs_pipeline.qc.definition import QcValue
from soxs_pipeline.qc.sky import COSMICS, SKY_QC, measure_residuals, measure_sources
from soxs_pipeline.recipes._recipe import Outcome, Recipe
from soxs_pipeline.reduction.detrend import detrend
from soxs_pipeline.reduction.finding import SourceOptions
from soxs_pipeline.reduction.flatfield import with_lasting_flags
from soxs_pipeline.reduction.frames import make_sky_frames, sky_pulls
from soxs_pipeline.reduction.modelled import ModelledOrder
from soxs_pipeline.reduction.sky import SkyOptions
from soxs_pipeline.reduction.slitpixels import gather_pixels
from soxs_pipeline.reduction.subtraction import model_exposure

__all__ = ["RECIPE", "StareParameters", "StareProducts", "soxs_stare"]


@dataclass(frozen=True, kw_only=True)
class StareParameters(ParameterSet):
    """Parameters of `soxs_stare`."""

    locate: Literal["automatic", "given"] = parameter(
        "automatic",
        "Find the target, or take it to be at the given position whether it is seen or not.",
    )
    position: float = parameter(
        0.0,
        "Expected slit position of the target, zero at mid-slit: the source next to it is taken, "
        "and the place itself if it is given or no source is found.",
        unit="arcsec",
        ge=-10,
        le=10,
    )
    detection_sigma: float = parameter(
        5.0,
        "Significance from which a peak along the slit is a source.",
        unit="sigma",
        ge=3,
        le=50,
    )
    max_sources: int = parameter(3, "Greatest number of sources fitted together.", ge=1, le=5)
    sky_regions: str = parameter(
        "",
        "Slit positions that hold sky alone, as low:high pairs in arcsec separated by commas; "
        "empty takes the whole slit and fits the sources with the sky.",
    )
    edge_margin: float = parameter(
        2.5, "Pixels left out at either end of the slit.", unit="pixel", ge=0, le=8
    )
    knots_per_pixel: int = parameter(
        2, "Knots of the sky spectrum in one pixel; more for sharper lines.", ge=1, le=4
    )
    structure_sigma: float = parameter(
        2.3,
        "Structure of the sky spectrum less significant than this is smoothed; 0 keeps all.",
        unit="sigma",
        ge=0,
        le=10,
    )
    slit_degree: int = parameter(
        2, "Degree of the sky's illumination, shift and line width along the slit.", ge=1, le=4
    )
    follow_lines: bool = parameter(
        True, "Refine the wavelength map along the slit on the sky lines of the exposure."
    )
    clip_sigma: float = parameter(
        5.0, "Pixels further than this from the model are left out of it.", unit="sigma", ge=3,
        le=50,
    )  # fmt: skip


@dataclass(frozen=True)
class StareProducts:
    """Products of `soxs_stare`."""

    sky_subtracted: Frame
    sky_model: Frame
    sources: Sources


def soxs_stare(
    raw: RawFrame,
    detector: DetectorCalibration,
    master_flat: Frame | None,
    geometry: Geometry,
    *,
    parameters: StareParameters,
) -> Outcome[StareProducts]:
    """Take the sky off a stare exposure and find the sources on the slit.

    Parameters
    ----------
    raw
        The exposure.
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
        If a calibration is of another detector setup.
    ParameterError
        If the sky regions cannot be read.
    UnprocessableDataError
        If the frame holds no data, or no order lies on it.
    """
    regions = _read_regions(parameters.sky_regions)
    frame, remarks = detrend(raw, detector)
    if master_flat is None:
        remarks = [*remarks, f"{raw.name}: no master flat; the pixel response was not corrected"]
    else:
        frame = with_lasting_flags(frame, master_flat)
    pixels = gather_pixels(frame, master_flat, geometry, edge_margin_px=parameters.edge_margin)
    modelled, sources = model_exposure(
        pixels,
        frame.shape,
        SkyOptions(
            knots_per_pixel=parameters.knots_per_pixel,
            structure_sigma=parameters.structure_sigma,
            slit_degree=parameters.slit_degree,
            follow_lines=parameters.follow_lines,
            clip_sigma=parameters.clip_sigma,
            regions=regions,
        ),
        SourceOptions(
            threshold=parameters.detection_sigma,
            most=parameters.max_sources,
            position_arcsec=parameters.position,
            forced=parameters.locate == "given",
        ),
    )
    products = StareProducts(*make_sky_frames(frame, modelled), sources)
    told = _about(raw.name, sources, parameters.detection_sigma)
    return Outcome(products, _quality(modelled, sources), (*remarks, *told))


def _quality(modelled: Sequence[ModelledOrder], sources: Sources) -> list[QcValue]:
    pulls, skies = zip(*(sky_pulls(order) for order in modelled), strict=True)
    return [
        *measure_residuals([order.pixels.order for order in modelled], pulls, skies),
        *measure_sources(sources),
        COSMICS.value(sum(int(order.hit.sum()) for order in modelled)),
    ]


def _about(name: str, sources: Sources, threshold: float) -> list[str]:
    target = sources.sources[0]
    if target.forced:
        place = float(target.position(sum(target.wave_domain_nm) / 2))
        return [f"{name}: the target's position was assumed to be {place:+.2f} arcsec"]
    if target.significance < threshold:
        told = f"{name}: the target was found with {target.significance:.1f} sigma only"
        return [f"{told}, below the threshold of {threshold:g}"]
    if len(sources.sources) > 1:
        middle = sum(target.wave_domain_nm) / 2
        places = ", ".join(f"{float(s.position(middle)):+.1f}" for s in sources.sources)
        return [f"{name}: sources at {places} arcsec; the first is taken for the target"]
    return []


def _read_regions(text: str) -> tuple[tuple[float, float], ...]:
    try:
        pairs = [tuple(map(float, part.split(":"))) for part in text.split(",") if part.strip()]
        regions = tuple((low, high) for low, high in pairs)
    except ValueError as error:
        raise ParameterError(
            f"parameter sky-regions: {text!r} cannot be read", wanted="for example -5:-2,2:5"
        ) from error
    if any(not low < high for low, high in regions):
        raise ParameterError(
            f"parameter sky-regions: in {text!r} a region ends before it begins",
            wanted="for example -5:-2,2:5",
        )
    return regions


RECIPE = Recipe(soxs_stare, StareParameters, StareProducts, SKY_QC)
