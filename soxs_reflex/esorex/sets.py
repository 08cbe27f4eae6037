"""Sets of files in EsoRex's dialect, and the list of products."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from soxs_reflex.esorex.errors import NO_SUCH_FILE, USAGE, EsorexError

__all__ = ["check_folder", "products_text", "read_sets"]

Frames = list[tuple[Path, str]]


def read_sets(paths: Sequence[Path], *, must_exist: bool) -> Frames:
    """Read sets of files one after the other.

    A line is ``path tag [group]``; relative paths count from the working directory, a path has
    no blanks, a tag may be missing, and what follows the group is ignored.

    Raises
    ------
    EsorexError
        If a set is missing, or with ``must_exist`` one of its files.
    """
    frames: Frames = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise EsorexError(f"Unable to open the SOF file '{path}'", NO_SUCH_FILE) from error
        for line in lines:
            words = os.path.expandvars(line).split()
            if words and not words[0].startswith("#"):
                frames.append((Path(words[0]), words[1] if len(words) > 1 else ""))
    for file, _ in frames if must_exist else ():
        if not os.access(file, os.R_OK):
            raise EsorexError(f"Could not open the input file '{file}'", NO_SUCH_FILE)
    return frames


def products_text(products: Sequence[tuple[Path, str]], *, machine: bool) -> str:
    """Return the list of products as lines of name and tag, or as JSON."""
    if machine:
        return json.dumps([{"name": str(path), "category": tag} for path, tag in products])
    width = max((len(str(path)) for path, _ in products), default=0)
    return "".join(f"{path!s:<{width}} {tag}\n" for path, tag in products)


def check_folder(name: str, option: str) -> Path:
    """Return an existing folder.

    Raises
    ------
    EsorexError
        If there is none.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise EsorexError(f"The folder '{name}' of '--{option}' does not exist", USAGE)
    return folder
