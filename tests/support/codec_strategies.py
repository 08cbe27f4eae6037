"""Domain objects of any content, for tests that write and read them."""

import dataclasses
import string

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from soxs_pipeline.domain.cube import SpectralCube
from soxs_pipeline.domain.detector import DetectorSetup, Window
from soxs_pipeline.domain.dispersion import DispersionSolution, SpectralFormat
from soxs_pipeline.domain.exposure import Exposure
from soxs_pipeline.domain.frame import BadPixelMap, Frame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.linecheck import LineCheck
from soxs_pipeline.domain.lines import LineList, LineMeasurements, MolecularBands
from soxs_pipeline.domain.objects import BlurFraction, SlitProfile, Source, Sources
from soxs_pipeline.domain.orders import OrderTable
from soxs_pipeline.domain.photontransfer import TransferCurve
from soxs_pipeline.domain.pixelmap import PixelMap
from soxs_pipeline.domain.rectified import Axis, RectifiedSpectrum
from soxs_pipeline.domain.spectra import (
    Aperture,
    Blaze,
    MergedSpectrum,
    OrderSpectra,
    OrderSpectrum,
    ZeroPoint,
)
from soxs_pipeline.numerics.logspline import LogSpline
from soxs_pipeline.numerics.slitprofile import Wing

__all__ = ["STRATEGIES"]

numbers = st.floats(-1e30, 1e30, allow_subnormal=False)
maybe_numbers = numbers | st.just(float("nan"))
positive = st.floats(1e-12, 1e12)
words = st.text(string.ascii_letters + string.digits + " ',=-_", max_size=20).map(str.strip)
orders = st.integers(1, 30)


def vectors(size, elements=maybe_numbers, dtype=np.float64):
    return hnp.arrays(dtype, size, elements=elements)


def flags(shape):
    return hnp.arrays(np.uint32, shape, elements=st.integers(0, 2**31 - 1))


def variances(shape, dtype=np.float64):
    some = st.floats(0, 2.0**60, width=32).filter(lambda v: v == 0 or v > 2.0**-60)
    return hnp.arrays(dtype, shape, elements=some | st.just(float("nan")))


@st.composite
def headers(draw):
    values = st.one_of(st.booleans(), st.integers(-(10**9), 10**9), numbers, words)
    keys = st.sampled_from(
        ["OBJECT", "EXPTIME", "MJD-OBS", "ESO SEQ ARM", "ESO OBS TARG NAME", "ESO TEL AIRM START"]
    )
    return Header(draw(st.dictionaries(keys, values)))


@st.composite
def setups(draw, shape):
    transposed = draw(st.booleans())
    rows, columns = reversed(shape) if transposed else shape
    left, top = draw(st.integers(0, 50)), draw(st.integers(0, 50))
    return DetectorSetup(
        arm=draw(st.sampled_from(["VIS", "NIR"])),
        gain_e_per_adu=draw(positive),
        read_noise_e=draw(positive),
        saturation_adu=draw(positive),
        science=Window((top, top + rows), (left, left + columns)),
        prescan=draw(st.none() | st.just(Window((top, top + rows), (0, left)))),
        reference_border=draw(st.integers(0, 8)),
        reference_channels=draw(st.integers(1, 64)),
        transposed=transposed,
        binning=(draw(st.integers(1, 4)), draw(st.integers(1, 4))),
        offset_method=draw(st.sampled_from(["bias", "dark"])),
        read_mode=draw(words),
        gain_source=draw(st.sampled_from(["header", "instrument", "measured"])),
        read_noise_source=draw(st.sampled_from(["header", "instrument", "measured"])),
    )


exposures = st.lists(
    st.builds(
        Exposure,
        name=words,
        arm=st.sampled_from(["VIS", "NIR"]),
        mjd_start=numbers,
        seconds=positive,
        airmass=st.floats(1, 3),
        ob_id=st.integers(0, 2**40),
        prog_id=words,
    ),
    max_size=3,
).map(tuple)


@st.composite
def frames(draw):
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=5))
    values = st.floats(-(2.0**90), 2.0**90, width=32) | st.just(float("nan"))
    return Frame(
        data=draw(hnp.arrays(np.float32, shape, elements=values)),
        variance=draw(variances(shape, np.float32)),
        quality=draw(flags(shape)),
        unit=draw(st.sampled_from(["electron", "electron/s", ""])),
        header=draw(headers()),
        setup=draw(setups(shape)),
        exposures=draw(exposures),
    )


@st.composite
def bad_pixel_maps(draw):
    return BadPixelMap(draw(flags(draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=5)))))


def wings():
    return st.builds(Wing, st.floats(0.0, 0.4), st.floats(1.0, 5.0))


@st.composite
def pixel_maps(draw):
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=5))
    narrow = st.floats(-1024, 1024, width=32) | st.just(float("nan"))
    return PixelMap(
        wavelength_nm=draw(vectors(shape)),
        slit_arcsec=draw(vectors(shape, narrow, np.float32)),
        order=draw(hnp.arrays(np.int16, shape, elements=st.integers(0, 30))),
        spot_fwhm_px=draw(
            st.dictionaries(st.integers(1, 30), st.floats(0.5, 9.0).map(lambda v: round(v, 6)))
        ),
        spot_wing=draw(wings()),
    )


@st.composite
def solutions(draw):
    n, waves, slits = draw(st.integers(1, 4)), draw(st.integers(2, 5)), draw(st.integers(1, 3))
    return DispersionSolution(
        orders=draw(vectors(n, orders, np.int64)),
        wave_domain_nm=draw(vectors((n, 2), numbers)),
        slit_domain_arcsec=(-6.0, draw(st.floats(0.1, 12).map(lambda v: round(v, 6)))),
        x_coef=draw(vectors((n, waves, slits))),
        y_coef=draw(vectors((n, waves, slits))),
        fit_rms_px=draw(vectors((n, 2))),
        n_lines=draw(vectors(n, st.integers(0, 1000), np.int64)),
    )


@st.composite
def formats(draw):
    solution = draw(solutions())
    n = solution.orders.size
    return SpectralFormat(
        solution=solution,
        names=tuple(draw(st.lists(words, min_size=n, max_size=n))),
        wave_range_nm=draw(vectors((n, 2))),
        slit_length_arcsec=12.0,
        pinholes_arcsec=draw(vectors(draw(st.integers(0, 9)))),
        moves_together=draw(st.booleans()),
        shape=(draw(st.integers(1, 5000)), draw(st.integers(1, 5000))),
    )


@st.composite
def line_lists(draw):
    n = draw(st.integers(0, 5))
    return LineList(
        wavelength_nm=draw(vectors(n)),
        intensity=draw(vectors(n)),
        species=np.array(draw(st.lists(words, min_size=n, max_size=n)), dtype=np.str_),
        clean=draw(vectors(n, st.booleans(), np.bool_)),
    )


@st.composite
def line_measurements(draw):
    n = draw(st.integers(0, 5))
    special = {
        "order": draw(vectors(n, orders, np.int64)),
        "used": draw(vectors(n, st.booleans(), np.bool_)),
    }
    names = [field.name for field in dataclasses.fields(LineMeasurements)]
    return LineMeasurements(
        **{name: special.get(name, draw(vectors(n))) for name in names if name not in special},
        **special,
    )


@st.composite
def order_tables(draw):
    n, degree = draw(st.integers(1, 4)), draw(st.integers(0, 4))
    return OrderTable(
        orders=draw(vectors(n, orders, np.int64)),
        x_range=draw(vectors((n, 2))),
        centre_coef=draw(vectors((n, degree + 1))),
        lower_coef=draw(vectors((n, degree + 2))),
        upper_coef=draw(vectors((n, 1))),
        residual_px=draw(vectors(n)),
    )


@st.composite
def blazes(draw):
    n, size = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    return Blaze(
        draw(vectors(n, orders, np.int64)), draw(vectors((n, size))), draw(vectors((n, size)))
    )


@st.composite
def order_spectra(draw):
    calibrated = draw(st.booleans())

    def spectrum():
        n = draw(st.integers(1 if calibrated else 0, 4))
        names = ["wavelength_nm", "width_nm", "flux", "correlation", "boxcar", "sky", "blaze"]
        calibration = (
            {name: draw(vectors(n, positive)) for name in ("sensitivity", "sensitivity_error")}
            if calibrated
            else {}
        )
        return OrderSpectrum(
            order=draw(orders),
            **calibration,
            variance=draw(variances(n)),
            boxcar_variance=draw(variances(n)),
            quality=draw(flags(n)),
            **{name: draw(vectors(n)) for name in [*names, "x", "y"]},
        )

    return OrderSpectra(
        spectra=tuple(spectrum() for _ in range(draw(st.integers(0, 3)))),
        exposure_s=draw(positive | st.just(float("nan"))),
        arm=draw(st.sampled_from(["VIS", "NIR"])),
        header=draw(headers()),
        exposures=draw(exposures),
        zero_point=draw(st.none() | st.builds(ZeroPoint, numbers, positive, st.integers(0, 1000))),
        aperture=draw(st.none() | st.builds(Aperture, numbers, numbers, st.booleans())),
        flux_error=draw(positive | st.just(float("nan"))),
        blur=draw(st.none() | st.builds(BlurFraction, positive, positive)),
    )


@st.composite
def line_checks(draw):
    n, m = draw(st.integers(1, 4)), draw(st.integers(0, 5))
    by_order = ["shift_px", "shift_error_px", "velocity_km_s", "velocity_error_km_s"]
    by_line = ["wavelength_nm", "shift_px", "error_px", "fwhm_px", "flux"]
    return LineCheck(
        orders=draw(vectors(n, orders, np.int64)),
        n_lines=draw(vectors(n, orders, np.int64)),
        **{name: draw(vectors(n)) for name in [*by_order, "fwhm_px", "resolving_power"]},
        common_px=draw(maybe_numbers),
        common_error_px=draw(maybe_numbers),
        line_order=draw(vectors(m, orders, np.int64)),
        **{f"line_{name}": draw(vectors(m)) for name in by_line},
        line_used=draw(vectors(m, st.booleans(), np.bool_)),
        arm=draw(st.sampled_from(["VIS", "NIR"])),
    )


@st.composite
def merged_spectra(draw):
    n = draw(st.integers(0, 5))
    names = ["wavelength_nm", "width_nm", "flux", "correlation", "sky", "snr"]
    if draw(st.booleans()):
        names += ["reduced", "reduced_error"]
    return MergedSpectrum(
        variance=draw(variances(n)),
        quality=draw(flags(n)),
        contributors=draw(vectors(n, st.integers(0, 99), np.int16)),
        arm=draw(vectors(n, st.integers(0, 3), np.int16)),
        arms=draw(st.sampled_from([("VIS",), ("VIS", "NIR"), ()])),
        unit=draw(st.sampled_from(["electron/s/nm", "erg/s/cm2/Angstrom"])),
        flux_error=draw(positive | st.just(float("nan"))),
        wavelength_error_km_s=draw(positive | st.just(float("nan"))),
        header=draw(headers()),
        exposures=draw(exposures),
        **{name: draw(vectors(n)) for name in names},
    )


@st.composite
def outlines(draw):
    low, length = draw(st.floats(-20, 0)), draw(st.floats(1, 20))
    return LogSpline(low, low + length, draw(vectors(draw(st.integers(4, 9)), numbers)))


@st.composite
def sources(draw):
    def source():
        return Source(
            trace_coef=draw(vectors(draw(st.integers(1, 4)))),
            fwhm_coef=draw(vectors(draw(st.integers(1, 4)))),
            beta=draw(positive),
            wave_domain_nm=(draw(numbers), draw(numbers)),
            significance=draw(numbers),
            forced=draw(st.booleans()),
            blur_px=draw(positive),
            blur_trend=draw(vectors(draw(st.integers(0, 3)))),
            blur_wing=draw(wings()),
            slit_width_arcsec=draw(positive),
            flux_error=draw(positive | st.just(float("nan"))),
            blur_seen_px=draw(positive | st.just(float("nan"))),
            blur_seen_error_px=draw(positive | st.just(float("nan"))),
            outline=draw(st.none() | outlines()),
        )

    n = draw(st.integers(0, 5))
    return Sources(
        tuple(source() for _ in range(draw(st.integers(0, 3)))),
        SlitProfile(*(draw(vectors(n)) for _ in range(4))),
        draw(numbers | st.just(float("nan"))),
    )


@st.composite
def molecular_bands(draw):
    n = draw(st.integers(1, 4))
    return MolecularBands(draw(vectors(n)), draw(vectors(n)), np.array(["H2O"] * n))


squares = st.integers(0, 4000).map(lambda n: float(n**2))
axes = st.builds(Axis, st.floats(-1e4, 1e4), st.floats(1e-3, 1e3), st.integers(1, 6))


@st.composite
def rectified_spectra(draw):
    wave, slit = draw(axes), draw(axes)
    shape = slit.size, wave.size
    return RectifiedSpectrum(
        wavelength=wave,
        slit=slit,
        data=draw(hnp.arrays(np.float32, shape, elements=st.floats(-1e6, 1e6, width=32))),
        # One sigma is what lies on disk, in single precision.
        variance=draw(hnp.arrays(np.float64, shape, elements=squares)),
        quality=draw(flags(shape)),
        unit=draw(st.sampled_from(["electron/s/nm/arcsec", "erg/s/cm2/Angstrom/arcsec"])),
        noise_factor_wave=draw(positive),
        noise_factor_slit=draw(positive),
        arm=draw(st.sampled_from(["VIS", "NIR"])),
        header=draw(headers()),
        exposures=draw(exposures),
    )


@st.composite
def cubes(draw):
    scan, slit, wave = (draw(axes) for _ in range(3))
    shape, floats = (wave.size, slit.size, scan.size), st.floats(-1e6, 1e6, width=32)
    return SpectralCube(
        scan=scan,
        slit=slit,
        wavelength=wave,
        data=draw(hnp.arrays(np.float32, shape, elements=floats)),
        variance=draw(hnp.arrays(np.float64, shape, elements=squares)),
        coverage=draw(hnp.arrays(np.float32, shape[1:], elements=floats)),
        unit=draw(st.sampled_from(["electron/s/nm/arcsec2", "erg/s/cm2/Angstrom/arcsec2"])),
        arm=draw(st.sampled_from(["VIS", "NIR"])),
        header=draw(headers()),
        exposures=draw(exposures),
    )


STRATEGIES = {
    MolecularBands: molecular_bands(),
    Frame: frames(),
    BadPixelMap: bad_pixel_maps(),
    PixelMap: pixel_maps(),
    DispersionSolution: solutions(),
    SpectralFormat: formats(),
    LineList: line_lists(),
    LineMeasurements: line_measurements(),
    LineCheck: line_checks(),
    OrderTable: order_tables(),
    Blaze: blazes(),
    OrderSpectra: order_spectra(),
    MergedSpectrum: merged_spectra(),
    RectifiedSpectrum: rectified_spectra(),
    SpectralCube: cubes(),
    TransferCurve: st.builds(
        TransferCurve, *[vectors(3)] * 3, *[maybe_numbers] * 4, st.just("VIS")
    ),
    Sources: sources(),
}
