"""Provide the star catalogue of the camera's fields as a calibration file."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from soxs_pipeline.cascade import Cascade
from soxs_pipeline.cascade.classify import Classified
from soxs_pipeline.domain.camera import Catalogue
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import InputError
from soxs_pipeline.io.catalogues import query_refcat2, read_catalogue
from soxs_pipeline.io.products import write_product

__all__ = [
    "ENVIRONMENT",
    "TAG",
    "camera_fields",
    "expected_catalogue",
    "provide_catalogue",
    "write_catalogue",
]

LOG = logging.getLogger(__name__)

TAG = "REFERENCE_CATALOGUE"
#: Environment variable that names a catalogue on disk.
ENVIRONMENT = "SOXS_CATALOGUE"
_OBJECT = "IMG_OBJECT"
#: Half the diagonal of the camera's field and the largest error of its pointing.
_RADIUS_DEG = 0.07
_SAME_DEG = 0.01
_CARDS = {
    "INSTRUME": ("SOXS", "Instrument"),
    "ESO PRO CATG": (TAG, "Category of this calibration"),
    "ESO SEQ ARM": ("ACQ", "Arm of the instrument"),
}


def camera_fields(headers: Mapping[str, Header], cascade: Cascade) -> list[tuple[float, float]]:
    """Return the places in degrees that the camera looked at, each once."""
    fields: list[tuple[float, float]] = []
    for header in headers.values():
        found = cascade.classify(header)
        if not isinstance(found, Classified) or found.item.tag != _OBJECT:
            continue
        ra, dec = header.number("RA"), header.number("DEC")
        if not (np.isfinite([ra, dec]).all() and abs(dec) <= 90):
            continue
        scale = np.cos(np.deg2rad(dec))
        if all(np.hypot((ra - a) * scale, dec - d) > _SAME_DEG for a, d in fields):
            fields.append((ra % 360.0, dec))
    return fields


def provide_catalogue(
    headers: Mapping[str, Header], cascade: Cascade, place: str, out: Path
) -> Path | None:
    """Write the catalogue of a night's fields, for the recipes to use; None if there is none.

    A catalogue that lies among the frames is left to the association.

    Parameters
    ----------
    headers
        Of all files, by path.
    cascade
        The map.
    place
        Folder or file on disk, ``online``, ``none``, or empty: the one that the environment names,
        else online if `astroquery` is installed, else none.
    out
        Folder of the reduction.

    Raises
    ------
    InputError
        If a catalogue that the user named cannot be read. One sought unasked is done without.
    """
    wanted = _wanted(headers, cascade, place, out)
    if wanted is None:
        return None
    fields, named, path = wanted
    # What came over the network is kept; a file on disk may have changed.
    if named in {"", "online"} and path.is_file():
        return path
    try:
        if named in {"", "online"}:
            found = query_refcat2(fields, _RADIUS_DEG)
        else:
            found = read_catalogue(Path(named).expanduser(), fields, _RADIUS_DEG)
    except InputError as error:
        if named:
            raise
        LOG.warning("the camera's images are not tied to a catalogue: %s", error.what)
        return None
    write_catalogue(path, found)
    LOG.info("%d stars of %s for %d fields: %s", len(found), found.name, len(fields), path)
    return path


def expected_catalogue(
    headers: Mapping[str, Header], cascade: Cascade, place: str, out: Path
) -> tuple[Path, Header] | None:
    """Return the path that `provide_catalogue` would write, and its header; nothing is written.

    Whether stars will be found is not known before they are sought.
    """
    wanted = _wanted(headers, cascade, place, out)
    if wanted is None:
        return None
    _, named, path = wanted
    if not named and not path.is_file() and find_spec("astroquery") is None:
        return None
    return path, Header({key: value for key, (value, _) in _CARDS.items()})


def _wanted(
    headers: Mapping[str, Header], cascade: Cascade, place: str, out: Path
) -> tuple[list[tuple[float, float]], str, Path] | None:
    """Return fields, where their stars are sought and the file for them, or None."""
    fields = camera_fields(headers, cascade)
    given = any(header.text("ESO PRO CATG").startswith(TAG) for header in headers.values())
    if not fields or given or place == "none":
        return None
    named = place or os.environ.get(ENVIRONMENT, "")
    key = hashlib.sha256(repr((sorted(fields), named)).encode()).hexdigest()[:10]
    return fields, named, out / "catalogue" / f"{TAG}_{key}.fits"


def write_catalogue(path: Path, found: Catalogue) -> None:
    """Write a catalogue as a calibration; a file that holds the same is left alone."""
    fresh = path.with_name(f".{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_product(fresh, found, header=_CARDS, transposed=False)
        # Jobs are done anew when their inputs are newer.
        if path.is_file() and path.read_bytes() == fresh.read_bytes():
            return
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
