"""Make files for the archive from the products of a reduction."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.camera import SkyImage, SourceTable
from soxs_pipeline.domain.rectified import RectifiedSpectrum
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.errors import InputError, SoxsError
from soxs_pipeline.io.atomic import write_whole
from soxs_pipeline.io.fits_headers import read_header
from soxs_pipeline.io.phase3.files import Associated
from soxs_pipeline.io.phase3.image import (
    image_category,
    write_image,
    write_source_list,
    write_weight,
)
from soxs_pipeline.io.phase3.observation import Release
from soxs_pipeline.io.phase3.spectrum import write_spectrum
from soxs_pipeline.io.phase3.twod import write_two_d
from soxs_pipeline.io.products import read_exposures_of, read_product
from soxs_pipeline.runtime.jobs import Result
from soxs_pipeline.runtime.version import program_version

__all__ = [
    "ArchiveRequest",
    "archive_sources",
    "archive_units",
    "file_unit",
    "make_archive_files",
    "make_unit",
]

LOG = logging.getLogger(__name__)

#: Products that become science files, and those that go with them.
_SPECTRA = ("SCI_MERGED_1D", "SCI_ARM_1D")
_TWO_D = ("SCI_RECT_2D",)
_IMAGES = ("IMG_SCI",)
_LISTS = ("IMG_SOURCES",)
_TELLURIC = ("SCI_TELLURIC_1D", "SCI_ARM_TELLURIC_1D")
_DOTS_PER_INCH = 120
#: Characters of a target's name in a file name: the archive allows 68 in all.
_NAME_LENGTH = 24


@dataclass(frozen=True)
class ArchiveRequest:
    """What is to be made.

    Parameters
    ----------
    folder
        Where the files go; one folder, as the archive takes them.
    extended
        Targets are extended objects.
    reference
        Bibcode or DOI of the publication.
    only_new
        Leave files alone that are younger than what they are made of.
    """

    folder: Path
    extended: bool = False
    reference: str = ""
    only_new: bool = False


def archive_sources(places: Iterable[Path]) -> list[Path]:
    """Return the products that the archive gets, of files and of folders searched through.

    Raises
    ------
    InputError
        If a place does not exist.
    """
    found: list[Path] = []
    for place in places:
        if not place.exists():
            raise InputError(f"{place} does not exist", wanted="a product, or a folder of them")
        files = sorted(place.rglob("*.fits")) if place.is_dir() else [place]
        found += [
            path
            for path in files
            if _category(path).startswith((*_SPECTRA, *_TWO_D, *_TELLURIC, *_IMAGES, *_LISTS))
        ]
    return found


def _category(path: Path) -> str:
    try:
        return read_header(path).text("ESO PRO CATG")
    except SoxsError:
        return ""


def archive_units(products: Iterable[Path]) -> list[tuple[Path, ...]]:
    """Return what can be made by itself: a spectrum or an image, and the products that go with it.

    Of two spectra of the same exposures of one arm, as merging makes them where there is no other,
    that of the arm is taken.

    Parameters
    ----------
    products
        As `archive_sources` finds them.

    Raises
    ------
    InputError
        If a product cannot be read.
    """
    tagged = [(path, _category(path)) for path in products]
    exposures = {
        path: read_exposures_of(path)
        for path, tag in tagged
        if tag.startswith((*_SPECTRA, *_TWO_D, *_TELLURIC))
    }
    names = {path: {exposure.name for exposure in told} for path, told in exposures.items()}
    of_arms = [names[path] for path, tag in tagged if tag.startswith(_SPECTRA[1])]
    units: list[tuple[Path, ...]] = []
    for path, tag in tagged:
        if tag.startswith(_SPECTRA):
            one_arm = len({exposure.arm for exposure in exposures[path]}) == 1
            merged = tag.startswith(_SPECTRA[0])
            if one_arm and merged and names[path] in of_arms:
                continue
            beside = [
                other
                for other, its_tag in tagged
                if (its_tag.startswith(_TWO_D) and one_arm and names[other]
                    and names[other] <= names[path])
                or (its_tag.startswith(_TELLURIC[1 - merged]) and names[other] == names[path])
            ]  # fmt: skip
            units.append((path, *beside))
        elif tag.startswith(_IMAGES):
            lists = [o for o, t in tagged if t.startswith(_LISTS) and o.name.startswith(path.stem)]
            units.append((path, *lists[:1]))
    return units


def make_archive_files(products: Sequence[Path], request: ArchiveRequest) -> list[Path]:
    """Make the archive's files of spectra and images: FITS file and preview of each.

    Parameters
    ----------
    products
        Merged spectra, and what goes with them; images and their sources.
    request
        Where they go, and what the data cannot tell.

    Returns
    -------
    list of Path
        The FITS files.

    Raises
    ------
    InputError
        If a product cannot be read, or does not tell what the archive asks for.
    OutputError
        If a file cannot be written.
    """
    return [path for unit in archive_units(products) for path in make_unit(unit, request)]


def file_unit(unit: Sequence[Path], folder: Path, name: str) -> Result:
    """Make the archive's files of a unit anew if need be; whatever happens, others are made.

    Parameters
    ----------
    unit
        One of `archive_units`.
    folder
        Where the files go.
    name
        Of the result.
    """
    try:
        made = make_unit(unit, ArchiveRequest(folder, only_new=True))
    except SoxsError as error:
        return Result(name, "failed", error=str(error), exit_code=error.exit_code)
    except Exception:
        # As for a recipe: one fault of the program must not cost the rest of the night.
        LOG.exception(name)
        told = f"{unit[0].name}: a fault of the program; the log has the details"
        return Result(name, "failed", error=told, exit_code=1)
    return Result(name, "done", tuple(path.name for path in made))


def make_unit(unit: Sequence[Path], request: ArchiveRequest) -> list[Path]:
    """Make the archive's files of one of `archive_units`; see `make_archive_files`."""
    release = Release(f"soxs-pipeline/{program_version()}", request.extended, request.reference)
    spectral = _category(unit[0]).startswith(_SPECTRA)
    product: Any = read_product(unit[0], MergedSpectrum if spectral else SkyImage)
    stem = _stem(product) if spectral else _image_stem(product)
    target = request.folder / f"{stem}.fits"
    # An image whose sources are not known has no preview.
    seen = [target.with_suffix(".png")] if spectral or len(unit) > 1 else []
    if request.only_new and _is_younger([target, *seen], unit):
        return []
    written = (_spectrum if spectral else _image)(product, unit, target, release)
    LOG.info("%s: %s", unit[0].name, target)
    return written


def _spectrum(
    merged: MergedSpectrum, unit: Sequence[Path], target: Path, release: Release
) -> list[Path]:
    """Make the files of a spectrum: itself, rectified spectra, preview."""
    path, *others = unit
    two_d = [one for one in others if _category(one).startswith(_TWO_D)]
    airless = [read_product(one, MergedSpectrum) for one in others if one not in two_d]
    preview = target.with_suffix(".png")
    write_whole(preview, _preview("soxs_merge", "spectrum", {"merged": merged}))
    associated = [
        Associated(preview, "ANCILLARY.PREVIEW"),
        *_beside(two_d, target, release),
    ]
    write_spectrum(
        target,
        merged,
        release,
        associated=associated,
        product=read_header(path),
        telluric=_without_air(merged, airless),
    )
    return [target, *(one.path for one in associated if one.is_fits)]


def _image(image: SkyImage, unit: Sequence[Path], target: Path, release: Release) -> list[Path]:
    """Make the files of a camera's image: itself, weight map, sources, preview."""
    found = read_product(unit[1], SourceTable) if len(unit) > 1 else None
    weight = target.with_name(f"{target.stem}_WEIGHT.fits")
    write_weight(weight, image, release)
    associated = [Associated(weight, "ANCILLARY.WEIGHTMAP")]
    if found is not None:
        preview = target.with_suffix(".png")
        shown = {"image": image, "sources": found}
        write_whole(preview, _preview("soxs_astro_phot", "image", shown))
        associated.append(Associated(preview, "ANCILLARY.PREVIEW"))
    science = image_category(image).startswith("SCIENCE")
    # What goes with others may have nothing go with it.
    write_image(target, image, release, associated if science else (), unit[0].name)
    written = [target, weight]
    if found is not None and science:
        stars = target.with_name(f"{target.stem}_SRC.fits")
        write_source_list(stars, found, image, target.name, release)
        written.append(stars)
    return written


def _image_stem(image: SkyImage) -> str:
    header = image.frame.header
    name = re.sub(r"[^A-Za-z0-9+-]+", "-", header.text("OBJECT") or "field").strip("-")
    start = re.sub(r"[^0-9T]", "", header.text("DATE-OBS").partition(".")[0])
    instrument = header.text("INSTRUME") or "SOXS"
    return f"{instrument}_{name[:_NAME_LENGTH]}_{start}_IMG_{image.band or 'X'}"


def _is_younger(made: Sequence[Path], sources: Sequence[Path]) -> bool:
    if not all(path.is_file() for path in made):
        return False
    oldest = min(path.stat().st_mtime for path in made)
    return oldest >= max(path.stat().st_mtime for path in sources)


def _without_air(
    merged: MergedSpectrum, airless: Sequence[MergedSpectrum]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the same spectrum corrected for the absorption by the air, with its error."""
    for one in airless:
        if (
            one.arms == merged.arms
            and one.exposures == merged.exposures
            and np.array_equal(one.wavelength_nm, merged.wavelength_nm)
        ):
            return one.flux, np.sqrt(one.variance)
    return None


def _beside(two_d: Sequence[Path], target: Path, release: Release) -> list[Associated]:
    """Write the rectified spectra of the same exposures beside a spectrum of one arm."""
    found = []
    for number, product in enumerate(two_d, 1):
        tail = "_2D" if len(two_d) == 1 else f"_2D{number}"
        path = target.with_name(f"{target.stem}{tail}.fits")
        write_two_d(path, read_product(product, RectifiedSpectrum), release, product.name)
        found.append(Associated(path, "ANCILLARY.2DSPECTRUM"))
    return found


def _preview(recipe: str, name: str, products: Mapping[str, object]) -> memoryview:
    import io  # noqa: PLC0415

    from soxs_pipeline.plots import draw  # noqa: PLC0415 - loads matplotlib

    [(_, figure)] = draw(recipe, products, only=name)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DOTS_PER_INCH)
    return buffer.getbuffer()


def _stem(merged: MergedSpectrum) -> str:
    """Return ``SOXS_<target>_<start>_<arms>``, unique and short enough for the archive."""
    name = merged.header.text("OBJECT") or merged.header.text("ESO OBS TARG NAME") or "target"
    name = re.sub(r"[^A-Za-z0-9+-]+", "-", name).strip("-")[:_NAME_LENGTH]
    first = min(merged.exposures, key=lambda e: e.mjd_start, default=None)
    if first is None:
        raise InputError(
            "a product does not say which raw exposures it was made of",
            wanted="a table EXPOSURES in the product",
            remedy="make the product again with this version of the pipeline",
        )
    start = re.sub(r"[^0-9T]", "", merged.header.text("DATE-OBS").partition(".")[0])
    instrument = merged.header.text("INSTRUME") or "SOXS"
    arms = "".join({"VIS": "UVVIS"}.get(arm, arm) for arm in merged.arms)
    return f"{instrument}_{name}_{start}_{arms}"
