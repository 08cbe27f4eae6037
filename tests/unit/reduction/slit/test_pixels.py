import numpy as np
import pytest

from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import InputError
from soxs_pipeline.reduction.slit.pixels import gather_like, gather_pixels
from tests.support.sky_scene import READ_NOISE, make_geometry, make_scene

GEOMETRY = make_geometry()
SCENE = make_scene(GEOMETRY)


def flat_of(value, quality=None):
    shape = SCENE.frame.shape
    quality = np.zeros(shape, np.uint32) if quality is None else quality
    return Frame(
        np.full(shape, value), np.full(shape, 1e-4), quality, "", SCENE.frame.header,
        SCENE.frame.setup,
    )  # fmt: skip


def gathered(flat=None):
    return gather_pixels(SCENE.frame, flat, GEOMETRY, edge_margin_px=2.0)


def test_pixels_are_sorted_and_lie_inside_the_margin():
    orders = gathered()
    assert [pixels.order for pixels in orders] == [12, 11]
    for pixels in orders:
        assert (np.diff(pixels.w) >= 0).all()
        row, x = np.divmod(pixels.place, SCENE.frame.shape[1])
        assert (row >= GEOMETRY.order_table.lower(pixels.order, x) + 2.0).all()
        assert (row <= GEOMETRY.order_table.upper(pixels.order, x) - 2.0).all()
        assert np.abs(pixels.slit_arcsec).max() < 6.0


def test_the_height_is_that_of_a_pixel_along_the_column():
    pixels = gathered()[0]
    row, x = np.divmod(pixels.place, SCENE.frame.shape[1])
    up, down = (
        GEOMETRY.pixel_map.slit_arcsec[row + 1, x],
        GEOMETRY.pixel_map.slit_arcsec[row - 1, x],
    )
    assert pixels.height_arcsec == pytest.approx(np.abs(up - down) / 2.0, rel=1e-3)


def test_the_variance_follows_the_expectation_not_the_data():
    pixels = gathered()[0]
    assert pixels.variance(np.zeros(pixels.w.size)) == pytest.approx(READ_NOISE**2, rel=1e-4)
    assert pixels.variance(np.full(pixels.w.size, 75.0)) == pytest.approx(
        READ_NOISE**2 + 75.0, rel=1e-4
    )


def test_the_flat_divides_data_and_noise():
    plain, flat = gathered()[0], gathered(flat_of(0.5))[0]
    assert flat.data == pytest.approx(2.0 * plain.data)
    expected = 4.0 * READ_NOISE**2 + 2.0 * 100.0 + 100.0**2 * 1e-4 / 0.25
    assert flat.variance(np.full(flat.w.size, 100.0)) == pytest.approx(expected, rel=1e-4)


def test_pixels_without_response_are_left_out():
    quality = np.zeros(SCENE.frame.shape, np.uint32)
    quality[60, :] = np.uint32(Quality.DEAD)
    pixels = gathered(flat_of(1.0, quality))[1]
    assert not pixels.usable[pixels.place // SCENE.frame.shape[1] == 60].any()
    assert pixels.usable.mean() > 0.9


def test_a_frame_of_another_binning_is_refused():
    small = make_scene(GEOMETRY).frame
    cut = Frame(small.data[::2], small.variance[::2], small.quality[::2], "electron",
                small.header, small.setup)  # fmt: skip
    with pytest.raises(InputError, match="shape"):
        gather_pixels(cut, None, GEOMETRY, edge_margin_px=2.0)


def test_another_frame_is_gathered_at_the_same_pixels():
    other = make_scene(GEOMETRY, seed=9)
    flat = flat_of(0.9)
    alike = gather_like(other.frame, flat, gathered(flat))
    anew = gather_pixels(other.frame, flat, GEOMETRY, edge_margin_px=2.0)
    for one, two in zip(alike, anew, strict=True):
        for name in ("place", "w", "data", "floor", "poisson", "relative", "usable"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_places_of_an_order_are_its_pixels_with_a_wavelength():
    pixel_map = GEOMETRY.pixel_map
    for order, place in pixel_map.places.items():
        inside = (pixel_map.order == order) & np.isfinite(pixel_map.wavelength_nm)
        np.testing.assert_array_equal(place, np.flatnonzero(inside))
    assert sorted(pixel_map.places) == [11, 12]
