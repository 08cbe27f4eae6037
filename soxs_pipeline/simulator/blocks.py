"""What is observed in a night, exposure by exposure: calibrations and the blocks on the sky."""

from __future__ import annotations

from dataclasses import dataclass, replace

from soxs_pipeline.simulator.scenes import Scene

__all__ = ["BLOCKS", "OUT_OF_SLIT_ARCSEC", "Shot", "plan_shots"]

OUT_OF_SLIT_ARCSEC = 99.0

#: What may be observed, after the calibrations.
BLOCKS = (
    "stare",
    "nod",
    "offset",
    "generic",
    "mapping",
    "std",
    "std_nod",
    "telluric",
    "flux",
    "night",
    "modes",
    "calibrations",
    "linearity",
    "bare",
    "camera",
)
#: Blocks of several observations: a standard with its wide flats, then the target.
_SEVERAL = {
    "flux": ("std", "stare"),
    "night": ("std", "stare", "nod"),
    "modes": ("std", "telluric", "stare", "nod", "offset", "generic", "mapping"),
}


#: Exposure times of a linearity series.
_LINEARITY_SECONDS = {
    "VIS": (0.3, 1.0, 2.5, 4.0, 6.0, 8.0, 10.0, 12.0),
    "NIR": (0.3, 0.8, 1.5, 2.5, 4.0, 6.0, 8.0, 10.0),
}


@dataclass(frozen=True)
class Shot:
    """One exposure to be made.

    Parameters
    ----------
    kind, arm
        Which frame.
    number, total
        Its place in its template.
    seconds
        Exposure time; None for the usual one.
    on_sky
        Taken at night.
    offset_arcsec, nod_arcsec
        Shift of the sources along the slit, and what the header says of it.
    across_arcsec
        Shift of the sources across the slit.
    standard
        With the standard star and its wide slit instead of the scene's.
    """

    kind: str
    arm: str
    number: int = 1
    total: int = 1
    seconds: float | None = None
    on_sky: bool = False
    offset_arcsec: float = 0.0
    nod_arcsec: float | None = None
    across_arcsec: float = 0.0
    standard: bool = False


def _set(kind: str, arm: str, size: int, seconds: float | None = None) -> list[Shot]:
    return [Shot(kind, arm, k + 1, size, seconds) for k in range(size)]


def _on_off(kind: str, arm: str, size: int) -> list[Shot]:
    """Frames with the lamp on, then as many with the lamp off, in one template."""
    on = [Shot(kind, arm, k + 1, 2 * size) for k in range(size)]
    return on + [Shot(f"{kind}_off", arm, size + k + 1, 2 * size) for k in range(size)]


def plan_shots(arm: str, scene: Scene, block: str, sizes: dict[str, int]) -> list[Shot]:
    """Return the exposures of a night in one arm, in their order.

    Parameters
    ----------
    arm
        ``VIS`` or ``NIR``.
    scene
        Exposure times and slit.
    block
        One of ``BLOCKS``.
    sizes
        Sizes of the sets of ``bias``, ``flat`` and ``dark``, and how many exposures of the target
        are made where a block stares at it, ``object``.
    """
    count = sizes.get("object", 1)
    if block == "bare":
        return _observation(arm, "stare", count=count)
    if block == "linearity":
        first = sizes["bias" if arm == "VIS" else "dark"]
        return _calibrations(arm, scene, sizes)[:first] + _linearity(arm)
    if block in _SEVERAL:
        shots = _calibrations(arm, scene, sizes)
        shots += _as_standard(_flats(arm, sizes["flat"]))
        for part in _SEVERAL[block]:
            seen = _observation(arm, part, scene.slit_arcsec, count)
            shots += _as_standard(seen) if part in {"std", "telluric"} else seen
        return shots
    shots = _calibrations(arm, scene, sizes)
    shots += _observation(arm, block, scene.slit_arcsec, count)
    return _as_standard(shots) if block in {"std", "std_nod", "telluric"} else shots


def _as_standard(shots: list[Shot]) -> list[Shot]:
    return [replace(shot, standard=True) for shot in shots]


def _linearity(arm: str) -> list[Shot]:
    """Pairs of slit flats of rising exposure time, in one template."""
    times = [t for t in _LINEARITY_SECONDS[arm] for _ in range(2)]
    return [Shot("linearity", arm, k + 1, len(times), seconds) for k, seconds in enumerate(times)]


def _calibrations(arm: str, scene: Scene, sizes: dict[str, int]) -> list[Shot]:
    if arm == "VIS":
        shots = _set("bias", arm, sizes["bias"])
        shots += _set("arc_pinhole", arm, 1) + _set("flat_pinhole", arm, 1)
        return shots + _flats(arm, sizes["flat"]) + _set("arc_multi", arm, 1)
    shots = _set("dark", arm, sizes["dark"], 15.0)
    shots += _set("dark", arm, sizes["dark"], scene.exptime[1])
    shots += _on_off("arc_pinhole", arm, 1) + _on_off("flat_pinhole", arm, 1)
    return shots + _flats(arm, sizes["flat"]) + _on_off("arc_multi", arm, 1)


def _flats(arm: str, size: int) -> list[Shot]:
    if arm == "NIR":
        return _on_off("flat", arm, size)
    return _set("flat", arm, size) + _set("flat_d2", arm, size)


def _observation(arm: str, block: str, slit_arcsec: float = 1.0, count: int = 1) -> list[Shot]:
    single = {"stare": "object", "std": "std_flux", "telluric": "std_telluric"}
    if block in single:
        repeats = count if block == "stare" else 1
        return [Shot(single[block], arm, k + 1, repeats, on_sky=True) for k in range(repeats)]
    if block in {"nod", "std_nod"}:
        kind = "object_nod" if block == "nod" else "std_flux_nod"
        return [
            Shot(kind, arm, k + 1, 4, on_sky=True, offset_arcsec=shift, nod_arcsec=shift)
            for k, shift in enumerate((2.5, -2.5, -2.5, 2.5))
        ]
    if block == "offset":
        return [
            Shot("object_offset", arm, k + 1, 4, on_sky=True, offset_arcsec=shift)
            for k, shift in enumerate((0.0, OUT_OF_SLIT_ARCSEC, OUT_OF_SLIT_ARCSEC, 0.0))
        ]
    if block == "generic":
        # Any list: the object at three places of the slit, the sky in between.
        places = (0.0, 1.5, OUT_OF_SLIT_ARCSEC, OUT_OF_SLIT_ARCSEC, -1.5)
        return [
            Shot("object_offset", arm, k + 1, 5, on_sky=True, offset_arcsec=y, nod_arcsec=y)
            for k, y in enumerate(places)
        ]
    if block == "mapping":
        steps = _steps(slit_arcsec)
        return [
            Shot(
                "object_map", arm, k + 1, len(steps), on_sky=True, nod_arcsec=0.0, across_arcsec=x
            )
            for k, x in enumerate(steps)
        ]
    return []


def _steps(slit_arcsec: float) -> tuple[float, ...]:
    """Return where a scan puts the object across the slit: one slit width after the other."""
    return tuple(slit_arcsec * k for k in (-2, -1, 0, 1, 2))
