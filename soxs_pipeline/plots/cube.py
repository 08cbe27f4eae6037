"""Figure of a map."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from soxs_pipeline.domain.cube import SpectralCube
from soxs_pipeline.numerics.binning import bin_coarsely
from soxs_pipeline.plots import style

__all__ = ["cube_map"]

#: Bins that the spectrum is averaged in.
_POINTS = 500


def cube_map(cube: SpectralCube) -> Figure:
    """Draw the map summed over wavelengths, its coverage, and the spectrum of the brightest place.

    Parameters
    ----------
    cube
        The map.
    """
    figure, panels = style.sheet(
        style.caption("Map", cube.header, cube.arm),
        [["white", "coverage"], ["spectrum", "spectrum"]],
        height_in=8.0,
        height_ratios=(1.3, 1.0),
    )
    known = np.isfinite(cube.data)
    count = known.sum(axis=0)
    white = np.where(count > 0, np.where(known, cube.data, 0.0).sum(axis=0), np.nan)
    white = white / np.maximum(count, 1)
    extent = (
        cube.scan.first - 0.5 * cube.scan.step,
        cube.scan.centres[-1] + 0.5 * cube.scan.step,
        cube.slit.first - 0.5 * cube.slit.step,
        cube.slit.centres[-1] + 0.5 * cube.slit.step,
    )
    for name, image, label in (
        ("white", white, style.label_of(cube.unit)),
        ("coverage", cube.coverage, "exposures"),
    ):
        drawn = panels[name].imshow(
            image, origin="lower", extent=extent, aspect="equal", cmap="viridis",
            interpolation="nearest",
        )  # fmt: skip
        figure.colorbar(drawn, ax=panels[name], pad=0.02, fraction=0.05).set_label(label)
        panels[name].grid(visible=False)
        panels[name].set(xlabel="scan [arcsec]", ylabel="slit [arcsec]")
    panels["white"].set_title("mean brightness over all wavelengths")
    panels["coverage"].set_title("exposures in each place")
    row, column = np.unravel_index(np.nanargmax(np.nan_to_num(white, nan=-np.inf)), white.shape)
    panel = panels["spectrum"]
    values, variance = cube.data[:, row, column].astype(float), cube.variance[:, row, column]
    wave = cube.wavelength.centres
    step = (wave[-1] - wave[0]) / _POINTS
    # Scaled, for the square of a flux is too small to be added up.
    scale = float(np.nanmedian(np.sqrt(variance))) or 1.0
    none, all_bins = np.zeros(wave.size), np.ones(wave.size, bool)
    at, mean, error = bin_coarsely(
        wave, values / scale, variance / scale**2, none, all_bins, max(step, cube.wavelength.step)
    )
    mean, error = mean * scale, error * scale
    panel.fill_between(at, mean - error, mean + error, color=style.SOFT, lw=0)
    panel.plot(at, mean, color=style.BLUE, lw=0.9)
    if mean.size:
        low, high = style.robust_range(mean)
        panel.set_ylim(min(1.2 * low, 0.0), 1.3 * high)
    panel.set(
        title=f"spectrum of the brightest place, scan {cube.scan.centres[column]:+.2f}, "
        f"slit {cube.slit.centres[row]:+.2f} arcsec",
        xlabel="wavelength [nm, vacuum]",
        ylabel=style.label_of(cube.unit),
    )
    return figure
