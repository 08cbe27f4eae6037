"""Write down what a simulated frame really is, for tests to compare with.

All images are in the detector's own orientation, trimmed and unbinned.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from soxs_pipeline.simulator.detector import Detector
from soxs_pipeline.simulator.frames import Light2D, State
from soxs_pipeline.simulator.geometry import Geometry, vacuum_to_air
from soxs_pipeline.simulator.light import flat_lamp, night_sky, transmission
from soxs_pipeline.simulator.optics import efficiency

__all__ = [
    "pixel_maps",
    "write_cosmics",
    "write_detector",
    "write_light",
    "write_map",
    "write_spectra",
]

Image = NDArray[np.float64]


def pixel_maps(geometry: Geometry) -> dict[str, Image]:
    """Wavelength (vacuum and air nm), slit position and order at each pixel centre.

    Parameters
    ----------
    geometry
        Arm and flexure.

    Returns
    -------
    dict
        ``WAVELENGTH``, ``WAVE_AIR``, ``SLIT``, ``ORDER`` in canonical orientation; NaN (order 0)
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
    return {"WAVELENGTH": wave, "WAVE_AIR": air, "SLIT": slit, "ORDER": orders}


def write_map(path: Path, geometry: Geometry) -> None:
    """Write pixel maps and order traces of one flexure state."""
    hdus = [fits.PrimaryHDU()]
    hdus[0].header["ARM"] = geometry.arm
    for name, image in pixel_maps(geometry).items():
        data = image.T if geometry.transposed else image
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
    hdus[0].header["GAIN"] = (detector.mode.gain, "electron/ADU")
    hdus[0].header["RON"] = (detector.mode.read_noise, "electron")
    fits.HDUList(hdus).writeto(path, overwrite=True)


def write_light(path: Path, light: Light2D, *, whole: bool) -> None:
    """Write expected electrons: the total only, or source, sky and stray light each."""
    planes = {"TOTAL": light.total}
    if whole:
        planes |= {
            "OBJECT": light.sources,
            "SKY": light.extended,
            "SCATTERED": light.scattered,
        }
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
    table.header["LIGHT"] = (reference, "file with the expected electrons")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path, overwrite=True)


def write_spectra(path: Path, state: State, light: Light2D, seconds: float) -> None:
    """Write what every source put into every order, with sky and blaze.

    One table per source, ``SOURCE1`` and so on, with rows (order, wavelength): electrons per nm
    within the slit, share of the seeing disc that passes, throughput of atmosphere and
    instrument, sky electrons per nm per arcsec along the slit without its lines, lamp electrons
    per nm (relative blaze times lamp), trace position and FWHM in arcsec.
    """
    scene, arm = state.scene, state.arm
    hdus = [fits.PrimaryHDU()]
    hdus[0].header["EXPTIME"] = seconds
    hdus[0].header["AIRMASS"] = scene.airmass
    hdus[0].header["BETA"] = (scene.moffat_beta, "Moffat exponent of the profile along the slit")
    sky, lamp = night_sky(scene), flat_lamp("QTH", arm)
    for number, entries in enumerate(light.entries, start=1):
        blocks: dict[str, list] = {}
        for entry in entries:
            wave = entry.wavelength_nm
            throughput = efficiency(arm, entry.order, wave)
            for name, values in {
                "ORDER": np.full(wave.size, entry.order, dtype=float),
                "WAVELENGTH": wave,
                "ELECTRONS": entry.electrons_per_nm,
                "SLIT_SHARE": entry.slit_share,
                "EFFICIENCY": throughput,
                "TRANSMISSION": transmission(wave, scene.airmass),
                "SKY": sky.continuum(wave) * throughput * scene.slit_arcsec * seconds,
                "LAMP": lamp.continuum(wave) * throughput,
                "POSITION": entry.position_arcsec,
                "FWHM": entry.fwhm_arcsec,
            }.items():
                blocks.setdefault(name, []).append(values)
        columns = [
            fits.Column(name, "D", array=np.concatenate(parts)) for name, parts in blocks.items()
        ]
        hdus.append(fits.BinTableHDU.from_columns(columns, name=f"SOURCE{number}"))
    fits.HDUList(hdus).writeto(path, overwrite=True)
