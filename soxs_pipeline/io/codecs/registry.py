"""Which codec belongs to which domain type."""

from __future__ import annotations

from typing import Any, TypeVar

from soxs_pipeline.io.codecs.camera import (
    CATALOGUE,
    PASSBANDS,
    SKY_IMAGE,
    SOURCE_TABLE,
    STAR_FIELD,
    TARGET,
)
from soxs_pipeline.io.codecs.codec import Codec
from soxs_pipeline.io.codecs.cube import CUBE
from soxs_pipeline.io.codecs.dispersion import DISPERSION, SPECTRAL_FORMAT
from soxs_pipeline.io.codecs.flux import EXTINCTION, FLUX_STANDARDS, MASTER_RESPONSE, RESPONSE
from soxs_pipeline.io.codecs.frame import BAD_PIXELS, FRAME
from soxs_pipeline.io.codecs.linecheck import LINE_CHECK
from soxs_pipeline.io.codecs.lines import LINE_LIST, LINE_MEASUREMENTS, MOLECULAR_BANDS
from soxs_pipeline.io.codecs.objects import SOURCES
from soxs_pipeline.io.codecs.orders import ORDERS
from soxs_pipeline.io.codecs.photontransfer import TRANSFER
from soxs_pipeline.io.codecs.pixelmap import PIXEL_MAP
from soxs_pipeline.io.codecs.rectified import RECTIFIED
from soxs_pipeline.io.codecs.spectra import BLAZE, MERGED_SPECTRUM, ORDER_SPECTRA
from soxs_pipeline.io.codecs.telluric import TELLURIC, TELLURIC_GRID

__all__ = ["CODECS", "codec_of"]

T = TypeVar("T")

CODECS: tuple[Codec[Any], ...] = (
    FRAME,
    BAD_PIXELS,
    PIXEL_MAP,
    DISPERSION,
    SPECTRAL_FORMAT,
    LINE_LIST,
    LINE_MEASUREMENTS,
    LINE_CHECK,
    ORDERS,
    BLAZE,
    ORDER_SPECTRA,
    MERGED_SPECTRUM,
    SOURCES,
    FLUX_STANDARDS,
    EXTINCTION,
    MASTER_RESPONSE,
    MOLECULAR_BANDS,
    RESPONSE,
    RECTIFIED,
    CUBE,
    TRANSFER,
    TELLURIC_GRID,
    TELLURIC,
    CATALOGUE,
    PASSBANDS,
    SKY_IMAGE,
    SOURCE_TABLE,
    STAR_FIELD,
    TARGET,
)


def codec_of(kind: type[T]) -> Codec[T]:
    """Return the codec of a domain type.

    Raises
    ------
    KeyError
        If the type is never written to a file.
    """
    for codec in CODECS:
        if codec.kind is kind:
            return codec
    raise KeyError(kind.__name__)
