"""Spectra as tables, one row for each bin."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.spectra import (
    AbsoluteScale,
    Aperture,
    Blaze,
    MergedSpectrum,
    OrderSpectra,
    OrderSpectrum,
    ZeroPoint,
)
from soxs_pipeline.io.codecs.blur import blur_cards, blur_from
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units, header_of
from soxs_pipeline.io.codecs.exposures import exposure_units, read_exposures
from soxs_pipeline.io.codecs.frame import quality_legend
from soxs_pipeline.io.codecs.tables import column, floats, integers, table
from soxs_pipeline.io.headers import inheritable, put_cards

__all__ = ["BLAZE", "MERGED_SPECTRUM", "ORDER_SPECTRA"]

#: Column, field of `OrderSpectrum` and unit; errors are one sigma on disk, variances in memory.
_ORDER_COLUMNS = (
    ("WAVE", "wavelength_nm", "nm"),
    ("WIDTH", "width_nm", "nm"),
    ("FLUX", "flux", "electron"),
    ("ERR", "variance", "electron"),
    ("CORRELATION", "correlation", ""),
    ("FLUX_BOXCAR", "boxcar", "electron"),
    ("ERR_BOXCAR", "boxcar_variance", "electron"),
    ("SKY", "sky", "electron"),
    ("BLAZE", "blaze", "electron/s/nm"),
    ("X", "x", "pixel"),
    ("Y", "y", "pixel"),
)
#: What is there only with a response; electrons count in s and nm, the flux in cgs.
_FLUX_COLUMNS = (("SENSITIVITY", "sensitivity"), ("SENS_ERR", "sensitivity_error"))
_SHARE = "SLIT_SHARE"
_VACUUM_UCD = "em.wl"
_FLUX_UCD = "phot.flux.density;em.wl"


def _encode_blaze(blaze: Blaze, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = [
        column("ORDER", blaze.orders.astype(np.int32)),
        column("WAVE", blaze.wavelength_nm, "nm"),
        column("SIGNAL", blaze.signal, "electron/s/nm"),
    ]
    return {}, [fits.PrimaryHDU(), table("BLAZE", columns)]


def _decode_blaze(units: Units, _: Layout) -> Blaze:
    rows = units["BLAZE"]
    orders = integers(rows, "ORDER")
    return Blaze(
        orders=orders,
        wavelength_nm=floats(rows, "WAVE").reshape(orders.size, -1),
        signal=floats(rows, "SIGNAL").reshape(orders.size, -1),
    )


def _encode_orders(found: OrderSpectra, _: Layout) -> tuple[dict[str, object], list[Any]]:
    spectra = found.spectra
    sizes = [spectrum.wavelength_nm.size for spectrum in spectra]
    orders = np.array([spectrum.order for spectrum in spectra], dtype=np.int32)
    columns = [column("ORDER", np.repeat(orders, sizes))]
    for name, field, unit in _ORDER_COLUMNS:
        values = np.concatenate([np.zeros(0), *(getattr(s, field) for s in spectra)])
        columns.append(column(name, np.sqrt(values) if name.startswith("ERR") else values, unit))
    if any(spectrum.calibrated for spectrum in spectra):
        for name, field in _FLUX_COLUMNS:
            parts = [_or_nan(getattr(s, field), s.wavelength_nm.size) for s in spectra]
            columns.append(column(name, np.concatenate(parts)))
    if any(spectrum.slit_share is not None for spectrum in spectra):
        parts = [_or_nan(s.slit_share, s.wavelength_nm.size) for s in spectra]
        columns.append(column(_SHARE, np.concatenate(parts)))
    flags = [np.zeros(0, np.uint32), *(s.quality for s in spectra)]
    columns.append(column("QUAL", np.concatenate(flags)))
    bins = table("EXTRACTED_ORDERS", columns)
    put_cards(bins.header, _spectral_axis() | quality_legend())
    summary = table(
        "ORDERS", [column("ORDER", orders), column("N_BINS", np.array(sizes, dtype=np.int32))]
    )
    cards = {
        **inheritable(found.header),
        "ESO PRO ARM": (found.arm, "Arm"),
        "ESO PRO EXPOSURE": (found.exposure_s, "[s] Exposure time"),
        "ESO PRO FLUXERR": (found.flux_error, "Relative error that all orders have in common"),
        "ESO PRO TARGET AWAY": (found.away_arcsec, "[arcsec] From where the telescope pointed"),
        **blur_cards(found.blur),
    }
    if (zero := found.zero_point) is not None:
        cards |= {
            "ESO PRO ZERO VEL": (zero.velocity_km_s, "[km/s] Shift of sky lines, taken off"),
            "ESO PRO ZERO ERR": (zero.error_km_s, "[km/s] Its error"),
            "ESO PRO ZERO LINES": (zero.n_lines, "Sky lines that carry it"),
            "ESO PRO ZERO POWER": (zero.resolving_power, "Resolving power of the sky lines"),
        }
    if (aperture := found.aperture) is not None:
        cards |= {
            "ESO PRO APER LOW": (aperture.low_arcsec, "[arcsec] Lower edge of the aperture"),
            "ESO PRO APER HIGH": (aperture.high_arcsec, "[arcsec] Upper edge of the aperture"),
            "ESO PRO APER TARGET": (aperture.on_target, "Edges count from the trace"),
        }
    return cards, [fits.PrimaryHDU(), bins, summary, *exposure_units(found.exposures)]


def _or_nan(values: Any, size: int) -> Any:
    return np.full(size, np.nan) if values is None else values


def _decode_orders(units: Units, _: Layout) -> OrderSpectra:
    rows, header = units["EXTRACTED_ORDERS"], units[0].header
    orders = integers(units["ORDERS"], "ORDER")
    ends = np.cumsum(integers(units["ORDERS"], "N_BINS"))[:-1]
    parts: dict[str, list[Any]] = {}
    for name, field, _unit in _ORDER_COLUMNS:
        values = floats(rows, name)
        parts[field] = np.split(values**2 if name.startswith("ERR") else values, ends)
    for name, field in _FLUX_COLUMNS:
        if name in rows.columns.names:
            parts[field] = np.split(floats(rows, name), ends)
    if _SHARE in rows.columns.names:
        parts["slit_share"] = np.split(floats(rows, _SHARE), ends)
    parts["quality"] = np.split(integers(rows, "QUAL", np.uint32), ends)
    spectra = tuple(
        OrderSpectrum(order=int(order), **{field: part[k] for field, part in parts.items()})
        for k, order in enumerate(orders)
    )
    exposure = header["ESO PRO EXPOSURE"]
    return OrderSpectra(
        spectra=spectra,
        exposure_s=float(exposure) if isinstance(exposure, (int, float)) else float("nan"),
        flux_error=_number(header.get("ESO PRO FLUXERR")),
        away_arcsec=_number(header.get("ESO PRO TARGET AWAY")),
        blur=blur_from(header),
        arm=header["ESO PRO ARM"],
        header=header_of(units),
        exposures=read_exposures(units),
        zero_point=_zero_point(header),
        aperture=_aperture(header),
    )


def _aperture(header: Any) -> Aperture | None:
    if "ESO PRO APER TARGET" not in header:
        return None
    low, high = _number(header["ESO PRO APER LOW"]), _number(header["ESO PRO APER HIGH"])
    return Aperture(low, high, bool(header["ESO PRO APER TARGET"]))


def _zero_point(header: Any) -> ZeroPoint | None:
    if "ESO PRO ZERO LINES" not in header:
        return None
    return ZeroPoint(
        _number(header["ESO PRO ZERO VEL"]),
        _number(header["ESO PRO ZERO ERR"]),
        int(header["ESO PRO ZERO LINES"]),
        _number(header.get("ESO PRO ZERO POWER")),
    )


def _spectral_axis() -> dict[str, object]:
    return {"WAVEMED": ("VACUUM", "Medium of every wavelength in this table")}


_ABSOLUTE = "ESO PRO ABSFLUX"


def _encode_merged(merged: MergedSpectrum, _: Layout) -> tuple[dict[str, object], list[Any]]:
    calibrated = "erg" in merged.unit
    flux_ucd = _FLUX_UCD if calibrated else f"{_FLUX_UCD};stat.uncalib"
    described = [
        (column("WAVE", merged.wavelength_nm, "nm"), _VACUUM_UCD),
        (column("FLUX", merged.flux, merged.unit), flux_ucd + ";meta.main"),
        (column("ERR", np.sqrt(merged.variance), merged.unit), f"stat.error;{flux_ucd};meta.main"),
        (column("QUAL", merged.quality), "meta.code.qual"),
        (column("SNR", merged.snr), "stat.snr"),
        (column("SKY", merged.sky, merged.unit), flux_ucd),
        (column("WIDTH", merged.width_nm, "nm"), "em.wl;spect.binSize"),
        (column("CORRELATION", merged.correlation), "stat.correlation"),
        (column("CONTRIBUTORS", merged.contributors), "meta.number"),
        (column("ARM", merged.arm), "meta.code"),
    ]
    if merged.reduced is not None and merged.reduced_error is not None:
        ucd, unit = f"{_FLUX_UCD};stat.uncalib", "electron/s/nm"
        described += [
            (column("REDUCED", merged.reduced, unit), ucd),
            (column("REDUCED_ERR", merged.reduced_error, unit), f"stat.error;{ucd}"),
        ]
    bins = table("MERGED", [entry for entry, _ucd in described])
    put_cards(bins.header, {f"TUCD{k}": ucd for k, (_c, ucd) in enumerate(described, 1)})
    put_cards(bins.header, _spectral_axis() | quality_legend())
    arms = {
        f"ESO PRO ARM{k + 1}": (arm, f"Bit {k} (value {1 << k}) of column ARM")
        for k, arm in enumerate(merged.arms)
    }
    cards = {
        **inheritable(merged.header),
        "ESO PRO UNIT": (merged.unit, "Unit of the flux"),
        "ESO PRO FLUXERR": (merged.flux_error, "Relative error of the flux scale"),
        "ESO PRO WAVEERR": (merged.wavelength_error_km_s, "[km/s] Error of the zero point"),
        "ESO PRO POWER": (merged.resolving_power, "Resolving power"),
        "ESO PRO BARYCOR": (merged.barycentric_km_s, "[km/s] Velocity to the barycentre"),
        "SPECSYS": ("BARYCENT" if merged.barycentric else "TOPOCENT", "Frame of wavelengths"),
        **_absolute_cards(merged.absolute),
        **arms,
    }
    return cards, [fits.PrimaryHDU(), bins, *exposure_units(merged.exposures)]


def _absolute_cards(found: AbsoluteScale | None) -> dict[str, object]:
    if found is None:
        return {}
    return {
        f"{_ABSOLUTE} FACTOR": (found.factor, "Factor on the flux, not on the sky"),
        f"{_ABSOLUTE} ERR": (found.error, "Its relative error"),
        f"{_ABSOLUTE} BANDS": (",".join(found.bands), "Bands that gave it"),
        f"{_ABSOLUTE} SOURCE": (found.source, "Whose magnitudes"),
    }


def _absolute_of(header: Any) -> AbsoluteScale | None:
    if f"{_ABSOLUTE} FACTOR" not in header:
        return None
    return AbsoluteScale(
        float(header[f"{_ABSOLUTE} FACTOR"]),
        float(header[f"{_ABSOLUTE} ERR"]),
        tuple(str(header[f"{_ABSOLUTE} BANDS"]).split(",")),
        str(header[f"{_ABSOLUTE} SOURCE"]),
    )


def _decode_merged(units: Units, _: Layout) -> MergedSpectrum:
    rows, header = units["MERGED"], units[0].header
    arms: list[str] = []
    while (key := f"ESO PRO ARM{len(arms) + 1}") in header:
        arms.append(str(header[key]))
    before = "REDUCED" in rows.columns.names
    return MergedSpectrum(
        wavelength_nm=floats(rows, "WAVE"),
        width_nm=floats(rows, "WIDTH"),
        flux=floats(rows, "FLUX"),
        variance=floats(rows, "ERR") ** 2,
        correlation=floats(rows, "CORRELATION"),
        sky=floats(rows, "SKY"),
        snr=floats(rows, "SNR"),
        quality=integers(rows, "QUAL", np.uint32),
        contributors=integers(rows, "CONTRIBUTORS", np.int16),
        arm=integers(rows, "ARM", np.int16),
        arms=tuple(arms),
        unit=header["ESO PRO UNIT"],
        header=header_of(units),
        exposures=read_exposures(units),
        flux_error=_number(header.get("ESO PRO FLUXERR")),
        wavelength_error_km_s=_number(header.get("ESO PRO WAVEERR")),
        resolving_power=_number(header.get("ESO PRO POWER")),
        barycentric_km_s=_number(header.get("ESO PRO BARYCOR")),
        barycentric=header.get("SPECSYS") == "BARYCENT",
        absolute=_absolute_of(header),
        reduced=floats(rows, "REDUCED") if before else None,
        reduced_error=floats(rows, "REDUCED_ERR") if before else None,
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else float("nan")


BLAZE = Codec(Blaze, 1, _encode_blaze, _decode_blaze)
ORDER_SPECTRA = Codec(OrderSpectra, 1, _encode_orders, _decode_orders)
MERGED_SPECTRUM = Codec(MergedSpectrum, 1, _encode_merged, _decode_merged)
