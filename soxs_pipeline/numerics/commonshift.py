"""One shift from many measured ones, in groups that may differ a little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CommonShift", "common_shift"]

Floats = NDArray[np.float64]

_CLIP_SIGMA = 4.0
_ROUNDS = 10


@dataclass(frozen=True, eq=False)
class CommonShift:
    """Shifts of groups and of all.

    Parameters
    ----------
    group, error
        Best estimate of each group and its error, shape ``(g,)``.
    common, common_error
        Mean of all groups; the error holds their spread.
    used
        True for values that were not rejected, shape ``(n,)``.
    """

    group: Floats
    error: Floats
    common: float
    common_error: float
    used: NDArray[np.bool_]


def common_shift(
    value: Floats,
    error: Floats,
    group: NDArray[np.int64],
    n_groups: int,
    *,
    expected_spread: float,
) -> CommonShift:
    """Estimate the shift of each group, helped by the others as far as they agree.

    Values scatter by their errors and by a term common to all, found from the data; groups
    scatter about their mean by a spread found from the data as well. Each group's estimate is
    the mean of its values shrunk towards that of all (Gelman et al., Bayesian Data Analysis,
    section 5.4), averaged over the spreads that the groups allow: a group without a value takes
    the common one, with the error that it has.

    Parameters
    ----------
    value, error
        Shape ``(n,)``.
    group
        Number of the group of each value, shape ``(n,)``.
    n_groups
        Number of groups.
    expected_spread
        Spread of the groups that would not surprise.
    """
    used = np.isfinite(value) & (error > 0)
    jitter = 0.0
    empty = np.full(n_groups, np.nan), np.full(n_groups, np.inf)
    if not used.any():
        return CommonShift(*empty, float("nan"), float("inf"), used)
    for _ in range(_ROUNDS):
        centre = _group_medians(value, group, used, n_groups)[group]
        apart = value - centre
        jitter = _excess(apart[used], error[used])
        kept = np.isfinite(value) & (np.abs(apart) < _CLIP_SIGMA * np.hypot(error, jitter))
        if not kept.any() or (kept == used).all():
            break
        used = kept
    weight = np.where(used, 1.0 / np.hypot(error, jitter) ** 2, 0.0)
    total: Floats = np.asarray(np.bincount(group, weight, n_groups), dtype=np.float64)
    summed = np.bincount(group, weight * np.where(used, value, 0.0), n_groups)
    mean = np.asarray(summed / np.maximum(total, 1e-30), dtype=np.float64)
    seen = total > 0
    spreads, odds = _spread_posterior(mean[seen], 1.0 / total[seen], expected_spread)
    precision = 1.0 / (1.0 / total[seen][None, :] + spreads[:, None] ** 2)
    centre = (precision @ mean[seen]) / precision.sum(axis=1)
    centre_error2 = 1.0 / precision.sum(axis=1)
    # Given a spread, each group's mean is drawn towards the common one.
    prior = 1.0 / spreads[:, None] ** 2
    pull = prior / (prior + total[None, :])
    shrunk = mean * (1.0 - pull) + centre[:, None] * pull
    variance = 1.0 / (prior + total[None, :]) + pull**2 * centre_error2[:, None]
    group_mean, common = odds @ shrunk, float(odds @ centre)
    group_variance = odds @ (variance + (shrunk - group_mean) ** 2)
    common_variance = float(odds @ (centre_error2 + (centre - common) ** 2 + spreads**2))
    return CommonShift(group_mean, np.sqrt(group_variance), common, common_variance**0.5, used)


def _spread_posterior(mean: Floats, variance: Floats, expected: float) -> tuple[Floats, Floats]:
    """Return possible spreads and their odds, the prior being half a Gaussian."""
    spreads = expected * np.linspace(0.02, 6.0, 150)
    total = variance[None, :] + spreads[:, None] ** 2
    weight = 1.0 / total
    centre = (weight @ mean) / weight.sum(axis=1)
    chi2 = (weight * (mean[None, :] - centre[:, None]) ** 2).sum(axis=1)
    # Gelman et al., equation 5.21.
    log = -0.5 * (np.log(total).sum(axis=1) + np.log(weight.sum(axis=1)) + chi2)
    log -= 0.5 * (spreads / (2.0 * expected)) ** 2
    odds = np.exp(log - log.max())
    return spreads, odds / odds.sum()


def _group_medians(
    value: Floats, group: NDArray[np.int64], used: NDArray[np.bool_], n_groups: int
) -> Floats:
    """Return the median of each group; of all for those of fewer than three."""
    everything = float(np.median(value[used]))
    medians = np.full(n_groups, everything)
    for k in np.unique(group[used]):
        mine = value[used & (group == k)]
        if mine.size >= 3:
            medians[k] = np.median(mine)
    return medians


def _excess(apart: Floats, error: Floats) -> float:
    """Return the scatter beyond the errors, robustly."""
    observed = 1.4826 * float(np.median(np.abs(apart)))
    return float(np.sqrt(max(observed**2 - float(np.median(error)) ** 2, 0.0)))
