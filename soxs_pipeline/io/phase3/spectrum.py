"""SCIENCE.SPECTRUM: a merged spectrum as one row of vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from soxs_pipeline.domain.flux import FLUX_UNIT
from soxs_pipeline.domain.slit import slit_width_arcsec
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.errors import UnprocessableDataError
from soxs_pipeline.io.phase3.files import Associated, association_cards, fill, write_units
from soxs_pipeline.io.phase3.observation import Release, observation_cards
from soxs_pipeline.io.phase3.standard import (
    COLUMNS,
    FLUX_UNIT_TEXT,
    SPECTRUM,
    SPECTRUM_TABLE,
    SpectrumColumn,
)

__all__ = ["write_spectrum"]

Floats = NDArray[np.float64]

_SPEED_OF_LIGHT_KM_S = 299792.458
#: Mean resolving power through 1 arcsec by design, where no sky line was measured.
_DESIGN_POWER = 4500.0
#: A slit as wide as this, in arcsec, lets all light of a point source in but for its wings.
_WIDE_SLIT_ARCSEC = 3.0
#: What a product of several arms is called, by its arms.
_ARM_NAMES = {"VIS": "UVVIS"}
#: How keywords of a product begin that are taken along.
_KEPT = ("ESO QC", "PIPEFILE")


def write_spectrum(
    path: Path,
    merged: MergedSpectrum,
    release: Release,
    *,
    associated: Sequence[Associated] = (),
    product: Mapping[str, object] | None = None,
    telluric: tuple[Floats, Floats] | None = None,
) -> None:
    """Write a spectrum in the form of ESO's standard (see `standard.SDP_VERSION`).

    Bins at either end that hold no data are left out.

    Parameters
    ----------
    path
        The file.
    merged
        The spectrum, of one arm or several.
    release
        What the data cannot tell.
    associated
        Files that go with it, in the same folder.
    product
        Header of the product, of which quality control and the name of the file are taken along.
    telluric
        Flux without the absorption by the atmosphere, and its error, on the same grid.

    Raises
    ------
    InputError
        If the spectrum does not tell its exposures.
    OutputError
        If it cannot be written.
    UnprocessableDataError
        If no bin holds data.
    """
    kept = _kept(merged)
    cards = observation_cards(merged.header, merged.exposures, release)
    cards |= {"PRODCATG": "SCIENCE.SPECTRUM"} | _primary_cards(merged, kept, release)
    cards |= association_cards(associated)
    cards |= {k: v for k, v in (product or {}).items() if k.startswith(_KEPT)}
    primary = fits.PrimaryHDU()
    fill(primary.header, SPECTRUM, cards)
    table = _table(merged, kept, cards, telluric)
    write_units(path, [primary, table])


def _kept(merged: MergedSpectrum) -> slice:
    seen = np.flatnonzero(np.isfinite(merged.flux) & np.isfinite(merged.variance))
    if seen.size < 2:
        raise UnprocessableDataError(
            "the spectrum holds no data", remedy="look at the plots of the reduction"
        )
    return slice(int(seen[0]), int(seen[-1]) + 1)


def _primary_cards(merged: MergedSpectrum, kept: slice, release: Release) -> dict[str, object]:
    wave = merged.wavelength_nm[kept]
    calibrated = merged.unit == FLUX_UNIT
    good = merged.quality[kept] == 0
    snr = merged.snr[kept][good & np.isfinite(merged.snr[kept])]
    slit = slit_width_arcsec(merged.header)
    middle = 0.5 * (wave[0] + wave[-1])
    power = merged.resolving_power
    return {
        "FLUXCAL": "ABSOLUTE" if calibrated else "UNCALIBRATED",
        "SPECSYS": "BARYCENT" if merged.barycentric else "TOPOCENT",
        "EXT_OBJ": release.extended,
        "CONTNORM": False,
        # Scaled to a photometry of the whole source, light beside the slit is in it as well.
        "TOT_FLUX": calibrated and merged.absolute is not None,
        "FLUXERR": _flux_error(merged, slit) if calibrated else -1.0,
        "WAVELMIN": float(wave[0]),
        "WAVELMAX": float(wave[-1]),
        "SPEC_BIN": float((wave[-1] - wave[0]) / (wave.size - 1)),
        "SNR": float(np.median(snr)) if snr.size else 0.0,
        "SPEC_RES": power if np.isfinite(power) else _DESIGN_POWER / max(slit or 1.0, 0.5),
        "SPEC_ERR": merged.wavelength_error_km_s / _SPEED_OF_LIGHT_KM_S * middle,
        "DISPELEM": _arms_name(merged),
        "RA_ERR": 0.5 * slit / 3600.0,
        "DEC_ERR": 0.5 * slit / 3600.0,
        "ESO QC VRAD BARYCOR": merged.barycentric_km_s,
    }


def _flux_error(merged: MergedSpectrum, slit_arcsec: float) -> float:
    """Return the error of the flux scale in per cent, -2 if slit losses hide it."""
    if merged.absolute is not None and np.isfinite(merged.flux_error):
        return 100.0 * float(np.hypot(merged.absolute.error, merged.flux_error))
    if not np.isfinite(merged.flux_error) or not slit_arcsec >= _WIDE_SLIT_ARCSEC:
        return -2.0
    return 100.0 * merged.flux_error


def _arms_name(merged: MergedSpectrum) -> str:
    return "-".join(_ARM_NAMES.get(arm, arm) for arm in merged.arms)


def _table(
    merged: MergedSpectrum,
    kept: slice,
    cards: Mapping[str, object],
    telluric: tuple[Floats, Floats] | None,
) -> Any:
    arrays = _arrays(merged, kept, telluric)
    unit, flavour = _flux_unit(merged)
    size = arrays["WAVE"].size
    columns = [
        fits.Column(name, f"{size}{COLUMNS[name].code}", array=values[None, :])
        for name, values in arrays.items()
    ]
    table = fits.BinTableHDU.from_columns(columns, name="SPECTRUM")
    wave = arrays["WAVE"]
    start, end = float(str(cards["MJD-OBS"])), float(str(cards["MJD-END"]))
    several = sum(name.startswith("FLUX") for name in arrays) > 1
    own: dict[str, object] = {
        "EXTNAME": "SPECTRUM",
        "VOCLASS": "SPECTRUM v2.0" if several else "SPECTRUM v1.0",
        "VOPUB": "ESO/SAF",
        "TITLE": _title(merged, cards),
        "OBJECT": cards["OBJECT"],
        "RA": cards["RA"],
        "DEC": cards["DEC"],
        "APERTURE": slit_width_arcsec(merged.header) / 3600.0,
        "TELAPSE": round((end - start) * 86400.0, 4),
        "TMID": round(0.5 * (start + end), 8),
        "SPEC_VAL": 0.5 * (float(wave[0]) + float(wave[-1])),
        "SPEC_BW": float(wave[-1]) - float(wave[0]),
        "NELEM": size,
        "TDMIN1": float(wave[0]),
        "TDMAX1": float(wave[-1]),
        "INHERIT": True,
    }
    fill(table.header, SPECTRUM_TABLE, own)
    for k, name in enumerate(arrays, 1):
        _describe(table.header, k, COLUMNS[name], unit, flavour, several=several)
    return table


def _arrays(
    merged: MergedSpectrum, kept: slice, telluric: tuple[Floats, Floats] | None
) -> dict[str, NDArray]:
    # The flux is per Angstrom already; uncalibrated counts stay as they are.
    error = np.sqrt(merged.variance[kept])
    finite = np.isfinite(merged.flux[kept]) & np.isfinite(error)
    arrays: dict[str, NDArray] = {
        "WAVE": merged.wavelength_nm[kept],
        "FLUX": np.where(finite, merged.flux[kept], np.nan),
        "ERR": np.where(finite, error, np.nan),
        "QUAL": merged.quality[kept].astype(np.int32),
        "BGFLUX": merged.sky[kept],
        "SNR": np.where(finite, merged.snr[kept], np.nan),
        "EXPOSURE": _exposure(merged)[kept],
    }
    if telluric is not None:
        arrays |= {"FLUX_TELLURIC": telluric[0][kept], "ERR_TELLURIC": telluric[1][kept]}
    if merged.reduced is not None and merged.reduced_error is not None:
        arrays |= {
            "FLUX_REDUCED": merged.reduced[kept], "ERR_REDUCED": merged.reduced_error[kept],
        }  # fmt: skip
    return arrays


def _exposure(merged: MergedSpectrum) -> Floats:
    """Return the exposure time of each bin: arms that overlap exposed at the same time."""
    times = np.zeros(merged.arm.size)
    for k, arm in enumerate(merged.arms):
        seconds = sum(e.seconds for e in merged.exposures if e.arm == arm)
        times = np.where(merged.arm & (1 << k), np.maximum(times, seconds), times)
    return times


def _flux_unit(merged: MergedSpectrum) -> tuple[str, str]:
    """Return the unit of the flux, and what uncalibrated data add to their UCD."""
    if merged.unit == FLUX_UNIT:
        return FLUX_UNIT_TEXT, ""
    # The standard knows no electrons: one of them, per second and nanometre, counts as one adu.
    return "adu", ";stat.uncalib"


def _title(merged: MergedSpectrum, cards: Mapping[str, object]) -> str:
    tail = f"_{cards['PROV1']}_{_arms_name(merged)}"
    return str(cards["OBJECT"])[: 68 - len(tail)] + tail


def _describe(
    header: Any, k: int, column: SpectrumColumn, unit: str, flavour: str, *, several: bool
) -> None:
    """Put all that the standard asks of a column behind its format, empty texts too."""
    main = column.name in {"FLUX", "ERR"}
    counted = "stat.uncalib" in column.ucd
    is_flux = "phot.flux" in column.ucd and not counted
    prefix = "Spectrum." if not several else "spec:" if k <= 4 else "eso:"
    ucd = column.ucd + (flavour if is_flux else "") + (";meta.main" if main else "")
    units = {"WAVE": "nm", "EXPOSURE": "s"}
    comment = column.comment
    if is_flux and flavour:
        comment += "; 1 adu = 1 electron/s/nm"
    at = f"TFORM{k}"
    for name, value in (
        (f"TCOMM{k}", comment),
        (f"TUCD{k}", ucd),
        (f"TUTYP{k}", prefix + column.utype if column.utype else ""),
        (f"TUNIT{k}", "adu" if counted else unit if is_flux else units.get(column.name, "")),
    ):
        header.set(name, value, after=at)
