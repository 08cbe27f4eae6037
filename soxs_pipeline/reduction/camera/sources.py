"""Find the sources of a camera image and measure them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from photutils.aperture import CircularAperture, aperture_photometry

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import FATAL, Quality
from soxs_pipeline.numerics.starfit import StarFits, StarShape, cutouts, fit_shape, fit_stars
from soxs_pipeline.reduction.camera.detection import (
    FWHM_PER_SIGMA,
    SAME_FWHM,
    find_sources,
    weights_of,
)

__all__ = ["Measured", "forced_flux", "measure_sources"]

Floats = NDArray[np.float64]

_FIRST_FWHM_PX = 4.5
#: Stars that shape the profile, and their least S/N.
_SHAPING, _SHAPING_SNR = 16, 30.0
#: Percentile of the widths that is a star's, and how far those of other stars are from it.
_STARS_PERCENT, _SAME_WIDTH = 30.0, 1.3
#: Most sources that are measured, the brightest.
_MOST = 1500
#: Half side of what is cut out about a star, in FWHM.
_HALF = 2.2
#: Distance to which a source's light is taken off its neighbours, in FWHM.
_REACH = 6.0
#: Radius of the aperture in FWHM.
_APERTURE = 1.2


@dataclass(frozen=True, eq=False)
class Measured:
    """Sources of an image, brightest first; arrays of shape ``(n,)``.

    Parameters
    ----------
    fits
        Profile fits, centres in pixels of the image counted from zero.
    aperture_flux, aperture_error
        Light within the aperture, brought to all light by the profile.
    elongation, fwhm
        By moments, in pixels.
    quality
        Flags within half a width of the centre.
    isolated
        No other source within the stamp is brighter than a twentieth of it.
    shape
        Profile of the stars.
    shaped_by
        Number of stars that gave it; zero if it was assumed.
    aperture_px
        Radius.
    """

    fits: StarFits
    aperture_flux: Floats
    aperture_error: Floats
    elongation: Floats
    fwhm: Floats
    quality: NDArray[np.uint32]
    isolated: NDArray[np.bool_]
    shape: StarShape
    shaped_by: int
    aperture_px: float

    def __len__(self) -> int:
        """Return the number of sources."""
        return int(self.fits.x.size)


def measure_sources(
    frame: Frame, electrons_per_unit: float, detection_sigma: float, seeing_px: float
) -> Measured:
    """Find sources and measure place, light and shape of each.

    1. Peaks of the image smoothed with the width of a star that stand out of the noise.
    2. One profile, an elliptical Moffat function, is fitted to the best stars.
    3. Flux and centre of every source are fitted with it, neighbours subtracted.

    Parameters
    ----------
    frame
        Background subtracted; the variance is that of the background.
    electrons_per_unit
        Electrons that one unit of the frame stands for: the noise of the sources follows.
    detection_sigma
        Least significance in the smoothed image.
    seeing_px
        Width of a star where none can tell; NaN if unknown.
    """
    guess = seeing_px if np.isfinite(seeing_px) and seeing_px > 1.0 else _FIRST_FWHM_PX
    x, y = find_sources(frame, guess, detection_sigma)
    shape, shaped_by = _profile(frame, x, y, guess, electrons_per_unit)
    if shaped_by and not 0.75 < shape.fwhm / guess < 1.4:
        x, y = find_sources(frame, shape.fwhm, detection_sigma)
        shape, shaped_by = _profile(frame, x, y, shape.fwhm, electrons_per_unit)
    fits = _fitted(frame, x, y, shape, electrons_per_unit)
    keep = _distinct(fits, shape.fwhm, frame.shape)
    fits = _rows(fits, keep)
    order = np.argsort(-fits.flux)[:_MOST]
    fits = _rows(fits, order)
    radius = _APERTURE * shape.fwhm
    flux, error = _apertures(frame, fits, radius, electrons_per_unit)
    share = max(shape.share_within(radius), 0.1)
    elongation, fwhm = _moments(frame, fits, shape.fwhm)
    return Measured(
        fits=fits,
        aperture_flux=flux / share,
        aperture_error=error / share,
        elongation=elongation,
        fwhm=fwhm,
        quality=_flags(frame, fits, shape.fwhm),
        isolated=_isolated(fits, _HALF * shape.fwhm),
        shape=shape,
        shaped_by=shaped_by,
        aperture_px=radius,
    )


def forced_flux(
    frame: Frame, x: float, y: float, shape: StarShape, electrons_per_unit: float
) -> tuple[float, float]:
    """Return the flux of a star at a given place, and its standard error."""
    half = int(np.ceil(_HALF * shape.fwhm))
    places = np.array([x]), np.array([y])
    stamp = cutouts(frame.data, *places, half, 0.0)[0]
    weight = cutouts(weights_of(frame), *places, half, 0.0)[0]
    grid = np.arange(-half, half + 1, dtype=float)
    dx, dy = x - np.rint(x), y - np.rint(y)
    model = shape(grid[None, :] - dx, grid[:, None] - dy)
    precision = float((weight * model**2).sum())
    if precision <= 0:
        return float("nan"), float("nan")
    flux = float((weight * model * stamp).sum()) / precision
    error = np.sqrt(1.0 / precision + max(flux, 0.0) / electrons_per_unit)
    return flux, float(error)


def _profile(
    frame: Frame, x: Floats, y: Floats, guess: float, electrons: float
) -> tuple[StarShape, int]:
    """Return the profile of the best stars and their number."""
    assumed = _round(guess)
    if not len(x):
        return assumed, 0
    fits = _fitted(frame, x, y, assumed, electrons, rounds=1)
    clear = _flags(frame, fits, guess) & np.uint32(FATAL)
    snr = fits.flux / fits.flux_error
    half = int(np.ceil(1.3 * _HALF * guess))
    inside = (fits.x > half) & (fits.x < frame.shape[1] - half)
    inside &= (fits.y > half) & (fits.y < frame.shape[0] - half)
    chosen = np.flatnonzero(
        fits.good & (clear == 0) & (snr > _SHAPING_SNR) & inside & _isolated(fits, 1.3 * half)
    )
    # A bright galaxy would outweigh all stars: they are the narrowest.
    chosen = chosen[_narrow(_moments(frame, _rows(fits, chosen), guess)[1])]
    chosen = chosen[np.argsort(-snr[chosen])][:_SHAPING]
    shape, count = assumed, 0
    for _ in range(3):
        if not len(chosen):
            break
        px, py = fits.x[chosen], fits.y[chosen]
        stamps = cutouts(frame.data, px, py, half, 0.0)
        precision = cutouts(weights_of(frame), px, py, half, 0.0)
        with np.errstate(divide="ignore"):
            variance = np.where(precision > 0, 1.0 / precision, np.inf)
        weights = 1.0 / (variance + np.maximum(stamps, 0.0) / electrons)
        shape = fit_shape(stamps, weights, px - np.rint(px), py - np.rint(py), guess)
        count = len(chosen)
        # Galaxies are wider, blends odd: what fits far worse than the best half leaves.
        again = fit_stars(stamps, weights, px - np.rint(px), py - np.rint(py), shape)
        excess = again.chi2 / max(float(np.median(again.chi2)), 0.5)
        kept = chosen[excess < 3.0]
        if len(kept) == len(chosen) or len(kept) < 1:
            break
        chosen = kept
    return shape, count


def _narrow(widths: Floats) -> NDArray[np.bool_]:
    """Return which of some sources are as narrow as stars."""
    if not len(widths):
        return np.zeros(0, dtype=bool)
    star = np.percentile(widths, _STARS_PERCENT, method="lower")
    return np.asarray((widths < star * _SAME_WIDTH) & (widths > star / _SAME_WIDTH))


def _round(fwhm: float, beta: float = 3.5) -> StarShape:
    alpha2 = (fwhm / 2.0) ** 2 / (2.0 ** (1.0 / beta) - 1.0)
    return StarShape(1.0 / alpha2, 1.0 / alpha2, 0.0, beta)


def _fitted(
    frame: Frame, x: Floats, y: Floats, shape: StarShape, electrons: float, *, rounds: int = 3
) -> StarFits:
    """Fit every source; from the second round on its neighbours are taken off first."""
    if not len(x):
        none = np.empty(0)
        return StarFits(none, none, none, none, none, none, none, np.empty(0, dtype=bool))
    half, reach = int(np.ceil(_HALF * shape.fwhm)), int(np.ceil(_REACH * shape.fwhm))
    weights = weights_of(frame)
    background = np.where(weights > 0, 1.0 / np.where(weights > 0, weights, 1.0), np.inf)
    model = np.zeros(frame.shape)
    fits: StarFits | None = None
    for _ in range(rounds):
        at = (x, y) if fits is None else _held(fits, x, y, frame.shape)
        own = np.zeros(0) if fits is None else np.where(fits.good, fits.flux, 0.0)
        middle = np.rint(at[0]), np.rint(at[1])
        dx, dy = at[0] - middle[0], at[1] - middle[1]
        stamps = cutouts(frame.data - model, *middle, half, 0.0)
        variance = cutouts(background, *middle, half, np.inf)
        if fits is not None:
            mine = _stamps_of(shape, dx, dy, half) * own[:, None, None]
            stamps = stamps + mine
            light = cutouts(np.maximum(model, 0.0), *middle, half, 0.0)
            variance = variance + light / electrons
        else:
            variance = variance + np.maximum(stamps, 0.0) / electrons
        found = fit_stars(stamps, 1.0 / variance, dx, dy, shape)
        fits = StarFits(
            found.x + middle[0],
            found.y + middle[1],
            found.flux,
            found.flux_error,
            found.x_error,
            found.y_error,
            found.chi2,
            found.good,
        )
        model = _drawn(frame.shape, fits, shape, reach)
    assert fits is not None
    return fits


def _held(fits: StarFits, x: Floats, y: Floats, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return fitted centres, and the first guess where a fit ran away."""
    stayed = fits.good & _inside(fits, size)
    return np.where(stayed, fits.x, x), np.where(stayed, fits.y, y)


def _stamps_of(shape: StarShape, dx: Floats, dy: Floats, half: int) -> Floats:
    grid = np.arange(-half, half + 1, dtype=float)
    return shape(grid[None, None, :] - dx[:, None, None], grid[None, :, None] - dy[:, None, None])


def _drawn(size: tuple[int, int], fits: StarFits, shape: StarShape, half: int) -> Floats:
    """Return an image of all sources as fitted."""
    canvas = np.zeros((size[0] + 2 * half, size[1] + 2 * half))
    use = fits.good & (fits.flux > 0) & _inside(fits, size)
    column, row = np.rint(fits.x[use]).astype(int), np.rint(fits.y[use]).astype(int)
    stamps = _stamps_of(shape, fits.x[use] - column, fits.y[use] - row, half)
    for c, r, stamp in zip(column, row, stamps * fits.flux[use, None, None], strict=True):
        canvas[r : r + 2 * half + 1, c : c + 2 * half + 1] += stamp
    return canvas[half:-half, half:-half]


def _rows(fits: StarFits, rows: NDArray) -> StarFits:
    return StarFits(*(getattr(fits, name)[rows] for name in (
        "x", "y", "flux", "flux_error", "x_error", "y_error", "chi2", "good",
    )))  # fmt: skip


def _inside(fits: StarFits, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which centres lie on the image; a fit at its edge may run beyond it."""
    inside = (fits.x > -0.5) & (fits.x < size[1] - 0.5)
    return np.asarray(inside & (fits.y > -0.5) & (fits.y < size[0] - 0.5))


def _distinct(fits: StarFits, fwhm: float, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which fits are real sources on the image, each once."""
    from scipy.spatial import cKDTree  # noqa: PLC0415

    kept = fits.good & (fits.flux > 3.0 * fits.flux_error) & _inside(fits, size)
    rows = np.flatnonzero(kept)
    if len(rows) < 2:
        return kept
    places = np.column_stack([fits.x, fits.y])[rows]
    for one, two in cKDTree(places).query_pairs(SAME_FWHM * fwhm):
        fainter = one if fits.flux[rows[one]] < fits.flux[rows[two]] else two
        kept[rows[fainter]] = False
    return kept


def _isolated(fits: StarFits, radius: float) -> NDArray[np.bool_]:
    from scipy.spatial import cKDTree  # noqa: PLC0415

    alone = np.ones(len(fits.x), dtype=bool)
    if len(alone) < 2:
        return alone
    places = np.nan_to_num(np.column_stack([fits.x, fits.y]), nan=-1e6)
    for one, two in cKDTree(places).query_pairs(radius):
        if fits.flux[two] > 0.05 * fits.flux[one]:
            alone[one] = False
        if fits.flux[one] > 0.05 * fits.flux[two]:
            alone[two] = False
    return alone


def _apertures(
    frame: Frame, fits: StarFits, radius: float, electrons: float
) -> tuple[Floats, Floats]:
    if not len(fits.x):
        return np.empty(0), np.empty(0)
    circles = CircularAperture(np.column_stack([fits.x, fits.y]), r=radius)
    error = np.sqrt(frame.variance + np.maximum(frame.data, 0.0) / electrons)
    found = aperture_photometry(
        np.where(frame.bad, 0.0, frame.data).astype(float), circles, error=error.astype(float)
    )
    flux, sigma = found["aperture_sum"], found["aperture_sum_err"]
    return np.asarray(flux, dtype=float), np.asarray(sigma, dtype=float)


def _moments(frame: Frame, fits: StarFits, fwhm: float) -> tuple[Floats, Floats]:
    """Return axis ratio and width by moments under a Gaussian window of the stars' width."""
    if not len(fits.x):
        return np.empty(0), np.empty(0)
    half = int(np.ceil(1.5 * fwhm))
    middle = np.rint(fits.x), np.rint(fits.y)
    stamps = cutouts(np.where(frame.bad, 0.0, frame.data), *middle, half, 0.0)
    grid = np.arange(-half, half + 1, dtype=float)
    dx = grid[None, None, :] - (fits.x - middle[0])[:, None, None]
    dy = grid[None, :, None] - (fits.y - middle[1])[:, None, None]
    window = np.exp(-0.5 * (dx**2 + dy**2) * (FWHM_PER_SIGMA / fwhm) ** 2)
    light = stamps * window
    total = np.maximum(light.sum(axis=(1, 2)), 1e-30)
    xx, yy = ((light * a).sum(axis=(1, 2)) / total for a in (dx**2, dy**2))
    xy = (light * dx * dy).sum(axis=(1, 2)) / total
    mean, half_difference = 0.5 * (xx + yy), np.hypot(0.5 * (xx - yy), xy)
    # The window halves the variance of a source of its own width.
    window2 = (fwhm / FWHM_PER_SIGMA) ** 2

    def freed(observed: Floats) -> Floats:
        observed = np.clip(observed, 0.05 * window2, 0.95 * window2)
        return observed * window2 / (window2 - observed)

    major, minor = freed(mean + half_difference), freed(mean - half_difference)
    return np.sqrt(major / minor), FWHM_PER_SIGMA * (major * minor) ** 0.25


def _flags(frame: Frame, fits: StarFits, fwhm: float) -> NDArray[np.uint32]:
    """Return all flags within half a width of the centres."""
    half = max(int(np.ceil(0.5 * fwhm)), 1)
    found = np.zeros(len(fits.x), dtype=np.uint32)
    if not len(found):
        return found
    size = frame.shape
    x = np.clip(np.nan_to_num(np.rint(fits.x)), 0, size[1] - 1).astype(int)
    y = np.clip(np.nan_to_num(np.rint(fits.y)), 0, size[0] - 1).astype(int)
    padded = np.pad(frame.quality, half, constant_values=np.uint32(Quality.NO_DATA))
    step = np.arange(2 * half + 1)
    stamps = padded[y[:, None, None] + step[:, None], x[:, None, None] + step[None, :]]
    disc = np.hypot(step - half, (step - half)[:, None]) <= half
    return np.bitwise_or.reduce(np.where(disc, stamps, 0).reshape(len(x), -1), axis=1).astype(
        np.uint32
    )
