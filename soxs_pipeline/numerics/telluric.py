"""Fit the absorption of the air to a spectrum, its continuum with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import brentq, least_squares

__all__ = ["Absorption", "AbsorptionFit", "Prior", "fit_absorption"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

SPEED_OF_LIGHT_KM_S = 299792.458
#: Velocity that one coefficient of the continuum spans, km/s.
CONTINUUM_STEP = 4500.0
#: Error of a template as a share of the light that it takes away: where nothing is measured of
#: it, and the bounds of what is.
TEMPLATE_ERROR, LEAST_ERROR, MOST_ERROR = 0.1, 0.05, 0.4
#: Rejection limit in sigma, and rounds of it.
CLIP, ROUNDS = 5.0, 3
#: Steps of the derivatives: logarithms of columns and width, and km/s.
STEP_LOG, STEP_KM_S = 0.02, 1.0
#: Bins that must be left for a fit, for each of its unknowns.
BINS_PER_UNKNOWN = 3


@dataclass(frozen=True, eq=False)
class Absorption:
    """Optical depths on a grid uniform in velocity.

    Parameters
    ----------
    ln_first, ln_step
        Natural logarithm of the first wavelength in nm, and step of the logarithm.
    depth
        Optical depth of each molecule for one unit of its column, shape ``(m, n)``.
    """

    ln_first: float
    ln_step: float
    depth: Floats

    def transmission(self, wavelength_nm: Floats, parameters: Floats) -> Floats:
        """Return the transmission seen through an instrument.

        The line-spread function, a Gaussian, acts on the transmission, not on the optical
        depth: a saturated line stays saturated however it is blurred.

        Parameters
        ----------
        wavelength_nm
            Vacuum, rising, shape ``(k,)``.
        parameters
            Logarithms of the ``m`` columns, logarithm of the width (one sigma, km/s), and
            velocity of the lines (km/s, positive to the red).
        """
        log_sigma, velocity = float(parameters[-2]), float(parameters[-1])
        sigma = np.exp(log_sigma) / (self.ln_step * SPEED_OF_LIGHT_KM_S)
        place = np.log(wavelength_nm / (1.0 + velocity / SPEED_OF_LIGHT_KM_S)) - self.ln_first
        place = place / self.ln_step
        margin = int(5 * sigma) + 3
        low = max(int(place.min()) - margin, 0)
        high = min(int(place.max()) + margin, self.depth.shape[1])
        if high - low < 2:
            return np.ones(wavelength_nm.size)
        depth = np.exp(parameters[:-2]) @ self.depth[:, low:high]
        seen = gaussian_filter1d(np.exp(-depth), sigma, mode="nearest", truncate=4.5)
        return np.interp(place, np.arange(low, high), seen, left=1.0, right=1.0)


@dataclass(frozen=True, eq=False)
class Prior:
    """What is known of the parameters beforehand: mean and one sigma, shape ``(m + 2,)``."""

    mean: Floats
    sigma: Floats


@dataclass(frozen=True, eq=False)
class AbsorptionFit:
    """What a fit found.

    Parameters
    ----------
    parameters, covariance
        See `Absorption.transmission`; shapes ``(m + 2,)`` and ``(m + 2, m + 2)``.
    chi2
        Reduced chi square of the bins used, errors of the template included.
    used
        Bins that entered, shape ``(k,)``.
    template_error
        Error of the templates as a share of the light they take away, as the scatter of the
        bins shows it.
    converged
        False if the parameters are those assumed beforehand.
    """

    parameters: Floats
    covariance: Floats
    chi2: float
    used: Booleans
    template_error: float
    converged: bool

    def errors(self, absorption: Absorption, wavelength_nm: Floats) -> Floats:
        """Return one sigma of the transmission: of the parameters and of the template."""
        centre = absorption.transmission(wavelength_nm, self.parameters)
        slopes = _slopes(absorption, wavelength_nm, self.parameters)
        variance = np.einsum("ik,kl,il->i", slopes, self.covariance, slopes)
        return np.sqrt(np.maximum(variance, 0.0) + (self.template_error * (1.0 - centre)) ** 2)


def fit_absorption(
    wavelength_nm: Floats,
    flux: Floats,
    error: Floats,
    use: Booleans,
    absorption: Absorption,
    prior: Prior,
) -> AbsorptionFit:
    """Fit columns, width and velocity of absorption lines.

    The continuum is a cubic spline with one coefficient in `CONTINUUM_STEP`; it is linear, and
    solved for within each step of the others (variable projection: Golub & Pereyra 1973, SIAM J.
    Numer. Anal. 10, 413). Lines of the source and cosmic rays are clipped.

    Parameters
    ----------
    wavelength_nm, flux, error
        The spectrum, shape ``(k,)``.
    use
        Bins that may be used.
    absorption
        Templates.
    prior
        What is known beforehand; it holds where the spectrum says nothing.

    Returns
    -------
    AbsorptionFit
        With the prior itself if too few bins are left or nothing comes of the fit.
    """
    basis = _continuum(wavelength_nm)
    use = use & np.isfinite(flux) & np.isfinite(error) & (error > 0)
    parameters, start = prior.mean.copy(), use.copy()
    unknowns = basis.shape[1] + prior.mean.size
    jacobian = np.empty((0, prior.mean.size))
    chi2, template_error = float("nan"), TEMPLATE_ERROR
    for _ in range(ROUNDS):
        if np.count_nonzero(use) < BINS_PER_UNKNOWN * unknowns:
            return _assumed(prior, start)
        problem = _Problem(
            wavelength_nm[use],
            flux[use],
            error[use],
            basis[use],
            absorption,
            prior,
            template_error,
        )
        limits = prior.mean - 5.0 * prior.sigma, prior.mean + 5.0 * prior.sigma
        scale = np.r_[np.full(prior.mean.size - 1, 0.3), 10.0]
        found = least_squares(
            problem, np.clip(parameters, *limits), bounds=limits, x_scale=scale, loss="soft_l1",
            f_scale=2.5, diff_step=1e-3, max_nfev=60,
        )  # fmt: skip
        if not found.success or not np.isfinite(found.x).all():
            return _assumed(prior, start)
        parameters = found.x
        template_error = problem.measured_error(parameters, unknowns)
        residual = problem(parameters)[: problem.size]
        jacobian = _slopes_of(problem, parameters)
        chi2 = float((residual**2).sum() / max(problem.size - unknowns, 1))
        everywhere = (flux - problem.model(basis, wavelength_nm, parameters)) / np.sqrt(
            error**2 + problem.template_variance(basis, wavelength_nm, parameters)
        )
        kept = start & (np.abs(everywhere) < CLIP * max(1.0, np.sqrt(chi2)))
        if np.array_equal(kept, use):
            break
        use = kept
    information = jacobian.T @ jacobian / max(1.0, chi2) + np.diag(prior.sigma**-2.0)
    covariance = np.linalg.inv(information).astype(np.float64)
    return AbsorptionFit(parameters, covariance, chi2, use, template_error, converged=True)


def _assumed(prior: Prior, use: Booleans) -> AbsorptionFit:
    return AbsorptionFit(
        prior.mean.copy(), np.diag(prior.sigma**2), float("nan"), use, TEMPLATE_ERROR,
        converged=False,
    )  # fmt: skip


class _Problem:
    """Residuals of a spectrum and of the prior, the continuum already solved for."""

    def __init__(
        self,
        wave: Floats,
        flux: Floats,
        error: Floats,
        basis: Floats,
        absorption: Absorption,
        prior: Prior,
        template_error: float,
    ) -> None:
        self.wave, self.flux, self.error, self.basis = wave, flux, error, basis
        self.absorption, self.prior = absorption, prior
        self.size, self.template_error = wave.size, template_error
        self._weight = 1.0 / error
        self.reweight(prior.mean)

    def reweight(self, parameters: Floats) -> None:
        """Take the errors of the templates into the weights."""
        extra = self.template_variance(self.basis, self.wave, parameters)
        self._weight = 1.0 / np.sqrt(self.error**2 + extra)

    def measured_error(self, parameters: Floats, unknowns: int) -> float:
        """Return the error of the templates that makes chi square what it should be.

        The weights take it on. See Paule & Mandel 1982, J. Res. NBS 87, 377.
        """
        left2 = (self.flux - self.model(self.basis, self.wave, parameters)) ** 2
        share = self.template_variance(self.basis, self.wave, parameters) / self.template_error**2
        wanted = self.size - unknowns

        def excess(log_error: float) -> float:
            total = self.error**2 + np.exp(2.0 * log_error) * share
            return float((left2 / total).sum() - wanted)

        low, high = np.log(LEAST_ERROR), np.log(MOST_ERROR)
        if excess(low) <= 0.0:
            self.template_error = LEAST_ERROR
        elif excess(high) >= 0.0:
            self.template_error = MOST_ERROR
        else:
            self.template_error = float(np.exp(brentq(excess, low, high)))
        self.reweight(parameters)
        return self.template_error

    def continuum(self, parameters: Floats) -> Floats:
        """Return the coefficients of the continuum."""
        passed = self.absorption.transmission(self.wave, parameters)
        design = self.basis * (passed * self._weight)[:, None]
        # A touch of stiffness keeps coefficients of empty stretches finite.
        normal = design.T @ design
        normal[np.diag_indices_from(normal)] *= 1.0 + 1e-9
        normal[np.diag_indices_from(normal)] += 1e-12 * np.trace(normal)
        return np.asarray(np.linalg.solve(normal, design.T @ (self.flux * self._weight)))

    def model(self, basis: Floats, wave: Floats, parameters: Floats) -> Floats:
        """Return the modelled flux."""
        passed = self.absorption.transmission(wave, parameters)
        return passed * (basis @ self.continuum(parameters))

    def template_variance(self, basis: Floats, wave: Floats, parameters: Floats) -> Floats:
        """Return the variance that stems from the templates."""
        taken = 1.0 - self.absorption.transmission(wave, parameters)
        return np.asarray(
            (self.template_error * taken * (basis @ self.continuum(parameters))) ** 2
        )

    def __call__(self, parameters: Floats) -> Floats:
        """Return the residuals, shape ``(k + m + 2,)``."""
        residual = (self.flux - self.model(self.basis, self.wave, parameters)) * self._weight
        return np.r_[residual, (parameters - self.prior.mean) / self.prior.sigma]


def _steps(size: int) -> Floats:
    return np.r_[np.full(size - 1, STEP_LOG), STEP_KM_S]


def _slopes(absorption: Absorption, wave: Floats, parameters: Floats) -> Floats:
    """Return the derivatives of the transmission, shape ``(k, m + 2)``."""
    columns = []
    for k, step in enumerate(_steps(parameters.size)):
        shift = np.zeros(parameters.size)
        shift[k] = step
        up, down = (absorption.transmission(wave, parameters + s * shift) for s in (1.0, -1.0))
        columns.append((up - down) / (2.0 * step))
    return np.column_stack(columns)


def _slopes_of(problem: _Problem, parameters: Floats) -> Floats:
    """Return the derivatives of the residuals of the bins."""
    columns = []
    for k, step in enumerate(_steps(parameters.size)):
        shift = np.zeros(parameters.size)
        shift[k] = step
        up, down = (problem(parameters + s * shift)[: problem.size] for s in (1.0, -1.0))
        columns.append((up - down) / (2.0 * step))
    return np.column_stack(columns)


def _continuum(wave: Floats) -> Floats:
    """Return the basis of the continuum, shape ``(k, coefficients)``."""
    t = np.log(wave / wave[0])
    pieces = max(1, round(t[-1] * SPEED_OF_LIGHT_KM_S / CONTINUUM_STEP))
    inner = np.linspace(0.0, t[-1], pieces + 1)
    knots = np.r_[[0.0] * 3, inner, [t[-1]] * 3]
    return np.asarray(BSpline.design_matrix(np.clip(t, 0.0, t[-1]), knots, 3).toarray())
