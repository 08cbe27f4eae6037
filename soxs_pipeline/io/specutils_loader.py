"""Spectra of the archive's kind as objects of specutils.

``import soxs_pipeline.io.specutils_loader`` registers the loader; then
``specutils.Spectrum.read(path)`` knows the files by themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.nddata import StdDevUncertainty

from soxs_pipeline.errors import InputError

__all__ = ["LABEL", "to_specutils"]

LABEL = "ESO SDP"

try:
    from specutils import Spectrum
    from specutils.io.registers import data_loader
except ImportError:
    Spectrum = data_loader = None


def to_specutils(path: Path | str, flux: str = "FLUX") -> Any:
    """Read a one-dimensional spectrum in the form of ESO's standard.

    Parameters
    ----------
    path
        A file of category SCIENCE.SPECTRUM, of this pipeline or any other.
    flux
        Column to be taken: ``FLUX``, ``FLUX_TELLURIC``, ...

    Returns
    -------
    specutils.Spectrum
        Flux with its error as standard deviation; True in the mask where ``QUAL`` is not 0.

    Raises
    ------
    InputError
        If specutils is not installed, or the file holds no such spectrum.
    """
    if Spectrum is None:
        raise InputError(
            "specutils is not installed", remedy="pip install 'soxs-pipeline[specutils]'"
        )
    with fits.open(path, memmap=False) as units:
        if not _is_one(units):
            raise InputError(
                f"{path} holds no spectrum of ESO's standard", wanted="SCIENCE.SPECTRUM"
            )
        table = units[1]
        names = table.columns.names
        if flux not in names:
            raise InputError(f"{path} has no column {flux}", wanted=f"one of {', '.join(names)}")
        error = flux.replace("FLUX", "ERR", 1)
        header = table.header
        units_of = {name: _unit(header, k) for k, name in enumerate(names, 1)}
        row = table.data[0]
        quality = row["QUAL"] if "QUAL" in names else np.zeros(len(row[flux]), int)
        return Spectrum(
            flux=np.asarray(row[flux], float) * units_of[flux],
            spectral_axis=np.asarray(row[names[0]], float) * units_of[names[0]],
            uncertainty=(
                StdDevUncertainty(np.asarray(row[error], float) * units_of[error])
                if error in names
                else None
            ),
            mask=quality != 0,
            meta={"header": dict(units[0].header), "table_header": dict(header)},
        )


def _unit(header: Any, k: int) -> Any:
    return u.Unit(header.get(f"TUNIT{k}", ""), format="fits")


def _is_one(units: Any) -> bool:
    return (
        len(units) > 1
        and str(units[0].header.get("PRODCATG", "")) == "SCIENCE.SPECTRUM"
        and str(units[1].header.get("VOCLASS", "")).upper().startswith("SPECTRUM")
    )


def _identify(_origin: str, path: str | None, stream: Any, *_args: Any, **_kwargs: Any) -> bool:
    del stream
    if path is None or not str(path).endswith((".fits", ".fit")):
        return False
    with fits.open(path) as units:
        return _is_one(units)


if data_loader is not None:

    @data_loader(LABEL, identifier=_identify, dtype=Spectrum, extensions=["fits"], priority=20)  # type: ignore[untyped-decorator]
    def _load(path: Path | str, flux: str = "FLUX", **_kwargs: Any) -> Any:
        return to_specutils(path, flux)
