"""Light beside the target that fills the slit unevenly: emission lines of a nebula or a host.

The sky of an order is one spectrum, as bright everywhere on the slit but for its illumination.
The lines of an H II region are not: they rise and fall along the slit. Where the residuals show
such lines, and there alone, the light besides the sources is fitted again as a smooth function of
the slit position, see `soxs_pipeline.numerics.slitfield`.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray
from scipy.ndimage import (
    binary_closing,
    maximum_filter1d,
    median_filter,
    minimum_filter1d,
    uniform_filter1d,
)

from soxs_pipeline.numerics.slitfield import SlitField, fit_slit_field
from soxs_pipeline.reduction.sky.modelled import MAP_ERROR_PX, PROFILE_ERROR, ModelledOrder
from soxs_pipeline.reduction.sky.spectrum import SkyOptions

__all__ = ["uneven_columns", "with_uneven_lines"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]

#: Degrees along the slit by which uneven light is recognised.
_TELLING_DEGREE = 3
#: Columns on either side that are looked at together, and over which what is smooth is taken off.
_TOGETHER_PX, _SMOOTH_PX = 1, 61
#: Excess of the sum of squares from which a column counts; pulls count up to the limit, so that
#: a particle does not pass for a line.
_LEAST_EXCESS, _LARGEST_PULL = 45.0, 4.0
#: The same that each of three neighbours must have by itself.
_LEAST_OF_ONE = 9.0
#: Error of the profile that is granted to sources beside the target: one may be a host, whose
#: lines need not be spread as its continuum is.
_OTHER_PROFILE_ERROR = 0.02
#: Columns that a line reaches beyond those where it shows, and that are fitted beyond it.
_REACH_PX, _BESIDE_PX = 3, 4
#: Columns that are fitted in one go at most.
_LONGEST_PX = 24
#: What a field tells of single pixels.
_OF_PIXELS = ("light", "variance", "even", "spectra")
#: Degree along the slit of the continuum beside a line.
_BESIDE_DEGREE = 4
#: Rounds of fit and rejection.
_ROUNDS = 3
#: An order with more of its columns uneven than this holds something else than lines.
_MOST = 0.5


def with_uneven_lines(
    order: ModelledOrder, options: SkyOptions, *, last: bool, even_too: bool = False
) -> ModelledOrder:
    """Return an order in whose model lines differ along the slit where they do.

    Parameters
    ----------
    order
        Order with an even sky fitted together with its sources.
    options
        What the user set.
    last
        True to fit these lines; rounds before only keep them from telling anything else.
    even_too
        True to fit lines that fill the slit evenly as well, where the sky has none: for a sky that
        was taken from elsewhere.
    """
    if not options.uneven_lines or options.regions:
        # Regions that hold sky alone leave what is beside them to the target.
        return order
    core = uneven_columns(order, even_too=even_too)
    if not core.any():
        return order
    column = order.pixels.column
    if not last:
        return replace(order, used=order.used & ~core[column])
    model, used = order.model, order.used.copy()
    sky, variance, uneven = model.sky.copy(), model.sky_variance.copy(), model.uneven.copy()
    spectra = model.spectra.copy()
    for run in _runs(core):
        index = np.flatnonzero((column >= run[0] - _BESIDE_PX) & (column < run[1] + _BESIDE_PX))
        field, kept = _fit_in_parts(order, index, run, options)
        inside = core[column[index]]
        light = field.light - _beside(order, index, ~inside, field.light)
        at = index[inside]
        sky[at], variance[at] = light[inside], field.variance[inside]
        uneven[at] = (light - field.even)[inside]
        spectra[:, at] = field.spectra[:, inside]
        used[at] = kept[inside]
    changed = replace(
        model,
        sky=sky,
        sky_variance=variance,
        uneven=uneven,
        spectra=spectra,
        interpolated=core[column],
    )
    return replace(order, model=changed, used=used)


def _tolerance(order: ModelledOrder) -> Floats:
    """Return the scatter that is granted before light counts as uneven."""
    spectra, profiles = order.model.spectra, order.profiles
    errors = [PROFILE_ERROR, *[_OTHER_PROFILE_ERROR] * (len(profiles) - 1)]
    granted2 = order.variance + (MAP_ERROR_PX * order.model.slope) ** 2
    for error, spectrum, profile in zip(errors, spectra, profiles, strict=False):
        granted2 = granted2 + (error * spectrum * profile) ** 2
    return np.asarray(np.sqrt(granted2))


def uneven_columns(order: ModelledOrder, *, even_too: bool) -> Booleans:
    """Return True for the columns in which light that is not modelled varies along the slit.

    None, if they are so many that it is something else than lines.

    Parameters
    ----------
    order
        Order with its model.
    even_too
        As in `with_uneven_lines`.
    """
    pixels = order.pixels
    column = pixels.column
    # What passed for particles may be the light of a knot, of which no model knew.
    pull = np.clip(order.residual / _tolerance(order), -_LARGEST_PULL, _LARGEST_PULL)
    pull = np.where(pixels.usable, pull, 0.0)
    powers = list(pixels.along_slit(_TELLING_DEGREE))
    if even_too:
        powers.append(_calm_columns(order)[column].astype(float))
    count = int(column[-1]) + 1
    right = np.array([np.bincount(column, pull * p, minlength=count) for p in powers])
    matrix = np.empty((len(powers), len(powers), count))
    for a, power in enumerate(powers):
        for b, other in enumerate(powers[: a + 1]):
            sums = np.bincount(column, pixels.usable * power * other, minlength=count)
            matrix[a, b] = matrix[b, a] = sums
    # A column with a few pixels at one end of the slit could tell anything.
    unit = np.eye(len(powers))[:, :, None]
    known = np.bincount(column, pixels.usable, minlength=count) > 4 * len(powers)
    matrix += 0.05 * matrix.trace() / len(powers) * unit
    matrix = np.where(known, matrix, unit)
    right = np.where(known, right, 0.0)
    # What goes on over many columns is continuum.
    smooth = median_filter(_solved(matrix, right), (1, _SMOOTH_PX), mode="nearest")
    right -= np.einsum("abc,bc->ac", matrix, smooth)
    single = np.einsum("ac,ac->c", right, _solved(matrix, right))
    width = 2 * _TOGETHER_PX + 1
    right = uniform_filter1d(right, width, axis=1, mode="constant") * width
    matrix = uniform_filter1d(matrix, width, axis=2, mode="nearest") * width
    excess = np.einsum("ac,ac->c", right, _solved(matrix, right))
    # A particle lights a column or two, the image of the slit more.
    lasting = minimum_filter1d(single, width, mode="constant") > _LEAST_OF_ONE
    found = (excess > _LEAST_EXCESS) & lasting
    wide = np.asarray(maximum_filter1d(found, 2 * _REACH_PX + 1, mode="constant"))
    return wide if wide.mean() <= _MOST else wide & False


def _calm_columns(order: ModelledOrder) -> Booleans:
    """Return True for the columns in which the sky has no line."""
    pixels = order.pixels
    count = np.maximum(np.bincount(pixels.column), 1)
    sky = np.bincount(pixels.column, order.model.sky) / count
    noise = np.sqrt(np.bincount(pixels.column, order.variance) / count)
    return np.asarray(sky - median_filter(sky, _SMOOTH_PX, mode="nearest") < noise)


def _solved(matrix: Floats, right: Floats) -> Floats:
    """Solve equations of each column, shapes ``(k, k, columns)`` and ``(k, columns)``."""
    solved = np.linalg.solve(matrix.transpose(2, 0, 1), right.T[:, :, None])[:, :, 0]
    return np.asarray(solved.T)


def _runs(core: Booleans) -> list[tuple[int, int]]:
    """Return first column and end of each stretch of uneven lines; close ones are one."""
    near = binary_closing(np.pad(core, 2 * _BESIDE_PX), np.ones(2 * _BESIDE_PX + 1))
    edges = np.flatnonzero(np.diff(near.astype(np.int8), prepend=0, append=0)) - 2 * _BESIDE_PX
    return [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def _fit_in_parts(
    order: ModelledOrder, index: Integers, run: tuple[int, int], options: SkyOptions
) -> tuple[SlitField, Booleans]:
    """Return the light of a stretch of lines and its margins, a long one fitted in parts."""
    column = order.pixels.column[index]
    number = -(-(run[1] - run[0]) // _LONGEST_PX)
    places = np.linspace(run[0], run[1], number + 1).astype(int)
    fields, kept = [], []
    for first, end in pairwise(places.tolist()):
        part = (column >= first - _BESIDE_PX) & (column < end + _BESIDE_PX)
        field, used = _fit(order, index[part], options)
        own = (column[part] >= first) | (first == run[0])
        own &= (column[part] < end) | (end == run[1])
        fields.append(replace(field, **{n: getattr(field, n)[..., own] for n in _OF_PIXELS}))
        kept.append(used[own])
    joined: dict[str, Any] = {
        n: np.concatenate([getattr(f, n) for f in fields], axis=-1) for n in _OF_PIXELS
    }
    return replace(fields[0], **joined), np.concatenate(kept)


def _fit(order: ModelledOrder, index: Integers, options: SkyOptions) -> tuple[SlitField, Booleans]:
    """Return the light of pixels of one line, and which of them were used."""
    pixels = order.pixels
    shift, gain, _ = order.distortion.at(pixels)
    w, area = (pixels.w + shift)[index], (gain * pixels.area)[index]
    profiles, data = order.profiles[:, index] / area, pixels.data[index] / area
    size = _size_of_uneven(order, index)
    expected = order.expected[index]
    usable, used = pixels.usable[index], (pixels.usable & ~order.hit)[index]
    if 2 * used.sum() < usable.sum():
        used = usable
    field = None
    for _ in range(_ROUNDS):
        variance = pixels.variance(expected, at=index)
        noise2 = np.where(used, variance / area**2, np.inf)
        field = fit_slit_field(w, pixels.u[index], data, noise2, profiles, size, like=field)
        light = area * np.einsum("kn,kn->n", field.spectra, profiles)
        expected = area * field.light + light
        granted = variance + area**2 * field.variance + (PROFILE_ERROR * light) ** 2
        far2 = (pixels.data[index] - expected) ** 2 > options.clip_sigma**2 * granted
        used = usable & ~far2
    assert field is not None
    whole = replace(
        field, light=area * field.light, even=area * field.even, variance=area**2 * field.variance
    )
    return whole, used


def _beside(order: ModelledOrder, index: Integers, margin: Booleans, light: Floats) -> Floats:
    """Return by how much light beside a line exceeds the sky of its neighbours.

    The line alone is counted: the continuum stays what the columns on either side have.
    """
    u, w = order.pixels.u[index], order.pixels.w[index]
    design = np.column_stack((legendre.legvander(u, _BESIDE_DEGREE), w - w.mean()))
    if not margin.any():
        return np.zeros(index.size)
    excess = (light - order.model.sky[index])[margin]
    coef = np.linalg.lstsq(design[margin], excess, rcond=None)[0]
    return np.asarray(design @ coef)


def _size_of_uneven(order: ModelledOrder, index: Integers) -> Floats:
    """Return how uneven the columns are: what their residuals show beyond the noise."""
    column = order.pixels.column[index]
    column = column - column[0]
    weight = order.pixels.usable[index].astype(float)
    count = np.maximum(np.bincount(column, weight), 1.0)
    noise2 = np.bincount(column, weight * order.variance[index]) / count
    seen2 = np.bincount(column, weight * order.residual[index] ** 2) / count
    size = np.sqrt(np.maximum(seen2 - noise2, 0.1 * noise2))
    return np.asarray(maximum_filter1d(size, 2 * _TOGETHER_PX + 1)[column])
