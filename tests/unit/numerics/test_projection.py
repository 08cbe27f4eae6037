import numpy as np
import pytest
from astropy.wcs import WCS, Sip

from soxs_pipeline.numerics.projection import fit_plane, pixel_to_sky, sky_to_pixel

SCALE = 0.2057 / 3600
TURN = np.deg2rad(31.0)
CD = SCALE * np.array([[-np.cos(TURN), np.sin(TURN)], [np.sin(TURN), np.cos(TURN)]])
CRPIX, CRVAL = np.array([512.5, 512.5]), np.array([359.9991, -61.3])
A = np.zeros((4, 4))
B = np.zeros((4, 4))
A[2, 0], A[1, 2], A[3, 0] = 2e-7, 5e-9, 5e-9
B[0, 2], B[2, 1], B[0, 3] = -3e-7, 5e-9, 5e-9
PARTS = {"crpix": CRPIX, "crval": CRVAL, "cd": CD, "sip_a": A, "sip_b": B}


def independent():
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    wcs.wcs.crpix, wcs.wcs.crval, wcs.wcs.cd = CRPIX, CRVAL, CD
    wcs.sip = Sip(A, B, None, None, CRPIX)
    wcs.wcs.set()
    return wcs


def places(n=60, seed=3):
    return np.random.default_rng(seed).uniform(1, 1024, (n, 2))


def test_as_astropy_has_it_and_back():
    xy = places()
    ra, dec = pixel_to_sky(xy, **PARTS)
    theirs = independent().all_pix2world(xy, 1)
    across = np.cos(np.deg2rad(dec))
    assert np.abs((ra - theirs[:, 0] + 180) % 360 - 180).max() * 3600 < 1e-6 / across.min()
    assert np.abs(dec - theirs[:, 1]).max() * 3600 < 1e-6
    assert sky_to_pixel(ra, dec, **PARTS) == pytest.approx(xy, abs=1e-7)


def test_fit_finds_projection_and_distortion():
    xy = places(80)
    ra, dec = pixel_to_sky(xy, **PARTS)
    found = fit_plane(
        xy, ra, dec, np.full(80, 1e-4), crpix=CRPIX, start=CRVAL + 0.003, distorted=True
    )
    assert found.crval == pytest.approx(CRVAL, abs=1e-9)
    assert found.cd == pytest.approx(CD, rel=1e-6, abs=1e-12)
    assert found.sip_a == pytest.approx(A, abs=1e-10)
    assert found.sip_b == pytest.approx(B, abs=1e-10)
    assert found.used.all()


@pytest.mark.parametrize("distorted", [False, True])
def test_error_of_the_zero_point_is_honest(distorted):
    rng = np.random.default_rng(8)
    xy = places(60)
    ra, dec = pixel_to_sky(xy, **PARTS | {"sip_a": np.zeros((0, 0)), "sip_b": np.zeros((0, 0))})
    across = np.cos(np.deg2rad(CRVAL[1]))
    pulls = []
    for _ in range(60):
        noise = rng.normal(0, 0.02 / 3600, (2, 60))
        found = fit_plane(
            xy, ra + noise[0] / across, dec + noise[1], np.full(60, 0.02), crpix=CRPIX,
            start=CRVAL, distorted=distorted,
        )  # fmt: skip
        # The mean of all stars is what the error is told of.
        mine = found.residual_arcsec.mean(axis=0)
        assert np.abs(mine).max() < 1e-3
        pulls.append((found.crval - CRVAL)[1] * 3600 / found.error_arcsec)
    # At the reference pixel curvature takes its share.
    assert 0.8 < np.std(pulls) < 2.6


def test_outliers_leave():
    xy = places(50)
    ra, dec = pixel_to_sky(xy, **PARTS)
    dec[7] += 0.4 / 3600
    found = fit_plane(xy, ra, dec, np.full(50, 1e-4), crpix=CRPIX, start=CRVAL, distorted=True)
    assert np.flatnonzero(~found.used).tolist() == [7]
    assert found.crval == pytest.approx(CRVAL, abs=1e-9)


def test_two_stars_give_shift_rotation_and_scale():
    xy = np.array([[100.0, 200.0], [900.0, 700.0], [300.0, 850.0]])
    ra, dec = pixel_to_sky(xy, **PARTS | {"sip_a": np.zeros((0, 0)), "sip_b": np.zeros((0, 0))})
    found = fit_plane(xy, ra, dec, np.full(3, 0.01), crpix=CRPIX, start=CRVAL, distorted=False)
    assert found.cd == pytest.approx(CD, rel=1e-5, abs=1e-12)


def test_twenty_stars_tell_a_lens_that_stretches_the_field():
    # Two pixels at the rim, as a third power of the distance from the middle.
    lens = np.zeros((4, 4)), np.zeros((4, 4))
    lens[0][3, 0] = lens[0][1, 2] = lens[1][0, 3] = lens[1][2, 1] = 1.5e-8
    parts = PARTS | {"sip_a": lens[0], "sip_b": lens[1]}
    rng, grid = np.random.default_rng(4), places(300, seed=9)
    wrong = []
    for seed in range(20):
        xy = places(20, seed)
        ra, dec = pixel_to_sky(xy, **parts)
        blurred = xy + rng.normal(0, 0.02 / 0.2057, xy.shape)
        found = fit_plane(
            blurred, ra, dec, np.full(20, 0.02), crpix=CRPIX, start=CRVAL, distorted=True
        )
        names = ("crpix", "crval", "cd", "sip_a", "sip_b")
        back = sky_to_pixel(*pixel_to_sky(grid, **parts), **{k: getattr(found, k) for k in names})
        wrong.append((back - grid) * 205.7)
    # Ten coefficients an axis would carry a noise of 20 / sqrt(2) mas, and far more at the rim.
    assert np.sqrt(np.mean(np.square(wrong))) < 14.0


def test_a_mirrored_field_of_three_stars():
    xy = np.array([[100.0, 200.0], [900.0, 700.0], [300.0, 850.0]])
    mirrored = CD @ np.diag([-1.0, 1.0])
    plain = {"cd": mirrored, "sip_a": np.zeros((0, 0)), "sip_b": np.zeros((0, 0))}
    ra, dec = pixel_to_sky(xy, **PARTS | plain)
    found = fit_plane(xy, ra, dec, np.full(3, 0.01), crpix=CRPIX, start=CRVAL, distorted=False)
    assert found.cd == pytest.approx(mirrored, rel=1e-5, abs=1e-12)
