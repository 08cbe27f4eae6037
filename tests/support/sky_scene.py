"""A sky with sources on the slit of the toy spectrograph, drawn without the pipeline's help."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import erf

from soxs_pipeline.domain.calibrations import Geometry
from soxs_pipeline.domain.frame import Frame, RawFrame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.reduction.wavelength.pixelmap import make_pixel_map
from tests.support.optics import SETUP, make_format

__all__ = [
    "BLUR_PX",
    "READ_NOISE",
    "Cloud",
    "Scene",
    "Star",
    "make_geometry",
    "make_scene",
    "slit_profile",
]

READ_NOISE = SETUP.read_noise_e
NOISY = replace(SETUP, offset_method="dark")
LINE_SIGMA_PX = 1.3
BLUR_PX = 1.5


@dataclass(frozen=True)
class Star:
    """A source: electrons in a pixel column, place, width, lines of emission, colour.

    Its lines move by ``spin`` pixels for an arcsec along the slit, as far as two arcsec. With a
    ``scale`` it is an exponential disc of that scale length in arcsec, seen through that seeing.
    """

    flux: float = 300.0
    position: float = 0.8
    drift: float = 0.15
    fwhm: float = 1.2
    beta: float = 3.0
    lines: tuple[tuple[float, float], ...] = ()
    colour: float = 0.0
    spin: float = 0.0
    scale: float = 0.0


@dataclass(frozen=True)
class Cloud:
    """A line of a nebula: place along the dispersion, electrons, slope and knot on the slit."""

    place: float
    flux: float = 4000.0
    slope: float = 0.4
    knot: float = 0.0
    knot_at: float = 3.0

    def light(self, w, slit):
        knot = self.knot * np.exp(-0.5 * ((slit - self.knot_at) / 1.2) ** 2)
        return self.flux * _line(w - self.place) * (1.0 + self.slope * slit / 6.0 + knot)


@dataclass(frozen=True)
class Scene:
    """A frame with its truth, all of one shape."""

    frame: Frame
    raw: RawFrame
    sky: np.ndarray
    stars: np.ndarray
    hits: np.ndarray
    spectra: dict

    @property
    def variance(self):
        return READ_NOISE**2 + self.sky + self.stars


def make_geometry(moved_px=None, margin_px=1.0):
    """The toy format with edges where the slit ends, and its pixel map.

    ``moved_px`` says for orders by how many rows the image of the slit lies elsewhere, and
    ``margin_px`` how far the map goes beyond the ends of the slit.
    """
    form = make_format()
    solution, (ny, nx) = form.solution, form.shape
    rows_moved = [(moved_px or {}).get(int(order), 0.0) for order in solution.orders]
    y_coef = solution.y_coef.copy()
    y_coef[:, 0, 0] += rows_moved
    solution = replace(solution, y_coef=y_coef)
    rows = {"centre": [], "lower": [], "upper": []}
    t = np.linspace(-1.0, 1.0, 200)
    for order, (low, high) in zip(solution.orders, solution.wave_domain_nm, strict=True):
        wave = np.linspace(low, high, 400)
        for name, slit in (("centre", 0.0), ("lower", -6.0), ("upper", 6.0)):
            x, y = solution.detector_position(int(order), wave, slit)
            at = np.interp(0.5 * (nx - 1) * (t + 1.0), x, y)
            rows[name].append(np.polynomial.chebyshev.chebfit(t, at, 6))
    table = OrderTable(
        solution.orders,
        np.tile([12.0, nx - 13.0], (2, 1)),
        *(np.array(rows[name]) for name in ("centre", "lower", "upper")),
        np.zeros(2),
    )
    return Geometry(
        table, solution, make_pixel_map(solution, table, (ny, nx), margin_px=margin_px)
    )


def slit_profile(distance, height, star):
    """Moffat blurred by a Gaussian and integrated over pixels, by brute force."""
    step = 0.01
    grid = step * np.arange(-2000, 2001)
    alpha = star.fwhm / (2.0 * np.sqrt(2.0 ** (1.0 / star.beta) - 1.0))
    moffat = (1.0 + (grid / alpha) ** 2) ** -star.beta
    kernel = np.exp(-0.5 * (grid / (BLUR_PX / 2.3548 * float(np.mean(height)))) ** 2)
    if star.scale:
        moffat = np.convolve(np.exp(-np.abs(grid) / star.scale), moffat, "same")
    smooth = np.convolve(moffat, kernel / kernel.sum(), "same")
    total = np.concatenate(([0.0], np.cumsum(smooth))) * step
    total /= np.interp(6.0, grid, total[1:]) - np.interp(-6.0, grid, total[1:])
    edge = np.concatenate((grid - 0.5 * step, [grid[-1] + 0.5 * step]))
    return np.interp(distance + height / 2, edge, total) - np.interp(
        distance - height / 2, edge, total
    )


def make_scene(
    geometry,
    seed=1,
    stars=(Star(),),
    *,
    sky=60.0,
    line=3000.0,
    hits=0,
    bend=0.0,
    tilt=0.0,
    lines_seed=None,
    lines_number=12,
    clouds=(),
    host=0.0,
):
    """Draw a frame.

    ``bend`` shifts the sky lines by that many pixels towards the slit's ends, ``tilt`` brightens
    the sky by that fraction towards one end. Frames of one ``lines_seed`` share their sky lines.
    Light of ``clouds`` counts as sky, and so does that of a ``host``, which rises from nothing at
    one end of the slit to twice as many electrons at the other.
    """  # fmt: skip
    rng = np.random.default_rng(seed)
    lines = rng if lines_seed is None else np.random.default_rng(lines_seed)
    shape = geometry.pixel_map.order.shape
    sky_light, star_light = np.zeros(shape), np.zeros(shape)
    spectra = {}
    wave_range = (1000.0, 1200.0)
    for order in geometry.order_table.orders:
        here = geometry.pixel_map.order == order
        wave = geometry.pixel_map.wavelength_nm[here]
        slit = geometry.pixel_map.slit_arcsec[here].astype(float)
        w = geometry.dispersion.detector_position(int(order), wave, 0.0)[0]
        places = lines.uniform(10, 390, lines_number)
        fluxes = line * 10 ** lines.uniform(-1.5, 0.0, lines_number)
        u = slit / 6.0
        light = np.full(w.size, sky)
        for place, flux in zip(places, fluxes, strict=True):
            light += flux * _line(w + bend * u**2 - place)
        light += sum((cloud.light(w, slit) for cloud in clouds), np.zeros(w.size))
        light = light * (1.0 + tilt * u) + host * (1.0 + u)
        sky_light[here] = light * _area(geometry, here, w)
        height = np.abs(np.gradient(geometry.pixel_map.slit_arcsec.astype(float), axis=0))[here]
        height = np.where(np.isfinite(height), height, np.nanmedian(height))
        t = (2.0 * wave - sum(wave_range)) / (wave_range[1] - wave_range[0])
        for k, star in enumerate(stars):
            moved = w - star.spin * np.clip(slit - star.position, -2.0, 2.0)
            curve = star.flux * (1.0 + star.colour * t) + sum(
                (flux * _line(moved - place) for place, flux in star.lines), np.zeros(w.size)
            )
            share = slit_profile(slit - star.position - star.drift * t, height, star)
            star_light[here] += curve * share
            if k == 0:
                columns = np.arange(shape[1], dtype=float)
                spectra[int(order)] = star.flux + sum(
                    (flux * _line(columns - place) for place, flux in star.lines),
                    np.zeros(shape[1]),
                )
    data = rng.poisson(sky_light + star_light) + rng.normal(0.0, READ_NOISE, shape)
    struck = _strike(rng, shape, hits)
    data = data + struck
    return _assembled(data, sky_light, star_light, struck > 0, spectra)


def _area(geometry, here, w):
    """Area of pixels over that at mid-slit: a smooth surface through steps between neighbours."""
    wave, slit = geometry.pixel_map.wavelength_nm, geometry.pixel_map.slit_arcsec.astype(float)
    (wave_y, wave_x), (slit_y, slit_x) = np.gradient(wave), np.gradient(slit)
    area = np.abs(wave_x * slit_y - wave_y * slit_x)[here]
    known = np.isfinite(area)
    t, u = w / 200.0 - 1.0, slit[here] / 6.0
    terms = np.array([t**i * u**j for i in range(5) for j in range(3)])
    coef = np.linalg.lstsq(terms[:, known].T, area[known], rcond=None)[0]
    at_middle = np.array([t**i * 0.0**j for i in range(5) for j in range(3)])
    return (coef @ terms) / (coef @ at_middle)


def _line(distance):
    s = LINE_SIGMA_PX * np.sqrt(2.0)
    return 0.5 * (erf((distance + 0.5) / s) - erf((distance - 0.5) / s))


def _strike(rng, shape, number):
    struck = np.zeros(shape)
    for _ in range(number):
        y, x, angle = rng.uniform(0, shape[0]), rng.uniform(0, shape[1]), rng.uniform(0, np.pi)
        for step in np.arange(rng.integers(1, 6)):
            at = int(y + step * np.sin(angle)), int(x + step * np.cos(angle))
            if 0 <= at[0] < shape[0] and 0 <= at[1] < shape[1]:
                struck[at] = rng.uniform(300.0, 3000.0)
    return struck


def _assembled(data, sky, stars, hits, spectra):
    header = Header({"EXPTIME": 600.0})
    data = data.astype(np.float32)
    frame = Frame(
        data,
        np.float32(READ_NOISE**2) + np.maximum(data, 0),
        np.zeros(data.shape, np.uint32),
        "electron",
        header,
        NOISY,
    )
    return Scene(frame, RawFrame(data, header, NOISY, "scene"), sky, stars, hits, spectra)
