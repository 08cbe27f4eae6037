"""Write down what a simulated frame really is, for tests to compare with.

All images are in the detector's own orientation, trimmed and unbinned.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from soxs_pipeline.simulator.detector import Detector
from soxs_pipeline.simulator.frames import Light2D, State
from soxs_pipeline.simulator.geometry import Geometry, vacuum_to_air
from soxs_pipeline.simulator.light import flat_lamp, night_sky, transmission
from soxs_pipeline.simulator.optics import efficiency, slit_illumination

__all__ = [
    "pixel_maps",
    "write_cosmics",
    "write_detector",
    "write_light",
    "write_map",
    "write_spectra",
]

Image = NDArray[np.floating]


def pixel_maps(geometry: Geometry) -> dict[str, Image]:
    """Wavelength (vacuum and air nm), slit position and order at each pixel centre.

    Parameters
    ----------
    geometry
        Arm and flexure.

    Returns
    -------
    dict
        ``WAVELENGTH``, ``WAVE_AIR``, ``SLIT``, ``ORDER`` and ``ILLUMINATION`` (of light that
        fills the slit; a point source does not feel it) in canonical orientation; NaN (order 0)
        off the slit, which is 12 arcsec long.
    """
    ny, nx = geometry.shape
    wave = np.full((ny, nx), np.nan)
    slit = np.full((ny, nx), np.nan)
    orders = np.zeros((ny, nx), dtype=np.int16)
    for order, placed in geometry.orders.items():
        inverse = geometry.inverse(order)
        x = np.arange(max(0, np.ceil(inverse.x_range[0])), min(nx, inverse.x_range[1] + 1))
        centre = inverse.reference(x)
        height = int(np.ceil(2 * inverse.half_height)) + 1
        first = np.clip(np.floor(centre - inverse.half_height).astype(int), 0, ny - height)
        for offset in range(height):
            y = first + offset
            columns = x.astype(int)
            w, s = inverse.evaluate(x, y.astype(float))
            low, high = placed.wave_range
            on = (np.abs(s) <= 6.0) & (w >= low) & (w <= high)
            wave[y[on], columns[on]] = w[on]
            slit[y[on], columns[on]] = s[on]
            orders[y[on], columns[on]] = order
    air = np.full_like(wave, np.nan)
    good = np.isfinite(wave)
    air[good] = vacuum_to_air(wave[good])
    light = np.where(np.isfinite(slit), slit_illumination(geometry.arm, np.nan_to_num(slit)), 1.0)
    return {
        "WAVELENGTH": wave,
        "WAVE_AIR": air,
        "SLIT": slit,
        "ORDER": orders,
        "ILLUMINATION": light,
    }


def write_map(path: Path, geometry: Geometry) -> None:
    """Write pixel maps and order traces of one flexure state."""
    hdus = [fits.PrimaryHDU()]
    hdus[0].header["ARM"] = geometry.arm
    for name, image in pixel_maps(geometry).items():
        data = image.T if geometry.transposed else image
        if name in {"WAVE_AIR", "SLIT", "ILLUMINATION"}:
            data = data.astype(np.float32)
        hdus.append(fits.ImageHDU(np.ascontiguousarray(data), name=name))
    hdus.append(_trace_table(geometry))
    fits.HDUList(hdus).writeto(path, overwrite=True)


def _trace_table(geometry: Geometry) -> fits.BinTableHDU:
    """Centre and both ends of the slit as functions of the dispersion pixel (canonical)."""
    rows: list[tuple[float, ...]] = []
    for order, placed in geometry.orders.items():
        low, high = placed.wave_range
        wave = np.linspace(low, high, 3000)
        x, middle = placed.position(wave, np.zeros_like(wave))
        sort = np.argsort(x)
        at = np.arange(max(0, np.ceil(x.min())), min(geometry.shape[1] - 1, x.max()))
        ends = []
        for slit in (-6.0, 6.0):
            xe, ye = placed.position(wave, np.full_like(wave, slit))
            other = np.argsort(xe)
            ends.append(np.interp(at, xe[other], ye[other]))
        centre = np.interp(at, x[sort], middle[sort])
        lam = np.interp(at, x[sort], wave[sort])
        rows += list(zip(np.full_like(at, order), at, lam, centre, *ends, strict=True))
    names = ("ORDER", "X", "WAVELENGTH", "Y", "Y_SLIT_MINUS6", "Y_SLIT_PLUS6")
    units = ("", "pixel", "nm", "pixel", "pixel", "pixel")
    data = np.array(rows)
    columns = [
        fits.Column(name, "D", unit=unit, array=data[:, k])
        for k, (name, unit) in enumerate(zip(names, units, strict=True))
    ]
    return fits.BinTableHDU.from_columns(columns, name="TRACES")


def write_detector(path: Path, detector: Detector) -> None:
    """Write response, dark current and flaws of a detector."""
    hdus = [
        fits.PrimaryHDU(),
        fits.ImageHDU(detector.response, name="RESPONSE"),
        fits.ImageHDU(detector.dark, name="DARK"),
        fits.ImageHDU(detector.hot.astype(np.uint8), name="HOT"),
        fits.ImageHDU(detector.dead.astype(np.uint8), name="DEAD"),
        fits.ImageHDU(detector.offset, name="OFFSET"),
    ]
    if detector.odd is not None:
        hdus.append(fits.ImageHDU(detector.odd, name="ODD"))
        hdus[0].header["BEND"] = (detector.bend, "change of response at full well")
    hdus[0].header["GAIN"] = (detector.mode.gain, "electron/ADU")
    hdus[0].header["RON"] = (detector.mode.read_noise, "electron")
    fits.HDUList(hdus).writeto(path, overwrite=True)


def write_light(path: Path, light: Light2D, *, whole: bool) -> None:
    """Write expected electrons: the total only, or sources, sky and stray light each.

    Of several sources each has a plane of its own, too.
    """
    planes = {"TOTAL": light.total}
    if whole:
        planes |= {
            "OBJECT": light.sources,
            "SKY": light.extended,
            "SCATTERED": light.scattered,
        }
    if whole and len(light.each) > 1:
        planes |= {f"OBJECT{k}": image for k, image in enumerate(light.each, start=1)}
    hdus = [fits.PrimaryHDU(), *(fits.ImageHDU(v, name=k) for k, v in planes.items())]
    fits.HDUList(hdus).writeto(path, overwrite=True)


def write_cosmics(path: Path, cosmics: NDArray[np.float32] | None, reference: str) -> None:
    """Write the pixels hit by cosmic rays, and the name of the file with the light."""
    image = np.zeros((1, 1), np.float32) if cosmics is None else cosmics
    rows, columns = np.nonzero(image)
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column("ROW", "I", array=rows),
            fits.Column("COLUMN", "I", array=columns),
            fits.Column("ELECTRONS", "E", unit="electron", array=image[rows, columns]),
        ],
        name="COSMICS",
    )
    table.header["LIGHT"] = reference
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path, overwrite=True)


def write_spectra(path: Path, state: State, light: Light2D, seconds: float) -> None:
    """Write what sky, lamp and every source put into every order.

    ``ORDERS`` has rows (order, wavelength): throughput of the atmosphere and of the instrument,
    electrons of the sky's continuum per nm per arcsec along the slit, electrons/s of the halogen
    lamp per nm per square arcsec.  ``SKYLINES`` has the electrons of each line per arcsec.
    ``SOURCE1`` and so on: electrons per nm within the slit, share of the seeing disc that
    passes, trace position and FWHM in arcsec.

    Parameters
    ----------
    path
        Where to.
    state
        The arm.
    light
        Of the frame.
    seconds
        Exposure time.
    """
    scene = state.scene
    primary = fits.PrimaryHDU()
    primary.header["EXPTIME"] = seconds
    primary.header["AIRMASS"] = scene.airmass
    primary.header["SLITWIDT"] = scene.slit_arcsec
    primary.header["BETA"] = (scene.moffat_beta, "Moffat exponent, 2-D")
    hdus = [primary, _order_table(state, seconds), _sky_line_table(state, seconds)]
    for number, entries in enumerate(light.entries, start=1):
        parts = {
            "ORDER": [np.full(e.wavelength_nm.size, e.order, dtype=float) for e in entries],
            "WAVELENGTH": [e.wavelength_nm for e in entries],
            "ELECTRONS": [e.electrons_per_nm for e in entries],
            "SLIT_SHARE": [e.slit_share for e in entries],
            "POSITION": [e.position_arcsec for e in entries],
            "FWHM": [e.fwhm_arcsec for e in entries],
        }
        hdus.append(_table(f"SOURCE{number}", parts))
    fits.HDUList(hdus).writeto(path, overwrite=True)


def _table(name: str, parts: Mapping[str, list[Image]]) -> fits.BinTableHDU:
    columns = [fits.Column(key, "D", array=np.concatenate(part)) for key, part in parts.items()]
    return fits.BinTableHDU.from_columns(columns, name=name)


def _order_table(state: State, seconds: float) -> fits.BinTableHDU:
    scene, arm = state.scene, state.arm
    sky, lamp = night_sky(scene), flat_lamp("QTH", arm)
    parts: dict[str, list[Image]] = {}
    for order, placed in state.geometry["day"].orders.items():
        wave = np.linspace(*placed.wave_range, 4096)
        throughput = efficiency(arm, order, wave)
        row = {
            "ORDER": np.full(wave.size, order, dtype=float),
            "WAVELENGTH": wave,
            "EFFICIENCY": throughput,
            "TRANSMISSION": transmission(wave, scene.airmass),
            "SKY": sky.continuum(wave) * throughput * scene.slit_arcsec * seconds,
            "LAMP": lamp.continuum(wave) * throughput,
        }
        for key, values in row.items():
            parts.setdefault(key, []).append(values)
    return _table("ORDERS", parts)


def _sky_line_table(state: State, seconds: float) -> fits.BinTableHDU:
    scene, arm = state.scene, state.arm
    sky = night_sky(scene)
    parts: dict[str, list[Image]] = {}
    for order, placed in state.geometry["day"].orders.items():
        low, high = placed.wave_range
        inside = (sky.wavelength_nm > low) & (sky.wavelength_nm < high)
        wave = sky.wavelength_nm[inside]
        electrons = sky.strength[inside] * efficiency(arm, order, wave)
        parts.setdefault("ORDER", []).append(np.full(wave.size, order, dtype=float))
        parts.setdefault("WAVELENGTH", []).append(wave)
        parts.setdefault("ELECTRONS", []).append(electrons * scene.slit_arcsec * seconds)
    return _table("SKYLINES", parts)
