"""What is on the sky, and how the instrument is set, in one simulated night."""

from __future__ import annotations

from dataclasses import dataclass, replace

from soxs_pipeline.errors import ParameterError

__all__ = ["SCENES", "Scene", "Source", "get_scene", "standard_scene"]


@dataclass(frozen=True)
class Source:
    """One source on the slit.

    Parameters
    ----------
    kind
        Spectrum: ``flat`` (per nm), ``ab`` (per Hz), ``blackbody``, ``powerlaw``, ``supernova``,
        ``galaxy``, ``emission`` or ``standard``.
    magnitude
        AB magnitude at 620 nm; for ``emission``, the magnitude a flat spectrum would have whose
        flux in 10 nm equals that of the brightest line; for ``standard``, None keeps the star's
        own brightness.
    position_arcsec
        Place along the slit in the middle of the arm.
    temperature_k, index, redshift
        For the kinds that need them.
    size_arcsec
        Width of the source itself, before the seeing; 0 for a point.
    scale_arcsec
        Scale length of an exponential disc; 0 for another source.
    axis_ratio, angle_deg, across_arcsec
        Of that disc: minor over major axis, the angle of the major axis with the slit, and how
        far the nucleus is beside the middle of the slit.
    """

    kind: str = "supernova"
    magnitude: float | None = 17.0
    position_arcsec: float = 0.0
    temperature_k: float = 9000.0
    index: float = -1.5
    redshift: float = 0.02
    size_arcsec: float = 0.0
    scale_arcsec: float = 0.0
    axis_ratio: float = 1.0
    angle_deg: float = 0.0
    across_arcsec: float = 0.0


@dataclass(frozen=True)
class Scene:
    """Conditions and settings of a simulated night.

    Parameters
    ----------
    sources
        What stands on the slit.
    exptime
        Science exposure in s: VIS, NIR.
    slit_arcsec
        Width of the slit.
    seeing_arcsec
        FWHM at 500 nm at the zenith.
    moffat_beta
        Exponent of the seeing profile.
    airmass
        At mid exposure.
    drift_arcsec
        Drift of the source along the slit from one end of an arm to the other.
    moon
        Moonlight, 1 for a bright moon.
    sky_factor
        Factor on airglow lines and residual continuum.
    lamp_factor
        Factor on arc lamps.
    flexure_px
        Scale of the shift between calibrations and science.
    bend_px
        Largest smooth distortion beyond the published format.
    scattered
        Share of the light that is scattered.
    cosmics
        Factor on the rate of cosmic rays.
    fringing
        Amplitude of fringes at the red end of the VIS arm.
    smooth_orders
        Echelle orders as smooth as a real echelle's, which the published format is not.
    read_modes
        Short names of the read modes: VIS, NIR; the usual ones if empty.
    """

    sources: tuple[Source, ...] = (Source(position_arcsec=0.6),)
    exptime: tuple[float, float] = (600.0, 600.0)
    slit_arcsec: float = 1.0
    seeing_arcsec: float = 0.9
    moffat_beta: float = 3.2
    airmass: float = 1.15
    drift_arcsec: float = 0.5
    moon: float = 0.0
    sky_factor: float = 1.0
    lamp_factor: float = 1.0
    flexure_px: float = 0.2
    bend_px: float = 0.25
    scattered: float = 0.015
    cosmics: float = 1.0
    fringing: float = 0.0
    smooth_orders: bool = False
    read_modes: tuple[str, str] = ("", "")


_STANDARD = Scene()

SCENES: dict[str, Scene] = {
    "standard": _STANDARD,
    "faint19": replace(
        _STANDARD,
        sources=(Source(magnitude=19.0, position_arcsec=0.6),),
        exptime=(1800.0, 1800.0),
        seeing_arcsec=1.0,
    ),
    "faint20": replace(
        _STANDARD,
        sources=(Source(magnitude=20.0, position_arcsec=-0.8),),
        exptime=(1800.0, 1800.0),
        seeing_arcsec=1.0,
    ),
    "bright": replace(
        _STANDARD,
        sources=(Source("standard", None, position_arcsec=0.3),),
        exptime=(60.0, 60.0),
        slit_arcsec=5.0,
    ),
    "no_object": replace(_STANDARD, sources=()),
    "two_objects": replace(
        _STANDARD,
        sources=(
            Source(magnitude=17.5, position_arcsec=-2.2),
            Source("blackbody", 18.2, position_arcsec=2.4, temperature_k=5000.0),
        ),
    ),
    "emission_lines": replace(
        _STANDARD, sources=(Source("emission", 18.0, position_arcsec=0.9, redshift=0.03),)
    ),
    "moonlit": replace(_STANDARD, moon=1.0, sources=(Source(magnitude=18.0),)),
    "bad_seeing": replace(_STANDARD, seeing_arcsec=2.0, airmass=1.6, drift_arcsec=0.9),
    "superb_seeing": replace(_STANDARD, seeing_arcsec=0.4, moffat_beta=4.0, airmass=1.02),
    "few_lines": replace(_STANDARD, lamp_factor=0.03),
    "flexed": replace(_STANDARD, flexure_px=1.2),
    "narrow_slit": replace(_STANDARD, slit_arcsec=0.5),
    "wide_slit": replace(_STANDARD, slit_arcsec=5.0),
    "noisy": replace(_STANDARD, read_modes=("FLG", "CDS")),
    "echelle": replace(_STANDARD, smooth_orders=True),
    "fringes": replace(_STANDARD, fringing=0.04),
    "galaxy": replace(
        _STANDARD,
        sources=(Source("supernova", 14.5, position_arcsec=0.0, size_arcsec=9.0),),
        drift_arcsec=0.0,
    ),
    # A supernova beside an H II region, whose lines fill the slit unevenly.
    "nebula": replace(
        _STANDARD,
        sources=(
            Source(magnitude=17.5, position_arcsec=-0.7),
            Source("emission", 15.5, position_arcsec=3.0, redshift=0.004, size_arcsec=5.0),
        ),
    ),
    # Supernovae in discs of galaxies: one on the flank, one beside a nucleus that the slit misses.
    "host": replace(
        _STANDARD,
        sources=(
            Source(magnitude=18.5, position_arcsec=-1.0),
            Source(
                "galaxy",
                15.8,
                1.2,
                redshift=0.02,
                scale_arcsec=1.8,
                axis_ratio=0.6,
                angle_deg=30.0,
            ),
        ),
    ),
    "host_beside": replace(
        _STANDARD,
        sources=(
            Source(magnitude=18.5, position_arcsec=0.5),
            Source(
                "galaxy",
                15.0,
                -1.6,
                redshift=0.02,
                scale_arcsec=2.5,
                axis_ratio=0.5,
                angle_deg=50.0,
                across_arcsec=2.0,
            ),
        ),
    ),
    # Seen in the blue arm alone, and not where the telescope points.
    "blue": replace(
        _STANDARD,
        sources=(Source("blackbody", 22.5, position_arcsec=-2.0, temperature_k=30000.0),),
        exptime=(1800.0, 1800.0),
    ),
    "power_law": replace(_STANDARD, sources=(Source("powerlaw", 17.5, position_arcsec=-1.2),)),
}


def get_scene(scene: str | Scene) -> Scene:
    """Return a named scene, or the scene itself.

    Raises
    ------
    ParameterError
        If there is no scene of that name.
    """
    if isinstance(scene, Scene):
        return scene
    if scene not in SCENES:
        raise ParameterError(
            f"there is no scene called {scene!r}", wanted=f"one of {', '.join(SCENES)}"
        )
    return SCENES[scene]


def standard_scene(scene: Scene) -> Scene:
    """Return the scene with a spectrophotometric standard seen through the widest slit."""
    if any(source.kind == "standard" for source in scene.sources):
        return scene
    return replace(
        scene,
        sources=(Source("standard", None, position_arcsec=0.3),),
        slit_arcsec=5.0,
        exptime=(300.0, 150.0),
    )
