import numpy as np
import pytest

from soxs_pipeline.domain.objects import Source
from soxs_pipeline.reduction.extraction.bins import lay_bins, profile_of
from tests.support.sky_scene import make_geometry

GEOMETRY = make_geometry()
SOURCE = Source(np.array([0.7, 0.2]), np.array([1.1]), 3.0, (1000.0, 1200.0), 9.0, False, 1.5)


@pytest.fixture(params=[11, 12])
def bins(request):
    found = lay_bins(GEOMETRY, SOURCE, request.param)
    assert found is not None
    return found


def test_bins_are_columns_on_the_trace(bins):
    assert (bins.x == np.rint(bins.x)).all()
    x, y = GEOMETRY.dispersion.detector_position(
        bins.order, bins.wavelength_nm, SOURCE.position(bins.wavelength_nm)
    )
    assert x == pytest.approx(bins.x, abs=1e-4)
    assert y == pytest.approx(bins.y, abs=1e-4)
    assert (np.diff(bins.wavelength_nm) > 0).all()


def test_samples_lie_on_their_line_of_constant_wavelength(bins):
    wave = np.broadcast_to(bins.wavelength_nm[:, None], bins.slit_arcsec.shape)
    inside = bins.on_slit
    _, y = GEOMETRY.dispersion.detector_position(
        bins.order, wave[inside], bins.slit_arcsec[inside]
    )
    assert y == pytest.approx(bins.samples.rows[inside], abs=1e-6)
    image = GEOMETRY.pixel_map.wavelength_nm
    read = bins.samples(np.where(np.isfinite(image), image, 0.0))
    deep = inside & (np.abs(bins.slit_arcsec) < 4.5)
    deep[:15] = deep[-15:] = False
    assert read[deep] == pytest.approx(wave[deep], abs=2e-4)


def test_the_profile_of_a_bin_holds_all_light(bins):
    total = (profile_of(SOURCE, bins, (-6.0, 6.0)) * bins.spacing).sum(axis=1)
    assert total == pytest.approx(1.0, abs=0.01)


def test_an_order_the_map_does_not_hold_has_no_bins():
    away = Source(np.array([30.0]), np.array([1.0]), 3.0, (1000.0, 1200.0), 9.0, False)
    assert lay_bins(GEOMETRY, away, 11) is None
