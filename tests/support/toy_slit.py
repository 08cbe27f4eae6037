"""Lamp light through the slit and the pinhole of the toy spectrograph, pixel by pixel."""

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.header import Header
from tests.support.optics import SETUP

__all__ = [
    "DARK_SETUP",
    "frame_of",
    "illumination",
    "invert",
    "raw_of",
    "slit_image",
    "trace_image",
]

DARK_SETUP = replace(SETUP, offset_method="dark", reference_border=0)
BLUR = 0.7


def illumination(slit_arcsec):
    """Light along the slit, one on average."""
    u = np.asarray(slit_arcsec) / 6.0
    return 1.0 + 0.02 * u - 0.03 * (u**2 - 1.0 / 3.0)


def invert(solution, order, x, y):
    """Wavelength, slit position and area (nm arcsec) of detector positions, by Newton steps."""
    low, high = solution.wave_domain_nm[solution.index(order)]
    x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
    nm = np.full(x.shape, 0.5 * (low + high))
    slit = np.zeros(x.shape)
    step = 1e-3
    for _ in range(12):
        x0, y0 = solution.detector_position(order, nm, slit)
        x1, y1 = solution.detector_position(order, nm + step, slit)
        x2, y2 = solution.detector_position(order, nm, slit + step)
        a, b, c, d = (x1 - x0) / step, (x2 - x0) / step, (y1 - y0) / step, (y2 - y0) / step
        determinant = a * d - b * c
        nm = np.clip(nm + (d * (x - x0) - b * (y - y0)) / determinant, low - 20, high + 20)
        slit = np.clip(slit + (a * (y - y0) - c * (x - x0)) / determinant, -20, 20)
    return nm, slit, 1.0 / np.abs(determinant)


def slit_image(solution, shape, lamp):
    """Expected electrons of a slit 12 arcsec long; ``lamp(nm, order)`` per nm and arcsec."""
    image = np.zeros(shape)
    x = np.arange(shape[1])[None, :]
    rows = np.arange(shape[0])[:, None]
    for order in solution.orders.tolist():
        low, high = solution.wave_domain_nm[solution.index(order)]
        parts = (np.arange(5) + 0.5) / 5 - 0.5
        light = np.zeros(shape)
        for part in parts:
            nm, slit, area = invert(solution, order, x, rows + part)
            inside = (np.abs(slit) < 6.0) & (nm > low - 5) & (nm < high + 5)
            light += np.where(inside, lamp(nm, order) * illumination(slit) * area, 0.0) / 5
        image += gaussian_filter1d(light, BLUR, axis=0)
    return image


def trace_image(solution, shape, electrons, orders=None):
    """Expected electrons of white light through a pinhole at mid-slit, and the true traces."""
    image = np.zeros(shape)
    rows = np.arange(shape[0])[:, None]
    x = np.arange(shape[1])
    truth = {}
    for order in solution.orders.tolist():
        low, high = solution.wave_domain_nm[solution.index(order)]
        nm = np.linspace(low - 10, high + 10, 4001)
        at_x, at_y = solution.detector_position(order, nm, 0.0)
        centre = np.interp(x, at_x, at_y)
        truth[order] = centre
        if orders is None or order in orders:
            fine = np.mean(
                [
                    np.exp(-0.5 * ((rows + part - centre) / 0.75) ** 2)
                    for part in (np.arange(9) + 0.5) / 9 - 0.5
                ],
                axis=0,
            )
            image += electrons * fine / (0.75 * np.sqrt(2 * np.pi))
    return image, truth


def frame_of(expected, rng, setup=DARK_SETUP, read_noise=5.0):
    """One exposure as a detrended frame."""
    data = rng.poisson(np.maximum(expected, 0)) + rng.normal(0.0, read_noise, expected.shape)
    variance = read_noise**2 + np.maximum(expected, 0)
    quality = np.zeros(expected.shape, dtype=np.uint32)
    setup = setup.with_read_noise(read_noise)
    return Frame(data, variance, quality, "electron", Header({"EXPTIME": 2.0}), setup)


def raw_of(expected, rng, setup=DARK_SETUP, name="toy.fits", exposure_s=2.0):
    """One exposure as a raw frame of gain one."""
    data = rng.poisson(np.maximum(expected, 0)) + rng.normal(
        0.0, setup.read_noise_e, expected.shape
    )
    return RawFrame(data.astype(np.float32), Header({"EXPTIME": exposure_s}), setup, name)
