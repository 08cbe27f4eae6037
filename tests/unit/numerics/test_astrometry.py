import numpy as np
import pytest
from astropy.wcs import WCS

from soxs_pipeline.numerics.astrometry import match_field, tangent_plane

SETTING = {"centre": (512.0, 512.0), "reach": 110.0, "turn": 2.5, "tolerance": 2.0}


def field(seed, stars=12):
    rng = np.random.default_rng(seed)
    known = rng.uniform(-100, 1124, (2 * stars, 2))
    angle = np.deg2rad(rng.uniform(-2, 2))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    seen = (known - 512) @ turn + 512 + rng.uniform(-97, 97, 2)
    index = np.flatnonzero(np.all((seen > 0) & (seen < 1024), axis=1))
    noise = rng.normal(0, 0.1, (len(index), 2))
    return known, np.vstack([seen[index] + noise, rng.uniform(0, 1024, (6, 2))]), index


@pytest.mark.parametrize("seed", range(8))
def test_pairs_are_the_true_ones_from_a_wrong_pointing(seed):
    known, detected, index = field(seed)
    match = match_field(detected, known, **SETTING)
    assert match.chance < 1e-3
    true = match.detected < len(index)
    assert true.sum() >= len(index) - 1
    assert np.array_equal(index[match.detected[true]], match.reference[true])


def test_unrelated_fields_are_never_believed():
    rng = np.random.default_rng(3)
    for _ in range(20):
        a, b = rng.uniform(0, 1024, (20, 2)), rng.uniform(0, 1024, (20, 2))
        assert match_field(a, b, **SETTING).chance > 1e-3


def test_two_stars_are_no_match():
    two = np.array([[100.0, 100.0], [500.0, 700.0]])
    match = match_field(two, two, **SETTING)
    assert len(match.detected) == 0
    assert match.chance == np.inf


def test_the_tangent_plane_is_that_of_astropy():
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [150.0, -60.0]
    wcs.wcs.cdelt = [1 / 3600, 1 / 3600]
    ra, dec = np.array([150.03, 149.98]), np.array([-60.02, -59.97])
    expected = np.column_stack(wcs.wcs_world2pix(ra, dec, 0)) + 1
    assert tangent_plane(ra, dec, 150.0, -60.0) == pytest.approx(expected, abs=1e-6)
