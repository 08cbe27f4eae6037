"""A toy spectrograph for tests: a small format and frames drawn from it."""

import numpy as np
from scipy.special import erf

from soxs_pipeline.domain.detector import DetectorSetup, Window
from soxs_pipeline.domain.dispersion import DispersionSolution, SpectralFormat
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.lines import LineList
from soxs_pipeline.domain.orders import OrderTable

PINHOLES = np.linspace(-5.5, 5.5, 9)
SETUP = DetectorSetup("TOY", 1.0, 5.0, 65535.0, Window((0, 160), (0, 400)))


def make_format(*, together=True):
    """Two curved, tilted orders on 160 x 400 pixels."""
    x_coef = np.zeros((2, 5, 3))
    y_coef = np.zeros((2, 5, 3))
    for row, (middle, tilt) in enumerate(((45.0, -3.0), (115.0, -2.0))):
        x_coef[row, 0] = 200.0, tilt, 0.2
        x_coef[row, 1, 0], x_coef[row, 2, 0], x_coef[row, 3, 0] = 190.0, 4.0, 0.5
        y_coef[row, 0] = middle, 20.0, 0.1
        y_coef[row, 1, 0], y_coef[row, 2, 0] = 3.0, 6.0
    solution = DispersionSolution(
        orders=np.array([11, 12]),
        wave_domain_nm=np.array([[1100.0, 1200.0], [1000.0, 1100.0]]),
        slit_domain_arcsec=(-6.0, 6.0),
        x_coef=x_coef,
        y_coef=y_coef,
        fit_rms_px=np.full((2, 2), np.nan),
        n_lines=np.zeros(2, dtype=np.int64),
    )
    return SpectralFormat(
        solution, ("m=11", "m=12"), solution.wave_domain_nm, 12.0, PINHOLES, together, (160, 400)
    )


def make_lines(rng, count=40):
    """Lines over both orders, well apart from one another."""
    wavelength = np.linspace(1001.0, 1199.0, count) + rng.uniform(-1.0, 1.0, count)
    intensity = 10 ** rng.uniform(3.3, 5.0, count)
    return LineList(wavelength, intensity, np.full(count, "Xx I"), np.ones(count, dtype=bool))


def add_spots(image, x, y, flux, sigma=0.75):
    """Add pixel-integrated Gaussian spots in place."""
    reach = np.arange(-6, 7)
    for at_x, at_y, total in zip(x, y, flux, strict=True):
        ix, iy = round(at_x), round(at_y)
        if 6 <= ix < image.shape[1] - 6 and 6 <= iy < image.shape[0] - 6:
            across, along = (
                0.5 * (erf((reach + 0.5 - c) / sigma / 2**0.5)
                       - erf((reach - 0.5 - c) / sigma / 2**0.5))
                for c in (at_y - iy, at_x - ix)
            )  # fmt: skip
            image[iy - 6 : iy + 7, ix - 6 : ix + 7] += total * np.outer(across, along)


def make_frame(image, rng, read_noise=5.0):
    """Add Poisson and read noise and wrap it as a frame."""
    noisy = rng.poisson(np.clip(image, 0, None)) + rng.normal(0, read_noise, image.shape)
    variance = np.clip(image, 0, None) + read_noise**2
    return Frame(noisy, variance, np.zeros(image.shape, np.uint32), "electron", Header({}), SETUP)


def make_arc(truth, lines, slits, rng, shape=(160, 400), parts=((0.75, 1.0),)):
    """An arc frame through pinholes; their images have parts of a width and share each."""
    image = np.zeros(shape)
    for order, (low, high) in zip(truth.orders, truth.wave_domain_nm, strict=True):
        inside = (lines.wavelength_nm > low) & (lines.wavelength_nm < high)
        for slit in slits:
            x, y = truth.detector_position(int(order), lines.wavelength_nm[inside], slit)
            for sigma, share in parts:
                add_spots(image, x, y, share * lines.intensity[inside], sigma)
    return make_frame(image, rng)


def make_open_order_table(solution, nx):
    """An order table without edges: the slit domain of the solution bounds the orders."""
    count = len(solution.orders)
    nothing = np.full((count, 1), np.nan)
    domain = np.tile([0.0, nx - 1.0], (count, 1))
    return OrderTable(solution.orders, domain, nothing, nothing, nothing, np.full(count, np.nan))
