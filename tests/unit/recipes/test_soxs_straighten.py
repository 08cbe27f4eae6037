"""Rectified frames against truth: all light arrives, where it belongs, with honest noise."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.flux import Extinction, FluxCalibration, Response
from soxs_pipeline.domain.frame import Frame
from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.quality import Quality
from soxs_pipeline.errors import InputError, UnprocessableDataError
from soxs_pipeline.recipes.soxs_straighten import StraightenParameters, soxs_straighten
from tests.support.sky_scene import NOISY, make_geometry

GEOMETRY = make_geometry()
MAP = GEOMETRY.pixel_map
HEADER = Header({"EXPTIME": 100.0, "MJD-OBS": 61000.0})


def frame_of(data, variance=1.0, quality=None):
    shape = MAP.order.shape
    flags = (
        np.where(MAP.order == 0, np.uint32(Quality.OFF_SLIT), 0) if quality is None else quality
    )
    return Frame(
        np.where(MAP.order > 0, data, 0.0), np.broadcast_to(variance, shape),
        flags.astype(np.uint32), "electron", HEADER, NOISY,
    )  # fmt: skip


def straightened(frame, response=None, **parameters):
    outcome = soxs_straighten(
        frame,
        GEOMETRY,
        None,
        FluxCalibration(response),
        parameters=StraightenParameters(**parameters),
    )
    return outcome.products.rectified, outcome


def only(order):
    """Then nothing overlaps: a frame of one order."""
    quality = np.where(MAP.order == order, 0, np.uint32(Quality.OFF_SLIT))
    return quality.astype(np.uint32)


def test_all_light_arrives():
    """To a part in ten thousand, cells at the rim left aside that the light covers too little."""
    y = np.where(MAP.order == 11, np.nan_to_num(MAP.slit_arcsec), 9.0)
    wave = np.nan_to_num(MAP.wavelength_nm)
    light = 900.0 * np.exp(-0.5 * (y / 0.8) ** 2 - 0.5 * ((wave - 1150.0) / 9.0) ** 2)
    image, _ = straightened(frame_of(light, quality=only(11)))
    cell = image.wavelength.step * image.slit.step
    total = 100.0 * np.nansum(image.data.astype(float)) * cell
    assert total == pytest.approx(light[MAP.order == 11].sum(), rel=1e-4)


def test_a_line_of_one_wavelength_is_straight():
    wave = np.nan_to_num(MAP.wavelength_nm)
    light = 500.0 * np.exp(-0.5 * ((wave - 1150.0) / 0.5) ** 2)
    image, _ = straightened(frame_of(light, quality=only(11)))
    centres = image.wavelength.centres
    near = np.abs(centres - 1150.0) < 4.0
    rows = np.abs(image.slit.centres) < 5.0
    flux = image.data[np.ix_(rows, near)]
    middle = (flux * centres[near]).sum(axis=1) / flux.sum(axis=1)
    np.testing.assert_allclose(middle, 1150.0, atol=0.02 * image.wavelength.step)


def test_a_source_stays_at_its_slit_position():
    slit = np.nan_to_num(MAP.slit_arcsec)
    light = np.where(MAP.order > 0, 500.0 * np.exp(-0.5 * ((slit - 1.3) / 0.6) ** 2), 0.0)
    image, _ = straightened(frame_of(light))
    inner = slice(20, -20)
    flux = np.nan_to_num(image.data[:, inner])
    middle = (flux * image.slit.centres[:, None]).sum(axis=0) / flux.sum(axis=0)
    np.testing.assert_allclose(middle, 1.3, atol=0.03)


def test_pulls_have_width_one_and_sums_the_factor_told():
    rng = np.random.default_rng(1)
    sigma = rng.uniform(2.0, 4.0, MAP.order.shape)
    cells, sums = [], []
    for _ in range(12):
        image, _ = straightened(frame_of(sigma * rng.normal(size=sigma.shape), sigma**2))
        whole = (image.quality == 0) & np.isfinite(image.data)
        cells.append((image.data / np.sqrt(image.variance))[whole])
        row = image.slit.size // 2
        parts = image.data[row, 40:-40].reshape(-1)[:600].reshape(-1, 20)
        noise2 = image.variance[row, 40:-40].reshape(-1)[:600].reshape(-1, 20)
        sums.append(parts.sum(axis=1) / np.sqrt(noise2.sum(axis=1)))
    assert np.concatenate(cells).std() == pytest.approx(1.0, abs=0.02)
    assert np.nanstd(np.concatenate(sums)) == pytest.approx(image.noise_factor_wave, rel=0.12)
    assert image.noise_factor_wave > 1.05


def test_a_bad_pixel_leaves_no_trace():
    light = np.where(MAP.order > 0, 50.0, 0.0)
    clean, _ = straightened(frame_of(light))
    y, x = np.argwhere(MAP.order == 11)[4000]
    quality = only(11) & only(12)
    struck = light.copy()
    struck[y, x], quality[y, x] = 1e6, np.uint32(Quality.COSMIC_RAY)
    image, _ = straightened(frame_of(struck, quality=quality))
    both = np.isfinite(image.data) & np.isfinite(clean.data)
    np.testing.assert_allclose(image.data[both], clean.data[both], rtol=0.05)


def flat_response():
    wave = np.linspace(990.0, 1210.0, 300)
    rows = np.tile(wave, (2, 1))
    return Response(
        np.array([11, 12]), rows, np.full(rows.shape, 2.0e17), np.full(rows.shape, 0.01),
        rows * 0 + 0.1, NOISY.arm, ("star",), 0.01,
    )  # fmt: skip


def test_a_response_turns_electrons_into_flux():
    light = np.where(MAP.order > 0, 50.0, 0.0)
    plain, _ = straightened(frame_of(light))
    image, outcome = straightened(frame_of(light), flat_response())
    assert image.unit == "erg/s/cm2/Angstrom/arcsec"
    both = np.isfinite(image.data) & np.isfinite(plain.data)
    np.testing.assert_allclose(image.data[both], plain.data[both] / 2.0e17, rtol=1e-3)
    assert any("extinction" in remark for remark in outcome.remarks)


def test_an_exposure_of_the_sky_was_seen_through_the_air_of_its_header():
    """Given a frame that counts for no target's time, then its airmass is still known."""
    frame = frame_of(np.full(MAP.order.shape, 500.0))
    known = replace(frame, header=Header({**dict(HEADER), "ESO TEL AIRM START": 1.5}))
    dimmed = Extinction(np.array([300.0, 2500.0]), np.array([0.5, 0.5]))
    levels = {}
    for name, one in (("told", known), ("not told", frame)):
        outcome = soxs_straighten(
            one, GEOMETRY, None, FluxCalibration(flat_response(), dimmed),
            parameters=StraightenParameters(),
        )  # fmt: skip
        levels[name] = np.nanmedian(outcome.products.rectified.data)
        assert ("no airmass" in " ".join(outcome.remarks)) == (name == "not told")
    assert levels["told"] / levels["not told"] == pytest.approx(10 ** (0.4 * 0.5 * 0.5), rel=1e-3)


def test_steps_may_be_chosen():
    image, _ = straightened(frame_of(1.0), wave_step=1.0, slit_step=0.5)
    assert image.wavelength.step == 1.0
    assert image.slit.step == 0.5


def test_nothing_usable_is_one_clear_error():
    quality = np.full(MAP.order.shape, np.uint32(Quality.SATURATED))
    with pytest.raises(UnprocessableDataError, match="no order holds usable pixels"):
        straightened(frame_of(1.0, quality=quality))


def test_a_map_of_another_shape_is_one_clear_error():
    frame = frame_of(1.0)
    small = replace(
        frame, data=frame.data[:-1], variance=frame.variance[:-1], quality=frame.quality[:-1]
    )
    with pytest.raises(InputError, match="pixel map"):
        straightened(small)


def test_exposures_of_which_the_image_of_the_slit_moved_share_their_grid_and_places():
    moved = {11: 1.3, 12: -0.8}
    now = GEOMETRY.moved_across(moved).pixel_map
    images = []
    for pixel_map, told in ((MAP, {}), (now, moved)):
        slit = np.where(MAP.order > 0, np.nan_to_num(pixel_map.slit_arcsec), 9.0)
        light = 900.0 * np.exp(-0.5 * ((slit - 1.0) / 0.8) ** 2)
        # Rows at one end left the slit: the frames do not hold the same pixels.
        quality = np.where(np.abs(slit) < 5.5, 0, np.uint32(Quality.OFF_SLIT))
        frame = replace(frame_of(light, quality=quality), slit_moved_px=told)
        images.append(straightened(frame)[0])
    then, after = images
    assert after.wavelength.step == then.wavelength.step
    assert after.slit.step == then.slit.step
    peaks = [image.slit.centres[int(np.argmax(np.nansum(image.data, axis=1)))] for image in images]
    assert peaks == pytest.approx([1.0, 1.0], abs=then.slit.step)
