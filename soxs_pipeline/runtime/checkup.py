"""Whether the pipeline is installed as it should be, and what it can make use of."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from soxs_pipeline.errors import SoxsError
from soxs_pipeline.io.static import calib_static_folder, find_static, read_manifest
from soxs_pipeline.runtime.display import TOOLKITS, has_display
from soxs_pipeline.runtime.executors.processes import cores, default_capacity
from soxs_pipeline.runtime.version import program_version
from soxs_pipeline.runtime.workspace import check_output_folder

__all__ = ["Finding", "look_at_computer", "look_at_extras", "look_at_program", "look_at_tables"]

_DISTRIBUTION = "soxs-pipeline"
_GB = 1e9
#: A night of both arms with all modes, 28 exposures of the target, takes 4.8 GB without figures.
_ROOM_GB = 5.0

_INDEX = "https://ftp.eso.org/pub/dfs/pipelines/libraries"
#: Packages that are not needed, and what they are good for.
_PACKAGES = (
    ("astroquery", "stars around the camera's fields from the network", "astroquery"),
    ("specutils", "spectra of the archive's form as specutils objects", "specutils"),
    ("edps", "workflows of EDPS", f"--extra-index-url {_INDEX} edps"),
    ("cpl", "recipes in PyEsoRex", f"--extra-index-url {_INDEX} pyesorex"),
)
#: Programs that are not needed, and what they are good for.
_PROGRAMS = (
    ("esorex", "recipes in EsoRex, molecfit"),
    ("pyesorex", "recipes in PyEsoRex"),
    ("fitsverify", "a second opinion on FITS files"),
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    grade
        ``ok``, ``absent`` if something that is not needed is not there, ``wrong``.
    what
        What was found.
    remedy
        What to do about it.
    """

    grade: str
    what: str
    remedy: str = ""


def look_at_program() -> Iterator[Finding]:
    """Look at Python and at the packages that the pipeline needs."""
    told = f"soxs-pipeline {program_version()}, Python {platform.python_version()}"
    yield Finding("ok", f"{told}, {platform.platform()}")
    try:
        needed = [text for text in requires(_DISTRIBUTION) or () if "extra ==" not in text]
    except PackageNotFoundError:
        yield Finding("wrong", "the package is not installed", "pip install .")
        return
    for text in needed:
        yield _package(text)


def _package(requirement: str) -> Finding:
    from packaging.requirements import Requirement  # noqa: PLC0415 - comes with matplotlib

    wanted = Requirement(requirement)
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return Finding("wrong", f"{wanted.name} is missing", f'pip install "{wanted}"')
    if not wanted.specifier.contains(found, prereleases=True):
        what = f"{wanted.name} {found} is not {wanted.specifier}"
        return Finding("wrong", what, f'pip install "{wanted}"')
    return Finding("ok", f"{wanted.name} {found} ({wanted.specifier})")


def look_at_computer(out: Path) -> Iterator[Finding]:
    """Look at cores, memory and the output folder.

    Parameters
    ----------
    out
        Where products would go; it is made if it is not there.
    """
    at_once = default_capacity()
    few = at_once < cores()
    told = f"{cores()} core(s), {at_once} recipe(s) at a time"
    yield Finding("ok", told + (": the memory allows no more" if few else ""))
    try:
        check_output_folder(out)
    except SoxsError as error:
        yield Finding("wrong", error.what, error.remedy)
        return
    room = shutil.disk_usage(out).free / _GB
    scarce = room < _ROOM_GB
    yield Finding(
        "wrong" if scarce else "ok", f"{out} can be written to, {room:.0f} GB are free",
        f"make room: a night takes {_ROOM_GB:.0f} GB" if scarce else "",
    )  # fmt: skip


def look_at_tables() -> Iterator[Finding]:
    """Hold every static calibration against its checksum."""
    try:
        folder = calib_static_folder()
        entries = read_manifest(folder)
        for entry in entries:
            find_static(entry.tag, entry.arm, entry.valid_from_mjd)
    except SoxsError as error:
        yield Finding("wrong", error.what, error.remedy)
        return
    yield Finding("ok", f"{len(entries)} tables in {folder}")


def look_at_extras() -> Iterator[Finding]:
    """Look for what the pipeline does without, and say what it is good for."""
    yield _window()
    for name, use, install in _PACKAGES:
        if find_spec(name) is None:
            yield Finding("absent", f"{name}: {use}", f"pip install {install}")
        else:
            yield Finding("ok", f"{name}: {use}")
    for name, use in _PROGRAMS:
        place = shutil.which(name)
        yield Finding(
            "ok" if place else "absent", f"{name}: {use}" + (f" ({place})" * bool(place))
        )
    yield _molecfit()


def _window() -> Finding:
    use = "the window of soxspipe tune"
    backend = next((name for module, name in TOOLKITS.items() if find_spec(module)), "")
    if not backend:
        return Finding("absent", use, "pip install PySide6, or the system's python3-tk")
    if not has_display():
        return Finding(
            "absent", f"{use}: {backend} is there, a display is not", "log in with ssh -X"
        )
    return Finding("ok", f"{use}: {backend}")


def _molecfit() -> Finding:
    from soxs_pipeline.io.molecfit import find_molecfit  # noqa: PLC0415

    use = "ESO's model of the air for soxs_telluric"
    if find_molecfit() is None:
        return Finding("absent", f"molecfit: {use}; templates serve instead")
    return Finding("ok", f"molecfit: {use}")
