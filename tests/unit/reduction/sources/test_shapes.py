"""What is expected of a source before it is fitted."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.numerics.detection import Peak
from soxs_pipeline.numerics.slitprofile import Wing
from soxs_pipeline.reduction.sources.shapes import source_of, usual_beside, usual_shape

DOMAIN = (800.0, 2000.0)
NONE = (np.zeros(0), np.zeros(0))


def shape(blurs, slit=1.0):
    return usual_shape(Peak(0.5, 0.9, 100.0, 20.0), DOMAIN, blurs, slit)


def test_the_blur_follows_the_pinholes_along_the_arm():
    wave = np.linspace(850.0, 1950.0, 12)
    width = 2.0 - 0.4 * (wave - 1400.0) / 550.0
    found = shape((wave, width))
    assert found.blur(wave) / width == pytest.approx(1.0, rel=1e-6)
    assert source_of(found).blur(wave) == pytest.approx(found.blur(wave))
    assert found.blur_usual_px[0] == pytest.approx(2.0, rel=1e-6)


def test_one_order_with_a_wrong_width_does_not_bend_the_blur():
    wave = np.linspace(850.0, 1950.0, 12)
    width = np.full(12, 1.8) + 0.005 * np.cos(np.arange(12))
    width[3] = 5.0
    assert shape((wave, width)).blur(wave) == pytest.approx(1.8, rel=0.01)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_orders_bend_no_more_than_they_can_tell(count):
    wave = np.linspace(900.0, 1900.0, count)
    found = shape((wave, np.linspace(1.7, 1.9, count)))
    assert found.blur_trend.size == max(count - 2, 0)
    assert found.blur(np.array([1400.0]))[0] == pytest.approx(1.8, rel=0.08)


def test_without_pinholes_the_blur_is_loose_and_even():
    found = shape(NONE, slit=0.0)
    assert not found.blur_trend.size
    assert found.blur_usual_px[1] > 0.2 * found.blur_usual_px[0]
    assert found.blur(np.array(DOMAIN)) == pytest.approx(found.blur_px)


def test_a_source_beside_another_is_seen_through_the_same_slit_and_optics():
    known = replace(shape(NONE, 1.5), blur_wing=Wing(0.04, 2.0))
    beside = usual_beside(Peak(-2.0, 0.7, 0.0, 8.0), known)
    assert beside.slit_width_arcsec == 1.5
    assert beside.blur_wing == Wing(0.04, 2.0)
    assert beside.domain_nm == known.domain_nm
    assert beside.position(np.array([600.0]))[0] == -2.0
