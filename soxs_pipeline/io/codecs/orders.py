"""The order table, one row for each order."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits

from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.io.codecs.codec import Codec, Layout, Units
from soxs_pipeline.io.codecs.tables import column, floats, integers, table

__all__ = ["ORDERS"]


def _encode(orders: OrderTable, _: Layout) -> tuple[dict[str, object], list[Any]]:
    columns = [
        column("ORDER", orders.orders.astype(np.int32)),
        column("X_FIRST", orders.x_range[:, 0], "pixel"),
        column("X_LAST", orders.x_range[:, 1], "pixel"),
        column("CENTRE_COEF", orders.centre_coef, "pixel"),
        column("LOWER_COEF", orders.lower_coef, "pixel"),
        column("UPPER_COEF", orders.upper_coef, "pixel"),
        column("RESIDUAL", orders.residual_px, "pixel"),
    ]
    return {}, [fits.PrimaryHDU(), table("ORDERS", columns)]


def _decode(units: Units, _: Layout) -> OrderTable:
    rows = units["ORDERS"]
    return OrderTable(
        orders=integers(rows, "ORDER"),
        x_range=np.stack([floats(rows, "X_FIRST"), floats(rows, "X_LAST")], axis=1),
        centre_coef=_matrix(floats(rows, "CENTRE_COEF")),
        lower_coef=_matrix(floats(rows, "LOWER_COEF")),
        upper_coef=_matrix(floats(rows, "UPPER_COEF")),
        residual_px=floats(rows, "RESIDUAL"),
    )


def _matrix(values: np.ndarray) -> np.ndarray:
    # Cells of one coefficient come back without their axis.
    return values.reshape(values.shape[0], -1)


ORDERS = Codec(OrderTable, 1, _encode, _decode)
