"""Velocities to the barycentre, against independent knowledge of the Earth's motion."""

import math

import numpy as np
import pytest
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.time import Time
from astropy.utils import iers

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.spectra import OrderSpectra, OrderSpectrum
from soxs_pipeline.reduction.wavelength.barycentre import (
    barycentric_velocity,
    mean_velocity,
    to_barycentre,
)

LIGHT = 299792.458


def header(ra=None, dec=None, **cards):
    place = {} if ra is None else {"RA": ra, "DEC": dec}
    return Header({**place, **cards})


def test_earth_runs_at_thirty_km_s_in_the_ecliptic():
    """Then over a year a star on the ecliptic has plus and minus the Earth's orbital speed."""
    year = [barycentric_velocity(header(90.0, 23.4), 61000.0 + day) for day in range(0, 366, 5)]
    assert max(year) == pytest.approx(29.8, abs=0.7)
    assert min(year) == pytest.approx(-29.8, abs=0.7)


def test_the_pole_of_the_ecliptic_sees_next_to_nothing():
    year = [barycentric_velocity(header(270.0, 66.56), 61000.0 + day) for day in range(0, 366, 30)]
    assert np.abs(year).max() < 0.6


def test_at_the_equinox_of_march_the_earth_moves_towards_sagittarius():
    """Then the winter solstice's place of the sun, RA 18 h, is ahead, and 6 h is behind."""
    equinox = 61119.5
    assert barycentric_velocity(header(270.0, -23.44), equinox) > 29.0
    assert barycentric_velocity(header(90.0, 23.44), equinox) < -29.0


def test_the_rotation_of_the_earth_is_in_it():
    """The equator runs at 0.465 km/s, the observatory at the cosine of its latitude of that."""
    place = {
        "ESO TEL GEOLON": -70.7345,
        "ESO TEL GEOLAT": -29.2584,
        "ESO TEL GEOELEV": 2375.0,
    }
    mjd = 61114.0 + np.linspace(0, 1, 25)
    day = np.array([barycentric_velocity(header(104.0, 0.0, **place), m) for m in mjd])
    rotation = day - np.linspace(day[0], day[-1], day.size)
    assert np.ptp(rotation) == pytest.approx(2 * 0.4651 * math.cos(math.radians(29.26)), abs=0.1)


def test_the_targets_own_position_outranks_the_pointing():
    packed = header(0.0, 0.0, **{"ESO TEL TARG ALPHA": 60000.0, "ESO TEL TARG DELTA": 232400.0})
    assert barycentric_velocity(packed, 61000.0) == pytest.approx(
        barycentric_velocity(header(90.0, 23.4), 61000.0), abs=1e-6
    )


@pytest.mark.parametrize("cards", [header(), header(400.0, 0.0), header(10.0, math.nan)])
def test_an_unknown_place_gives_no_velocity(cards):
    assert math.isnan(barycentric_velocity(cards, 61000.0))


def spectra(ra):
    wave = np.linspace(500.0, 510.0, 50)
    one = np.ones(50)
    order = OrderSpectrum(
        10, wave, 0.2 * one, one, one, 0 * one, one, one, one, np.zeros(50, np.uint32), one, one,
        one,
    )  # fmt: skip
    place = {} if ra is None else {"RA": ra, "DEC": 23.4}
    return OrderSpectra((order,), 600.0, "VIS", Header({"MJD-OBS": 61000.0, **place}))


def test_wavelengths_are_stretched_by_the_velocity():
    given = spectra(90.0)
    (moved,) = to_barycentre([given])
    velocity = mean_velocity([given])
    ratio = moved.spectra[0].wavelength_nm / given.spectra[0].wavelength_nm
    np.testing.assert_allclose(ratio, 1 + velocity / LIGHT, rtol=1e-12)
    assert abs(velocity) > 1.0


def test_one_unknown_place_leaves_all_as_they_are():
    assert to_barycentre([spectra(90.0), spectra(None)]) is None


@pytest.mark.parametrize("mjd", [58000.1, 59500.7, 60310.3])
def test_irregularities_of_the_earths_rotation_do_not_matter(mjd):
    """The true table, as it ships with astropy, changes a velocity by less than 0.1 m/s."""
    site = EarthLocation.from_geodetic(-70.7345, -29.2584, 2375.0)
    with iers.earth_orientation_table.set(iers.IERS_B.open()):
        moment = Time(mjd, format="mjd", scale="utc", location=site)
        place = SkyCoord(104.0, -23.5, unit="deg")
        true = place.radial_velocity_correction("barycentric", obstime=moment)
    found = barycentric_velocity(header(104.0, -23.5), mjd)
    assert found == pytest.approx(true.to_value("km/s"), abs=1e-4)
