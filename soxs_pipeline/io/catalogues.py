"""Read star catalogues: files of ATLAS Refcat2, tables of the user, a query over the network."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.camera import BANDS, Catalogue
from soxs_pipeline.errors import InputError

__all__ = ["query_refcat2", "read_catalogue", "read_refcat2", "read_user_table", "refcat2_cells"]

Floats = NDArray[np.float64]

REFCAT2 = "ATLAS Refcat2 (Tonry et al. 2018)"
_EPOCH = 2015.5
_VIZIER = "J/ApJ/867/105/refcat2"
_TIMEOUT_S = 20
#: Columns of a file of Refcat2 (table 4 of the paper): number, factor to our units.
_PLACE = {"ra": (0, 1e-8), "dec": (1, 1e-8), "pmra": (4, 1e-2), "pmdec": (6, 1e-2)}
_MAGNITUDES = {"g": (21, 22), "r": (25, 26), "i": (29, 30), "z": (33, 34)}
_COLUMNS = 44
#: What stands for no measurement: zero magnitude or error.
_CELL = re.compile(r"(\d{3})([+-]\d{2})\.rc2")
#: Names under which a table's columns are known, in lower case.
_NAMES = {
    "ra": ("ra", "ra_icrs", "raj2000", "ra_deg", "_ra"),
    "dec": ("dec", "de_icrs", "dej2000", "dec_deg", "_de", "decl"),
    "pmra": ("pmra", "pm_ra"),
    "pmdec": ("pmdec", "pmde", "pm_dec"),
    "epoch": ("epoch", "ref_epoch"),
}


def refcat2_cells(ra: float, dec: float, radius_deg: float) -> list[str]:
    """Return the names of the Refcat2 files that a circle touches."""
    low, high = np.floor(max(dec - radius_deg, -90.0)), np.floor(min(dec + radius_deg, 89.999))
    cells = []
    for d in np.arange(low, high + 1):
        widest = min(max(abs(dec - radius_deg), abs(dec + radius_deg)), 89.99)
        half = min(radius_deg / np.cos(np.deg2rad(widest)), 180.0)
        across = [*np.arange(ra - half, ra + half, 0.5), ra + half]
        cells += [f"{int(np.floor(a)) % 360:03d}{int(d):+03d}.rc2" for a in across]
    return list(dict.fromkeys(cells))


def read_refcat2(files: Iterable[Path]) -> Catalogue:
    """Read files of Refcat2 as published: 44 columns of whole numbers, separated by commas.

    Raises
    ------
    InputError
        If a file is not of that form, or there is none.
    """
    parts = []
    for path in files:
        parts += [_refcat2_row(path, k, line) for k, line in enumerate(_lines(path), 1) if line]
    if not parts:
        raise InputError(
            "the catalogue's files hold no star", wanted="files rrr+dd.rc2 of ATLAS Refcat2"
        )
    rows = np.array(parts)
    magnitudes, errors = {}, {}
    for k, band in enumerate(_MAGNITUDES):
        value, error = rows[:, 4 + 2 * k], rows[:, 5 + 2 * k]
        known = (value > 0) & (error > 0)
        magnitudes[band] = np.where(known, 1e-3 * value, np.nan)
        errors[band] = np.where(known, 1e-3 * error, np.nan)
    return Catalogue(
        rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], _EPOCH, magnitudes, errors, REFCAT2
    )


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", wanted="a file of Refcat2") from error


def _refcat2_row(path: Path, number: int, line: str) -> list[float]:
    cells = line.split(",")
    if len(cells) < _COLUMNS:
        raise InputError(
            f"{path.name}, line {number}: {len(cells)} columns",
            wanted=f"{_COLUMNS} columns, as files of ATLAS Refcat2 have them",
            remedy="give a table of your own as ECSV or FITS, with column names",
        )
    try:
        row = [float(cells[column]) * factor for column, factor in _PLACE.values()]
        return row + [float(cells[c]) for pair in _MAGNITUDES.values() for c in pair]
    except ValueError as error:
        raise InputError(f"{path.name}, line {number}: {error}", wanted="numbers") from error


def read_user_table(path: Path) -> Catalogue:
    """Read a table of stars in ECSV, FITS, VOTable or CSV.

    Places in degrees in columns such as ``ra`` and ``dec``; proper motions in mas/yr in ``pmra``
    and ``pmdec``; magnitudes in ``u g r i z y V``, ``gmag``, ``mag_g`` or the like, their errors
    in ``e_g``, ``e_gmag``, ``err_g``, ``g_err``. A column or a keyword ``epoch`` tells the epoch.

    Raises
    ------
    InputError
        If it cannot be read or lacks places or magnitudes.
    """
    from astropy.table import Table  # noqa: PLC0415 - slow to load

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = Table.read(path)
    except Exception as error:
        raise InputError(
            f"{path} cannot be read as a table: {error}", wanted="a table in ECSV, FITS or CSV"
        ) from error
    return _from_table(table, path.name, str(table.meta.get("name", path.stem)))


def _from_table(table: Any, file: str, name: str) -> Catalogue:
    columns = {column.lower(): column for column in table.colnames}

    def values(*known: str) -> Floats | None:
        found = next((columns[key] for key in known if key in columns), None)
        if found is None:
            return None
        return np.asarray(np.ma.masked_array(table[found], dtype=float).filled(np.nan))

    ra, dec = values(*_NAMES["ra"]), values(*_NAMES["dec"])
    magnitudes, errors = {}, {}
    for band in BANDS:
        # Column names differ by case alone between V and nothing else.
        plain = band.lower()
        value = values(plain, f"{plain}mag", f"mag_{plain}", f"{plain}_mag", f"{plain}p1mag")
        if value is None:
            continue
        error = values(f"e_{plain}", f"e_{plain}mag", f"err_{plain}", f"{plain}_err",
                       f"{plain}mag_err", f"d{plain}")  # fmt: skip
        magnitudes[band] = value
        errors[band] = np.full(value.shape, 0.02) if error is None else error
    if ra is None or dec is None or not magnitudes:
        raise InputError(
            f"{file} has the columns {', '.join(table.colnames)}",
            wanted="ra and dec in degrees, and magnitudes in columns such as g, r, i, z",
            remedy="rename the columns",
        )
    pm_ra, pm_dec = values(*_NAMES["pmra"]), values(*_NAMES["pmdec"])
    unknown = np.full(ra.shape, np.nan)
    told = values(*_NAMES["epoch"])
    meta = {str(key).lower(): value for key, value in table.meta.items()}
    epoch = float(meta.get("epoch", 2000.0 if told is None else np.nanmedian(told)))
    return Catalogue(
        ra,
        dec,
        unknown if pm_ra is None else pm_ra,
        unknown if pm_dec is None else pm_dec,
        epoch,
        magnitudes,
        errors,
        name,
    )


def query_refcat2(fields: Sequence[tuple[float, float]], radius_deg: float) -> Catalogue:
    """Ask VizieR for Refcat2 about places on the sky.

    Raises
    ------
    InputError
        If `astroquery` is not installed, or the network does not answer.
    """
    try:
        from astropy import units  # noqa: PLC0415
        from astropy.coordinates import SkyCoord  # noqa: PLC0415
        from astroquery.vizier import Vizier  # noqa: PLC0415
    except ImportError as error:
        raise InputError(
            "a catalogue can only be fetched if astroquery is installed",
            wanted="pip install 'soxs-pipeline[catalogue]'",
            remedy="or give files of Refcat2 or a table of your own",
        ) from error
    service = Vizier(columns=["**"], row_limit=-1, timeout=_TIMEOUT_S, catalog=_VIZIER)
    found = []
    for ra, dec in fields:
        try:
            tables = service.query_region(
                SkyCoord(ra, dec, unit="deg"), radius=radius_deg * units.deg
            )
        except Exception as error:
            raise InputError(
                f"VizieR does not answer: {error}",
                wanted="a network",
                remedy="give files of Refcat2 or a table of your own",
            ) from error
        found += [_from_table(table, "VizieR", REFCAT2) for table in tables]
    if not found:
        raise InputError("VizieR knows no star there", wanted="a field of the sky")
    return _together(found)


def _together(parts: Sequence[Catalogue]) -> Catalogue:
    places = np.concatenate([np.column_stack([part.ra_deg, part.dec_deg]) for part in parts])
    # Fields next to one another have stars in common.
    once = np.sort(np.unique(places, axis=0, return_index=True)[1])

    def joined(name: str) -> Floats:
        return np.concatenate([getattr(part, name) for part in parts])[once]

    bands = list(parts[0].magnitudes)
    return Catalogue(
        joined("ra_deg"), joined("dec_deg"), joined("pm_ra"), joined("pm_dec"), _EPOCH,
        {band: np.concatenate([part.magnitudes[band] for part in parts])[once] for band in bands},
        {band: np.concatenate([part.errors[band] for part in parts])[once] for band in bands},
        parts[0].name,
    )  # fmt: skip


def read_catalogue(
    place: Path, fields: Sequence[tuple[float, float]], radius_deg: float
) -> Catalogue:
    """Read what a catalogue on disk holds of some fields.

    Parameters
    ----------
    place
        A folder of Refcat2 files (also with folders below, as for chunks of magnitude), one such
        file, or a table.
    fields
        Places in degrees.
    radius_deg
        About each.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if place.is_dir():
        wanted = {name for ra, dec in fields for name in refcat2_cells(ra, dec, radius_deg)}
        files = sorted(path for path in place.rglob("*.rc2") if path.name in wanted)
        if not files:
            raise InputError(
                f"{place} has none of the files {', '.join(sorted(wanted)[:4])}",
                wanted="files of ATLAS Refcat2, named rrr+dd.rc2",
                remedy="fetch the squares of the sky that the night needs",
            )
        found = read_refcat2(files)
    elif not place.exists():
        raise InputError(f"{place} does not exist", wanted="a catalogue")
    elif place.suffix == ".rc2":
        found = read_refcat2([place])
    else:
        found = read_user_table(place)
    near = np.zeros(len(found), dtype=bool)
    for ra, dec in fields:
        away = ((found.ra_deg - ra + 180.0) % 360.0 - 180.0) * np.cos(np.deg2rad(dec))
        near |= np.hypot(away, found.dec_deg - dec) < radius_deg
    if not near.any():
        raise InputError(
            f"{place.name} holds no star near the fields of the camera",
            wanted="a catalogue that covers them",
        )
    return Catalogue(
        found.ra_deg[near], found.dec_deg[near], found.pm_ra[near], found.pm_dec[near],
        found.epoch, {band: m[near] for band, m in found.magnitudes.items()},
        {band: e[near] for band, e in found.errors.items()}, found.name,
    )  # fmt: skip
