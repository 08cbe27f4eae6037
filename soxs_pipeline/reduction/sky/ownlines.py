"""Lines of a wide target that do not follow its continuum: a galaxy that rotates.

To a model of one profile at all wavelengths such lines are light beside the target on one side of
the slit, and a lack of it on the other. They belong to the target all the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.reduction.sky.modelled import ModelledOrder, with_spectra
from soxs_pipeline.reduction.sky.spectrum import SkyOptions, fit_order
from soxs_pipeline.reduction.sky.uneven import uneven_columns

__all__ = ["line_wavelengths", "with_own_lines"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: Part of the slit, where the target is faintest, that tells the sky of such lines.
_FAINTEST = 0.3


def with_own_lines(order: ModelledOrder, weight: Floats, options: SkyOptions) -> ModelledOrder:
    """Return an order whose sky in lines that differ along the slit is that beside the target.

    Parameters
    ----------
    order
        Order with an even sky fitted together with its sources.
    weight
        Inverse variance of the pixels in that fit.
    options
        What the user set.
    """
    core = uneven_columns(order, even_too=False)
    if not core.any():
        return order
    pixels = order.pixels
    inside = core[pixels.column]
    told = ~inside | _beside(order)
    model = fit_order(
        pixels, np.where(told, weight, 0.0), order.profiles, order.distortion, options, last=True
    )
    fitted = replace(order, model=replace(model, own=inside), used=order.used & told)
    # No pixel told how bright the target is in these lines but those that were left out.
    medians = with_spectra(fitted, order.profiles).spectra
    spectra = np.where(inside, medians, model.spectra)
    return replace(fitted, model=replace(fitted.model, spectra=spectra))


def _beside(order: ModelledOrder) -> Booleans:
    """Return True where the target is fainter than at most other places of the same column."""
    pixels = order.pixels
    share = order.profiles.max(axis=0)
    rank = np.lexsort((share, pixels.column))
    first = np.searchsorted(pixels.column[rank], np.arange(int(pixels.column[-1]) + 2))
    count = np.diff(first)[pixels.column[rank]]
    faint = np.empty(share.size, dtype=bool)
    faint[rank] = np.arange(share.size) - first[pixels.column[rank]] < _FAINTEST * count
    return faint


def line_wavelengths(order: ModelledOrder, columns: Booleans) -> Floats:
    """Return the wavelengths in nm of lines, one for each.

    Parameters
    ----------
    order
        The order.
    columns
        True at the pixels of the lines.
    """
    pixels = order.pixels
    if not columns.any():
        return np.zeros(0)
    found = np.unique(pixels.column[columns])
    runs = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1)
    count = np.maximum(np.bincount(pixels.column), 1)
    wave = np.bincount(pixels.column, pixels.wavelength_nm) / count
    return np.array([float(wave[run].mean()) for run in runs])
