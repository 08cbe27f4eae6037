"""Copy what one of ESO's tools needs into a folder, paths filled in, nothing lost."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from soxs_pipeline.errors import OutputError
from soxs_pipeline.io.atomic import write_whole
from soxs_pipeline.io.static import calib_static_folder

__all__ = ["KINDS", "Kind", "install", "installed_hint"]

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Kind:
    """What one tool needs.

    Parameters
    ----------
    source
        Folder of the package.
    patterns
        Which of the files below it.
    hint
        What the user does next; ``{folder}`` and ``{python}`` are filled in.
    """

    source: Path
    patterns: tuple[str, ...]
    hint: str


KINDS: Mapping[str, Kind] = {
    "reflex": Kind(
        _PACKAGE / "workflows" / "reflex",
        ("*.xml", "*.oca"),
        "Add to ~/.esoreflex/esoreflex.rc\n"
        "  esoreflex.workflow-path={folder}\n"
        "  esoreflex.python-command={python}\n"
        "  esoreflex.path={bin}\n"
        "  esoreflex.python-path={site}\n"
        "  esoreflex.esorex-command=esorex\n"
        "Make the recipes known to that esorex: soxs-reflex install esorex DIR, or build-bridge.\n"
        "Then\n  esoreflex soxs_spectroscopy",
    ),
    "edps": Kind(
        _PACKAGE / "workflows" / "edps",
        ("soxs/*.py", "soxs/*.yaml"),
        "Set in ~/.edps/application.properties, then run edps -shutdown\n"
        "  [application]\n  workflow_dir={folder}\n"
        "  [executor]\n  esorex_path={bin}/soxs-esorex\n"
        "Then\n  edps -w soxs.soxs_wkf -i RAW_FOLDER -l",
    ),
    "pyesorex": Kind(
        _PACKAGE / "pyesorex" / "plugins",
        ("*.py",),
        "Set\n  export PYESOREX_PLUGIN_DIR={folder}\nThen\n  pyesorex --recipes",
    ),
    "esorex": Kind(
        _PACKAGE / "native" / "plugins",
        ("*.py",),
        "EsoRex runs the python found in the PATH\n  export PATH={bin}:$PATH\n"
        "Then\n  esorex --recipe-dir={folder} --recipes",
    ),
}


def install(tool: str, folder: Path, *, data: Path, force: bool = False) -> list[Path]:
    """Copy what a tool needs into a folder.

    Parameters
    ----------
    tool
        A key of ``KINDS``.
    folder
        Where to; made if missing.
    data
        Root of Reflex's data.
    force
        Replace files that are there.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OutputError
        If a file of another content is there and may not be replaced, or cannot be written.
    """
    kind = KINDS[tool]
    texts = {
        folder / path.relative_to(kind.source): _filled(path.read_text("utf-8"), folder, data)
        for pattern in kind.patterns
        for path in sorted(kind.source.glob(pattern))
    }
    in_the_way = [
        path for path, text in texts.items()
        if path.exists() and path.read_text("utf-8", errors="replace") != text
    ]  # fmt: skip
    if in_the_way and not force:
        raise OutputError(
            f"{in_the_way[0]} is there already and differs"
            + (f", and {len(in_the_way) - 1} more" if len(in_the_way) > 1 else ""),
            wanted="an empty folder, or files of this version",
            remedy="choose another folder, or give --force to replace them",
        )
    for path, text in texts.items():
        write_whole(path, text)
    return list(texts)


def _filled(text: str, folder: Path, data: Path) -> str:
    for name, place in (
        ("ROOT_DATA_PATH_TO_REPLACE", data),
        ("CALIB_DATA_PATH_TO_REPLACE", calib_static_folder()),
        ("ACTORS_PATH_TO_REPLACE", _PACKAGE / "actors"),
        ("WORKFLOW_PATH_TO_REPLACE", folder),
    ):
        text = text.replace(name, str(place))
    return text


def installed_hint(tool: str, folder: Path) -> str:
    """Return what the user does next."""
    return KINDS[tool].hint.format(
        folder=folder,
        python=sys.executable,
        bin=Path(sys.executable).parent,
        site=_PACKAGE.parent,
    )
