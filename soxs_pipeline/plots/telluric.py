"""Figures of the telluric correction."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soxs_pipeline.domain.quality import FATAL
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.domain.telluric import TelluricBand, TelluricCorrection
from soxs_pipeline.plots import style

__all__ = ["telluric"]

Floats = NDArray[np.float64]

#: Bands shown one by one, at most, and in a row.
_MOST_BANDS, _IN_A_ROW = 9, 3
_OPAQUE = 0.2
#: Points of a curve over the whole range.
_POINTS = 1500


def telluric(corrected: MergedSpectrum, found: TelluricCorrection) -> Figure:
    """Draw a spectrum before and after, the transmission, and the deepest bands close by.

    Parameters
    ----------
    corrected
        The spectrum without the absorption.
    found
        The transmission and what was fitted.
    """
    bands = _deepest(found)
    names = [f"band{k}" for k in range(-(-len(bands) // _IN_A_ROW) * _IN_A_ROW)]
    rows = [names[k : k + _IN_A_ROW] for k in range(0, len(names), _IN_A_ROW)]
    figure, panels = style.sheet(
        style.caption("Telluric correction", found.header, " + ".join(found.arms)),
        [["flux"] * _IN_A_ROW, ["passed"] * _IN_A_ROW, *rows],
        height_in=5.4 + 2.0 * len(rows),
        height_ratios=(1.7, 0.9, *([1.2] * len(rows))),
    )
    good = _good(corrected)
    before = corrected.flux * np.maximum(found.transmission, 1e-9)
    clear = good & (found.transmission >= _OPAQUE)
    wave = corrected.wavelength_nm
    _draw(panels["flux"], wave, np.where(good, before, np.nan), style.GREY, "as observed")
    _draw(panels["flux"], wave, np.where(clear, corrected.flux, np.nan), style.BLUE, "corrected")
    top = float(np.nanpercentile(before[good], 99.5)) if good.any() else 1.0
    low = float(min(np.nanpercentile(before[good], 0.5), 0.0)) if good.any() else 0.0
    panels["flux"].set_ylim(low - 0.05 * top, 1.25 * top if top > 0 else 1.0)
    water = f"{found.water_mm:.2f} mm of water"
    if np.isfinite(found.water_error_mm):
        water += f" ± {found.water_error_mm:.2f}"
    panels["flux"].set(
        title=f"{water}, airmass {found.airmass:.2f}", ylabel=style.label_of(corrected.unit)
    )
    style.legend_above(panels["flux"])
    _draw(panels["passed"], wave, found.transmission, style.ORANGE, "")
    panels["passed"].axhline(_OPAQUE, color=style.BAD, lw=0.7, ls=":")
    panels["passed"].set(
        ylabel="transmission", xlabel="wavelength [nm, vacuum]", ylim=(0, 1.05),
        title="share of the light that the molecules let through",
    )  # fmt: skip
    panels["passed"].sharex(panels["flux"])
    panels["flux"].set_xlim(float(wave[0]), float(wave[-1]))
    for name, band in zip(names, bands, strict=False):
        _draw_band(panels[name], band, corrected, found, before, good)
    for name in names[len(bands) :]:
        panels[name].set_axis_off()
    return figure


def _good(spectrum: MergedSpectrum) -> NDArray[np.bool_]:
    bad = (spectrum.quality & np.uint32(FATAL)) != 0
    return ~bad & np.isfinite(spectrum.flux) & (spectrum.contributors > 0)


def _deepest(found: TelluricCorrection) -> list[TelluricBand]:
    """Choose the bands that take most light, in order of wavelength."""

    def taken(band: TelluricBand) -> float:
        inside = (found.wavelength_nm >= band.low_nm) & (found.wavelength_nm <= band.high_nm)
        return float((1.0 - found.transmission[inside]).sum()) if inside.any() else 0.0

    chosen = sorted(found.bands, key=taken, reverse=True)[:_MOST_BANDS]
    return sorted(chosen, key=lambda band: band.low_nm)


def _draw(panel: Any, wave: Floats, values: Floats, colour: str, label: str) -> None:
    """Draw means of neighbouring bins: no more points than the eye can tell."""
    size = max(1, wave.size // _POINTS)
    count = wave.size // size
    table = values[: count * size].reshape(count, size)
    known = np.isfinite(table)
    number = known.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, table, 0.0).sum(axis=1) / number
    centre = wave[: count * size].reshape(count, size).mean(axis=1)
    panel.plot(centre, mean, color=colour, lw=0.8, label=label)


def _draw_band(
    panel: Any,
    band: TelluricBand,
    corrected: MergedSpectrum,
    found: TelluricCorrection,
    before: Floats,
    good: NDArray[np.bool_],
) -> None:
    inside = (found.wavelength_nm >= band.low_nm) & (found.wavelength_nm <= band.high_nm)
    wave, passed = found.wavelength_nm[inside], found.transmission[inside]
    after = np.where(good & (found.transmission >= _OPAQUE), corrected.flux, np.nan)[inside]
    seen = np.where(good, before, np.nan)[inside]
    level = float(np.nanmedian(after)) if np.isfinite(after).any() else 1.0
    level = level if level > 0 else 1.0
    panel.plot(wave, seen / level, color=style.GREY, lw=0.6)
    panel.plot(wave, after / level, color=style.BLUE, lw=0.6)
    panel.plot(wave, passed, color=style.ORANGE, lw=0.7)
    panel.set(ylim=(-0.05, 1.45), xlim=(band.low_nm, band.high_nm))
    known = [
        f"{name} {column:.2f}"
        for name, column in zip(found.molecules, band.columns, strict=True)
        if np.isfinite(column)
    ]
    how = ", ".join(known) or found.corrector
    how = how if band.measured else "assumed: no fit"
    panel.set_title(how, fontsize=8)
