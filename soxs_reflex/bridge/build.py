"""Build the plugins: one library and one description for each recipe."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from soxs_pipeline.errors import OutputError
from soxs_reflex.bridge.records import join
from soxs_reflex.description import (
    AUTHOR,
    EMAIL,
    LICENCE,
    Description,
    describe,
    recipe_names,
    version_number,
)

__all__ = ["build", "description_text"]

_SOURCE = Path(__file__).with_name("bridge.c")
_FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC")
_LIBRARIES = ("-lcplcore", "-lcplui", "-lcpldfs", "-ldl")


def build(folder: Path) -> list[Path]:
    """Compile the bridge and write a plugin for each recipe.

    Parameters
    ----------
    folder
        Where the plugins go; made if missing. EsoRex finds them with ``--recipe-dir=<folder>``.

    Returns
    -------
    list of Path
        The libraries.

    Raises
    ------
    OutputError
        If there is no compiler, CPL's headers are missing or the folder cannot be written.
    """
    compiler = next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), None)
    if compiler is None:
        raise OutputError(
            "there is no C compiler",
            wanted="cc, gcc or clang in the PATH",
            remedy="install gcc and libcpl-dev, or use soxs-esorex, which needs neither",
        )
    with tempfile.TemporaryDirectory() as scratch:
        library = Path(scratch) / "bridge.so"
        done = subprocess.run(  # noqa: S603 - the compiler found in the PATH
            [compiler, *_FLAGS, str(_SOURCE), "-o", str(library), *_LIBRARIES],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OutputError(
                f"the bridge does not compile: {done.stderr.strip().splitlines()[0]}",
                wanted="the headers of CPL 7.2 or newer",
                remedy="install libcpl-dev (Debian) or set CPATH and LIBRARY_PATH to CPL",
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            made = []
            for name in recipe_names():
                target = folder / f"{name}.so"
                # Copies, not links: the loader tells libraries apart by their inode.
                shutil.copyfile(library, target)
                text = description_text(describe(name), sys.executable)
                target.with_suffix(".recipe").write_text(text, encoding="utf-8")
                made.append(target)
        except OSError as error:
            raise OutputError(
                f"cannot write into {folder}: {error.strerror}", remedy="choose another folder"
            ) from error
    return made


def description_text(description: Description, interpreter: str) -> str:
    """Return what the library reads of a recipe."""
    major, minor, micro = version_number()
    lines = [
        join("host", interpreter),
        join(
            "recipe",
            description.name,
            10000 * major + 100 * minor + micro,
            description.synopsis,
            description.text,
            AUTHOR,
            EMAIL,
            LICENCE,
        ),
    ]
    lines += [
        join(
            "param", p.form, p.kind, p.name, p.context, p.text, p.alias, _plain(p.default),
            *_limits(p),
        )
        for p in description.parameters
    ]  # fmt: skip
    return "".join(lines)


def _limits(parameter: Any) -> Iterator[str]:
    if parameter.form == "enum":
        yield from map(_plain, parameter.choices)
    elif parameter.form == "range":
        yield from (_plain(parameter.low), _plain(parameter.high))


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
