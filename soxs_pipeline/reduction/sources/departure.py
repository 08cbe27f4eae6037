"""How the profiles of sources depart from a disc: coma, trailing, wings of the optics.

No star is quite a Moffat disc. What all segments of all orders leave in common about the best disc
is described by a few Gauss-Hermite functions in units of the width, each as large as the data ask
for: a faint source keeps its disc.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics.gausshermite import hermite_bumps
from soxs_pipeline.numerics.shrinkage import shrunken_normal
from soxs_pipeline.reduction.slit.lightshare import spread_of
from soxs_pipeline.reduction.sources.objects import Collapsed
from soxs_pipeline.reduction.sources.shapefit import fit_shapes, solve_segments
from soxs_pipeline.reduction.sources.shapes import Shape

__all__ = ["fit_sources"]

Floats = NDArray[np.float64]

#: How many functions. The first two are shift and width, for a disc that was fitted to a skew
#: profile is not where the two together would have it.
_FUNCTIONS = 8
#: Guesses of how large a coefficient is, in parts of the source's light.
_SIZES = (0.0, 0.003, 0.01, 0.03, 0.1)


def fit_sources(collapsed: Collapsed, shapes: list[Shape]) -> list[Shape]:
    """Fit trace, width and exponent of all sources, and how their profiles depart from that.

    Parameters
    ----------
    collapsed
        Light along the slit, sky removed.
    shapes
        Where to start from; a source at an assumed place stays as it is.
    """
    shapes = fit_shapes(collapsed, shapes)
    loose = [k for k, shape in enumerate(shapes) if not shape.forced]
    if not loose:
        return shapes
    # Finer bins than pixels are of use for finding only.
    found = _departures(collapsed.coarser(), shapes, loose)
    departures = dict(zip(loose, found, strict=True))
    return [
        replace(shape, departure=departures[k]) if k in departures else shape
        for k, shape in enumerate(shapes)
    ]


def _departures(collapsed: Collapsed, shapes: list[Shape], loose: list[int]) -> Floats:
    """Return coefficients of the departures, shape ``(sources, functions)``."""
    amplitude, functions, normal = solve_segments(collapsed, shapes)
    residual = collapsed.signal - np.einsum("kc,kcn->kn", amplitude, functions)
    columns = np.concatenate(
        [amplitude[:, 1 + k, None, None] * _bumps(collapsed, shapes[k]) for k in loose], axis=1
    )
    # What constant and amplitude of a segment can follow is theirs.
    weighted = columns * collapsed.precision[:, None, :]
    shared = functions @ weighted.transpose(0, 2, 1)
    followed = np.linalg.solve(normal, shared)
    gram = np.einsum("kin,kjn->ij", weighted, columns) - np.einsum("kci,kcj->ij", shared, followed)
    lean = np.einsum("kin,kn->i", weighted, residual)
    guesses = [size**2 * np.eye(len(lean)) for size in _SIZES]
    return np.asarray(shrunken_normal(gram, lean, guesses)[0]).reshape(len(loose), _FUNCTIONS)


def _bumps(collapsed: Collapsed, shape: Shape) -> Floats:
    """Return the functions in the bins of each segment, shape ``(m, functions, n)``."""
    wave, height = collapsed.wavelength_nm, collapsed.height_arcsec
    spread = spread_of(shape, wave, height)[:, None]
    u = (collapsed.slit_arcsec - shape.position(wave)[:, None]) / spread
    # A bin takes pixels from half its width to either side.
    taken = np.hypot(height, collapsed.slit_arcsec[1] - collapsed.slit_arcsec[0])[:, None]
    return hermite_bumps(u, _FUNCTIONS).transpose(1, 0, 2) * (taken / spread)[:, None, :]
