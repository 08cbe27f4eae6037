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
from soxs_pipeline.reduction.sources.shapefit import fit_shapes, one_of_two, solve_segments
from soxs_pipeline.reduction.sources.shapes import Shape

__all__ = ["excess_of_one", "excess_of_two", "fit_sources"]

Floats = NDArray[np.float64]

#: How many functions. The first two are shift and width, for a disc that was fitted to a skew
#: profile is not where the two together would have it.
_FUNCTIONS = 8
#: Guesses of how large a coefficient is, in parts of the source's light.
_SIZES = (0.0, 0.003, 0.01, 0.03, 0.1)
#: Sources whose widths differ by less, in natural logarithm, have one profile.
_SAME_WIDTH = 0.25


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
    kinds = _kinds(shapes)
    if not kinds:
        return shapes
    # Finer bins than pixels are of use for finding only.
    found = _departures(collapsed.coarser(), shapes, kinds)
    departures = {k: one for kind, one in zip(kinds, found, strict=True) for k in kind}
    return [
        replace(shape, departure=departures[k]) if k in departures else shape
        for k, shape in enumerate(shapes)
    ]


def excess_of_one(collapsed: Collapsed, shapes: list[Shape], near: tuple[float, float]) -> float:
    """Return by how much the best fit of sources leaves more than noise, as chi square.

    Their profiles may depart from a disc.

    Parameters
    ----------
    collapsed
        Light along the slit, sky removed.
    shapes
        The sources.
    near
        Slit positions in arcsec between which it is looked at.
    """
    collapsed = collapsed.coarser()
    solved = solve_segments(collapsed, shapes)
    residual = collapsed.signal - solved.model
    kinds = _kinds(shapes)
    for kind, coefficients in zip(kinds, _departures(collapsed, shapes, kinds), strict=True):
        for k in kind:
            bumps = np.einsum("f,mfn->mn", coefficients, _bumps(collapsed, shapes[k]))
            residual -= solved.amplitude[:, 1 + k, None] * bumps
    # Constants and amplitudes follow.
    lean = np.einsum("kcn,kn->kc", solved.functions, collapsed.precision * residual)
    # What is expected of light beside the sources pulls at its amplitudes as the data do.
    other = slice(1 + len(shapes), None)
    lean[:, other] -= solved.amplitude[:, other] * collapsed.beside_error**-2.0
    step = np.linalg.solve(solved.normal, lean[:, :, None])[:, :, 0]
    residual -= np.einsum("kc,kcn->kn", step, solved.functions)
    return _excess(collapsed, residual, near)


def excess_of_two(
    collapsed: Collapsed, shapes: list[Shape], near: tuple[float, float]
) -> tuple[float, float]:
    """Return the same for two sources, and were they one of the profile that they make up.

    Parameters
    ----------
    collapsed, near
        As in `excess_of_one`.
    shapes
        The two, and others; discs all.
    """
    collapsed = collapsed.coarser()
    two, one = solve_segments(collapsed, shapes), one_of_two(collapsed, shapes)
    left = [_excess(collapsed, collapsed.signal - fit.model, near) for fit in (two, one)]
    return left[0], left[1]


def _excess(collapsed: Collapsed, residual: Floats, near: tuple[float, float]) -> float:
    inside = (collapsed.slit_arcsec > near[0]) & (collapsed.slit_arcsec < near[1])
    precision = np.where(inside, collapsed.precision, 0.0)
    return float((precision * residual**2).sum() - np.count_nonzero(precision))


def _kinds(shapes: list[Shape]) -> list[list[int]]:
    """Return which of the sources that were seen have one width: one profile, as stars have."""
    kinds: list[list[int]] = []
    for k, shape in enumerate(shapes):
        if shape.forced or shape.outline is not None:
            continue
        like = [kind for kind in kinds if _alike(shape, shapes[kind[0]])]
        if like:
            like[0].append(k)
        else:
            kinds.append([k])
    return kinds


def _alike(one: Shape, other: Shape) -> bool:
    return abs(one.log_fwhm - other.log_fwhm) < _SAME_WIDTH


def _departures(collapsed: Collapsed, shapes: list[Shape], kinds: list[list[int]]) -> Floats:
    """Fit how the profiles of each kind depart from its disc, shape ``(kinds, functions)``."""
    if not kinds:
        return np.zeros((0, _FUNCTIONS))
    solved = solve_segments(collapsed, shapes)
    amplitude, functions = solved.amplitude, solved.functions
    residual = collapsed.signal - solved.model
    columns = np.concatenate(
        [
            sum(amplitude[:, 1 + k, None, None] * _bumps(collapsed, shapes[k]) for k in kind)
            for kind in kinds
        ],
        axis=1,
    )
    # What constant and amplitude of a segment can follow is theirs.
    weighted = columns * collapsed.precision[:, None, :]
    shared = functions @ weighted.transpose(0, 2, 1)
    followed = np.linalg.solve(solved.normal, shared)
    gram = np.einsum("kin,kjn->ij", weighted, columns) - np.einsum("kci,kcj->ij", shared, followed)
    lean = np.einsum("kin,kn->i", weighted, residual)
    guesses = [size**2 * np.eye(len(lean)) for size in _SIZES]
    return np.asarray(shrunken_normal(gram, lean, guesses)[0]).reshape(len(kinds), _FUNCTIONS)


def _bumps(collapsed: Collapsed, shape: Shape) -> Floats:
    """Return the functions in the bins of each segment, shape ``(m, functions, n)``."""
    wave, height = collapsed.wavelength_nm, collapsed.height_arcsec
    spread = spread_of(shape, wave, height)[:, None]
    u = (collapsed.slit_arcsec - shape.position(wave)[:, None]) / spread
    # A bin takes pixels from half its width to either side.
    taken = np.hypot(height, collapsed.slit_arcsec[1] - collapsed.slit_arcsec[0])[:, None]
    return hermite_bumps(u, _FUNCTIONS).transpose(1, 0, 2) * (taken / spread)[:, None, :]
