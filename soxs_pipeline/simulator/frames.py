"""The frame types of SOXS, and how to make one raw frame of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from soxs_pipeline.errors import ParameterError
from soxs_pipeline.simulator.detector import Detector, cosmic_rays, make_detector
from soxs_pipeline.simulator.geometry import Geometry, random_flexure
from soxs_pipeline.simulator.headers import Exposure, raw_header
from soxs_pipeline.simulator.images import (
    SourceTruth,
    fringe_pattern,
    object_image,
    pinhole_image,
    scattered_light,
    sky_image,
    slit_light_image,
)
from soxs_pipeline.simulator.light import arc_lamp, flat_lamp
from soxs_pipeline.simulator.scenes import Scene

__all__ = ["KINDS", "FrameKind", "Light2D", "RawFrame", "State", "make_frame", "make_state"]

Image = NDArray[np.float32]


@dataclass(frozen=True)
class FrameKind:
    """One row of the classification table.

    Parameters
    ----------
    category, kind, technique
        The DPR triplet.
    source
        What is exposed: ``none``, ``arc``, ``flat`` or ``sky``.
    slit
        ``PINHOLE``, ``MULTPIN``, ``BLANK`` or empty for the scene's slit.
    lamp
        ``QTH``, ``D2``, ``DOME``, ``arc`` or empty.
    seconds
        Exposure time VIS, NIR; 0 for the science exposure time where the source is the sky.
    template
        Template name; ``{arm}`` is filled in.
    arms
        Where it exists.
    """

    category: str
    kind: str
    technique: str
    source: str = "none"
    slit: str = "BLANK"
    lamp: str = ""
    seconds: tuple[float, float] = (0.0, 0.0)
    template: str = ""
    arms: tuple[str, ...] = ("VIS", "NIR")


def _sky_kind(category: str, kind: str, technique: str, template: str) -> FrameKind:
    return FrameKind(category, kind, f"ECHELLE,SLIT,{technique}", "sky", "", "", (0, 0), template)


_FLAT = "SOXS_slt_cal_{arm}LampFlat"
_PFLAT = "SOXS_slt_cal_{arm}LampFlatPinhole"
_PARC = "SOXS_slt_cal_{arm}ArcsPinhole"
_MARC = "SOXS_slt_cal_{arm}ArcsMultiplePinhole"

#: Every frame type of the classification table, by short name.
KINDS: dict[str, FrameKind] = {
    "bias": FrameKind("CALIB", "BIAS", "IMAGE", template="SOXS_gen_cal_VISBias", arms=("VIS",)),
    "dark": FrameKind(
        "CALIB", "DARK", "IMAGE", seconds=(600, 600), template="SOXS_gen_cal_{arm}Dark"
    ),
    "arc_pinhole": FrameKind(
        "CALIB", "LAMP,WAVE", "ECHELLE,PINHOLE", "arc", "PINHOLE", "arc", (30, 15), _PARC
    ),
    "arc_pinhole_off": FrameKind(
        "CALIB", "LAMP,WAVE", "IMAGE", "none", "PINHOLE", "", (30, 15), _PARC, ("NIR",)
    ),
    "flat_pinhole": FrameKind(
        "CALIB", "LAMP,FLAT", "ECHELLE,PINHOLE", "flat", "PINHOLE", "QTH", (10, 10), _PFLAT
    ),
    "flat_pinhole_d2": FrameKind(
        "CALIB",
        "LAMP,FLAT",
        "ECHELLE,PINHOLE",
        "flat",
        "PINHOLE",
        "D2",
        (20, 20),
        _PFLAT,
        ("VIS",),
    ),
    "flat_pinhole_off": FrameKind(
        "CALIB", "LAMP,FLAT", "IMAGE", "none", "PINHOLE", "", (10, 10), _PFLAT, ("NIR",)
    ),
    "flat": FrameKind("CALIB", "LAMP,FLAT", "ECHELLE,SLIT", "flat", "", "QTH", (2.5, 2.5), _FLAT),
    "flat_d2": FrameKind(
        "CALIB", "LAMP,FLAT", "ECHELLE,SLIT", "flat", "", "D2", (4, 4), _FLAT, ("VIS",)
    ),
    "flat_off": FrameKind(
        "CALIB", "LAMP,FLAT", "IMAGE", "none", "", "", (2.5, 2.5), _FLAT, ("NIR",)
    ),
    "flat_dome": FrameKind(
        "CALIB", "DOME,FLAT", "ECHELLE,SLIT", "flat", "", "DOME", (4, 4), "SOXS_slt_cal_DomeFlat"
    ),
    "arc_multi": FrameKind(
        "CALIB", "LAMP,WAVE", "ECHELLE,MULTI-PINHOLE", "arc", "MULTPIN", "arc", (30, 15), _MARC
    ),
    "arc_multi_off": FrameKind(
        "CALIB", "LAMP,WAVE", "IMAGE", "none", "MULTPIN", "", (30, 15), _MARC, ("NIR",)
    ),
    "arc_slit": FrameKind(
        "CALIB", "LAMP,WAVE", "ECHELLE,SLIT", "arc", "", "arc", (15, 8), "SOXS_slt_cal_{arm}Arcs"
    ),
    "linearity": FrameKind(
        "TECHNICAL", "LINEARITY", "ECHELLE,SLIT", "flat", "", "QTH", (2.5, 2.5), "SOXS_gen_tec_Lin"
    ),
    "object": _sky_kind("SCIENCE", "OBJECT", "STARE", "SOXS_slt_obs_StareSynchro"),
    "object_nod": _sky_kind("SCIENCE", "OBJECT", "NODDING", "SOXS_slt_obs_AutoNodOnSlit"),
    "object_offset": _sky_kind("SCIENCE", "OBJECT", "OFFSET", "SOXS_slt_obs_AutoOffsetOnSlit"),
    "object_map": _sky_kind("SCIENCE", "OBJECT", "MAPPING", "SOXS_slt_obs_Mapping"),
    "std_flux": _sky_kind("CALIB", "STD,FLUX", "STARE", "SOXS_slt_cal_SpecphotStdStare"),
    "std_flux_nod": _sky_kind("CALIB", "STD,FLUX", "NODDING", "SOXS_slt_cal_SpecphotNod"),
    "std_flux_offset": _sky_kind("CALIB", "STD,FLUX", "OFFSET", "SOXS_slt_cal_SpecphotOffset"),
    "std_telluric": _sky_kind("CALIB", "STD,TELLURIC", "STARE", "SOXS_slt_cal_TelluricStdStare"),
    "std_telluric_nod": _sky_kind(
        "CALIB", "STD,TELLURIC", "NODDING", "SOXS_slt_cal_TelluricStdNod"
    ),
    "std_telluric_offset": _sky_kind(
        "CALIB", "STD,TELLURIC", "OFFSET", "SOXS_slt_cal_TelluricStdOffset"
    ),
}


@dataclass(frozen=True)
class Light2D:
    """Expected electrons of a frame by origin, detector orientation, trimmed and unbinned.

    Parameters
    ----------
    sources, extended, scattered
        Sources; sky or lamp; stray light of both.
    each
        The sources one by one.
    entries
        What each source put into each order.
    """

    sources: Image
    extended: Image
    scattered: Image
    each: tuple[Image, ...] = ()
    entries: tuple[tuple[SourceTruth, ...], ...] = ()

    @property
    def total(self) -> Image:
        """Sum of all, before the pixels' response."""
        return self.sources + self.extended + self.scattered


@dataclass
class State:
    """One arm during one night: optics, detector, scene, and images made so far.

    Parameters
    ----------
    arm, seed, scene
        What is simulated.
    geometry
        By name: ``day`` for calibrations, others for science exposures.
    detector
        With its flaws.
    binning
        Columns and rows summed (VIS).
    """

    arm: str
    seed: int
    scene: Scene
    geometry: dict[str, Geometry]
    detector: Detector
    binning: tuple[int, int] = (1, 1)
    images: dict[tuple, Light2D] = field(default_factory=dict)

    def moved(self, name: str, dx: float, dy: float) -> None:
        """Add a flexure state that differs from the day's by a small shift."""
        self.geometry[name] = self.geometry["day"].moved(dx, dy)


@dataclass(frozen=True)
class RawFrame:
    """A raw frame ready to be written, and what went into it.

    Parameters
    ----------
    adu, header
        The frame.
    light
        Expected electrons, None for frames without light.
    cosmics
        Electrons of cosmic rays.
    """

    adu: Image
    header: fits.Header
    light: Light2D | None
    cosmics: Image | None


def make_state(
    arm: str,
    seed: int = 1,
    scene: Scene | None = None,
    *,
    mode: str = "",
    binning: tuple[int, int] = (1, 1),
) -> State:
    """Prepare one arm for one night.

    Parameters
    ----------
    arm
        ``VIS`` or ``NIR``.
    seed
        Of flexure and detector flaws.
    scene
        Conditions; the standard ones by default.
    mode
        Short name of the read mode.
    binning
        Columns and rows summed, VIS only.
    """
    if arm not in {"VIS", "NIR"}:
        raise ParameterError(f"cannot simulate the arm {arm!r}", wanted="VIS or NIR")
    scene = scene or Scene()
    rng = np.random.default_rng([seed, 13, ord(arm[0])])
    flexure = random_flexure(arm, rng, bend_px=scene.bend_px)
    geometry = Geometry(arm, flexure, smooth=scene.smooth_orders)
    chosen = binning if arm == "VIS" else (1, 1)
    return State(arm, seed, scene, {"day": geometry}, make_detector(arm, seed, mode=mode), chosen)


def slit_name(width_arcsec: float) -> str:
    """Name of a slit in the headers."""
    return f"SLIT{width_arcsec:.1f}"


def make_frame(  # noqa: PLR0913 - keywords with defaults
    kind: str,
    arm: str,
    state: State,
    *,
    seed: int = 0,
    start: datetime | None = None,
    seconds: float | None = None,
    geometry: str = "day",
    offset_arcsec: float = 0.0,
    across_arcsec: float = 0.0,
    header: Mapping[str, object] | None = None,
) -> RawFrame:
    """Make one raw frame.

    Parameters
    ----------
    kind
        Short name, a key of ``KINDS``.
    arm
        ``VIS`` or ``NIR``; must be the state's.
    state
        From :func:`make_state`.
    seed
        Of the noise, together with the state's seed.
    start
        UTC of the start.
    seconds
        Exposure time; the usual one by default.
    geometry
        Which flexure state.
    offset_arcsec
        Shift of the sources along the slit (nodding); 99 moves them out of it.
    across_arcsec
        Shift of the sources across the slit (mapping).
    header
        Fields of :class:`Exposure` to set.

    Raises
    ------
    ParameterError
        If the kind is unknown or does not exist in that arm.
    """
    frame = KINDS.get(kind)
    if frame is None or arm not in frame.arms or arm != state.arm:
        raise ParameterError(
            f"there is no frame {kind!r} for {arm} here", wanted=f"one of {', '.join(KINDS)}"
        )
    seconds = _usual_seconds(frame, state) if seconds is None else seconds
    shift = (offset_arcsec, across_arcsec)
    key = (kind, seconds, geometry, shift)
    if frame.source != "none" and key not in state.images:
        state.images[key] = _light(frame, state, seconds, geometry, shift)
    light = state.images.get(key)
    rng = np.random.default_rng([state.seed, seed, sum(map(ord, kind)), ord(arm[0])])
    shape = state.detector.response.shape
    cosmics = cosmic_rays(shape, arm, seconds * state.scene.cosmics, rng) if seconds else None
    adu = state.detector.expose(
        None if light is None else light.total,
        seconds,
        rng,
        binning=state.binning,
        cosmics=cosmics,
    )
    cards = raw_header(_exposure(frame, state, seconds, start, header or {}))
    return RawFrame(adu, cards, light, cosmics)


def _usual_seconds(frame: FrameKind, state: State) -> float:
    which = 0 if state.arm == "VIS" else 1
    if frame.source == "sky":
        return float(state.scene.exptime[which])
    # A wide slit passes more of the lamp into every pixel.
    width = 1.0 if frame.slit else state.scene.slit_arcsec
    return round(frame.seconds[which] / width, 2)


def _exposure(
    frame: FrameKind,
    state: State,
    seconds: float,
    start: datetime | None,
    fields: Mapping[str, object],
) -> Exposure:
    lamps: tuple[str, ...] = ()
    if frame.lamp == "arc":
        lamps = ("ThAr",) if state.arm == "VIS" else ("Ar", "Hg", "Ne", "Xe")
    elif frame.lamp in {"QTH", "D2"}:
        lamps = (frame.lamp,)
    base = Exposure(
        arm=state.arm,
        category=frame.category,
        kind=frame.kind,
        technique=frame.technique,
        start=start or datetime(2026, 3, 14, 15, 0, 0),  # noqa: DTZ001
        seconds=seconds,
        mode=state.detector.mode,
        slit=frame.slit or slit_name(state.scene.slit_arcsec),
        lamps=lamps,
        template=frame.template.format(arm=state.arm),
        binning=state.binning,
        airmass=state.scene.airmass if frame.source == "sky" else 1.0,
        seeing=state.scene.seeing_arcsec,
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def _light(
    frame: FrameKind,
    state: State,
    seconds: float,
    geometry_name: str,
    shift: tuple[float, float],
) -> Light2D:
    geometry, scene = state.geometry[geometry_name], state.scene
    each: list[Image] = []
    entries: list[list[SourceTruth]] = []
    if frame.source == "sky":
        extended = sky_image(geometry, scene, seconds=seconds)
        each, entries = object_image(
            geometry, scene, seconds=seconds, offset_arcsec=shift[0], across_arcsec=shift[1]
        )
    else:
        lamp = (
            arc_lamp(state.arm, scene.lamp_factor)
            if frame.source == "arc"
            else flat_lamp(frame.lamp, state.arm)
        )
        if frame.slit in {"PINHOLE", "MULTPIN"}:
            holes = geometry.pinholes if frame.slit == "MULTPIN" else np.zeros(1)
            extended = pinhole_image(geometry, lamp, holes_arcsec=holes, seconds=seconds)
        else:
            width = scene.slit_arcsec
            extended = slit_light_image(geometry, lamp, width_arcsec=width, seconds=seconds)
    if scene.fringing and state.arm == "VIS":
        fringes = fringe_pattern(geometry, scene.fringing)
        each, extended = [image * fringes for image in each], extended * fringes
    sources = sum(each, np.zeros(geometry.shape, dtype=np.float32))
    stray = scattered_light(sources + extended, scene.scattered, seconds=seconds)
    planes = [sources, extended, stray, *each]
    if geometry.transposed:
        planes = [np.ascontiguousarray(plane.T) for plane in planes]
    told = tuple(tuple(entry) for entry in entries)
    return Light2D(planes[0], planes[1], planes[2], tuple(planes[3:]), told)
