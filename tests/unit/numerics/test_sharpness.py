import numpy as np

from soxs_pipeline.numerics.sharpness import sharp_pixels


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
