import numpy as np
import pytest
from scipy.special import erf

from soxs_pipeline.numerics.sharpness import narrow_pixels, sharp_pixels


def noise(seed=1, shape=(120, 150)):
    return np.random.default_rng(seed).normal(0.0, 1.0, shape)


def marked(image):
    return sharp_pixels(image, seed_sigma=5.0, grow_sigma=2.5)


def test_single_pixels_and_tracks_are_hits():
    image = noise()
    image[30, 40] += 40.0
    track = np.arange(60, 80), np.arange(50, 70)
    image[track] += 25.0
    image[100, 20:35] += 25.0
    hit = marked(image)
    assert hit[30, 40]
    assert hit[track].mean() > 0.9
    assert hit[100, 20:35].mean() > 0.9


def test_the_fringe_of_a_hit_goes_with_it():
    image = noise()
    image[30, 40] += 40.0
    image[30, 41] += 4.0
    assert marked(image)[30, 41] == (image[30, 41] > 2.5)


def test_light_as_wide_as_the_optics_make_it_is_not():
    y, x = np.indices((120, 150))
    rng = np.random.default_rng(2)
    image = noise(3)
    for _ in range(40):
        centre = rng.uniform(8, 112), rng.uniform(8, 142)
        image += 60.0 * np.exp(
            -0.5 * (((y - centre[0]) / 0.85) ** 2 + ((x - centre[1]) / 0.85) ** 2)
        )
    assert marked(image).sum() <= 2


def test_noise_is_left_alone():
    assert marked(noise(4, (1000, 1000))).sum() <= 2


def test_a_track_is_followed_to_where_it_fades():
    image = noise()
    fading = np.array([1500.0, 1180.0, 780.0, 390.0, 200.0, 100.0, 50.0])
    image[60, 70:77] += fading
    assert marked(image)[60, 70:77].all()


def narrow(image, sharpest=0.65, variance=1.0):
    good = np.isfinite(image)
    noise2 = variance + np.maximum(np.where(good, image, 0.0), 0.0)
    return narrow_pixels(
        np.where(good, image, 0.0), noise2, good, sharpest_px=sharpest, seed_sigma=5.0,
        grow_sigma=2.5,
    )  # fmt: skip


def spectrum(sigma, seed, lines=60, continuum=200.0):
    """A row of continuum, emission lines and lines of absorption, all blurred by the optics."""
    rng = np.random.default_rng(seed)
    x = np.arange(400)[:, None]
    centre, light = rng.uniform(5, 395, lines), 10 ** rng.uniform(1, 5, lines)
    edges = [(x + half - centre) / (sigma * np.sqrt(2.0)) for half in (-0.5, 0.5)]
    row = (0.5 * light * (erf(edges[1]) - erf(edges[0]))).sum(axis=1) + continuum
    return row, rng


@pytest.mark.parametrize("sigma", [0.65, 0.9, 2.0])
def test_no_spectrum_is_narrower_than_light(sigma):
    found = 0
    for seed in range(20):
        row, rng = spectrum(sigma, seed)
        profile = np.exp(-0.5 * ((np.arange(21) - 10) / 1.6) ** 2)[:, None]
        found += narrow(rng.poisson(profile * row) + rng.normal(0.0, 1.0, (21, 400))).sum()
    assert found <= 2


def test_light_of_binned_pixels_is_as_narrow_as_binning_makes_it():
    row, rng = spectrum(0.7, 3)
    binned = rng.poisson(row.reshape(200, 2).sum(axis=1)[None, :].repeat(9, axis=0)).astype(float)
    assert not narrow(binned, sharpest=0.325).any()
    assert narrow(binned).any()


def test_a_track_across_the_rows_is_found_on_a_source_and_goes_with_its_fringe():
    row, rng = spectrum(0.9, 4, lines=0)
    profile = np.exp(-0.5 * ((np.arange(21) - 10) / 1.6) ** 2)[:, None]
    image = rng.poisson(profile * row) + rng.normal(0.0, 1.0, (21, 400))
    image[7:13, 150] += 900.0
    image[7:13, 151] += 90.0
    hit = narrow(image)
    assert hit[7:13, 150].all()
    # Where the source is steep its own light may be all that stands out.
    assert hit[9:12, 151].all()
    assert hit.sum() < 20


def test_next_to_a_pixel_that_says_nothing_nothing_is_said():
    image = np.full((5, 40), 100.0)
    image[2, 20] = np.nan
    assert not narrow(image).any()
    # Where a partner was taken off its source is negative.
    assert not narrow(-image).any()


def test_the_slope_of_a_line_beside_a_hit_is_not_its_fringe():
    x = np.arange(400)
    image = np.random.default_rng(6).normal(0.0, 1.0, (21, 400))
    image += 300.0 * np.exp(-0.5 * ((x - 152.0) / 1.6) ** 2)
    image[10, 150] += 2000.0
    hit = narrow(image)
    assert hit[10, 150]
    assert hit.sum() == 1
