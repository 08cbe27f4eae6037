"""What tells whether two products hold the same data."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import numpy as np
from astropy.io import fits

__all__ = ["signature"]


def signature(path: Path, *, without: Collection[str] = ()) -> tuple[str, str]:
    """Return the tag of a product and a digest of its data.

    EsoRex signs files anew in a way of its own, so the data are compared themselves.

    Parameters
    ----------
    path
        The product.
    without
        Names of units that do not count.
    """
    digest = hashlib.md5(usedforsecurity=False)
    with fits.open(path) as units:
        for unit in units:
            if unit.data is not None and unit.name not in without:
                digest.update(np.ascontiguousarray(unit.data).tobytes())
        return str(units[0].header.get("ESO PRO CATG", "")), digest.hexdigest()
