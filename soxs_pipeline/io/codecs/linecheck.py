"""Shifts of lines as two tables: by order and by line."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.linecheck import LineCheck
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units
from soxs_pipeline.io.codecs.tables import column, floats, integers, logicals, table

__all__ = ["LINE_CHECK"]

_BY_ORDER = (
    ("shift_px", "SHIFT", "pixel"),
    ("shift_error_px", "SHIFT_ERR", "pixel"),
    ("velocity_km_s", "VELOCITY", "km/s"),
    ("velocity_error_km_s", "VELOCITY_ERR", "km/s"),
    ("fwhm_px", "FWHM", "pixel"),
    ("resolving_power", "RESOLVING_POWER", ""),
)
_BY_LINE = (
    ("line_wavelength_nm", "WAVELENGTH", "nm"),
    ("line_shift_px", "SHIFT", "pixel"),
    ("line_error_px", "SHIFT_ERR", "pixel"),
    ("line_fwhm_px", "FWHM", "pixel"),
    ("line_flux", "FLUX", "electron"),
)


def _encode(found: LineCheck, _: Layout) -> tuple[dict[str, object], list[Any]]:
    by_order = [column("ORDER", found.orders.astype(np.int32))]
    by_order += [column(key, getattr(found, name), unit) for name, key, unit in _BY_ORDER]
    by_order.append(column("N_LINES", found.n_lines.astype(np.int32)))
    by_line = [column("ORDER", found.line_order.astype(np.int32))]
    by_line += [column(key, getattr(found, name), unit) for name, key, unit in _BY_LINE]
    by_line.append(column("USED", found.line_used))
    orders = table("ORDERS", by_order)
    # A header holds finite numbers only.
    common = table(
        "COMMON",
        [
            column("SHIFT", np.array([found.common_px]), "pixel"),
            column("SHIFT_ERR", np.array([found.common_error_px]), "pixel"),
        ],
    )
    cards: dict[str, object] = {
        "ESO PRO ARM": (found.arm, "Arm"),
        "WAVEMED": ("VACUUM", "Medium of every wavelength in this table"),
    }
    return cards, [fits.PrimaryHDU(), orders, table("LINES", by_line), common]


def _decode(units: Units, _: Layout) -> LineCheck:
    orders, lines, common = units["ORDERS"], units["LINES"], units["COMMON"]
    return LineCheck(
        orders=integers(orders, "ORDER"),
        n_lines=integers(orders, "N_LINES"),
        **{name: floats(orders, key) for name, key, _ in _BY_ORDER},
        common_px=float(floats(common, "SHIFT")[0]),
        common_error_px=float(floats(common, "SHIFT_ERR")[0]),
        line_order=integers(lines, "ORDER"),
        **{name: floats(lines, key) for name, key, _ in _BY_LINE},
        line_used=logicals(lines, "USED"),
        arm=str(units[0].header["ESO PRO ARM"]),
    )


LINE_CHECK = Codec(LineCheck, 1, _encode, _decode)
