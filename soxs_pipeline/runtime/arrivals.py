"""Frames that arrive while one watches: which are whole, and which still belong to a sequence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from soxs_pipeline.domain.header import Header
from soxs_pipeline.io.fits_headers import candidates

__all__ = ["Stamp", "has_settled", "stamps", "unfinished"]

#: Size in bytes and time of the last change in nanoseconds.
Stamp = tuple[int, int]

_NS = 1e9


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
        found[str(path)] = status.st_size, status.st_mtime_ns
    return found


def has_settled(
    now: Mapping[str, Stamp], before: Mapping[str, Stamp], at_s: float, settle_s: float
) -> bool:
    """Return True if no file changed since the last look, nor is one just being written.

    Parameters
    ----------
    now, before
        Stamps of this look and of the last one.
    at_s
        Time of this look.
    settle_s
        A file that changed less than this ago is still being written. Times in the future, of
        another computer's clock, tell nothing.
    """
    same = all(before.get(path) == stamp for path, stamp in now.items())
    ages = (at_s - changed / _NS for _, changed in now.values())
    return same and not any(0.0 <= age < settle_s for age in ages)


def unfinished(
    headers: Mapping[str, Header], arrived: Mapping[str, Stamp], since_s: float
) -> tuple[dict[str, str], float]:
    """Return frames of templates that still go on, for half a sequence is reduced twice.

    Single exposures on the slit (``STARE``) wait for nothing. A template is over when its last
    exposure is there, or as many as it announced, or when nothing came of it for long.

    Parameters
    ----------
    headers
        Header of each file.
    arrived
        Stamp of each file.
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
        newest = max(arrived[path][1] / _NS if path in arrived else 0.0 for path in paths)
        if max(reached, len(paths)) >= wanted or newest <= since_s:
            continue
        waiting = [path for path in paths if "STARE" not in headers[path].text("ESO DPR TECH")]
        told = f"its template still goes on: {len(paths)} of {wanted:.0f} exposures are there"
        reasons |= dict.fromkeys(waiting, told)
        first = min(first, newest) if waiting else first
    return reasons, first
