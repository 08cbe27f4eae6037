"""How the sky of one order differs along the slit from its spectrum at mid-slit.

Illumination, a small shift of the wavelength scale (flexure that the calibrations did not
see) and a change of line width, each a low polynomial along the slit whose coefficients vary
slowly along the order; and a slope of light that is not the sky's, of a host galaxy or scattered.
All are linear in the model's own derivatives, so that one small regression on the residuals finds
them together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soxs_pipeline.reduction.slit.pixels import SlitPixels
from soxs_pipeline.reduction.slit.spectra import products_beside_spectra

__all__ = ["PRIOR_GAIN", "Distortion", "Misfit", "common_gain", "improve", "no_distortion"]

Floats = NDArray[np.float64]

#: Expected size of a coefficient: what the data do not tell stays near zero. The flat has taken
#: the illumination of the slit out, as far as its lamp lights the slit as the sky does; what is
#: left is alike in all orders but for a little. A freer gain of single orders would take the
#: wings of a source for sky.
PRIOR_GAIN, _PRIOR_COMMON_GAIN = 0.005, 0.03
#: Degrees along the slit and along the order of light that must not pass for illumination.
_NUISANCE = (2, 2)
_PRIOR_SHIFT_PX = 0.3
_PRIOR_BROADENING_PX2 = 0.3
#: Of the slope, in electrons and in terms of the median sky. It is a slope alone: what bends along
#: the slit could be the wings of a source.
_PRIOR_SLOPE_E, _PRIOR_SLOPE = 3.0, 1.0
#: Largest step of one round, so that a bad start cannot run away.
_LONGEST_SHIFT_PX = 0.5


@dataclass(frozen=True, eq=False)
class Distortion:
    """Coefficients of Legendre degree 1... along the slit and Chebyshev degree 0... along it.

    Parameters
    ----------
    gain, shift_px, broadening_px2
        Shape ``(slit degree, order degree + 1)``.
    slope_e
        Electrons in a pixel, of degree 1 along the slit alone, shape ``(1, order degree + 1)``.
    """

    gain: Floats
    shift_px: Floats
    broadening_px2: Floats
    slope_e: Floats

    def light(self, pixels: SlitPixels) -> Floats:
        """Return the light at each pixel that rises along the slit, zero at its middle."""
        return _evaluate(self.slope_e, pixels) * pixels.area

    def even_sky(self, pixels: SlitPixels, sky: Floats) -> Floats:
        """Return a sky as if it lit the slit evenly, and without other light."""
        return np.asarray((sky - self.light(pixels)) / self.at(pixels)[1])

    def lit_as(self, gain: Floats) -> Distortion:
        """Return the same with another illumination, alike all along the order.

        Parameters
        ----------
        gain
            Coefficients of Legendre degree 1... along the slit.
        """
        level = np.zeros_like(self.gain)
        level[:, 0] = gain
        return replace(self, gain=level)

    def without_slope(self) -> Distortion:
        """Return the same without light that is not the sky's."""
        return replace(self, slope_e=np.zeros_like(self.slope_e))

    def at(self, pixels: SlitPixels) -> tuple[Floats, Floats, Floats]:
        """Return shift (px), gain and broadening (px^2) at each pixel."""
        return (
            _evaluate(self.shift_px, pixels),
            np.clip(1.0 + _evaluate(self.gain, pixels), 0.2, 5.0),
            _evaluate(self.broadening_px2, pixels),
        )


def no_distortion(slit_degree: int, order_degree: int) -> Distortion:
    """Return the distortion of a perfect calibration."""
    nothing = np.zeros((slit_degree, order_degree + 1))
    return Distortion(nothing, nothing, nothing, nothing[:1])


@dataclass(frozen=True, eq=False)
class Misfit:
    """What a model of an order leaves, and how it changes; arrays of shape ``(n,)``.

    Parameters
    ----------
    pixels
        The pixels of the order.
    residual, weight
        Data minus model, and inverse variance.
    sky, slope, curvature
        Sky, and its derivatives along the dispersion.
    profiles
        Share of each source's spectrum in the pixels, shape ``(sources, n)``; None while the
        sources are not known: then the sky is held as it is.
    """

    pixels: SlitPixels
    residual: Floats
    weight: Floats
    sky: Floats
    slope: Floats
    curvature: Floats
    profiles: Floats | None

    def products(self, rows: Floats, distortion: Distortion) -> Floats:
        """Return products of weighted rows without what spectra of sky and sources could take up.

        Parameters
        ----------
        rows
            Weighted by the roots of the weights, shape ``(k, n)``; the products are ``(k, k)``.
        distortion
            That of the model.
        """
        if self.profiles is None:
            return np.asarray(rows @ rows.T)
        pixels = self.pixels
        sky = distortion.at(pixels)[1] * pixels.area
        # The sky may rise within a column, on the flanks of its lines.
        within = pixels.w - pixels.w[0] - pixels.column
        functions = np.vstack((sky, sky * within, self.profiles))
        return products_beside_spectra(rows, np.sqrt(self.weight) * functions, pixels.column)


def improve(
    distortion: Distortion,
    misfit: Misfit,
    *,
    follow_lines: bool,
    usual_gain: Floats | None = None,
    other_light: bool = True,
) -> Distortion:
    """Take one Gauss-Newton step towards the distortion that the residuals show.

    Parameters
    ----------
    distortion
        Where to start from.
    misfit
        What the model leaves. Its spectra follow every step: it is the step of a fit of all.
    follow_lines
        False to leave shift and broadening alone.
    usual_gain
        What the illumination is expected to be, see `common_gain`; None to leave it alone.
    other_light
        False to leave the slope of other light alone.
    """
    if not (follow_lines or usual_gain is not None or other_light):
        return distortion
    pixels = misfit.pixels
    usual = np.zeros(0)
    even = distortion.even_sky(pixels, misfit.sky)
    terms = []
    if other_light:
        likely = _PRIOR_SLOPE_E + _PRIOR_SLOPE * max(float(np.median(even)), 0.0)
        terms.append((pixels.area, likely, distortion.slope_e))
    if usual_gain is not None:
        # Counted from the usual one, which it is expected to be near.
        usual = np.zeros_like(distortion.gain)
        usual[:, 0] = usual_gain
        terms.append((even, PRIOR_GAIN, distortion.gain - usual))
    if follow_lines:
        terms.append((misfit.slope, _PRIOR_SHIFT_PX, distortion.shift_px))
        terms.append((misfit.curvature, _PRIOR_BROADENING_PX2, distortion.broadening_px2))
    # The square root of the weight on either side: half of a symmetric product is worked out.
    root = np.sqrt(misfit.weight)
    columns: list[Floats] = [root * misfit.residual]
    priors, present = [], []
    for derivative, prior, coef in terms:
        powers = pixels.along_order(coef.shape[1])
        for along_slit in pixels.along_slit(coef.shape[0]):
            part = derivative * root * along_slit
            columns.extend(part * power for power in powers)
        shrink = 1.0 + np.arange(coef.shape[1])
        priors.append(np.tile(prior / shrink, coef.shape[0]))
        present.append(coef.ravel())
    products = misfit.products(np.array(columns), distortion)
    precision = np.concatenate(priors) ** -2.0
    now = np.concatenate(present)
    step = np.linalg.solve(
        products[1:, 1:] + np.diag(precision), products[1:, 0] - precision * now
    )
    ends = np.cumsum([coef.size for _, _, coef in terms])[:-1]
    parts = iter(np.split(now + step, ends))
    return _moved(
        replace(distortion, slope_e=next(parts).reshape(1, -1)) if other_light else distortion,
        usual + next(parts).reshape(usual.shape) if usual_gain is not None else None,
        (next(parts), next(parts)) if follow_lines else None,
    )


def common_gain(
    parts: Iterable[tuple[Distortion, Misfit]],
) -> tuple[Floats, Floats]:
    """Return the illumination along the slit that all orders of an exposure have in common.

    Sky lines tell it: they are brighter than their surroundings by the same factor everywhere on
    the slit. Light that is smooth along an order, such as the wings of a source, is fitted beside
    it in each order and does not count, and so is what shifts or broadens lines.

    Parameters
    ----------
    parts
        For each order its distortion as it is, and what the model leaves.

    Returns
    -------
    gain
        Coefficients of Legendre degree 1... along the slit.
    precision
        Their inverse covariance.
    """
    total, lean = np.zeros((0, 0)), np.zeros(0)
    for distortion, misfit in parts:
        degree = len(distortion.gain)
        if not total.size:
            total, lean = np.zeros((degree, degree)), np.zeros(degree)
        pixels, even = misfit.pixels, distortion.even_sky(misfit.pixels, misfit.sky)
        along = np.array(list(pixels.along_slit(max(degree, _NUISANCE[0]))))
        root = np.sqrt(misfit.weight)
        own = even * root * along[:degree]
        left = root * misfit.residual + distortion.gain[:, 0] @ own
        powers = list(pixels.along_order(_NUISANCE[1] + 1))
        nuisance = [
            *(
                derivative * one
                for one in along[:degree]
                for derivative in (misfit.slope, misfit.curvature)
            ),
            *along[: _NUISANCE[0]],
        ]
        other = np.array([root * one * power for one in nuisance for power in powers])
        products = misfit.products(np.vstack((left, own, other)), distortion)
        mine, others = slice(1, 1 + degree), slice(1 + degree, None)
        normal = products[others, others].copy()
        normal[np.diag_indices_from(normal)] *= 1.0 + 1e-9
        normal[np.diag_indices_from(normal)] += 1e-30
        kept = np.linalg.solve(normal, products[others])
        total += products[mine, mine] - products[mine, others] @ kept[:, mine]
        lean += products[mine, 0] - products[mine, others] @ kept[:, 0]
    precision = total + np.eye(len(lean)) * _PRIOR_COMMON_GAIN**-2
    return np.asarray(np.linalg.solve(precision, lean)), precision


def _moved(
    distortion: Distortion, gain: Floats | None, lines: tuple[Floats, Floats] | None
) -> Distortion:
    result, shape = distortion, distortion.gain.shape
    if gain is not None:
        result = replace(result, gain=np.clip(gain, -0.5, 0.5))
    if lines is None:
        return result
    old = distortion.shift_px
    shift, broadening = (part.reshape(shape) for part in lines)
    return replace(
        result,
        shift_px=old + np.clip(shift - old, -_LONGEST_SHIFT_PX, _LONGEST_SHIFT_PX),
        broadening_px2=np.clip(broadening, -1.0, 1.0),
    )


def _evaluate(coef: Floats, pixels: SlitPixels) -> Floats:
    result = np.zeros(pixels.w.size)
    if not coef.any():
        return result
    powers = pixels.along_order(coef.shape[1])
    for row, along_slit in zip(coef, pixels.along_slit(coef.shape[0]), strict=True):
        result += (row @ powers) * along_slit
    return result
