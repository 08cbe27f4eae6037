"""Noise-free images: expected electrons in every pixel, canonical orientation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, zoom

from soxs_pipeline.simulator.canvas import Blur, Canvas, strip_of
from soxs_pipeline.simulator.galaxy import disc_along_slit
from soxs_pipeline.simulator.geometry import Geometry
from soxs_pipeline.simulator.light import Light, night_sky, source_rate, transmission
from soxs_pipeline.simulator.optics import (
    PINHOLE_AREA_ARCSEC2,
    PSF_FWHM_PX,
    SLIT_SCALE_ARCSEC_PX,
    efficiency,
    moffat_along_slit,
    moffat_fraction,
    moffat_line,
    seeing_at,
    slit_illumination,
    slit_image,
)
from soxs_pipeline.simulator.scenes import Scene, Source

__all__ = [
    "SourceTruth",
    "fringe_pattern",
    "object_image",
    "pinhole_image",
    "scattered_light",
    "sky_image",
    "slit_light_image",
]

Array = NDArray[np.floating]
Image = NDArray[np.float32]

_SLIT_STEP_ARCSEC = 0.05
#: Distances along the slit at which the image of a source is worked out.
_ALONG = np.linspace(-14.0, 14.0, 2801)


@dataclass(frozen=True)
class SourceTruth:
    """What one source put into one order.

    Parameters
    ----------
    order
        Diffraction order.
    wavelength_nm
        Vacuum grid.
    electrons_per_nm
        In the exposure, within the slit's width and length.
    slit_share
        Share of the seeing disc that passes the slit.
    position_arcsec, fwhm_arcsec
        Trace along the slit, and seeing.
    """

    order: int
    wavelength_nm: Array
    electrons_per_nm: Array
    slit_share: Array
    position_arcsec: Array
    fwhm_arcsec: Array


def _psf(arm: str, profile: tuple[Array, Array] | None = None) -> Blur:
    return Blur(PSF_FWHM_PX[arm], profile=profile)


def slit_light_image(
    geometry: Geometry, light: Light, *, width_arcsec: float, seconds: float
) -> Image:
    """Image of light that fills the slit.

    Parameters
    ----------
    geometry
        Arm and flexure.
    light
        Per square arcsec and second, at unit efficiency.
    width_arcsec
        Width of the slit.
    seconds
        Exposure time.
    """
    canvas = Canvas(geometry.shape)
    steps = np.arange(-6.0 + _SLIT_STEP_ARCSEC / 2, 6.0, _SLIT_STEP_ARCSEC)
    illumination = slit_illumination(geometry.arm, steps)
    for order, placed in geometry.orders.items():
        strip = strip_of(geometry, order)
        wave = strip.wavelengths
        scale = width_arcsec * seconds
        density = light.continuum(wave) * efficiency(geometry.arm, order, wave) * scale
        cells = strip.look_up(density) * strip.area
        cells *= strip.map_slit(lambda s: slit_illumination(geometry.arm, s))
        canvas.add_strip(strip, cells)
        lines, strength = _lines_of(light, wave[0], wave[-1])
        if lines.size:
            electrons = strength * efficiency(geometry.arm, order, lines) * scale
            x, y = placed.position(lines[:, None], steps)
            each = electrons[:, None] * illumination * _SLIT_STEP_ARCSEC
            canvas.add_points(x.ravel(), y.ravel(), each.ravel())
    along = _psf(geometry.arm, slit_image(width_arcsec, geometry.arm))
    return canvas.collect(along, _psf(geometry.arm))


def pinhole_image(
    geometry: Geometry, light: Light, *, holes_arcsec: Array, seconds: float
) -> Image:
    """Image of light through pinholes at these slit positions."""
    canvas = Canvas(geometry.shape)
    for order, placed in geometry.orders.items():
        low, high = placed.wave_range
        grid = np.linspace(low, high, 6 * geometry.shape[1])
        scale = PINHOLE_AREA_ARCSEC2 * seconds
        glow = light.continuum(grid) * (grid[1] - grid[0])
        lines, strength = _lines_of(light, low, high)
        wave = np.concatenate([grid, lines])
        electrons = np.concatenate([glow, strength]) * scale
        electrons = electrons * efficiency(geometry.arm, order, wave)
        useful = electrons > 1e-4
        for hole in holes_arcsec:
            x, y = placed.position(wave[useful], np.full(useful.sum(), hole))
            canvas.add_points(x, y, electrons[useful])
    return canvas.collect(_psf(geometry.arm), _psf(geometry.arm))


def _lines_of(light: Light, low: float, high: float) -> tuple[Array, Array]:
    inside = (light.wavelength_nm > low) & (light.wavelength_nm < high)
    return light.wavelength_nm[inside], light.strength[inside]


def _trace(arm: str, scene: Scene, source: Source, wave: Array, offset_arcsec: float) -> Array:
    low, high = {"VIS": (350.0, 850.0), "NIR": (800.0, 2040.0)}[arm]
    t = (2 * wave - low - high) / (high - low)
    sense = {"VIS": -0.35, "NIR": 0.25}[arm]
    drift = scene.drift_arcsec * (sense * t + 0.3 * np.sign(sense) * (t**2 - 1 / 3))
    return source.position_arcsec + offset_arcsec + drift


def object_image(
    geometry: Geometry,
    scene: Scene,
    *,
    seconds: float,
    offset_arcsec: float = 0.0,
    across_arcsec: float = 0.0,
) -> tuple[list[Image], list[list[SourceTruth]]]:
    """Images of the sources of a scene, and what each put into each order.

    Parameters
    ----------
    geometry
        Arm and flexure.
    scene
        Sources, seeing, airmass, slit.
    seconds
        Exposure time.
    offset_arcsec
        Shift of all sources along the slit (nodding).
    across_arcsec
        Shift of all sources across the slit (mapping).

    Returns
    -------
    images
        Expected electrons of each source.
    truth
        One list per source with one entry per order.
    """
    arm = geometry.arm
    canvases = [Canvas(geometry.shape) for _ in scene.sources]
    truth: list[list[SourceTruth]] = [[] for _ in scene.sources]
    fwhm_500 = scene.seeing_arcsec * scene.airmass**0.6
    step = _ALONG[1] - _ALONG[0]
    for order in geometry.orders if scene.sources else ():
        strip = strip_of(geometry, order)
        wave = strip.wavelengths
        air = transmission(wave, scene.airmass) * efficiency(arm, order, wave)
        disc = seeing_at(wave, fwhm_500)
        nodes = slice(None, None, 256)
        for source, canvas, entries in zip(scene.sources, canvases, truth, strict=True):
            fwhm = np.hypot(disc, source.size_arcsec)
            seen, passing = _through_slit(scene, source, fwhm[nodes], across_arcsec)
            share = np.interp(wave, wave[nodes], passing)
            electrons = source_rate(source, wave) * air * share * seconds
            centre = _trace(arm, scene, source, wave, offset_arcsec)
            offset = strip.slit - strip.look_up(centre)
            node = strip.look_up(np.arange(wave.size) / nodes.step)
            light = strip.look_up(electrons) * _at(seen, node, (offset - _ALONG[0]) / step)
            canvas.add_strip(strip, light * strip.area)
            length = np.interp(wave, wave[nodes], _within_length(centre[nodes], seen))
            thin = slice(None, None, 4)
            entries.append(
                SourceTruth(
                    order,
                    wave[thin],
                    (electrons * length)[thin],
                    share[thin],
                    centre[thin],
                    fwhm[thin],
                )
            )
    along = _psf(arm, _seen_through(scene, arm, fwhm_500))
    return [canvas.collect(along, _psf(arm)) for canvas in canvases], truth


def _through_slit(
    scene: Scene, source: Source, fwhm: Array, across_arcsec: float
) -> tuple[Array, Array]:
    """Profiles of a source along the slit, per arcsec, and the share of its light that passes."""
    beta, width = scene.moffat_beta, scene.slit_arcsec
    if source.scale_arcsec:
        seen = disc_along_slit(
            _ALONG,
            fwhm,
            beta,
            width,
            scale_arcsec=source.scale_arcsec,
            axis_ratio=source.axis_ratio,
            angle_deg=source.angle_deg,
            across_arcsec=across_arcsec + source.across_arcsec,
        )
        passing = np.asarray(np.trapezoid(seen, _ALONG, axis=1))
    else:
        seen = moffat_along_slit(_ALONG, fwhm, beta, width, across_arcsec)
        passing = moffat_fraction(width, fwhm, beta, across_arcsec)
    return seen / passing[:, None], passing


def _at(table: Array, node: Image, place: Image) -> Image:
    """Look a table of profiles up at wavelengths and places along the slit, both as indices."""
    index = np.stack([np.minimum(node, len(table) - 1), place])
    found = map_coordinates(table.astype(np.float32), index, order=1, mode="nearest")
    return np.asarray(found, dtype=np.float32)


def _within_length(centre: Array, seen: Array) -> Array:
    """Share of the light through the slit that falls within its length of 12 arcsec."""
    summed = np.cumsum(0.5 * (seen[:, 1:] + seen[:, :-1]), axis=1) * (_ALONG[1] - _ALONG[0])
    return np.array(
        [
            np.interp(6.0 - place, _ALONG[1:], row) - np.interp(-6.0 - place, _ALONG[1:], row)
            for place, row in zip(centre, summed, strict=True)
        ]
    )


def _seen_through(scene: Scene, arm: str, fwhm_500: float) -> tuple[Array, Array]:
    """Image of the seeing disc across the slit's width, in pixels."""
    middle = {"VIS": 600.0, "NIR": 1300.0}[arm]
    fwhm = seeing_at(np.array(middle), fwhm_500)
    offsets, _ = slit_image(scene.slit_arcsec, arm)
    weights = moffat_line(offsets * SLIT_SCALE_ARCSEC_PX[arm], fwhm, scene.moffat_beta)
    return offsets, weights / weights.sum()


def scattered_light(image: Image, share: float, *, seconds: float = 0.0) -> Image:
    """Smooth stray light: the image blurred over 100 pixels, and a pedestal.

    Parameters
    ----------
    image
        Expected electrons of all focused light.
    share
        Share of the light that is scattered.
    seconds
        Exposure time, for a faint constant glow.
    """
    ny, nx = image.shape
    step = 8
    small = image[: ny // step * step, : nx // step * step]
    small = small.reshape(ny // step, step, nx // step, step).mean(axis=(1, 3))
    wide = gaussian_filter(small, 100 / step / 2.3548 * 2, mode="constant")
    broad = gaussian_filter(small, 400 / step / 2.3548, mode="nearest")
    total = share * (0.7 * wide + 0.3 * broad) + 0.1 * share * image.mean() + 2e-4 * seconds
    full = zoom(total, (ny / small.shape[0], nx / small.shape[1]), order=1, mode="nearest")
    return full.astype(np.float32)


def sky_image(geometry: Geometry, scene: Scene, *, seconds: float) -> Image:
    """Image of the night sky through the scene's slit."""
    sky = night_sky(scene)
    return slit_light_image(geometry, sky, width_arcsec=scene.slit_arcsec, seconds=seconds)


def fringe_pattern(geometry: Geometry, amplitude: float) -> Image:
    """Response of a thin silicon layer: fringes that grow towards the red.

    Parameters
    ----------
    geometry
        Which pixel sees which wavelength.
    amplitude
        Relative amplitude at 850 nm; none below 700 nm.
    """
    ny, nx = geometry.shape
    pattern = np.ones((ny, nx), dtype=np.float32)
    for order, placed in geometry.orders.items():
        if placed.wave_published[1] < 700.0:
            continue
        inverse = geometry.inverse(order)
        x = np.arange(nx, dtype=float)
        centre = inverse.reference(x)
        low = max(int(centre.min() - inverse.half_height) - 8, 0)
        high = min(int(centre.max() + inverse.half_height) + 9, ny)
        rows = np.arange(low, high)
        wave = np.stack([inverse.evaluate(x, np.full(nx, float(y)))[0] for y in rows])
        # 15 um of silicon (index 3.6), a few per cent thicker on one side.
        thickness_nm = 15000.0 * (1 + 0.02 * (rows[:, None] / ny - 0.5) + 0.01 * (x / nx) ** 2)
        growth = np.clip((wave - 700.0) / 150.0, 0.0, 1.2)
        phase = 4 * np.pi * 3.6 * thickness_nm / wave
        pattern[low:high] = 1 + amplitude * growth * np.cos(phase)
    return pattern
