"""What the recipes that take the sky off have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.calibrations import DetectorCalibration, Geometry
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.objects import Sources
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import ParameterError
from soxs_pipeline.parameters import parameter
from soxs_pipeline.qc.definition import QcValue
from soxs_pipeline.qc.sky import (
    COSMICS,
    SLIT_MOVED,
    STRAY,
    UNEVEN,
    measure_residuals,
    measure_sources,
)
from soxs_pipeline.recipes._scattered import ScatteredParameters
from soxs_pipeline.reduction.detector.detrend import detrend
from soxs_pipeline.reduction.detector.struck import with_tracks_flagged
from soxs_pipeline.reduction.exposures.frames import sky_pulls
from soxs_pipeline.reduction.flat.flatfield import with_lasting_flags
from soxs_pipeline.reduction.flat.moved import with_slit_moved
from soxs_pipeline.reduction.orders.scattered import FAINT, scattered_light
from soxs_pipeline.reduction.sky.finding import SourceOptions
from soxs_pipeline.reduction.sky.modelled import ModelledOrder
from soxs_pipeline.reduction.sky.ownlines import line_wavelengths
from soxs_pipeline.reduction.sky.slitmotion import slit_motion
from soxs_pipeline.reduction.sky.spectrum import SkyOptions
from soxs_pipeline.reduction.slit.pixels import (
    BLUR_FRACTION,
    SlitPixels,
    gather_like,
    gather_pixels,
)

__all__ = [
    "Gathered",
    "SkyParameters",
    "about_lines",
    "about_sources",
    "gathered",
    "gathered_like",
    "sky_options",
    "sky_quality",
    "source_options",
]


#: Lines that a remark names at most, and a motion of the slit's image, in pixels, that is told.
_MOST_LINES, _FAR_PX = 8, 0.5


@dataclass(frozen=True, kw_only=True)
class SkyParameters(ScatteredParameters):
    """The parameters that say how sky and sources are modelled."""

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
        "none",
        "Slit positions that hold sky alone, as low:high pairs in arcsec separated by commas; "
        "none takes the whole slit and fits the sources with the sky.",
    )
    blur_fraction: float = parameter(
        BLUR_FRACTION,
        "Width of the instrument's blur along the slit over that of the image of a pinhole, which "
        "has a size of its own; SOURCE BLUR FRAC of a bright star through the widest slit tells.",
        ge=0.3,
        le=1.2,
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
    follow_slit: bool = parameter(
        True,
        "Follow the image of the slit where it moved across the orders since the calibrations, as "
        "the ends of the slit and a bright target tell.",
    )
    follow_lines: bool = parameter(
        True, "Refine the wavelength map along the slit on the sky lines of the exposure."
    )
    uneven_lines: bool = parameter(
        True,
        "Let emission lines that differ along the slit, of a nebula or of the target's host, do "
        "so in the sky, and interpolate them under the target; if the target is wide, leave them "
        "to it, as those of a galaxy that rotates. Not with sky_regions.",
    )
    clip_sigma: float = parameter(
        5.0,
        "Pixels further than this from the model are left out of it, and those that are by this "
        "too bright for their neighbours along the dispersion.",
        unit="sigma",
        ge=3,
        le=50,
    )


@dataclass(frozen=True, eq=False)
class Gathered:
    """An exposure ready for its sky to be modelled.

    Parameters
    ----------
    frame
        Without offset and scattered light.
    pixels
        Those of each order.
    stray
        The scattered light, or None if it was left in.
    flat
        The pixel response, with the slit lit as it is in this exposure; or None.
    remarks
        What the user should know.
    """

    frame: Frame
    pixels: list[SlitPixels]
    stray: Frame | None
    flat: Frame | None
    remarks: list[str]

    def quality(self) -> list[QcValue]:
        """Measure the scattered light in the orders, and how far the slit's image moved."""
        moved = self.frame.slit_moved_px
        values = [SLIT_MOVED.value(px, order=order) for order, px in moved.items()]
        if self.stray is not None:
            place = np.concatenate([order.place for order in self.pixels])
            values.append(STRAY.value(float(np.median(self.stray.data.ravel()[place]))))
        return values


def gathered(
    raw: RawFrame,
    detector: DetectorCalibration,
    master_flat: Frame | None,
    geometry: Geometry,
    chosen: SkyParameters,
) -> Gathered:
    """Detrend an exposure, take its scattered light off and gather the pixels of its orders."""
    frame, remarks = _detrended(raw, detector, master_flat, chosen)
    stray = None
    if chosen.subtract_scattered and geometry.order_table.has_edges:
        stray = _scattered(frame, geometry, chosen)
        frame = frame.without_light(stray.data)
    elif chosen.subtract_scattered:
        remarks.append(f"{raw.name}: the order table has no edges; scattered light was left in")

    def pixels_of(flat: Frame | None, geometry: Geometry) -> list[SlitPixels]:
        return gather_pixels(
            frame,
            flat,
            geometry,
            edge_margin_px=chosen.edge_margin,
            blur_fraction=chosen.blur_fraction,
        )

    pixels = pixels_of(master_flat, geometry)
    if chosen.follow_slit and geometry.order_table.has_edges:
        moved = slit_motion(frame, geometry.order_table, pixels)
        if moved:
            now = geometry.moved_across(moved)
            if master_flat is not None:
                master_flat = with_slit_moved(master_flat, geometry.pixel_map, now.pixel_map)
            pixels = pixels_of(master_flat, now)
            frame = replace(frame, slit_moved_px=moved)
            typical = float(np.median(list(moved.values())))
            if abs(typical) > _FAR_PX:
                remarks.append(
                    f"{raw.name}: the image of the slit lies {typical:+.1f} pixels across the "
                    "orders from where the calibrations have it; it was followed"
                )
    return Gathered(frame, pixels, stray, master_flat, remarks)


def gathered_like(
    raw: RawFrame,
    detector: DetectorCalibration,
    master_flat: Frame | None,
    geometry: Geometry,
    chosen: SkyParameters,
    own: Gathered,
    *,
    as_bright: float = 0.0,
) -> list[SlitPixels]:
    """Detrend another exposure of a sequence and gather the same pixels.

    Its scattered light is measured, or taken to be so many times that of the first one if
    ``as_bright`` is given: a few electrons, for which a comparison need not wait.
    """
    frame, _ = _detrended(raw, detector, master_flat, chosen)
    if own.stray is not None and as_bright > 0:
        frame = frame.without_light(as_bright * own.stray.data)
    elif own.stray is not None:
        frame = frame.without_light(_scattered(frame, geometry, chosen).data)
    return gather_like(frame, own.flat, own.pixels)


def _detrended(
    raw: RawFrame,
    detector: DetectorCalibration,
    master_flat: Frame | None,
    chosen: SkyParameters,
) -> tuple[Frame, list[str]]:
    """Return the exposure without offset, flagged, and remarks."""
    frame, told = detrend(raw, detector)
    remarks = list(told)
    if master_flat is None:
        remarks.append(f"{raw.name}: no master flat; the pixel response was not corrected")
    else:
        frame = with_lasting_flags(frame, master_flat)
    return with_tracks_flagged(frame, sigma=chosen.clip_sigma), remarks


def _scattered(frame: Frame, geometry: Geometry, chosen: SkyParameters) -> Frame:
    return scattered_light(frame, geometry.order_table, margin_px=chosen.gap_margin, grid=FAINT)


def sky_options(chosen: SkyParameters) -> SkyOptions:
    """Return how the sky is modelled.

    Raises
    ------
    ParameterError
        If the sky regions cannot be read.
    """
    return SkyOptions(
        knots_per_pixel=chosen.knots_per_pixel,
        structure_sigma=chosen.structure_sigma,
        slit_degree=chosen.slit_degree,
        follow_lines=chosen.follow_lines,
        clip_sigma=chosen.clip_sigma,
        regions=_read_regions(chosen.sky_regions),
        uneven_lines=chosen.uneven_lines,
    )


def source_options(chosen: SkyParameters, offset_arcsec: float = 0.0) -> SourceOptions:
    """Return how sources are found, by how much the telescope was offset along the slit."""
    told = chosen.locate == "given" or chosen.position != 0
    return SourceOptions(
        threshold=chosen.detection_sigma,
        most=chosen.max_sources,
        position_arcsec=chosen.position + offset_arcsec,
        forced=chosen.locate == "given",
        aim_arcsec=math.nan if told else offset_arcsec,
    )


def sky_quality(
    modelled: Sequence[ModelledOrder], sources: Sources, frame: Frame, chosen: SkyParameters
) -> list[QcValue]:
    """Measure what is left of the sky, and the sources; count what struck the frame."""
    pulls, skies = zip(*(sky_pulls(order) for order in modelled), strict=True)
    struck = (frame.quality.ravel() & np.uint32(Quality.COSMIC_RAY)) != 0
    hits = [order.hit | struck[order.pixels.place] for order in modelled]
    return [
        *measure_residuals([order.pixels.order for order in modelled], pulls, skies),
        *measure_sources(sources, _pinhole_px(modelled, chosen)),
        COSMICS.value(sum(int(hit.sum()) for hit in hits)),
        UNEVEN.value(sum(line_wavelengths(o, o.model.interpolated).size for o in modelled)),
    ]


def _pinhole_px(modelled: Sequence[ModelledOrder], chosen: SkyParameters) -> float:
    """Return the width of a pinhole's image along the slit in the middle of the arm."""
    blurs = np.array([order.pixels.blur_px for order in modelled])
    known = blurs[np.isfinite(blurs)]
    return float(np.median(known)) / chosen.blur_fraction if known.size else math.nan


def about_sources(name: str, sources: Sources, threshold: float) -> list[str]:
    """Say what the user should know of the target."""
    target = sources.sources[0]
    if target.forced:
        place = float(target.position(sum(target.wave_domain_nm) / 2))
        assumed = f"{name}: the target's position was assumed to be {place:+.2f} arcsec"
        return [assumed, *_about_hosts(name, sources)]
    if target.significance < threshold:
        told = f"{name}: the target was found with {target.significance:.1f} sigma only"
        return [f"{told}, below the threshold of {threshold:g}"]
    if len(sources.sources) > 1:
        middle = sum(target.wave_domain_nm) / 2
        places = ", ".join(f"{float(s.position(middle)):+.1f}" for s in sources.sources)
        first = f"{name}: sources at {places} arcsec; the first is taken for the target"
        return [first, *_about_hosts(name, sources)]
    return []


def _about_hosts(name: str, sources: Sources) -> list[str]:
    """Say that the target lies upon a galaxy, if it does."""
    target, middle = sources.sources[0], sum(sources.sources[0].wave_domain_nm) / 2
    hosts = [source for source in sources.sources[1:] if source.outline is not None]
    if not hosts:
        return []
    told = (
        f"{name}: the target lies upon a galaxy; how much of the light there is the galaxy's is "
        f"known by what is beside it, and the flux to {100.0 * target.flux_error:.1f} per cent"
    )
    if not target.forced:
        return [told]
    there = float(hosts[0].position(middle))
    unseen = (
        f"{name}: no star was seen upon the galaxy; if its middle, at {there:+.2f} arcsec, is the "
        "target, give that as 'position'"
    )
    return [told, unseen]


def about_lines(name: str, modelled: Sequence[ModelledOrder]) -> list[str]:
    """Say which lines were taken for light that fills the slit unevenly."""
    beside = [line_wavelengths(order, order.model.interpolated) for order in modelled]
    own = [line_wavelengths(order, order.model.own) for order in modelled]
    return [
        f"{name}: lines at {_named(found)} differ along the slit; {what}"
        for found, what in (
            (beside, "what of them lies beneath the target was interpolated"),
            (own, "they were left to the target, which is wide"),
        )
        if any(waves.size for waves in found)
    ]


def _named(lines: Sequence[NDArray[np.float64]]) -> str:
    """Return wavelengths as text; two orders may show the same line."""
    known = np.unique(np.round(np.concatenate(list(lines))))
    waves = ", ".join(f"{wave:.0f}" for wave in known[:_MOST_LINES])
    more = f" and {known.size - _MOST_LINES} more" if known.size > _MOST_LINES else ""
    return f"{waves} nm{more}"


def _read_regions(text: str) -> tuple[tuple[float, float], ...]:
    if text.strip().lower() == "none":
        return ()
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
