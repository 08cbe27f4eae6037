"""Figures of the merged spectrum."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.plots import style

__all__ = ["close_views", "merged"]

Floats = NDArray[np.float64]

#: Where the atmosphere absorbs more than some 10 % of the light (nm).
TELLURIC_BANDS = (
    (686.0, 694.5, "O₂ B"),
    (716.0, 734.0, "H₂O"),
    (759.0, 770.5, "O₂ A"),
    (812.0, 836.0, "H₂O"),
    (896.0, 985.0, "H₂O"),
    (1107.0, 1164.0, "H₂O"),
    (1340.0, 1480.0, "H₂O"),
    (1780.0, 1965.0, "H₂O"),
    (1998.0, 2082.0, "CO₂"),
)
ARM_COLOURS = (style.BLUE, style.ORANGE, style.GREEN)
#: About one point for each dot of the figure.
SMOOTH_POINTS = 1100
WINDOWS = 4
CLOSE_POINTS = 800 * WINDOWS


def merged(spectrum: MergedSpectrum) -> Figure:
    """Draw flux with its error, sky and signal to noise over the whole range.

    Parameters
    ----------
    spectrum
        The merged spectrum.
    """
    figure, panels = style.sheet(
        style.caption("Merged spectrum", spectrum.header, " + ".join(spectrum.arms)),
        [["flux"], ["sky"], ["snr"]],
        height_in=8.0,
        height_ratios=(2.2, 0.8, 0.9),
    )
    good = _good(spectrum)
    _draw_flux(panels["flux"], spectrum, good)
    _draw_sky(panels["sky"], spectrum)
    _draw_snr(panels["snr"], spectrum, good)
    for panel in panels.values():
        _mark_bands(panel, spectrum)
        _mark_joins(panel, spectrum)
        panel.set_xlim(*_span(spectrum))
    _name_bands(panels["flux"], spectrum)
    style.legend_above(panels["flux"])
    return figure


def _good(spectrum: MergedSpectrum) -> NDArray[np.bool_]:
    bad = (spectrum.quality & np.uint32(FATAL)) != 0
    known = np.isfinite(spectrum.flux) & np.isfinite(spectrum.variance)
    return ~bad & known & (spectrum.variance > 0)


def _span(spectrum: MergedSpectrum) -> tuple[float, float]:
    wave = spectrum.wavelength_nm
    return (float(wave[0]), float(wave[-1])) if wave.size else (350.0, 2050.0)


def _draw_flux(panel: Any, spectrum: MergedSpectrum, good: NDArray[np.bool_]) -> None:
    wave = spectrum.wavelength_nm
    panel.plot(wave, np.where(good, spectrum.flux, np.nan), color=style.SOFT, lw=0.5, zorder=1)
    for bit, (arm, mask) in enumerate(_arms(spectrum)):
        centre, mean, sigma = _averaged(spectrum, good & mask, SMOOTH_POINTS)
        colour = ARM_COLOURS[bit % len(ARM_COLOURS)]
        panel.fill_between(centre, mean - sigma, mean + sigma, color=colour, alpha=0.3, lw=0)
        panel.plot(centre, mean, color=colour, lw=0.8, label=f"{arm}, averaged")
    panel.axhline(0, color=style.INK, lw=0.6)
    panel.set_ylim(*_flux_range(spectrum, good))
    panel.set(
        title="flux; grey: every bin, band: error of the average",
        ylabel=style.label_of(spectrum.unit),
    )


def _arms(spectrum: MergedSpectrum) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return each arm with the bins that come from it alone, or from it and the next."""
    lower = np.zeros(spectrum.arm.shape, bool)
    arms = []
    for bit, arm in enumerate(spectrum.arms):
        mine = (spectrum.arm & (1 << bit)) != 0
        arms.append((arm, mine & ~lower))
        lower |= mine
    return arms


def _averaged(
    spectrum: MergedSpectrum, mask: NDArray[np.bool_], points: int
) -> tuple[Floats, Floats, Floats]:
    """Return wavelength, weighted mean flux and its error in groups of neighbouring bins."""
    size = max(1, -(-spectrum.flux.size // points))
    group = np.arange(spectrum.flux.size)[mask] // size
    count = int(group.max()) + 1 if group.size else 0
    # Weights of the smoothed variance: those of the bins themselves would bias the mean low.
    smooth = median_filter(np.where(mask, spectrum.variance, 0.0), 2 * size + 1, mode="nearest")
    weight = 1.0 / np.maximum(smooth, 1e-30)[mask]
    total = np.bincount(group, weight, count)
    filled = total > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(group, weight * spectrum.flux[mask], count) / total
        wave = np.bincount(group, spectrum.wavelength_nm[mask], count) / np.bincount(
            group, minlength=count
        )
        inflate = 1.0 + 2.0 * np.nan_to_num(spectrum.correlation[mask])
        variance = np.bincount(group, weight**2 * spectrum.variance[mask] * inflate, count)
        sigma = np.sqrt(variance) / total
    gap = np.flatnonzero(~filled)
    mean[gap] = np.nan
    wave[gap] = np.interp(gap, np.flatnonzero(filled), wave[filled]) if filled.any() else np.nan
    return wave, mean, np.where(filled, sigma, np.nan)


def _flux_range(spectrum: MergedSpectrum, good: NDArray[np.bool_]) -> tuple[float, float]:
    """Return limits that show every real feature and no stray bin."""
    if not good.any():
        return 0.0, 1.0
    index = np.flatnonzero(good)
    calm = median_filter(spectrum.flux[index], 5)
    noise = median_filter(np.sqrt(spectrum.variance[index]), 25)
    sure = calm > 5 * noise
    shown = calm[sure] if sure.any() else calm
    # One line a hundred times the continuum must not press the rest flat.
    high = min(float(shown.max()), 15.0 * float(np.percentile(shown, 98)))
    spread = float(np.median(noise))
    low = min(0.0, float(np.percentile(calm, 0.5))) - spread
    return low - 0.04 * (high - low), max(1.12 * high, low + 10 * spread)


def _draw_sky(panel: Any, spectrum: MergedSpectrum) -> None:
    known = np.isfinite(spectrum.sky) & (spectrum.sky > 0)
    panel.plot(
        spectrum.wavelength_nm, np.where(known, spectrum.sky, np.nan), color=style.GREY, lw=0.6
    )
    if known.any():
        low, high = style.robust_range(spectrum.sky[known], 5, 99.9)
        panel.set(yscale="log", ylim=(low / 2, 3 * high))
    panel.set(title="sky", ylabel=style.label_of(spectrum.unit))


def _draw_snr(panel: Any, spectrum: MergedSpectrum, good: NDArray[np.bool_]) -> None:
    snr = np.where(good, spectrum.snr, np.nan)
    panel.plot(spectrum.wavelength_nm, snr, color=style.SOFT, lw=0.5)
    size = max(1, -(-snr.size // SMOOTH_POINTS)) * 3
    groups = snr.size // size
    cut = snr[: groups * size].reshape(groups, size)
    filled = np.isfinite(cut).any(axis=1)
    middle = np.full(groups, np.nan)
    middle[filled] = np.nanmedian(cut[filled], axis=1)
    wave = spectrum.wavelength_nm[: groups * size].reshape(groups, size).mean(axis=1)
    panel.plot(wave, middle, color=style.INK, lw=1.1)
    top = 1.3 * float(np.nanmax(middle, initial=1.0))
    if good.any():
        top = max(top, 5.0, 1.1 * float(np.percentile(snr[good], 99.8)))
    panel.set(
        title="signal to noise ratio of a bin, and running median",
        xlabel="wavelength [nm, vacuum]",
        ylabel="S/N",
        ylim=(-4.0 if top < 15 else 0.0, top),
    )


def _mark_bands(panel: Any, spectrum: MergedSpectrum) -> None:
    first, last = _span(spectrum)
    for low, high, _ in TELLURIC_BANDS:
        if high > first and low < last:
            panel.axvspan(max(low, first), min(high, last), color="#f0ead6", lw=0, zorder=0)


def _name_bands(panel: Any, spectrum: MergedSpectrum) -> None:
    first, last = _span(spectrum)
    for low, high, name in TELLURIC_BANDS:
        if high - low > 0.012 * (last - first) and high > first and low < last:
            panel.text(
                (max(low, first) + min(high, last)) / 2,
                0.985,
                name,
                ha="center",
                va="top",
                fontsize=7.5,
                color="#8a7a3c",
                transform=panel.get_xaxis_transform(),
            )


def _mark_joins(panel: Any, spectrum: MergedSpectrum) -> None:
    """Mark the join of two arms, and with short strokes those of orders."""
    both = np.flatnonzero((spectrum.arm & (spectrum.arm - 1)) > 0)
    if both.size:
        wave = spectrum.wavelength_nm[both]
        panel.axvspan(
            wave[0],
            wave[-1],
            facecolor="none",
            edgecolor=style.GREY,
            hatch="////",
            alpha=0.35,
            lw=0,
            zorder=0,
        )
    if not spectrum.contributors.size:
        return
    # Where more spectra than usual enter a bin, neighbouring orders overlap.
    counts = spectrum.contributors[spectrum.contributors > 0]
    usual = int(np.median(counts)) if counts.size else 0
    steps = np.flatnonzero(np.diff((spectrum.contributors > usual).astype(np.int8)))
    panel.vlines(
        spectrum.wavelength_nm[steps],
        0,
        0.04,
        color=style.INK,
        lw=0.9,
        transform=panel.get_xaxis_transform(),
    )


def close_views(spectrum: MergedSpectrum) -> Figure:
    """Draw the spectrum in four pieces, every bin with its error.

    Parameters
    ----------
    spectrum
        The merged spectrum.
    """
    figure, panels = style.sheet(
        style.caption("Merged spectrum, close views", spectrum.header, " + ".join(spectrum.arms)),
        [[f"{i}"] for i in range(WINDOWS)],
        height_in=9.5,
    )
    good = _good(spectrum)
    averages = _averaged(spectrum, good, CLOSE_POINTS)
    pieces = np.array_split(np.arange(spectrum.flux.size), WINDOWS)
    for panel, piece in zip(panels.values(), pieces, strict=True):
        if not piece.size:
            continue
        _draw_piece(panel, spectrum, good, piece, averages)
    panels[f"{WINDOWS - 1}"].set_xlabel("wavelength [nm, vacuum]")
    panels["0"].set_title("grey: every bin; black: average of neighbours, band: its error")
    return figure


def _draw_piece(
    panel: Any,
    spectrum: MergedSpectrum,
    good: NDArray[np.bool_],
    piece: NDArray[np.intp],
    averages: tuple[Floats, Floats, Floats],
) -> None:
    wave = spectrum.wavelength_nm[piece]
    flux = np.where(good[piece], spectrum.flux[piece], np.nan)
    sigma = np.sqrt(np.where(good[piece], spectrum.variance[piece], np.nan))
    panel.plot(wave, flux, color=style.SOFT, lw=0.5, zorder=1)
    centre, mean, error = averages
    here = (centre >= wave[0]) & (centre <= wave[-1])
    centre, mean, error = centre[here], mean[here], error[here]
    panel.fill_between(centre, mean - error, mean + error, color=style.BLUE, alpha=0.3, lw=0)
    panel.plot(centre, mean, color=style.INK, lw=0.8)
    panel.axhline(0, color=style.INK, lw=0.5)
    if good[piece].any():
        calm = median_filter(np.nan_to_num(flux), 5)[np.isfinite(flux)]
        noise = float(np.nanmedian(sigma))
        low = min(0.0, float(np.percentile(calm, 0.5))) - 3 * noise
        panel.set_ylim(low, float(np.percentile(calm, 99.9)) * 1.1 + 4 * noise)
    panel.set(xlim=(wave[0], wave[-1]), ylabel=style.label_of(spectrum.unit))
    for low, high, _ in TELLURIC_BANDS:
        if high > wave[0] and low < wave[-1]:
            panel.axvspan(max(low, wave[0]), min(high, wave[-1]), color="#f0ead6", lw=0, zorder=0)
