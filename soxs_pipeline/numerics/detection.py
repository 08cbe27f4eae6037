"""Find peaks of known shape in a noisy profile with a smooth background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Peak", "find_peaks", "matched_filter"]

Floats = NDArray[np.float64]

#: Error of the shape assumed for a peak, as a fraction of the peak, when others are looked for.
_SHAPE_ERROR = 0.05


@dataclass(frozen=True)
class Peak:
    """A peak: where, how wide, how bright and how sure."""

    position: float
    width: float
    amplitude: float
    significance: float


def matched_filter(
    signal: Floats, precision: Floats, kernels: Floats, background: Floats
) -> tuple[Floats, Floats]:
    """Return the least-squares amplitude of each kernel beside a background, and its error.

    Parameters
    ----------
    signal, precision
        Profile and inverse variance, shape ``(n,)``.
    kernels
        Shape ``(..., n)``.
    background
        Functions the background is made of, shape ``(m, n)``.

    Returns
    -------
    amplitude, error
        Shape ``(...)``; the error is infinite where the profile says nothing.
    """
    weighted = background * precision
    normal = weighted @ background.T
    normal[np.diag_indices_from(normal)] *= 1.0 + 1e-9
    normal[np.diag_indices_from(normal)] += 1e-300
    share = np.linalg.solve(
        normal, weighted @ np.moveaxis(kernels, -1, 0).reshape(signal.size, -1)
    )
    clean = kernels - np.moveaxis(
        (background.T @ share).reshape(signal.size, *kernels.shape[:-1]), 0, -1
    )
    information = np.einsum("...n,...n,n->...", clean, kernels, precision)
    amplitude = np.einsum("...n,n->...", clean, precision * signal)
    safe = np.where(information > 1e-300, information, np.inf)
    return amplitude / safe, 1.0 / np.sqrt(np.where(information > 1e-300, information, 1e-300))


def find_peaks(
    signal: Floats,
    precision: Floats,
    shape: Callable[[Floats, Floats], Floats],
    *,
    positions: Floats,
    widths: Floats,
    background: Floats,
    threshold: float,
    most: int,
) -> list[Peak]:
    """Find the most significant peaks one by one, and judge each beside all others.

    The error is scaled up if the profile scatters about the peaks by more than it says, and a
    share of each peak is added to it, so that wings of another shape do not count as sources.

    Parameters
    ----------
    signal, precision
        Profile and inverse variance, shape ``(n,)``.
    shape
        Function of positions and widths, shape ``(k, 1)`` each, that returns ``(k, n)``.
    positions, widths
        What is tried.
    background
        Functions the background is made of, shape ``(m, n)``.
    threshold
        Least significance.
    most
        Greatest number of peaks.

    Returns
    -------
    list
        The peaks in the order found; a single one below the threshold if there is none above,
        so that a caller can report the best of all.
    """
    grid = np.array([(p, w) for w in widths for p in positions])
    kernels = shape(grid[:, :1], grid[:, 1:])
    chosen: list[int] = []
    noises: list[Floats] = []
    noise = precision
    while len(chosen) < most:
        base = np.concatenate((background, kernels[chosen]))
        amplitude, error = matched_filter(signal, noise, kernels, base)
        best = int(np.argmax(amplitude / error))
        if chosen and (amplitude[best] < threshold * error[best] or _blended(grid, chosen, best)):
            break
        chosen.append(best)
        noises.append(noise)
        wing = _SHAPE_ERROR * amplitude[best] * kernels[best]
        noise = 1.0 / (1.0 / np.maximum(noise, 1e-300) + wing**2)
    model = _fitted(signal, precision, np.concatenate((background, kernels[chosen])))
    pull = ((signal - model) * np.sqrt(noise))[noise > 0]
    scatter = max(1.4826 * float(np.median(np.abs(pull))), 1.0) if pull.size else 1.0
    peaks = []
    for place, own_noise in zip(chosen, noises, strict=True):
        others = [other for other in chosen if other != place]
        base = np.concatenate((background, kernels[others]))
        amplitude, error = matched_filter(signal, own_noise, kernels[place], base)
        position, width = map(float, grid[place])
        peaks.append(Peak(position, width, float(amplitude), float(amplitude / error) / scatter))
    kept = [peak for peak in peaks if peak.significance >= threshold]
    return kept or [max(peaks, key=lambda peak: peak.significance)]


def _blended(grid: Floats, chosen: list[int], best: int) -> bool:
    """Return True for a second peak inside another one: a matter of shape, not of sources."""
    return any(abs(grid[best, 0] - grid[one, 0]) < 0.8 * grid[one, 1] for one in chosen)


def _fitted(signal: Floats, precision: Floats, functions: Floats) -> Floats:
    weighted = functions * precision
    normal = weighted @ functions.T
    normal[np.diag_indices_from(normal)] *= 1.0 + 1e-9
    normal[np.diag_indices_from(normal)] += 1e-300
    return functions.T @ np.linalg.solve(normal, weighted @ signal)
