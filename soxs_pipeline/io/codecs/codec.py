"""What a codec is: the way a domain object lies in a FITS file, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.header import Header
from soxs_pipeline.io.cards import parse_cards
from soxs_pipeline.io.headers import inheritable

__all__ = ["Codec", "Layout", "Units", "header_of", "oriented"]

T = TypeVar("T")

#: Header-data units of an open file, found by name or number (an `astropy` HDUList).
Units = Any


@dataclass(frozen=True)
class Layout:
    """How images lie on disk.

    Parameters
    ----------
    transposed
        True if dispersion runs along the rows of the detector: images are then written
        transposed, in the detector's own orientation.
    """

    transposed: bool = False


@dataclass(frozen=True)
class Codec(Generic[T]):
    """The way of one domain type.

    Parameters
    ----------
    kind
        The domain type.
    version
        Raised with every change after which old files cannot be read.
    encode
        Returns the cards of the primary header and the header-data units, a primary first.
    decode
        Returns the object; raises KeyError naming what is not there.
    """

    kind: type[T]
    version: int
    encode: Callable[[T, Layout], tuple[Mapping[str, object], list[Any]]]
    decode: Callable[[Units, Layout], T]


def oriented(image: NDArray, layout: Layout) -> NDArray:
    """Turn an image from memory to disk or back: the turn is its own inverse."""
    return np.ascontiguousarray(image.T if layout.transposed else image)


def header_of(units: Units) -> Header:
    """Return what a file's primary header holds of the frame it was made from."""
    return inheritable(dict(parse_cards(units[0].header.tostring().encode("ascii"))))
