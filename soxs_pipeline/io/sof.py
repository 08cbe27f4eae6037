"""Sets of files: a line for each, its path and its tag.

::

    # biases of the night
    SOXS.2025-08-31T02:10:35.123.fits  BIAS_VIS
    "names with blanks/a frame.fits"   BIAS_VIS  RAW
    $CALIB/bad_pixels.fits             BP_MAP_REFERENCE_VIS
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from soxs_pipeline.errors import InputError
from soxs_pipeline.io.atomic import write_whole

__all__ = ["SofEntry", "read_sof", "write_sof"]

GROUPS = ("RAW", "CALIB", "PRODUCT")
_TOKEN = re.compile(r'"([^"]*)"|(\S+)')
_UNSET = re.compile(r"\$(\w+|\{[^}]*\})")


class SofEntry(NamedTuple):
    """A file of a set and its tag."""

    path: Path
    tag: str


def read_sof(path: Path | str) -> tuple[SofEntry, ...]:
    """Read a set of files.

    Blank lines and what follows a ``#`` at the beginning of a word are ignored. Variables
    (``$NAME``) and ``~`` are expanded; a relative path counts from the set's own folder, and
    if there is no such file from the working directory. Whether files exist is not checked.

    Raises
    ------
    InputError
        If the set cannot be read, is empty or has a line that is not of this form.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"set of files {path} cannot be read: {getattr(error, 'strerror', error)}",
            wanted="a text file with a path and a tag on each line",
            remedy="check the path",
        ) from error
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        tokens = _tokens(line)
        if tokens:
            entries.append(_entry(tokens, path, number))
    if not entries:
        raise InputError(f"set of files {path} is empty", wanted="at least one path and tag")
    return tuple(entries)


def _tokens(line: str) -> list[str]:
    tokens = []
    for match in _TOKEN.finditer(line):
        quoted, plain = match.groups()
        if plain is not None and plain.startswith("#"):
            break
        tokens.append(quoted if plain is None else plain)
    return tokens


def _entry(tokens: list[str], sof: Path, number: int) -> SofEntry:
    where = f"{sof}, line {number}"
    if len(tokens) not in {2, 3} or (len(tokens) == 3 and tokens[2].upper() not in GROUPS):
        raise InputError(
            f"{where}: {' '.join(tokens)!r} is not a path and a tag",
            wanted="path TAG, or path TAG GROUP with one of " + ", ".join(GROUPS),
            remedy='put a path with blanks into quotes: "a path.fits" TAG',
        )
    expanded = os.path.expandvars(tokens[0])
    unset = _UNSET.search(expanded)
    if unset is not None:
        raise InputError(
            f"{where}: variable {unset.group()} is not set", remedy="set it, or write the path out"
        )
    return SofEntry(_located(Path(expanded).expanduser(), sof.parent), tokens[1])


def _located(path: Path, folder: Path) -> Path:
    if path.is_absolute():
        return path
    beside = folder / path
    return path if path.exists() and not beside.exists() else beside


def write_sof(path: Path | str, entries: Iterable[tuple[Path | str, str]]) -> None:
    """Write a set of files that `read_sof` reads back.

    Raises
    ------
    InputError
        If a path cannot be written on one line.
    OutputError
        If the file cannot be written.
    """
    lines = [f"{_quoted(str(file))} {tag}\n" for file, tag in entries]
    write_whole(Path(path), "".join(lines))


def _quoted(path: str) -> str:
    if any(c in path for c in '"\n\r$'):
        raise InputError(
            f"the path {path!r} cannot stand in a set of files",
            wanted="a path without quotes, dollar signs and line ends",
            remedy="rename the file or its folder",
        )
    plain = _TOKEN.fullmatch(path) is not None and not path.startswith(("#", "~"))
    return path if plain else f'"{path}"'
