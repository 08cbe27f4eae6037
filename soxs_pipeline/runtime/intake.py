"""What the user gives, a folder or a set of files, to files that have a place in the map."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from soxs_pipeline.cascade import Cascade
from soxs_pipeline.cascade.classify import DataFile, Unclassified
from soxs_pipeline.cascade.spec import DataItem
from soxs_pipeline.domain.corrections import HeaderRule, corrected
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.times import wrong_exposure_time
from soxs_pipeline.errors import InputError
from soxs_pipeline.io.fits_headers import read_header, scan
from soxs_pipeline.io.sof import read_sof
from soxs_pipeline.io.static import find_static

__all__ = ["Intake", "read_folders", "static_finder", "take_files", "take_folders", "take_set"]

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Intake:
    """Files that have a place in the map, and why the others have none.

    Parameters
    ----------
    files
        Those with a place.
    refused
        Reason for each of the others, by path.
    """

    files: tuple[DataFile, ...]
    refused: Mapping[str, str] = field(default_factory=dict)


def read_folders(
    folders: Iterable[Path], rules: Sequence[HeaderRule] = ()
) -> tuple[dict[str, Header], dict[str, str]]:
    """Read the headers of all FITS files in and below folders.

    Parameters
    ----------
    folders
        Where to look.
    rules
        What headers should have said. A rule that holds for no frame is told in the log.

    Returns
    -------
    headers, unreadable
        Header by path, and for files that cannot be read, or hold light without an exposure
        time, the reason, by path.

    Raises
    ------
    InputError
        If a folder is missing or holds no FITS file at all.
    """
    folders = list(folders)
    headers: dict[str, Header] = {}
    unreadable: dict[str, str] = {}
    seen: set[Path] = set()
    idle = dict.fromkeys(rule.name for rule in rules)
    for folder in folders:
        for path, header in scan(folder, recursive=True):
            if path.resolve() in seen:
                continue
            seen.add(path.resolve())
            if isinstance(header, InputError):
                unreadable[str(path)] = header.what
                continue
            told, used = corrected(str(path), header, rules)
            for rule in used:
                idle.pop(rule.name, None)
            if told.text("ESO DPR TYPE") and (wrong := wrong_exposure_time(told)):
                why = f"{path.name}: its EXPTIME is {wrong}, not a time in seconds"
                unreadable[str(path)] = why
            else:
                headers[str(path)] = told
    for name in idle:
        LOG.warning("%s holds for no frame: look at its files and where", name)
    if not seen:
        raise InputError(
            f"there is no FITS file in {', '.join(map(str, folders))}",
            wanted="a folder with frames that end in .fits, .fits.gz, .fits.Z or .fits.fz",
            remedy="check the path",
        )
    return headers, unreadable


def take_folders(
    folders: Iterable[Path], cascade: Cascade, rules: Sequence[HeaderRule] = ()
) -> Intake:
    """Read and classify all FITS files in and below folders; bad ones are refused.

    See `read_folders` for the parameters.

    Raises
    ------
    InputError
        If a folder is missing or holds no FITS file at all.
    """
    headers, refused = read_folders(folders, rules)
    files: list[DataFile] = []
    for name, header in headers.items():
        found = cascade.classify(_named(header, Path(name)))
        if isinstance(found, Unclassified):
            refused[name] = found.reason
        else:
            files.append(DataFile(name, found.item, found.arm, header))
    return Intake(tuple(files), refused)


def take_set(path: Path, cascade: Cascade, rules: Sequence[HeaderRule] = ()) -> Intake:
    """Read a set of files; every file must exist, be readable and be what its tag says.

    A tag that the map does not know, such as those of other pipelines, is replaced by what
    the header tells.

    Raises
    ------
    InputError
        If the set or one of its files is missing, unreadable, or of another arm than its tag.
    """
    return take_files(read_sof(path), cascade, rules)


def take_files(
    entries: Iterable[tuple[Path, str]], cascade: Cascade, rules: Sequence[HeaderRule] = ()
) -> Intake:
    """Read tagged files; each must exist, be readable and be what its tag says.

    Raises
    ------
    InputError
        As `take_set` does.
    """
    return Intake(tuple(_tagged(Path(file), tag, cascade, rules) for file, tag in entries))


def _tagged(path: Path, tag: str, cascade: Cascade, rules: Sequence[HeaderRule]) -> DataFile:
    header, _ = corrected(str(path), read_header(path), rules)
    told = cascade.classify(_named(header, path))
    known = cascade.split_tag(tag)
    if known is None:
        if isinstance(told, Unclassified):
            raise InputError(
                f"{path.name}: its tag {tag} is unknown, and {told.reason}",
                wanted="a tag of the association map",
                remedy="see the tags with: soxspipe recipes --tags",
            )
        return DataFile(str(path), told.item, told.arm, header)
    item, arm = known
    in_header = _arm_in(header, cascade)
    if arm and in_header and arm != in_header:
        raise InputError(
            f"{path.name}: its tag {tag} says arm {arm}, its header says {in_header}",
            wanted="files of one arm with tags of that arm",
            remedy="take the file out of the set, or correct its tag",
        )
    if not arm and not cascade.of_all_arms(item):
        arm = in_header
    return DataFile(str(path), item, arm, header)


def _named(header: Header, path: Path) -> Header:
    """Return a header that tells the file's own name beside the one it was written under."""
    return header.updated(ORIGFILE=f"{header.text('ORIGFILE')} {path.name}".strip())


def _arm_in(header: Header, cascade: Cascade) -> str:
    arm = header.text("SEQ.ARM").upper()
    return arm if arm in cascade.arms else ""


def static_finder(item: DataItem, arm: str, mjd: float) -> DataFile | None:
    """Find a static calibration that ships with the pipeline."""
    try:
        path = find_static(item.tag, arm, mjd)
    except InputError:
        return None
    return DataFile(str(path), item, arm, Header({"ESO PRO CATG": item.tag_for(arm)}))
