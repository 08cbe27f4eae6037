"""Read raw frames whole."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.domain.frame import RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.times import wrong_exposure_time
from soxs_pipeline.errors import InputError
from soxs_pipeline.instruments.schema import Instrument
from soxs_pipeline.io.fits_headers import damaged, image_header, open_fits_stream, truncated

__all__ = ["read_raw"]

CLASSIFYING = ("ESO DPR CATG", "ESO DPR TYPE", "ESO DPR TECH")

_TYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


def read_raw(
    path: Path | str, instrument: Instrument, corrections: Mapping[str, object] | None = None
) -> RawFrame:
    """Read a raw frame: its pixels in ADU and what is known of the detector.

    Parameters
    ----------
    path
        Plain, ``.gz``, ``.Z`` or tile-compressed ``.fz`` file.
    instrument
        Whose frames these are.
    corrections
        Cards of the header that stand in place of what the file says.

    Returns
    -------
    RawFrame
        float32 in the orientation of the file; pixels that are not finite are kept.

    Raises
    ------
    InputError
        If the file is missing, empty, truncated, no FITS file, no two-dimensional image, a
        product, of another instrument, or does not tell its arm and type.
    """
    path = Path(path)
    with open_fits_stream(path) as stream:
        header = image_header(stream, path.name).merged(corrections or {})
        _check_is_raw(header, path.name)
        packed = "ZCMPTYPE" in header
        data = _compressed_image(path) if packed else _image(stream, header, path.name)
    try:
        setup = instrument.detector_setup(header, (data.shape[0], data.shape[1]))
    except InputError as error:
        raise InputError(
            f"{path.name}: {error.what}", wanted=error.wanted, remedy=error.remedy
        ) from error
    return RawFrame(data, header, setup, path.name)


def _check_is_raw(header: Header, name: str) -> None:
    if header.text("ESO PRO CATG"):
        raise InputError(
            f"{name} is a product of kind {header.text('ESO PRO CATG')}",
            wanted="a raw frame",
            remedy="give it the tag of its kind, or leave it out",
        )
    missing = [key for key in CLASSIFYING if not header.text(key)]
    if missing:
        raise InputError(
            f"{name} does not tell what it is: {', '.join(missing)} missing",
            wanted="the keywords " + ", ".join(CLASSIFYING),
            remedy="leave the frame out",
        )
    if wrong := wrong_exposure_time(header):
        raise InputError(
            f"{name} does not tell how long it was exposed: its EXPTIME is {wrong}",
            wanted="EXPTIME in seconds",
            remedy="put it right in the settings ([[headers]]), or leave the frame out",
        )


def _image(stream: BinaryIO, header: Header, name: str) -> NDArray[np.float32]:
    """Read the image behind a header and apply its scaling."""
    shape = _shape(header, name)
    bitpix = header.number("BITPIX")
    if bitpix not in _TYPES:
        raise InputError(f"{name} has pixels of unknown type: BITPIX = {bitpix:g}")
    kind = np.dtype(_TYPES[int(bitpix)])
    wanted = kind.itemsize * shape[0] * shape[1]
    try:
        raw = stream.read(wanted)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged(name, error) from error
    if len(raw) < wanted:
        raise truncated(name, len(raw), wanted)
    return _scaled(np.frombuffer(raw, kind).reshape(shape), header)


def _shape(header: Header, name: str) -> tuple[int, int]:
    axes = [int(header.number(f"NAXIS{k + 1}", 0)) for k in range(int(header.number("NAXIS", 0)))]
    real = [n for n in axes if n != 1]
    if len(real) != 2 or min(real) < 1:
        raise InputError(
            f"{name} has no two-dimensional image: its axes are {axes or 'none'}",
            wanted="one image in the primary unit",
            remedy="leave the frame out",
        )
    return real[1], real[0]


def _scaled(stored: NDArray, header: Header) -> NDArray[np.float32]:
    zero, scale = header.number("BZERO", 0.0), header.number("BSCALE", 1.0)
    # 16-bit counts are exact in float32, the wider types are scaled in double precision.
    exact = stored.dtype.itemsize <= 2 or stored.dtype == np.dtype(">f4")
    data: NDArray[np.floating] = stored.astype(np.float32 if exact else np.float64)
    if scale != 1.0 or zero != 0.0:
        data = np.add(np.multiply(data, scale, out=data), zero, out=data)
    blank = header.get("BLANK")
    if blank is not None and stored.dtype.kind in "iu":
        data[stored == blank] = np.nan
    return data.astype(np.float32, copy=False)


def _compressed_image(path: Path) -> NDArray[np.float32]:
    # Loaded here because plain files do not need it and it takes a quarter of a second.
    from astropy.io import fits  # noqa: PLC0415

    try:
        with fits.open(path, memmap=False) as units:
            for unit in units:
                if unit.data is not None and unit.data.ndim == 2:
                    return np.ascontiguousarray(unit.data, dtype=np.float32)
    except (OSError, ValueError, TypeError, IndexError, KeyError) as error:
        raise damaged(path.name, error) from error
    raise InputError(
        f"{path.name} has no two-dimensional image", wanted="one image", remedy="leave it out"
    )
