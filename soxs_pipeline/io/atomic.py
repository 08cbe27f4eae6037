"""Write a file whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from soxs_pipeline.errors import OutputError

__all__ = ["write_whole"]

_REMEDIES = {
    errno.ENOSPC: "free some space, or choose another output folder",
    errno.EDQUOT: "free some of your quota, or choose another output folder",
    errno.EACCES: "choose an output folder that you may write to",
    errno.EPERM: "choose an output folder that you may write to",
    errno.EROFS: "choose an output folder that is not read-only",
    errno.ENOTDIR: "choose an output folder that is not a file",
    errno.EEXIST: "choose an output folder that is not a file",
}


def write_whole(path: Path, content: bytes | memoryview | str) -> None:
    """Write a file so that nobody ever sees a part of it.

    The content goes to a hidden file beside it, is brought to the disk and takes the name
    then; an existing file of that name is replaced. Missing folders are made.

    Raises
    ------
    OutputError
        If it cannot be written; nothing is left behind.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_through(hidden, data)
            hidden.replace(path)
        finally:
            hidden.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}",
            wanted="a folder with room that can be written to",
            remedy=_REMEDIES.get(error.errno or 0, "check the output folder"),
        ) from error


def _write_through(path: Path, data: bytes | memoryview) -> None:
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
