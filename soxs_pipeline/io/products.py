"""Write products whole or not at all, and read them back."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.errors import InputError, OutputError
from soxs_pipeline.io.atomic import write_whole
from soxs_pipeline.io.cards import BLOCK
from soxs_pipeline.io.codecs.codec import Codec, Layout
from soxs_pipeline.io.codecs.exposures import read_exposures
from soxs_pipeline.io.codecs.registry import codec_of
from soxs_pipeline.io.fits_headers import read_header
from soxs_pipeline.io.headers import put_cards
from soxs_pipeline.io.signatures import UNSIGNED

__all__ = [
    "read_exposures_of",
    "read_product",
    "rename_product",
    "write_product",
]

T = TypeVar("T")

_KIND, _VERSION = "ESO PRO CODEC KIND", "ESO PRO CODEC VERSION"


def write_product(
    path: Path | str,
    obj: object,
    *,
    header: Mapping[str, object],
    transposed: bool = False,
) -> None:
    """Write a domain object to a FITS file with checksums; the file appears whole or not at all.

    Parameters
    ----------
    path
        The file; replaced if it exists. Missing folders are made.
    obj
        Any type with a codec.
    header
        Cards of the primary header: value, or value and comment (see `product_header`).
    transposed
        True if the arm's dispersion runs along the rows: then the images of a map are turned
        to the detector's own orientation. Frames know it themselves.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    codec = codec_of(type(obj))
    own, units = codec.encode(obj, Layout(transposed))
    written = {
        _KIND: (codec.kind.__name__, "What this file holds"),
        _VERSION: (codec.version, "Version of its layout"),
        "PIPEFILE": (path.name, "Name of this file when made"),
        "DATAMD5": (UNSIGNED, "MD5 of all data units"),
    }
    put_cards(units[0].header, {**own, **header, **_layout_of(own), **written})
    write_whole(path, _serialised(fits.HDUList(units)))


def _layout_of(own: Mapping[str, object]) -> dict[str, object]:
    """Return the cards by which a codec finds its way back: no other header may change them."""
    return {key: card for key, card in own.items() if key.startswith(("ESO PRO", "EXTNAME"))}


def _serialised(units: Any) -> memoryview:
    """Return the bytes of a file, its data signed and every unit with its checksums."""
    buffer = io.BytesIO()
    units.writeto(buffer, checksum=True, output_verify="exception")
    content = buffer.getbuffer()
    digest = hashlib.md5(usedforsecurity=False)
    start = 0
    for unit in units:
        start += len(unit.header.tostring())
        end = start + -(-unit.size // BLOCK) * BLOCK
        digest.update(content[start:end])
        start = end
    # The signature stands in the primary header, whose checksum it changes.
    primary = units[0]
    primary.header["DATAMD5"] = digest.hexdigest()
    primary.add_checksum()
    block = primary.header.tostring().encode("ascii")
    content[: len(block)] = block
    return content


def rename_product(path: Path, target: Path) -> None:
    """Give a product another name, in its header as well.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    try:
        with fits.open(path, mode="update", memmap=False) as units:
            header = units[0].header
            header["PIPEFILE"] = target.name
            units[0].add_checksum()
        path.replace(target)
    except OSError as error:
        raise OutputError(
            f"{path} cannot become {target}: {error}", remedy="check the folder"
        ) from error


def read_product(path: Path | str, kind: type[T]) -> T:
    """Read a domain object from a product or a static calibration.

    Parameters
    ----------
    path
        The file.
    kind
        The domain type it is to hold.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another kind or of a layout this version cannot
        read.
    """
    path = Path(path)
    codec = codec_of(kind)
    read_header(path)  # says in one sentence what is wrong with a file that is no FITS at all
    try:
        with warnings.catch_warnings():
            # A truncated file is only warned of, and read as far as it goes.
            warnings.simplefilter("error", AstropyUserWarning)
            with fits.open(path, memmap=False) as units:
                _check_kind(units[0].header, codec, path.name)
                transposed = units[0].header.get("ESO PRO TRANSPOSED", False)
                return codec.decode(units, Layout(bool(transposed)))
    except (KeyError, IndexError, AttributeError) as error:
        raise InputError(
            f"{path.name} does not hold a {kind.__name__}: {str(error.args[0]).rstrip('.')}",
            wanted=f"a file with a {kind.__name__}",
            remedy="check the tag of the file, or make it again",
        ) from error
    except (OSError, ValueError, TypeError, AstropyUserWarning) as error:
        raise InputError(
            f"{path.name} is damaged ({error})",
            wanted=f"a complete file with a {kind.__name__}",
            remedy="make the product again",
        ) from error


def read_exposures_of(path: Path | str) -> tuple[Exposure, ...]:
    """Return the raw exposures that a product tells it was made of, and read no pixel.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    path = Path(path)
    read_header(path)
    try:
        with fits.open(path) as units:
            return read_exposures(units)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{path.name} is damaged ({error})", remedy="make the product again"
        ) from error


def _check_kind(header: Any, codec: Codec[Any], name: str) -> None:
    # Static calibrations carry no such keyword: their columns must do.
    kind = header.get(_KIND, codec.kind.__name__)
    if kind != codec.kind.__name__:
        raise InputError(
            f"{name} holds a {kind}",
            wanted=f"a file with a {codec.kind.__name__}",
            remedy="check the tag of the file",
        )
    version = header.get(_VERSION, codec.version)
    if version != codec.version:
        raise InputError(
            f"{name} has layout {version} of {kind}",
            wanted=f"layout {codec.version}",
            remedy="make the product again with this version of the pipeline",
        )
