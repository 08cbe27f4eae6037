"""What a product is, told from its header without the libraries that read its data."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from soxs_pipeline.errors import InputError
from soxs_pipeline.io.fits_headers import read_header

__all__ = ["UNSIGNED", "data_md5", "product_category"]

#: Stands where a signature will.
UNSIGNED = "0" * 32


def product_category(path: Path | str) -> str:
    """Return the category of a product, or an empty text if it is none."""
    return read_header(path).text("ESO PRO CATG")


def data_md5(path: Path | str) -> str:
    """Return the signature of a file's data, or the MD5 of the whole file if it has none.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    path = Path(path)
    signature = read_header(path).text("DATAMD5")
    if len(signature) == len(UNSIGNED) and signature != UNSIGNED:
        return signature
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, _md5).hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def _md5() -> Any:
    return hashlib.md5(usedforsecurity=False)
