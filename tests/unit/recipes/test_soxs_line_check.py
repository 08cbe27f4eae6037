"""Lines of a slit, drawn with a known shift, and what the recipe says of them."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.beside import Beside
from soxs_pipeline.domain.calibrations import DetectorCalibration
from soxs_pipeline.errors import InputError
from soxs_pipeline.recipes.soxs_extract import ExtractParameters, soxs_extract
from soxs_pipeline.recipes.soxs_line_check import RECIPE, LineCheckParameters, soxs_line_check
from soxs_pipeline.recipes.soxs_stare import StareParameters, soxs_stare
from tests.support.optics import make_lines
from tests.support.sky_scene import Star, make_geometry, make_scene
from tests.support.toy_slit import raw_of, slit_image

GEOMETRY = make_geometry()
SHAPE = GEOMETRY.pixel_map.order.shape
SIGMA_NM = 0.35
NOTHING = DetectorCalibration()


def lamp_of(lines, factor=1.0):
    def lamp(nm, order):
        light = np.full(np.shape(nm), 40.0)
        for place, strength in zip(lines.wavelength_nm, lines.intensity, strict=True):
            light += factor * strength * np.exp(-0.5 * ((nm - place) / SIGMA_NM) ** 2)
        return light

    return lamp


def moved(shift_px, second=None):
    """The solution of a spectrograph that has moved along the dispersion, order by order."""
    x_coef = GEOMETRY.dispersion.x_coef.copy()
    x_coef[:, 0, 0] += [shift_px, shift_px if second is None else second]
    return replace(GEOMETRY.dispersion, x_coef=x_coef)


def arc(seed, solution, factor=0.03):
    lines = make_lines(np.random.default_rng(9), 24)
    rng = np.random.default_rng(seed)
    image = slit_image(solution, SHAPE, lamp_of(lines, factor))
    return raw_of(image, rng), lines


def check(raw, lines, **parameters):
    return soxs_line_check(
        raw, NOTHING, None, None, GEOMETRY, lines, parameters=LineCheckParameters(**parameters)
    )


def test_shift_width_and_power_of_an_arc():
    pulls = []
    for seed in range(4):
        found = check(*arc(seed, moved(0.37))).products.line_check
        assert found.line_used.sum() >= 18
        # One nanometre is 3.8 pixels: dispersion rises along the order.
        assert found.shift_px == pytest.approx(0.37, abs=0.03)
        pulls.append((found.common_px - 0.37) / found.common_error_px)
        assert found.fwhm_px == pytest.approx(2.355 * SIGMA_NM * 3.8, rel=0.1)
        assert found.resolving_power == pytest.approx(1100.0 / (2.355 * SIGMA_NM), rel=0.1)
    assert np.abs(pulls).max() < 3.5


@pytest.mark.parametrize("slit", [1.5, 5.0])
def test_wide_lines_are_measured_if_the_header_tells_the_slit(slit):
    lines = make_lines(np.random.default_rng(9), 24)
    apart = np.linspace(1010.0, 1190.0, 24)
    lines = replace(lines, wavelength_nm=apart + 0.1 * np.sin(np.arange(24.0)))
    thin = replace(lines, clean=np.arange(24) % 4 == 0, intensity=lines.intensity.max() * (
        np.where(np.arange(24) % 4 == 0, 1.0, 1e-6)))  # fmt: skip
    half_nm = 0.5 * slit / 0.3 / 3.8

    def lamp(nm, order):
        light = np.full(np.shape(nm), 40.0)
        for place in thin.wavelength_nm[thin.clean]:
            light += 450.0 / slit * (1.0 - np.tanh((np.abs(nm - place) - half_nm) / 0.2))
        return light

    raw = raw_of(slit_image(moved(0.5), SHAPE, lamp), np.random.default_rng(3))
    told = replace(raw, header=raw.header.merged({"ESO INS NISE NAME": f"SLIT{slit}"}))
    found = check(told, thin).products.line_check
    assert found.line_used.sum() >= 5
    assert found.common_px == pytest.approx(0.5, abs=max(0.05, 4 * found.common_error_px))
    assert found.common_error_px < 0.15
    assert np.median(found.fwhm_px) == pytest.approx(slit / 0.3, rel=0.3)


def test_orders_may_move_apart():
    found = check(*arc(1, moved(0.2, 0.8))).products.line_check
    assert found.shift_px == pytest.approx([0.2, 0.8], abs=0.03)
    assert found.common_error_px > 0.1


def test_an_order_without_lines_takes_the_shift_of_the_other():
    raw, lines = arc(2, moved(-0.4))
    bluer = lines.wavelength_nm < 1100.0
    few = type(lines)(*(getattr(lines, n)[bluer] for n in (
        "wavelength_nm", "intensity", "species", "clean")))  # fmt: skip
    outcome = check(raw, few)
    found = outcome.products.line_check
    assert found.n_lines[0] == 0
    assert found.shift_px == pytest.approx(-0.4, abs=0.05)
    assert found.shift_error_px[0] > found.shift_error_px[1]
    assert any("1 of 2 orders hold no line" in said for said in outcome.remarks)


def test_no_line_is_said():
    raw, lines = arc(3, moved(0.0), factor=0.0)
    outcome = check(raw, lines)
    assert not outcome.products.line_check.line_used.any()
    assert any("no line was found" in said for said in outcome.remarks)
    assert {q.definition for q in outcome.qc} <= set(RECIPE.qc)


def test_fewer_lines_than_a_zero_point_takes_are_said():
    raw, lines = arc(3, moved(0.0))
    few = replace(lines, clean=np.arange(lines.wavelength_nm.size) == 12)
    outcome = check(raw, few)
    assert 1 <= outcome.products.line_check.line_used.sum() < 3
    assert any("of the 3 lines that a zero point takes" in said for said in outcome.remarks)


def test_nothing_to_check_is_an_input_error():
    lines = make_lines(np.random.default_rng(9), 24)
    with pytest.raises(InputError, match="nothing to check"):
        check(None, lines)


def test_the_zero_point_is_taken_off_the_spectrum():
    scene = make_scene(GEOMETRY, 4, (Star(500.0),))
    stare = soxs_stare(scene.raw, NOTHING, None, GEOMETRY, parameters=StareParameters()).products
    found = check(*arc(1, moved(0.5))).products.line_check
    found = replace(found, arm=scene.frame.setup.arm)

    def extracted(line_check, **values):
        return soxs_extract(
            stare.sky_subtracted,
            stare.sky_model,
            stare.sources,
            Beside(line_check),
            GEOMETRY,
            None,
            None,
            parameters=ExtractParameters(**values),
        )

    plain = extracted(None).products.orders
    outcome = extracted(found)
    for before, after in zip(plain.spectra, outcome.products.orders.spectra, strict=True):
        step = (before.wavelength_nm - after.wavelength_nm) / before.width_nm
        assert step == pytest.approx(0.5, abs=0.03)
    zero = outcome.products.orders.zero_point
    # Half a pixel of 0.26 nm at 1100 nm.
    assert zero.velocity_km_s == pytest.approx(0.5 * 0.263 / 1100 * 299792, rel=0.08)
    assert any("sky lines" in said for said in outcome.remarks)
    left = extracted(found, zero_point=False).products.orders
    assert left.zero_point is None
    # A single line may be a blend: through a wide slit one was 2 pixels off, with a small error.
    single = np.arange(found.line_used.size) == np.flatnonzero(found.line_used)[0]
    lonely = extracted(replace(found, line_used=single))
    assert lonely.products.orders.zero_point is None
    assert any("1 sky line alone cannot tell" in said for said in lonely.remarks)
    with pytest.raises(InputError, match="sky lines of"):
        extracted(replace(found, arm="OTHER"))


def test_the_sky_of_an_exposure_is_measured_with_the_source_on_it():
    scene = make_scene(GEOMETRY, 4, (Star(500.0),))
    stare = soxs_stare(scene.raw, NOTHING, None, GEOMETRY, parameters=StareParameters()).products
    lines = make_lines(np.random.default_rng(3), 12)
    # The scene's lines are drawn at random columns: find where they shine, then ask for them.
    order = int(GEOMETRY.dispersion.orders[0])
    middle = GEOMETRY.pixel_map.wavelength_nm[45]
    sky = scene.sky[45]
    inside = np.isfinite(middle) & (GEOMETRY.pixel_map.order[45] == order)
    peaks = [k for k in range(15, 385) if inside[k] and sky[k] > 300
             and sky[k] == sky[k - 8 : k + 9].max()]  # fmt: skip
    assert len(peaks) >= 4
    wave = np.sort(middle[peaks])
    lines = type(lines)(wave, np.ones(wave.size), np.full(wave.size, "OH"),
                        np.ones(wave.size, dtype=bool))  # fmt: skip
    found = soxs_line_check(
        None, None, stare.sky_subtracted, stare.sky_model, GEOMETRY, lines,
        parameters=LineCheckParameters(),
    ).products.line_check  # fmt: skip
    assert found.line_used.sum() >= 3
    # Peaks are known to half a pixel.
    assert np.abs(found.line_shift_px[found.line_used]).max() < 0.7
