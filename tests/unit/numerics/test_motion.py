import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.time import Time

from soxs_pipeline.numerics.motion import propagate


def test_it_is_the_motion_of_astropy():
    ra, dec = np.array([10.0, 359.9999, 200.0]), np.array([-30.0, 5.0, -89.9])
    pm_ra, pm_dec = np.array([500.0, 3000.0, -800.0]), np.array([-200.0, 100.0, 900.0])
    start = SkyCoord(
        ra * u.deg,
        dec * u.deg,
        pm_ra_cosdec=pm_ra * u.mas / u.yr,
        pm_dec=pm_dec * u.mas / u.yr,
        distance=100 * u.pc,
        obstime=Time(2015.5, format="jyear"),
    )
    wanted = start.apply_space_motion(Time(2026.5, format="jyear"))
    got = propagate(ra, dec, pm_ra, pm_dec, 11.0)
    found = SkyCoord(got[0] * u.deg, got[1] * u.deg)
    assert wanted.separation(found).arcsec == pytest.approx(0.0, abs=2e-3)


def test_no_motion_stays():
    got = propagate(np.array([3.0]), np.array([4.0]), np.array([np.nan]), np.array([np.nan]), 9.0)
    assert np.ravel(got) == pytest.approx([3.0, 4.0])
