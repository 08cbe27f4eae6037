"""Figure of a rectified spectrum."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from soxs_pipeline.domain.rectified import RectifiedSpectrum
from soxs_pipeline.plots import style

__all__ = ["rectified_image"]

#: Pieces the wavelength range is shown in, and the cells that one of them can show.
_PIECES, _MOST_COLUMNS = 4, 700


def rectified_image(image: RectifiedSpectrum) -> Figure:
    """Draw the image in pieces of its wavelength range, and the mean profile along the slit.

    Parameters
    ----------
    image
        The rectified spectrum.
    """
    names = [f"piece {k}" for k in range(_PIECES)]
    figure, panels = style.sheet(
        style.caption("Rectified spectrum", image.header, image.arm),
        [[name] for name in [*names, "profile"]],
        height_in=9.5,
        height_ratios=(1, 1, 1, 1, 1.3),
    )
    wave, slit = image.wavelength.centres, image.slit.centres
    for name, part in zip(names, np.array_split(np.arange(wave.size), _PIECES), strict=True):
        block = max(part.size // _MOST_COLUMNS, 1)
        usable = part[: part.size // block * block]
        cells = image.data[:, usable].reshape(slit.size, -1, block)
        known = np.isfinite(cells).any(axis=2)
        mean = np.where(known, np.nansum(cells, axis=2), np.nan)
        mean /= np.maximum(np.isfinite(cells).sum(axis=2), 1)
        low, high = style.robust_range(mean[np.isfinite(mean)]) if known.any() else (0.0, 1.0)
        panels[name].imshow(
            mean,
            origin="lower",
            aspect="auto",
            interpolation="nearest",
            cmap="viridis",
            vmin=low,
            vmax=high,
            extent=(
                float(wave[usable[0]]),
                float(wave[usable[-1]]),
                float(slit[0] - 0.5 * image.slit.step),
                float(slit[-1] + 0.5 * image.slit.step),
            ),
        )
        panels[name].grid(visible=False)
        panels[name].set_ylabel("slit [arcsec]")
    panels[names[0]].set_title("brightness, each piece with its own scale; white is unknown")
    panels[names[-1]].set_xlabel("wavelength [nm, vacuum]")
    _draw_profile(panels["profile"], image)
    return figure


def _draw_profile(panel: Any, image: RectifiedSpectrum) -> None:
    """Draw the mean along the slit, weighted so that no sky line's noise rules it."""
    variance = image.variance.astype(float)
    known = np.isfinite(image.data) & (variance > 0)
    # One weight for a whole column, so that no row is favoured; the square of a flux is tiny.
    typical = np.where(known, variance, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    weight = np.where(known, 1.0 / np.where(typical > 0, typical, np.inf), 0.0)
    weight /= max(float(weight.max()), 1e-300)
    total = weight.sum(axis=1)
    seen = total > 0
    values = np.where(known, image.data, 0.0)
    mean = (weight * values).sum(axis=1)[seen] / total[seen]
    panel.axhline(0.0, color=style.SOFT, lw=0.8)
    panel.step(image.slit.centres[seen], mean, where="mid", color=style.BLUE, lw=1.3)
    panel.set(
        title="mean over all wavelengths, weighted by inverse variance",
        xlabel="slit position [arcsec]",
        ylabel=f"brightness [{style.label_of(image.unit)}]",
    )
