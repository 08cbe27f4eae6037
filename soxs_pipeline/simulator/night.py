"""Simulate the raw frames of one night, with the truth beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from soxs_pipeline.errors import OutputError, ParameterError
from soxs_pipeline.simulator import truth
from soxs_pipeline.simulator.blocks import BLOCKS, OUT_OF_SLIT_ARCSEC, Shot, plan_shots
from soxs_pipeline.simulator.camera import simulate_camera
from soxs_pipeline.simulator.files import write_apple_double, write_raw
from soxs_pipeline.simulator.frames import KINDS, RawFrame, State, make_frame, make_state
from soxs_pipeline.simulator.headers import file_name
from soxs_pipeline.simulator.scenes import SCENES, Scene, get_scene, standard_scene
from soxs_pipeline.simulator.starfield import magnitudes_of, make_sky

__all__ = ["BLOCKS", "QUIRKS", "Shot", "simulate"]

Progress = Callable[[str], None]

# FITS times carry no zone.  The arms' calibrations are separate templates, one after the other.
_DAY = {
    "VIS": datetime(2026, 3, 14, 15, 40, 0, 137000),  # noqa: DTZ001
    "NIR": datetime(2026, 3, 14, 17, 5, 0, 481000),  # noqa: DTZ001
}
_NIGHT = datetime(2026, 3, 15, 1, 0, 0)  # noqa: DTZ001
_READOUT = timedelta(seconds=23.217)
#: Flaws that frames may be given.
QUIRKS = (
    "no_lamp_keys",
    "good_gain",
    "no_read_mode",
    "old_types",
    "sloppy_exptime",
    "dflat_type",
    "apple_double",
)


def simulate(  # noqa: PLR0913 - one keyword for each choice of the user
    out: Path,
    *,
    seed: int = 1,
    arms: Sequence[str] = ("VIS", "NIR"),
    scene: str | Scene = "standard",
    block: str = "stare",
    n_bias: int = 5,
    n_flat: int = 5,
    n_dark: int = 3,
    n_object: int = 1,
    compress: str = "",
    quirks: Sequence[str] = (),
    frames: Sequence[str] | None = None,
    binning: tuple[int, int] = (1, 1),
    progress: Progress | None = None,
    with_truth: bool = True,
) -> list[Path]:
    """Write the raw frames of a night into a folder, and the truth into ``<out>_truth``.

    Parameters
    ----------
    out
        Folder for the raw frames; made if missing.
    seed
        Of everything that is left to chance.
    arms
        Some of ``VIS``, ``NIR`` and ``ACQ``; with the latter an image of the target is taken.
    scene
        Name of a scene, or one of your own.
    block
        One of ``BLOCKS``.
    n_bias, n_flat, n_dark
        Sizes of the sets.
    n_object
        Exposures of the target where the block stares at it.
    compress
        ``gz``, ``Z``, ``fz`` or nothing.
    quirks
        Some of ``QUIRKS``.
    frames
        Only these kinds of frames (keys of ``KINDS``), in the order of the night; kinds that
        the block does not hold are added, one of each.
    binning
        Columns and rows of the VIS detector summed.
    progress
        Called with one line per frame.
    with_truth
        Write the truth, too; it takes more room than the frames.

    Returns
    -------
    list of Path
        The raw frames.

    Raises
    ------
    ParameterError
        If block, quirk, scene or arm is unknown.
    OutputError
        If the folder cannot be written.
    """
    _check(block, quirks, arms)
    out = Path(out)
    beside = out.with_name(out.name + "_truth")
    try:
        out.mkdir(parents=True, exist_ok=True)
        if with_truth:
            beside.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {out}: {error}", remedy="choose another folder") from error
    chosen = get_scene(scene)
    sizes = {"bias": n_bias, "flat": n_flat, "dark": n_dark, "object": n_object}
    if "ACQ" in arms:
        acquired = _acquire(out, chosen, seed, block, compress, progress)
        arms = [arm for arm in arms if arm != "ACQ"]
        if not arms:
            return acquired
    else:
        acquired = []
    shots = {
        arm: list(_select(plan_shots(arm, chosen, block, sizes), arm, frames)) for arm in arms
    }
    name = scene if isinstance(scene, str) else "own"
    night = _Night(out, beside if with_truth else None, compress, tuple(quirks), progress, name)
    for arm in arms:
        mode = chosen.read_modes[0 if arm == "VIS" else 1]
        state = make_state(arm, seed, chosen, mode=mode, binning=binning)
        if block == "linearity":
            state = replace(state, detector=state.detector.with_odd_pixels(seed))
        night.arm(state, shots[arm], twins=len(arms))
    return [*acquired, *night.written]


def _acquire(
    out: Path, scene: Scene, seed: int, block: str, compress: str, progress: Progress | None
) -> list[Path]:
    """Take the camera's frames: all filters, or one of the target before its spectra."""
    if block == "camera":
        return simulate_camera(out, seed=seed, compress=compress, progress=progress)
    label = next((k for k, known in SCENES.items() if known == scene), "own")
    name = f"SIM-{label}".replace("_", "-")
    source = scene.sources[0] if scene.sources else None
    sky = make_sky(
        seed,
        target=None if source is None else magnitudes_of(source),
        seeing_arcsec=scene.seeing_arcsec,
        airmass=scene.airmass,
    )
    return simulate_camera(
        out,
        seed=seed,
        sky=sky,
        filters=("r",),
        n_dither=1,
        seconds=20.0,
        observation={"OBJECT": name, "ESO OBS TARG NAME": name, "ESO OBS ID": 200102,
                     "ESO OBS NAME": f"SIM_{label}"},
        compress=compress,
        progress=progress,
    )  # fmt: skip


def _check(block: str, quirks: Sequence[str], arms: Sequence[str]) -> None:
    if block not in BLOCKS:
        raise ParameterError(f"unknown block {block!r}", wanted=f"one of {', '.join(BLOCKS)}")
    unknown = [quirk for quirk in quirks if quirk not in QUIRKS]
    if unknown:
        raise ParameterError(f"unknown quirk {unknown[0]!r}", wanted=", ".join(QUIRKS))
    if not arms or any(arm not in {"VIS", "NIR", "ACQ"} for arm in arms):
        raise ParameterError(
            f"cannot simulate {', '.join(arms) or 'no arm'}", wanted="VIS, NIR, ACQ"
        )
    if block == "camera" and tuple(arms) != ("ACQ",):
        raise ParameterError("the block camera is of the camera alone", wanted="arm ACQ")


def _sky_starts(shots: list[Shot], scene: Scene) -> Iterator[datetime]:
    """Yield the starts of the templates on the sky, late enough for the slower arm."""
    start = _NIGHT
    for shot in shots:
        if shot.on_sky and shot.number == 1:
            yield start
            longest = max((standard_scene(scene) if shot.standard else scene).exptime)
            start += shot.total * (timedelta(seconds=longest) + 2 * _READOUT)
            start += timedelta(minutes=4)


def _select(shots: list[Shot], arm: str, frames: Sequence[str] | None) -> Iterator[Shot]:
    if frames is None:
        yield from shots
        return
    unknown = [kind for kind in frames if kind not in KINDS]
    if unknown:
        raise ParameterError(f"unknown kind {unknown[0]!r}", wanted=", ".join(KINDS))
    yield from (shot for shot in shots if shot.kind in frames)
    have = {shot.kind for shot in shots}
    for kind in frames:
        if kind not in have and arm in KINDS[kind].arms:
            yield Shot(kind, arm, on_sky=KINDS[kind].source == "sky")


@dataclass
class _Night:
    """The folder being filled, and the clock."""

    out: Path
    beside: Path | None
    compress: str
    quirks: tuple[str, ...]
    progress: Progress | None
    scene: str
    written: list[Path] = field(default_factory=list)
    done: dict[tuple, str] = field(default_factory=dict)

    def arm(self, state: State, shots: list[Shot], *, twins: int) -> None:
        """Take all exposures of one arm."""
        if self.beside is not None:
            truth.write_detector(self.beside / f"detector_{state.arm}.fits", state.detector)
            truth.write_map(self.beside / f"map_{state.arm}_day.fits", state.geometry["day"])
        wide = replace(state, scene=standard_scene(state.scene), images={})
        clock = begun = _DAY[state.arm]
        starts = iter(_sky_starts(shots, state.scene))
        for index, shot in enumerate(shots):
            if shot.number == 1 and shot.on_sky:
                # Both arms share the template; their clocks never agree to the millisecond.
                begun = next(starts)
                clock = begun + timedelta(milliseconds=137 if state.arm == "VIS" else 481)
            elif shot.number == 1:
                begun = clock
            chosen = wide if shot.standard else state
            if shot.number == 1 or shot.on_sky:
                # Only repeats of one exposure share their light; the rest would fill the memory.
                # On the sky each exposure has its own: the image of the slit moves.
                chosen.images.clear()
            frame = self._take(chosen, shot, index, self._fields(shot, begun, twins), clock)
            self._keep(chosen, shot, frame, clock)
            seconds = float(frame.header["EXPTIME"])
            clock += timedelta(seconds=seconds, milliseconds=11 * index) + _READOUT

    def _fields(self, shot: Shot, begun: datetime, twins: int) -> dict[str, object]:
        """Fill in what the header says beyond the kind of frame."""
        extra: dict[str, object] = {}
        if shot.nod_arcsec is not None:
            extra = {
                "ESO SEQ CUMOFF X": shot.across_arcsec,
                "ESO SEQ CUMOFF Y": shot.nod_arcsec,
            }
            if shot.kind.endswith("_nod"):
                extra |= {"ESO SEQ NOD THROW": 5.0, "ESO SEQ JITTER WIDTH": 0.0}
        elif shot.kind.endswith("_offset"):
            away = shot.offset_arcsec >= OUT_OF_SLIT_ARCSEC
            extra = {"ESO SEQ FIXOFF RA": 30.0 if away else -30.0, "ESO SEQ FIXOFF DEC": 0.0}
        # A template that drives both arms counts the exposures of both.
        arms = twins if shot.on_sky else 1
        fields: dict[str, object] = {
            "template_start": begun,
            "number": arms * (shot.number - 1) + (arms if shot.arm == "NIR" else 1),
            "total": arms * shot.total,
            "quirks": self.quirks,
            "extra": extra,
        }
        if shot.on_sky:
            standard = shot.kind.startswith("std")
            fields |= {
                "block": "SOXS_std_LTT3218" if standard else f"SIM_{self.scene}",
                "block_id": 200101 if standard else 200102,
                "target": "LTT3218" if standard else f"SIM-{self.scene}".replace("_", "-"),
            }
        return fields

    def _take(
        self, state: State, shot: Shot, index: int, fields: dict[str, object], clock: datetime
    ) -> RawFrame:
        name = f"night{index}" if shot.on_sky else "day"
        if shot.on_sky and name not in state.geometry:
            rng = np.random.default_rng([state.seed, 29, index, ord(state.arm[0])])
            angle = rng.uniform(0, 2 * np.pi)
            size = state.scene.flexure_px * rng.uniform(0.5, 1.5)
            state.moved(name, size * np.cos(angle), size * np.sin(angle))
        return make_frame(
            shot.kind,
            shot.arm,
            state,
            seed=index + 1,
            start=clock,
            seconds=shot.seconds,
            geometry=name,
            offset_arcsec=shot.offset_arcsec,
            across_arcsec=shot.across_arcsec,
            header=fields,
        )

    def _keep(self, state: State, shot: Shot, frame: RawFrame, clock: datetime) -> None:
        name = file_name(clock)
        path = write_raw(self.out, name, frame.adu, frame.header, self.compress)
        self.written.append(path)
        if "apple_double" in self.quirks:
            write_apple_double(self.out, path.name)
        if self.beside is not None:
            self._keep_truth(self.beside, state, shot, frame, name.removesuffix(".fits"))
        if self.progress:
            self.progress(f"{shot.arm} {shot.kind} {shot.number}/{shot.total} {path.name}")

    def _keep_truth(
        self, beside: Path, state: State, shot: Shot, frame: RawFrame, stem: str
    ) -> None:
        reference = "none"
        if frame.light is not None:
            key = (shot.kind, shot.arm, shot.seconds, shot.standard, shot.on_sky and stem)
            if key not in self.done:
                label = f"{shot.kind}_{shot.arm}" + ("_wide" if shot.standard else "")
                label += f"_{stem}" if shot.on_sky else ""
                self.done[key] = f"light_{label}.fits"
                truth.write_light(beside / self.done[key], frame.light, whole=shot.on_sky)
                if shot.on_sky:
                    seconds = float(frame.header["EXPTIME"])
                    spectra = beside / f"spectra_{label}.fits"
                    truth.write_spectra(spectra, state, frame.light, seconds)
                    latest = list(state.geometry.values())[-1]
                    truth.write_map(beside / f"map_{label}.fits", latest)
            reference = self.done[key]
        truth.write_cosmics(beside / f"{stem}_truth.fits", frame.cosmics, reference)
