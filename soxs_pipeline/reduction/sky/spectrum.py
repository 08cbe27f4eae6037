"""The spectrum of the sky fitted to the unrectified pixels of an order, sources included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.numerics import splinefit
from soxs_pipeline.numerics.smoothing import choose_lengths, strength_of_length
from soxs_pipeline.reduction.slit.distortion import Distortion
from soxs_pipeline.reduction.slit.pixels import SlitPixels

__all__ = ["OrderModel", "SkyOptions", "first_guess", "fit_order", "flat_model"]

Floats = NDArray[np.float64]

#: Smoothing lengths in pixels that are tried, and the one that only damps the noise of knots.
_LENGTHS_PX = (0.4, 0.7, 1.2, 3.0, 8.0)
_FINEST_PX = 0.15
#: Pixels on either side of structure in the sky that keep the finest knots.
_REACH_PX = 2.0
#: Pixels in one chunk of the median that starts the fit.
_CHUNK = 16


@dataclass(frozen=True)
class SkyOptions:
    """What a user may set of the sky model.

    Parameters
    ----------
    knots_per_pixel
        Knots of the sky spectrum in one pixel.
    structure_sigma
        Structure less significant than this is smoothed away; 0 keeps all.
    slit_degree
        Degree along the slit of illumination, shift and broadening.
    follow_lines
        True to refine the wavelength map on the sky lines.
    clip_sigma
        Rejection limit.
    regions
        Slit positions in arcsec that hold sky alone; none for the whole slit.
    uneven_lines
        True to let lines that differ along the slit do so.
    """

    knots_per_pixel: int = 2
    structure_sigma: float = 2.3
    slit_degree: int = 2
    follow_lines: bool = True
    clip_sigma: float = 5.0
    regions: tuple[tuple[float, float], ...] = ()
    uneven_lines: bool = True

    def admits(self, slit_arcsec: Floats) -> NDArray[np.bool_]:
        """Return True for slit positions that may tell the sky."""
        if not self.regions:
            return np.ones(slit_arcsec.shape, bool)
        inside = [(slit_arcsec >= low) & (slit_arcsec <= high) for low, high in self.regions]
        return np.any(inside, axis=0)


@dataclass(frozen=True, eq=False)
class OrderModel:
    """Sky and sources at the pixels of one order, each of shape ``(n,)``.

    Parameters
    ----------
    sky
        Electrons of sky in each pixel.
    slope, curvature
        First and second derivative of the sky along the dispersion, per pixel.
    spectra
        Electrons of each source in one dispersion pixel, shape ``(sources, n)``.
    sky_variance
        Variance of ``sky``; zero if it was not asked for.
    uneven
        What of ``sky`` differs along the slit otherwise than by its illumination.
    interpolated
        True in lines that were found to differ along the slit.
    own
        True in lines that were found to differ along the slit and left to a wide target.
    """

    sky: Floats
    slope: Floats
    curvature: Floats
    spectra: Floats
    sky_variance: Floats
    uneven: Floats
    interpolated: NDArray[np.bool_]
    own: NDArray[np.bool_]

    def sources(self, profiles: Floats) -> Floats:
        """Return the electrons of all sources together in each pixel."""
        return np.einsum("kn,kn->n", self.spectra, profiles) if len(profiles) else 0.0 * self.sky


def first_guess(pixels: SlitPixels, use: NDArray[np.bool_]) -> OrderModel:
    """Return a sky from medians along the slit: coarse, but deaf to sources and cosmic rays."""
    w, data = pixels.w[use], pixels.data[use] / pixels.area[use]
    count = w.size // _CHUNK
    if count < 4:
        return flat_model(pixels, 0.0)
    middle = w[: count * _CHUNK].reshape(count, _CHUNK).mean(axis=1)
    median = np.median(data[: count * _CHUNK].reshape(count, _CHUNK), axis=1)
    slope = np.gradient(median, middle + 1e-9 * np.arange(count))
    none = np.zeros(pixels.w.size)
    return OrderModel(
        sky=np.interp(pixels.w, middle, median) * pixels.area,
        slope=np.interp(pixels.w, middle, slope) * pixels.area,
        curvature=none,
        spectra=np.zeros((0, none.size)),
        sky_variance=none,
        uneven=none,
        interpolated=none > 0,
        own=none > 0,
    )


def flat_model(pixels: SlitPixels, level: float) -> OrderModel:
    """Return a sky of constant level."""
    none = np.zeros(pixels.w.size)
    return OrderModel(
        none + level, none, none, np.zeros((0, none.size)), none, none, none > 0, none > 0
    )


def fit_order(
    pixels: SlitPixels,
    weight: Floats,
    profiles: Floats,
    distortion: Distortion,
    options: SkyOptions,
    *,
    last: bool,
) -> OrderModel:
    """Fit the sky and the spectra of the sources of one order together.

    Parameters
    ----------
    pixels
        The pixels.
    weight
        Inverse variance of each pixel, 0 to leave it out.
    profiles
        Fraction of each source's light in each pixel, shape ``(sources, n)``.
    distortion
        How the sky differs along the slit.
    options
        What the user set.
    last
        True to smooth the sky where it has no structure and to work out its variance; rounds
        before do without.
    """
    shift, gain, broadening = distortion.at(pixels)
    other = distortion.light(pixels)
    data = pixels.data - other
    # The flat has taken the areas of the pixels out of its response, as it does the lamp's light.
    gain = gain * pixels.area
    w = pixels.w + shift
    rank = np.argsort(w, kind="stable")
    w = w[rank]
    start = np.floor(w[0])
    layout = splinefit.Layout(
        start, int(np.floor(w[-1]) - start) + 1, options.knots_per_pixel, len(profiles)
    )
    cells = splinefit.find_cells(w, layout)
    plain, slope, bend = (splinefit.cubic_values(cells.sky_phase, k) for k in range(3))
    seen = gain[rank] * _broadened(plain, bend, broadening[rank] * layout.ratio**2)
    source_basis = splinefit.cubic_values(cells.source_phase) if len(profiles) else None
    basis = _with_sources(seen, source_basis, profiles[:, rank])
    band, right = splinefit.normal_equations(basis, weight[rank], data[rank], cells, layout)
    full = band + _regularisation(band, right, layout, options.structure_sigma if last else 0.0)
    coef = splinefit.solve(full, right)
    positions = splinefit.find_positions(cells, layout)
    sky_at = positions[:4]
    inverse = np.empty_like(rank)
    inverse[rank] = np.arange(rank.size)

    def model(values: Floats, at: NDArray[np.int64]) -> Floats:
        return splinefit.evaluate(values, coef, cells, at)[inverse]

    spectra = (
        [model(source_basis, positions[4 + 4 * k : 8 + 4 * k]) for k in range(len(profiles))]
        if source_basis is not None
        else []
    )
    variance = np.zeros(w.size)
    if last:
        variance = _sky_variance(full, layout, cells)[inverse] * gain**2
    return OrderModel(
        sky=model(seen, sky_at) + other,
        slope=model(slope, sky_at) * (layout.ratio * gain),
        curvature=model(bend, sky_at) * (layout.ratio**2 * gain),
        spectra=np.array(spectra).reshape(len(profiles), w.size),
        sky_variance=variance,
        uneven=other,
        interpolated=np.zeros(w.size, bool),
        own=np.zeros(w.size, bool),
    )


def _broadened(plain: Floats, bend: Floats, broadening: Floats) -> Floats:
    """Return the basis with its second derivative added, as a broader line looks."""
    return plain + broadening * bend if broadening.any() else plain


def _with_sources(sky: Floats, source: Floats | None, shapes: Floats) -> Floats:
    """Return the basis of the sky, then that of each source, rows in one array."""
    if source is None:
        return sky
    basis = np.empty((4 * (1 + len(shapes)), sky.shape[1]))
    basis[:4] = sky
    for k, shape in enumerate(shapes, start=1):
        np.multiply(source, shape, out=basis[4 * k : 4 * k + 4])
    return basis


def _regularisation(
    band: Floats, right: Floats, layout: splinefit.Layout, structure_sigma: float
) -> Floats:
    """Return penalties: spectra as smooth as their own data say they are."""
    density = _density(band[0, layout.sky_position(np.arange(layout.sky_size))])
    base = sum(
        (
            splinefit.penalty(
                layout,
                strength_of_length(
                    _density(band[0, layout.source_position(np.arange(layout.groups + 3), k)]),
                    np.full(layout.groups + 3, 2.0 * _FINEST_PX),
                ),
                source=k,
            )
            for k in range(layout.sources)
        ),
        np.zeros_like(band),
    )

    def smoothed(length: Floats) -> Floats:
        return base + splinefit.penalty(layout, strength_of_length(density, length))

    finest = np.full(layout.sky_size, _FINEST_PX * layout.ratio)
    if structure_sigma <= 0.0:
        return smoothed(finest)
    at = layout.sky_position(np.arange(layout.sky_size))
    chosen = choose_lengths(
        lambda length: splinefit.solve(band + smoothed(length), right)[at],
        density,
        finest=finest[0],
        lengths=[length * layout.ratio for length in _LENGTHS_PX],
        sigma=structure_sigma,
        reach=int(_REACH_PX * layout.ratio),
    )
    return smoothed(chosen)


def _density(diagonal: Floats) -> Floats:
    """Return the inverse variance gathered by each coefficient from the matrix diagonal."""
    # On the diagonal stand the squares of the basis; their sum is 151/315 of the plain sum.
    return np.maximum(diagonal, 1e-3 * np.median(diagonal)) * (315.0 / 151.0)


def _sky_variance(full: Floats, layout: splinefit.Layout, cells: splinefit.Cells) -> Floats:
    covariance = splinefit.inverse_blocks(full, layout)
    middle = splinefit.cubic_values(np.array([0.5]))[:, 0]
    variance = np.einsum("a,cab,b->c", middle, covariance, middle)
    centre = (np.arange(variance.size) + 0.5) / layout.ratio
    place = (cells.spread(cells.cell) + cells.sky_phase) / layout.ratio
    # Where next to nothing tells the sky, the inverse of the matrix may lose its sign.
    return np.interp(place, centre, np.maximum(variance, 0.0))
