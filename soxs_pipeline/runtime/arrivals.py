"""Frames that arrive while one watches: which are whole, and which still belong to a sequence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from soxs_pipeline.domain.header import Header
from soxs_pipeline.io.fits_headers import candidates

__all__ = ["Arrivals", "Stamp", "stamps", "unfinished"]

_NS = 1e9


class Stamp(NamedTuple):
    """What tells a file from what it was: size in bytes, time of the last change."""

    size: int
    changed_ns: int


def stamps(folder: Path) -> dict[str, Stamp]:
    """Return size and time of change of every FITS file in and below a folder, by path.

    Raises
    ------
    InputError
        If there is no such folder or it cannot be read.
    """
    found: dict[str, Stamp] = {}
    for path in candidates(folder, recursive=True):
        try:
            status = path.stat()
        except OSError:
            # Moved away between the listing and this line.
            continue
        found[str(path)] = Stamp(status.st_size, status.st_mtime_ns)
    return found


@dataclass
class Arrivals:
    """When each file came as it is now.

    Times of change tell that only of files that were there from the start: copies often keep the
    time of the original.
    """

    found: dict[str, Stamp] = field(default_factory=dict)
    came_s: dict[str, float] = field(default_factory=dict)

    def look(self, found: Mapping[str, Stamp], at_s: float, *, first: bool = False) -> bool:
        """Take note of the files of a look; return True if any came or changed.

        Parameters
        ----------
        found
            Stamp of each file.
        at_s
            Time of the look.
        first
            True if the files may have been there for long.
        """
        new = [path for path, stamp in found.items() if self.found.get(path) != stamp]
        for path in new:
            changed = found[path].changed_ns / _NS
            self.came_s[path] = min(changed, at_s) if first else at_s
        self.found = dict(found)
        return bool(new)

    def settled(self, at_s: float, settle_s: float) -> dict[str, Stamp]:
        """Return the files that have been as they are for long enough: those that are whole."""
        return {
            path: stamp
            for path, stamp in self.found.items()
            if at_s - self.came_s[path] >= settle_s
        }


def unfinished(
    headers: Mapping[str, Header], came_s: Mapping[str, float], since_s: float
) -> tuple[dict[str, str], float]:
    """Return frames of templates that still go on, for half a sequence is reduced twice.

    Single exposures on the slit (``STARE``) wait for nothing. A template is over when its last
    exposure is there, or as many as it announced, or when nothing came of it for long.

    Parameters
    ----------
    headers
        Header of each file.
    came_s
        When each file came.
    since_s
        A template of which nothing came since this time is given up, and reduced as it is.

    Returns
    -------
    reasons, newest
        Why a file waits, by path; and the time in seconds at which the first of these templates
        last gave a frame, infinite if nothing waits.
    """
    templates: dict[str, list[str]] = defaultdict(list)
    for path, header in headers.items():
        start = header.text("ESO TPL START")
        if start and not header.text("ESO PRO CATG"):
            templates[start].append(path)
    reasons: dict[str, str] = {}
    first = float("inf")
    for paths in templates.values():
        wanted = max(headers[path].number("ESO TPL NEXP", 0.0) for path in paths)
        reached = max(headers[path].number("ESO TPL EXPNO", 0.0) for path in paths)
        newest = max(came_s.get(path, 0.0) for path in paths)
        if max(reached, len(paths)) >= wanted or newest <= since_s:
            continue
        waiting = [path for path in paths if "STARE" not in headers[path].text("ESO DPR TECH")]
        told = f"its template still goes on: {len(paths)} of {wanted:.0f} exposures are there"
        reasons |= dict.fromkeys(waiting, told)
        first = min(first, newest) if waiting else first
    return reasons, first
