"""Maps against truth: brightness where it was, gaps left empty, noise as told."""

from dataclasses import replace

import numpy as np
import pytest

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.rectified import Axis, RectifiedSpectrum
from soxs_pipeline.errors import InputError
from soxs_pipeline.recipes.soxs_map import MapParameters, soxs_map

WAVE, SLIT = Axis(1000.0, 0.5, 80), Axis(-3.0, 0.25, 25)


def sky(scan, slit):
    """Brightness per square arcsec of a tilted ridge."""
    return 10.0 * np.exp(-0.5 * ((slit - 0.5 * scan) / 0.8) ** 2)


def image(at, along=0.0, width=1.0, noise=0.0, seed=1, **header):
    """What a slit at a place of the scan sees; the object stands on the other side."""
    rng = np.random.default_rng(seed)
    inside = np.linspace(at - width / 2, at + width / 2, 41)
    profile = sky(inside[None, :], (SLIT.centres + along)[:, None]).mean(axis=1) * width
    data = np.repeat(profile[:, None], WAVE.size, axis=1)
    data = data + rng.normal(0.0, noise, data.shape) if noise else data
    cards = {
        "ESO SEQ CUMOFF X": -at, "ESO SEQ CUMOFF Y": -along, "ESO INS VISE NAME": f"SLIT{width}",
        "MJD-OBS": 61000.0 + at, **header,
    }  # fmt: skip
    return RectifiedSpectrum(
        WAVE, SLIT, data.astype(np.float32), np.full(data.shape, max(noise, 0.1) ** 2),
        np.zeros(data.shape, np.uint32), "electron/s/nm/arcsec", 1.0, 1.0, "NIR", Header(cards),
    )  # fmt: skip


def cube_of(images, **parameters):
    return soxs_map(images, parameters=MapParameters(**parameters)).products.cube


def test_a_scan_becomes_a_map():
    cube = cube_of([image(at) for at in (-2.0, -1.0, 0.0, 1.0, 2.0)])
    assert cube.data.shape == (80, 25, 5)
    np.testing.assert_allclose(cube.scan.centres, [-2, -1, 0, 1, 2], atol=1e-9)
    wanted = [image(at).data[:, 0] for at in cube.scan.centres]
    np.testing.assert_allclose(cube.data[40], np.array(wanted).T, rtol=1e-5)
    assert cube.unit == "electron/s/nm/arcsec2"


def test_a_scan_of_half_steps_keeps_them():
    # Two exposures of each place, a little apart, are one step.
    places = [at + jitter for at in np.arange(-3.0, 3.1, 0.5) for jitter in (0.0, 0.02)]
    cube = cube_of([image(at) for at in places])
    assert cube.scan.step == pytest.approx(0.5)
    seen = np.array([image(one).data[:, 0] for one in places])
    for column, at in enumerate(cube.scan.centres):
        # A cell takes what each exposure saw by how much of it that one saw.
        share = np.clip(0.75 - np.abs(np.array(places) - at), 0.0, 0.5)
        np.testing.assert_allclose(cube.data[0, :, column], share @ seen / share.sum(), rtol=1e-4)


def test_offsets_along_the_slit_are_put_right():
    cube = cube_of([image(-1.0, along=0.6), image(0.0, along=-0.9)])
    for column, at in enumerate((-1.0, 0.0)):
        truth = np.array([sky(np.linspace(at - 0.5, at + 0.5, 41), y).mean()
                          for y in cube.slit.centres])  # fmt: skip
        seen = np.isfinite(cube.data[0, :, column])
        assert seen.sum() >= 24
        np.testing.assert_allclose(cube.data[0, seen, column], truth[seen], atol=0.3)


def test_what_no_exposure_saw_stays_empty():
    cube = cube_of([image(-2.0), image(2.0)])
    assert cube.scan.size == 5
    assert np.isnan(cube.data[:, :, 1:4]).all()
    assert (cube.coverage[:, 1:4] == 0).all()


def test_repeats_are_averaged_and_pulls_have_width_one():
    pulls = []
    for seed in range(8):
        images = [image(0.0, noise=0.5, seed=2 * seed + k) for k in (0, 1)]
        cube = cube_of(images)
        truth = image(0.0).data[:, :1].T[None] / 1.0
        pulls.append((cube.data[:, :, 0] - truth[0, 0][None, :]) / np.sqrt(cube.variance[:, :, 0]))
        assert np.median(cube.variance) == pytest.approx(0.5**2 / 2, rel=1e-3)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.02)


def test_a_wider_slit_is_brighter_but_not_in_brightness():
    narrow, wide = cube_of([image(0.0, width=1.0)]), cube_of([image(0.0, width=1.5)])
    assert np.nanmax(wide.data) == pytest.approx(np.nanmax(narrow.data), rel=0.05)


def test_finer_cells_share_the_slit():
    cube = cube_of([image(0.0), image(1.0)], scan_step=0.5)
    assert cube.scan.size == 4
    np.testing.assert_allclose(cube.data[:, :, 0], cube.data[:, :, 1])


@pytest.mark.parametrize(
    ("images", "word"),
    [
        ([], "nothing to map"),
        ([image(0.0), replace(image(1.0), arm="VIS")], "arms"),
        ([image(0.0), replace(image(1.0), unit="erg")], "units"),
        ([image(0.0), replace(image(1.0), wavelength=Axis(1000.0, 0.4, 80))], "wavelength"),
        ([image(0.0), replace(image(1.0), header=Header({}))], "does not tell its place"),
    ],
)
def test_what_does_not_belong_together_is_one_clear_error(images, word):
    with pytest.raises(InputError, match=word):
        cube_of(images)
