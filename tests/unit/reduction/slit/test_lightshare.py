from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.objects import Source
from soxs_pipeline.numerics.slitprofile import Wing
from soxs_pipeline.reduction.slit.lightshare import light_share
from tests.support.sky_scene import BLUR_PX, Star, slit_profile

SLIT = (-6.0, 6.0)


def source(fwhm=1.0, beta=3.0, position=0.5):
    return Source(
        np.array([position]), np.array([fwhm]), beta, (1000.0, 1200.0), 10.0, False, BLUR_PX
    )


@pytest.mark.parametrize("fwhm", [0.4, 1.0, 2.0])
def test_the_share_is_that_of_brute_force(fwhm):
    slit = np.linspace(-5.8, 5.8, 300)
    wave, height = np.linspace(1000.0, 1200.0, 300), np.full(300, 0.3)
    share = light_share(source(fwhm), wave, slit, height, SLIT)
    expected = slit_profile(slit - 0.5, height, Star(fwhm=fwhm, beta=3.0))
    assert share == pytest.approx(expected, rel=0.01, abs=2e-4)


def test_a_wing_of_the_blur_widens_what_is_seen_far_out_and_takes_no_light():
    slit = np.arange(-6.0 + 0.15, 6.0, 0.3)
    plain, winged = (
        light_share(one, np.full(slit.size, 1100.0), slit, np.full(slit.size, 0.3), SLIT)
        for one in (source(0.4, 8.0), replace(source(0.4, 8.0), blur_wing=Wing(0.1, 3.0)))
    )
    away = np.abs(slit - 0.5)
    assert winged.sum() == pytest.approx(plain.sum(), abs=1e-4)
    assert (winged[away > 1.0] > plain[away > 1.0]).all()
    assert winged[away > 0.8].sum() > plain[away > 0.8].sum() + 0.02


def test_all_light_on_the_slit_is_one():
    slit = np.arange(-6.0 + 0.15, 6.0, 0.3)
    share = light_share(source(), np.full(slit.size, 1100.0), slit, np.full(slit.size, 0.3), SLIT)
    assert share.sum() == pytest.approx(1.0, abs=2e-3)


def test_shapes_of_two_dimensions_are_kept():
    slit = np.linspace(-3.0, 3.0, 12).reshape(3, 4)
    share = light_share(source(), np.full((3, 4), 1100.0), slit, np.full((3, 4), 0.3), SLIT)
    assert share.shape == (3, 4)
