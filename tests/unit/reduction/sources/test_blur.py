"""How the width of a source is split into seeing and blur."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.flux import Response
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.objects import BlurFraction, Source
from soxs_pipeline.domain.spectra import OrderSpectra
from soxs_pipeline.reduction.sources.blur import blur_of, split_as_usual, usual_blur, with_blur
from tests.support.sky_scene import make_geometry

BARE = make_geometry()
SPOT_PX = 1.8
GEOMETRY = replace(
    BARE, pixel_map=replace(BARE.pixel_map, spot_fwhm_px={11: SPOT_PX, 12: SPOT_PX})
)
LOW, HIGH = (
    float(BARE.dispersion.wave_domain_nm.min()),
    float(BARE.dispersion.wave_domain_nm.max()),
)
WAVE = np.linspace(LOW, HIGH, 7)


def source(blur_px=0.95 * SPOT_PX, seen=(np.nan, np.nan), **more):
    return Source(
        trace_coef=np.zeros(4), fwhm_coef=np.array([1.0, -0.05, 0.0, 0.0]), beta=3.2,
        wave_domain_nm=(LOW, HIGH), significance=100.0, forced=False, blur_px=blur_px,
        slit_width_arcsec=1.0, blur_seen_px=seen[0], blur_seen_error_px=seen[1], **more,
    )  # fmt: skip


def spectra(*told):
    blur = BlurFraction(*told) if told else None
    return OrderSpectra((), 600.0, "VIS", Header({}), blur=blur)


def response(blur):
    none = np.zeros((1, 1))
    return Response(np.array([11]), none, none, none, none, "VIS", ("GD71",), 0.01, blur=blur)


def test_the_fraction_is_that_of_the_pinholes_images():
    found = blur_of(source(seen=(0.77 * SPOT_PX, 0.01 * SPOT_PX)), GEOMETRY)
    assert found.fraction == pytest.approx(0.77)
    assert found.error == pytest.approx(0.01)
    assert blur_of(source(), GEOMETRY) is None
    assert blur_of(source(seen=(1.4, 0.01)), BARE) is None


def test_standards_are_averaged_by_their_errors_and_faint_ones_left_out():
    found = usual_blur(
        [spectra(0.76, 0.002), spectra(0.78, 0.002), spectra(0.95, 0.06), spectra()]
    )
    assert found.fraction == pytest.approx(0.77)
    assert found.error == pytest.approx(0.03 / np.sqrt(2.0), rel=0.05)
    assert usual_blur([spectra(0.95, 0.06), spectra(0.3, 0.01), spectra(1.4, 0.01)]) is None
    assert usual_blur([]) is None


def test_less_blur_leaves_more_to_the_seeing():
    wide = with_blur(source(), GEOMETRY, 0.8)
    assert wide.blur_px == pytest.approx(0.8 * 0.95 * SPOT_PX)
    assert (wide.fwhm(WAVE) > source().fwhm(WAVE)).all()
    back = with_blur(wide, GEOMETRY, 1.25)
    assert back.fwhm(WAVE) == pytest.approx(source().fwhm(WAVE), rel=0.004)


def test_a_target_is_split_as_the_standards_have_it():
    told = response(BlurFraction(0.77, 0.01))
    found, remarks = split_as_usual(source(), GEOMETRY, told)
    assert found.blur_px == pytest.approx(0.77 * SPOT_PX)
    assert "0.770 of a pinhole's image is blur, where 0.950 was fitted" in remarks[0]
    assert split_as_usual(source(), GEOMETRY, response(BlurFraction(0.94, 0.01)))[1] == []


def test_a_bright_target_has_a_say_itself():
    bright = source(seen=(0.87 * SPOT_PX, 0.001 * SPOT_PX))
    found, _ = split_as_usual(bright, GEOMETRY, response(BlurFraction(0.77, 0.03)))
    assert found.blur_px == pytest.approx(0.82 * SPOT_PX, rel=0.001)


@pytest.mark.parametrize("told", [None, response(None)])
def test_without_a_bright_standard_a_target_stays_as_it_was_fitted(told):
    target = source()
    assert split_as_usual(target, GEOMETRY, told) == (target, [])


def test_a_target_nobody_saw_stays_as_it_is():
    told = response(BlurFraction(0.77, 0.01))
    for target in (
        replace(source(), forced=True),
        replace(source(), fwhm_coef=np.array([np.nan])),
    ):
        assert split_as_usual(target, GEOMETRY, told)[0] is target


@pytest.mark.parametrize("beta", [1.25, 30.0])
def test_discs_at_the_ends_of_what_is_fitted_can_be_split(beta):
    for factor in (0.5, 1.3):
        found = with_blur(replace(source(), beta=beta), GEOMETRY, factor)
        assert np.isfinite(found.fwhm(WAVE)).all()
        assert 1.19 < found.beta < 40.1
