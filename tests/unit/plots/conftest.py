"""Products of every recipe as the recipes would make them, of a small invented detector."""

import dataclasses

import numpy as np
import pytest
from numpy.polynomial import chebyshev

from soxs_pipeline.domain.cube import SpectralCube
from soxs_pipeline.domain.detector import DetectorSetup, Window
from soxs_pipeline.domain.dispersion import DispersionSolution
from soxs_pipeline.domain.flux import Response
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.linecheck import LineCheck
from soxs_pipeline.domain.lines import LineMeasurements
from soxs_pipeline.domain.objects import SlitProfile, Source, Sources
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.domain.photontransfer import TransferCurve
from soxs_pipeline.domain.pixelmap import PixelMap
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.domain.rectified import Axis, RectifiedSpectrum
from soxs_pipeline.domain.spectra import (
    Aperture,
    Blaze,
    MergedSpectrum,
    OrderSpectra,
    OrderSpectrum,
)

HEADER = Header(
    {"OBJECT": "AT 2026abc", "DATE-OBS": "2026-11-21T03:12:45.123", "ESO SEQ ARM": "NIR"}
)
READ_NOISE = 7.0


def small_solution():
    """Four curved orders on 240 x 160 pixels."""
    orders = np.array([20, 21, 22, 23])
    wave = np.array([[1000.0 - 40 * i, 1060.0 - 40 * i] for i in range(4)])
    x_coef, y_coef = np.zeros((4, 3, 2)), np.zeros((4, 3, 2))
    for i in range(4):
        x_coef[i, :2, 0] = 120.0, 115.0
        x_coef[i, 0, 1] = -4.0
        y_coef[i, 0, :] = 25.0 + 36.0 * i, 14.0
        y_coef[i, 2, 0] = 4.0
    return DispersionSolution(
        orders, wave, (-6.0, 6.0), x_coef, y_coef, np.full((4, 2), 0.03), np.full(4, 120)
    )


class Night:
    """Invented products on the pixels of a dispersion solution."""

    def __init__(self, solution, shape, seed=3):
        self.solution, self.shape = solution, shape
        self.rng = np.random.default_rng(seed)
        ny, nx = shape
        self.setup = DetectorSetup("NIR", 2.3, READ_NOISE, 60000.0, Window((0, ny), (0, nx)))
        self.order_table = self._make_order_table()
        self.pixel_map = self._make_pixel_map()

    def frame(self, data, variance, unit="electron", quality=None):
        flags = np.zeros(self.shape, np.uint32) if quality is None else quality
        data = np.broadcast_to(data, self.shape)
        variance = np.broadcast_to(variance, self.shape)
        return Frame(data, variance, flags, unit, HEADER, self.setup)

    def _make_order_table(self):
        nx = self.shape[1]
        coefs, ranges = [], []
        for row, order in enumerate(self.solution.orders):
            wave = np.linspace(*self.solution.wave_domain_nm[row], 60)
            fits = []
            for slit in (0.0, -6.0, 6.0):
                x, y = self.solution.detector_position(order, wave, slit)
                first, last = max(0.0, x.min()), min(nx - 1.0, x.max())
                t = (2 * x - first - last) / (last - first)
                fits.append(chebyshev.chebfit(t, y, 4))
            if fits[1][0] > fits[2][0]:
                fits[1], fits[2] = fits[2], fits[1]
            coefs.append(fits)
            ranges.append((first, last))
        table = np.array(coefs)
        residual = self.rng.uniform(0.01, 0.03, len(coefs))
        return OrderTable(
            self.solution.orders, np.array(ranges), table[:, 0], table[:, 1], table[:, 2], residual
        )

    def _make_pixel_map(self):
        ny, nx = self.shape
        wave, slit = np.full(self.shape, np.nan), np.full(self.shape, np.nan, np.float32)
        number = np.zeros(self.shape, np.int16)
        y, x = np.mgrid[:ny, :nx]
        for row, order in enumerate(self.solution.orders):
            grid = np.linspace(*self.solution.wave_domain_nm[row], 200)
            at = {s: self.solution.detector_position(order, grid, s) for s in (-6.0, 0.0, 6.0)}
            columns, sort = np.arange(nx), np.argsort(at[0.0][0])
            low, mid, high = (
                np.interp(columns, at[s][0][sort], at[s][1][sort], np.nan, np.nan)
                for s in (-6.0, 0.0, 6.0)
            )
            u = 12.0 * (y - mid) / (high - low)
            mine = np.abs(u) <= 6.0
            tilt = (at[6.0][0] - at[-6.0][0])[sort] / 12.0
            shift = u * np.interp(columns, at[0.0][0][sort], tilt)
            wave[mine] = np.interp((x - shift)[mine], at[0.0][0][sort], grid[sort])
            slit[mine], number[mine] = u[mine], order
        return PixelMap(wave, slit, number)

    def bias(self):
        rows = 0.3 * np.sin(np.arange(self.shape[0]) / 40.0)[:, None]
        data = 1000.0 + rows + self.rng.normal(0, 1.5, self.shape)
        quality = np.zeros(self.shape, np.uint32)
        quality[self.rng.random(self.shape) < 3e-4] = Quality.HOT
        quality[5] |= np.uint32(Quality.DEAD)
        data[quality > 0] = 20000.0
        return {"master_bias": self.frame(data, 1.5**2, quality=quality)}

    def dark(self):
        data = 0.004 + self.rng.normal(0, 0.002, self.shape)
        return {"master_dark": self.frame(data, 0.002**2, "electron/s")}

    def lines(self, per_order=14, slits=(0.0,)):
        # Its own dice: the lines must not depend on which figures were drawn before.
        rng = np.random.default_rng(37)
        order, wave, slit = [], [], []
        for row, number in enumerate(self.solution.orders):
            grid = np.sort(rng.uniform(*self.solution.wave_domain_nm[row], per_order))
            for s in slits:
                order += [number] * per_order
                wave += list(grid)
                slit += [s] * per_order
        order, wave, slit = np.array(order), np.array(wave), np.array(slit, float)
        x_fit, y_fit = np.empty(order.size), np.empty(order.size)
        for number in self.solution.orders:
            mine = order == number
            x_fit[mine], y_fit[mine] = self.solution.detector_position(
                number, wave[mine], slit[mine]
            )
        error = rng.uniform(0.01, 0.06, order.size)
        x = x_fit + rng.normal(0, error)
        y = y_fit + rng.normal(0, error)
        used = rng.random(order.size) > 0.08
        x[~used] += rng.normal(0, 0.5, (~used).sum())
        known = {
            "order": order, "wavelength_nm": wave, "slit_arcsec": slit,
            "x_predicted": x_fit + 3.0, "y_predicted": y_fit - 2.0,
            "x": x, "y": y, "x_error": error, "y_error": error, "x_fit": x_fit, "y_fit": y_fit,
            "used": used,
        }  # fmt: skip
        others = {
            field.name: np.zeros(order.size) for field in dataclasses.fields(LineMeasurements)
        }
        return LineMeasurements(**{**others, **known})

    def line_check(self):
        lines = self.lines()
        orders = self.solution.orders
        counts = np.array([(lines.order == order).sum() for order in orders])
        n = np.ones(orders.size)
        return LineCheck(
            orders=orders, shift_px=0.04 * n, shift_error_px=0.01 * n, velocity_km_s=0.8 * n,
            velocity_error_km_s=0.2 * n, n_lines=counts, fwhm_px=2.4 * n,
            resolving_power=5000.0 * n, common_px=0.04, common_error_px=0.004,
            line_order=lines.order, line_wavelength_nm=lines.wavelength_nm,
            line_shift_px=lines.x - lines.x_fit, line_error_px=lines.x_error,
            line_fwhm_px=self.rng.normal(2.4, 0.1, lines.order.size),
            line_flux=np.full(lines.order.size, 900.0), line_used=lines.used, arm="NIR",
        )  # fmt: skip

    def arc(self):
        return {"dispersion": self.solution, "lines": self.lines()}

    def pinholes(self):
        lines = self.lines(slits=np.linspace(-5.5, 5.5, 9))
        return {"dispersion": self.solution, "lines": lines, "pixel_map": self.pixel_map}

    def flat(self):
        response = self.rng.normal(1.0, 0.01, self.shape)
        off = self.pixel_map.order == 0
        quality = np.where(off, Quality.OFF_SLIT, 0).astype(np.uint32)
        y, x = np.indices(self.shape) / max(self.shape)
        return {
            "master_flat": self.frame(response, 0.004**2, "", quality),
            "order_table": self.order_table,
            "blaze": self.blaze(),
            "scattered_light": self.frame(
                40.0 + 60 * np.exp(-((x - 0.5) ** 2) * 8 - (y - 0.3) ** 2 * 5), 1.0
            ),
        }

    def blaze(self):
        columns = np.arange(self.shape[1], dtype=float)
        wave = np.full((self.solution.orders.size, columns.size), np.nan)
        signal = wave.copy()
        for row, order in enumerate(self.solution.orders):
            grid = np.linspace(*self.solution.wave_domain_nm[row], 300)
            x, _ = self.solution.detector_position(order, grid, 0.0)
            sort = np.argsort(x)
            wave[row] = np.interp(columns, x[sort], grid[sort], np.nan, np.nan)
            middle = grid.mean()
            t = (wave[row] - middle) / np.ptp(grid)
            signal[row] = 3e3 * np.sinc(0.9 * t) ** 2 * np.exp((middle - 1500) / 400)
        return Blaze(self.solution.orders, wave, signal)

    def sources(self):
        domain = (float(self.solution.wave_domain_nm.min()),
                  float(self.solution.wave_domain_nm.max()))  # fmt: skip
        target = Source(np.array([1.2, 0.1]), np.array([1.0, 0.05]), 4.0, domain, 42.0, False)
        second = Source(np.array([-3.1, 0.1]), np.array([1.0, 0.05]), 4.0, domain, 6.5, False)
        slit = np.linspace(-5.8, 5.8, 59)
        model = 80 * np.exp(-0.5 * ((slit - 1.2) / 0.45) ** 2)
        model += 10 * np.exp(-0.5 * ((slit + 3.1) / 0.45) ** 2)
        signal = model + self.rng.normal(0, 1.5, slit.size)
        profile = SlitProfile(slit, signal, np.full(slit.size, 1.5), model)
        return Sources((target, second), profile)

    def sky_level(self, wave):
        lines = np.random.default_rng(11).uniform(
            np.nanmin(self.pixel_map.wavelength_nm), np.nanmax(self.pixel_map.wavelength_nm), 150
        )
        strength = 10 ** np.random.default_rng(12).uniform(2, 4, lines.size)
        step = 1.2 * np.ptp(self.solution.wave_domain_nm[0]) / self.shape[1]
        grid = np.arange(lines.min() - 3, lines.max() + 3, step / 2)
        level = np.full(grid.size, 60.0)
        for line, peak in zip(lines, strength, strict=True):
            level += peak * np.exp(-0.5 * ((grid - line) / step) ** 2)
        return np.interp(wave, grid, level)

    def stare(self):
        on = self.pixel_map.order > 0
        sky = np.where(on, self.sky_level(np.where(on, self.pixel_map.wavelength_nm, 900.0)), 0.0)
        slit = np.where(on, self.pixel_map.slit_arcsec, 99.0)
        source = 150.0 * np.exp(-0.5 * ((slit - 1.2) / 0.45) ** 2)
        variance = READ_NOISE**2 + sky + source
        data = source + self.rng.normal(0, np.sqrt(variance))
        quality = np.where(on, 0, Quality.OFF_SLIT).astype(np.uint32)
        return {
            "sky_subtracted": self.frame(data, variance, quality=quality),
            "sky_model": self.frame(sky, 0.01 * variance, quality=quality),
            "sources": self.sources(),
        }

    def orders(self):
        spectra = []
        for row in np.argsort(self.solution.wave_domain_nm.mean(axis=1)):
            low, high = self.solution.wave_domain_nm[row]
            wave = np.linspace(low, high, self.shape[1])
            t = (wave - wave.mean()) / np.ptp(wave)
            blaze = np.sinc(0.9 * t) ** 2
            sky = 3 * blaze * self.sky_level(wave)
            flux = 900 * blaze * (1 + 0.3 * np.sin(wave / 25.0))
            variance = flux + sky + 5 * READ_NOISE**2
            values = flux + self.rng.normal(0, np.sqrt(variance))
            box = values + self.rng.normal(0, 0.5 * np.sqrt(variance))
            quality = np.where(self.rng.random(wave.size) < 0.01, Quality.COSMIC_RAY, 0)
            values[quality > 0] = 2e5
            width = np.full(wave.size, wave[1] - wave[0])
            x = np.arange(wave.size, dtype=float)
            spectra.append(
                OrderSpectrum(
                    int(self.solution.orders[row]), wave, width, values, variance,
                    np.zeros(wave.size), box, 1.25 * variance, sky,
                    quality.astype(np.uint32), 3e3 * blaze, x, x,
                )
            )  # fmt: skip
        aperture = Aperture(-1.4, 1.4, on_target=True)
        return OrderSpectra(tuple(spectra), 1800.0, "NIR", HEADER, aperture=aperture)

    def extraction(self):
        """Extracted spectra, and the frame they come from."""
        seen = self.stare()
        return {
            "orders": self.orders(), "frame": seen["sky_subtracted"],
            "sources": seen["sources"], "pixel_map": self.pixel_map,
        }  # fmt: skip

    def rectified(self):
        wave, slit = Axis(1000.0, 0.1, 3000), Axis(-5.5, 0.3, 36)
        profile = np.exp(-0.5 * ((slit.centres - 1.0) / 0.5) ** 2)[:, None]
        light = 4e-18 * profile * (1 + 0.3 * np.sin(wave.centres / 20.0))
        data = light + self.rng.normal(0, 4e-19, light.shape)
        data[:, 2000:2100] = np.nan
        quality = np.where(np.isfinite(data), 0, 16).astype(np.uint32)
        return RectifiedSpectrum(
            wave, slit, data.astype(np.float32), np.full(data.shape, 1.6e-37), quality,
            "erg/s/cm2/Angstrom/arcsec", 1.3, 1.2, "NIR", HEADER,
        )  # fmt: skip

    def cube(self):
        one = self.rectified()
        data = np.repeat(one.data.T[:, :, None], 5, axis=2) * np.array([0.2, 0.6, 1, 0.6, 0.2])
        return SpectralCube(
            Axis(-2.0, 1.0, 5), one.slit, one.wavelength, data.astype(np.float32),
            np.full(data.shape, 1e-37), np.ones(data.shape[1:], np.float32),
            "erg/s/cm2/Angstrom/arcsec2", "NIR", HEADER,
        )  # fmt: skip

    def transfer(self):
        signal = np.linspace(0.0, 60000.0, 90)
        variance = 9.0 + signal / 1.8
        error = 0.01 * variance
        variance = variance + self.rng.normal(0, error)
        return TransferCurve(signal, variance, error, 1.8, 5.4, -4e-7, 52000.0, "NIR")

    def response(self):
        """Two orders of a smooth efficiency, the end of the shorter one unknown."""
        wave = np.array([np.linspace(1150, 1290, 500), np.linspace(1260, 1430, 500)])
        wave[0, 480:] = np.nan
        efficiency = 0.1 + 1e-4 * (wave - 1200.0)
        return Response(
            orders=np.array([16, 15]),
            wavelength_nm=wave,
            sensitivity=efficiency * 1e17,
            error=np.full(wave.shape, 0.01),
            efficiency=efficiency,
            arm="NIR",
            standards=("GD71",),
            scatter=0.008,
        )

    def merged(self, first=350.0, last=2050.0, count=12000):
        wave = np.linspace(first, last, count)
        flux = 20 * (wave / 800) ** -1.5 * (1 + 0.2 * np.sin(wave / 30))
        flux += 60 * np.exp(-0.5 * ((wave - 656.3) / 0.8) ** 2)
        sky = 5 + np.where(self.rng.random(count) < 0.02, 300, 3) * (wave > 700)
        variance = (flux + sky) / 18 + 400 * np.exp(-np.minimum(wave - first, last - wave) / 6)
        values = flux + self.rng.normal(0, np.sqrt(variance))
        values[self.rng.integers(0, count, 15)] = 4000.0
        arm = np.where(wave < 800, 1, 2) + np.where((wave >= 800) & (wave < 850), 1, 0)
        quality = np.zeros(count, np.uint32)
        quality[count // 3 : count // 3 + 20] = Quality.NO_DATA
        return MergedSpectrum(
            wave, np.full(count, wave[1] - wave[0]), values, variance, np.full(count, 0.15), sky,
            values / np.sqrt(variance), quality,
            np.where((wave % 90) < 12, 2, 1).astype(np.int16), arm.astype(np.int16),
            ("VIS", "NIR"), "electron/s/nm", HEADER,
        )  # fmt: skip


@pytest.fixture(scope="session")
def night():
    return Night(small_solution(), (160, 240))
