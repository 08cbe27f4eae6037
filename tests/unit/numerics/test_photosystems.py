import numpy as np
import pytest

from soxs_pipeline.numerics.photosystems import stars_in_band

MAGNITUDES = {
    "g": np.array([17.0, 18.5]), "r": np.array([16.5, 17.6]), "i": np.array([16.3, 17.2]),
    "z": np.array([16.2, 17.0]),
}  # fmt: skip
ERRORS = {band: np.full(2, 0.01) for band in MAGNITUDES}


def test_a_band_of_the_catalogue_is_taken_as_it_is():
    found = stars_in_band(MAGNITUDES, ERRORS, "i")
    assert found.magnitude.tolist() == MAGNITUDES["i"].tolist()
    assert found.colour == pytest.approx([0.2, 0.4])
    assert (found.colour_name, found.transformed, found.system_error) == ("r-i", False, 0.0)


def test_johnson_v_follows_tonry():
    found = stars_in_band(MAGNITUDES, ERRORS, "V")
    assert found.magnitude[0] == pytest.approx(16.5 + 0.005 + 0.462 * 0.5 + 0.013 * 0.25)
    assert found.transformed
    assert found.system_error == pytest.approx(0.012)
    assert (found.error > 0.012).all()


@pytest.mark.parametrize(("band", "least"), [("u", 0.1), ("y", 0.03)])
def test_what_is_far_from_the_catalogues_bands_has_a_larger_error(band, least):
    found = stars_in_band(MAGNITUDES, ERRORS, band)
    assert np.isfinite(found.magnitude).all()
    assert (found.error > least).all()
    assert found.system_error == pytest.approx(least)


def test_sdss_u_follows_finkbeiner():
    x = 0.7
    wanted = 17.0 - (0.04438 - 2.26095 * x - 0.13387 * x**2 + 0.27099 * x**3)
    assert stars_in_band(MAGNITUDES, ERRORS, "u").magnitude[0] == pytest.approx(wanted)


def test_transformations_end_where_their_stars_do():
    blue = {**MAGNITUDES, "i": np.array([16.9, 17.2])}
    assert np.isnan(stars_in_band(blue, ERRORS, "u").magnitude[0])


def test_without_the_bands_of_the_colour_nothing_can_be_said():
    assert stars_in_band({"g": MAGNITUDES["g"]}, ERRORS, "g") is None
    few = {band: MAGNITUDES[band] for band in "gr"}
    assert stars_in_band(few, ERRORS, "y") is None


@pytest.mark.parametrize(("band", "slope"), [("g", 0.3), ("r", -0.2), ("z", 0.1), ("V", 0.25)])
def test_the_error_less_a_colour_term_is_that_of_catalogues_drawn_at_random(band, slope):
    rng = np.random.default_rng(3)
    errors = {"g": 0.012, "r": 0.02, "i": 0.009, "z": 0.015}
    drawn = {b: MAGNITUDES[b][0] + rng.normal(0, errors[b], 40_000) for b in MAGNITUDES}
    found = stars_in_band(drawn, {b: np.full(40_000, e) for b, e in errors.items()}, band)
    scatter = np.std(found.magnitude - slope * found.colour)
    told = np.sqrt(found.error_of(slope)[0] ** 2 - found.own_error**2)
    assert scatter == pytest.approx(told, rel=0.02)
