"""Keep what was read last: the jobs of a worker share most of their calibrations."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Keeper"]

#: Bytes on disk of all that one process keeps.
MOST_BYTES = 250_000_000


class Keeper:
    """Objects read from files, as long as the files are what they were.

    What is kept is handed out again and again, so its arrays are made read-only.

    Parameters
    ----------
    read
        Reads a file as a domain type.
    most_bytes
        Size of the files whose objects are kept; those asked for last stay.
    """

    def __init__(self, read: Callable[[Path, Any], Any], most_bytes: int = MOST_BYTES) -> None:
        self._read = read
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[object, ...], tuple[Any, int]] = OrderedDict()

    def __call__(self, path: Path, kind: Any) -> Any:
        """Return the object that a file holds; errors are those of reading it."""
        try:
            status = path.stat()
        except OSError:
            return self._read(path, kind)
        key = (kind, str(path.absolute()), status.st_ino, status.st_size, status.st_mtime_ns)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        found = self._read(path, kind)
        _protect(found)
        self._kept[key] = (found, status.st_size)
        while sum(size for _, size in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)
        return found


def _protect(value: Any) -> None:
    """Make all arrays within a domain object read-only."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            _protect(getattr(value, item.name))
    elif isinstance(value, (list, tuple)):
        for item in value:
            _protect(item)
    elif isinstance(value, dict):
        for item in value.values():
            _protect(item)
