"""Dispersion solutions and predicted formats as tables, one row for each order."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.dispersion import DispersionSolution, SpectralFormat
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units
from soxs_pipeline.io.codecs.tables import column, floats, integers, table, texts

__all__ = ["DISPERSION", "SPECTRAL_FORMAT"]

_ORDERS = "ORDERS"


def _columns(solution: DispersionSolution) -> list[fits.Column]:
    return [
        column("ORDER", solution.orders.astype(np.int32)),
        column("WAVE_LOW", solution.wave_domain_nm[:, 0], "nm"),
        column("WAVE_HIGH", solution.wave_domain_nm[:, 1], "nm"),
        column("X_COEF", solution.x_coef, "pixel"),
        column("Y_COEF", solution.y_coef, "pixel"),
        column("RMS_X", solution.fit_rms_px[:, 0], "pixel"),
        column("RMS_Y", solution.fit_rms_px[:, 1], "pixel"),
        column("N_LINES", solution.n_lines.astype(np.int32)),
    ]


def _slit_domain(solution: DispersionSolution) -> dict[str, object]:
    return {
        "SLIT_LOW": (solution.slit_domain_arcsec[0], "[arcsec] Lower end of the slit domain"),
        "SLIT_HIGH": (solution.slit_domain_arcsec[1], "[arcsec] Upper end of the slit domain"),
    }


def _decode(units: Units, _: Layout) -> DispersionSolution:
    header, rows = units[0].header, units[_ORDERS]
    orders = integers(rows, "ORDER")
    # A predicted format, written by hand or script, has neither residuals nor lines.
    measured = "RMS_X" in rows.columns.names
    unknown = np.full(orders.size, np.nan)
    residuals = [floats(rows, name) if measured else unknown for name in ("RMS_X", "RMS_Y")]
    return DispersionSolution(
        orders=orders,
        wave_domain_nm=np.stack([floats(rows, "WAVE_LOW"), floats(rows, "WAVE_HIGH")], axis=1),
        slit_domain_arcsec=(float(header["SLIT_LOW"]), float(header["SLIT_HIGH"])),
        x_coef=floats(rows, "X_COEF"),
        y_coef=floats(rows, "Y_COEF"),
        fit_rms_px=np.stack(residuals, axis=1),
        n_lines=integers(rows, "N_LINES") if measured else np.zeros_like(orders),
    )


def _encode(solution: DispersionSolution, _: Layout) -> tuple[dict[str, object], list[Any]]:
    return _slit_domain(solution), [fits.PrimaryHDU(), table(_ORDERS, _columns(solution))]


def _encode_format(predicted: SpectralFormat, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = _columns(predicted.solution)
    columns[1:1] = [
        column("NAME", np.array(predicted.names, dtype=np.str_)),
        column("WAVE_MIN", predicted.wave_range_nm[:, 0], "nm"),
        column("WAVE_MAX", predicted.wave_range_nm[:, 1], "nm"),
    ]
    cards = {
        **_slit_domain(predicted.solution),
        "SLITLEN": (predicted.slit_length_arcsec, "[arcsec] Length of the slit"),
        "TOGETHER": (predicted.moves_together, "All orders share one flexure"),
        "NPIXSLIT": (predicted.shape[0], "[pixel] Trimmed, unbinned, along the slit"),
        "NPIXDISP": (predicted.shape[1], "[pixel] Trimmed, unbinned, along the dispersion"),
    }
    pinholes = table("PINHOLES", [column("SLIT_POS", predicted.pinholes_arcsec, "arcsec")])
    return cards, [fits.PrimaryHDU(), table(_ORDERS, columns), pinholes]


def _decode_format(units: Units, layout: Layout) -> SpectralFormat:
    header, rows = units[0].header, units[_ORDERS]
    return SpectralFormat(
        solution=_decode(units, layout),
        names=tuple(str(name) for name in texts(rows, "NAME")),
        wave_range_nm=np.stack([floats(rows, "WAVE_MIN"), floats(rows, "WAVE_MAX")], axis=1),
        slit_length_arcsec=float(header["SLITLEN"]),
        pinholes_arcsec=floats(units["PINHOLES"], "SLIT_POS"),
        moves_together=bool(header["TOGETHER"]),
        shape=(int(header["NPIXSLIT"]), int(header["NPIXDISP"])),
    )


DISPERSION = Codec(DispersionSolution, 1, _encode, _decode)
SPECTRAL_FORMAT = Codec(SpectralFormat, 1, _encode_format, _decode_format)
