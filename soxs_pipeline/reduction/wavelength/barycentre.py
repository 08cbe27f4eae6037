"""Take the motion of the Earth out of wavelengths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from astropy import units
from astropy.coordinates import EarthLocation, SkyCoord
from astropy.time import Time
from astropy.utils import iers

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.spectra import OrderSpectra
from soxs_pipeline.domain.target import target_of

__all__ = ["barycentric_velocity", "mean_velocity", "to_barycentre"]

_SPEED_OF_LIGHT_KM_S = 299792.458
#: La Silla (longitude, latitude in degrees, height in m), for headers without the place.
_SITE = (-70.7345, -29.2584, 2375.0)
_SITE_KEYS = ("ESO TEL GEOLON", "ESO TEL GEOLAT", "ESO TEL GEOELEV")


def barycentric_velocity(header: Header, mjd: float) -> float:
    """Return the observatory's velocity towards the target, relative to the barycentre, in km/s.

    A wavelength times ``1 + v/c`` is that seen at the barycentre (Wright & Eastman 2014, PASP
    126, 838, to first order; what is left out is below 1 m/s). NaN if the header does not tell
    where the target is, or the time is unknown.

    Parameters
    ----------
    header
        Of the exposure: target, and place of the telescope if it is there.
    mjd
        Middle of the exposure, UTC.
    """
    target = target_of(header)
    if not (target.known and math.isfinite(mjd)):
        return math.nan
    told = [header.number(key) for key in _SITE_KEYS]
    place = told if np.isfinite(told).all() else _SITE
    site = EarthLocation.from_geodetic(place[0], place[1], place[2])
    with iers.earth_orientation_table.set(_steady_earth()):
        place_on_sky = SkyCoord(target.ra_deg, target.dec_deg, unit="deg")
        moment = Time(mjd, format="mjd", scale="utc", location=site)
        velocity = place_on_sky.radial_velocity_correction("barycentric", obstime=moment)
    return float(velocity.to_value(units.km / units.s))


@lru_cache(maxsize=1)
def _steady_earth() -> iers.IERS:
    """Return a table of the Earth's rotation without its irregularities.

    They are below a second of time and an arcsecond, which changes a velocity by less than
    0.1 m/s; the true table takes long to read, and a network to be up to date.
    """
    days = [0.0, 200000.0] * units.day
    return iers.IERS(
        {
            "MJD": days,
            "UT1_UTC": [0.0, 0.0] * units.s,
            "PM_x": [0.0, 0.0] * units.arcsec,
            "PM_y": [0.0, 0.0] * units.arcsec,
        }
    )


def _velocity(exposure: OrderSpectra) -> float:
    middles = [one.mjd_middle for one in exposure.exposures]
    begun = exposure.header.number("MJD-OBS")
    middle = float(np.mean(middles)) if middles else begun + 0.5 * exposure.exposure_s / 86400.0
    return barycentric_velocity(exposure.header, middle)


def mean_velocity(exposures: Sequence[OrderSpectra]) -> float:
    """Return the mean of the exposures' barycentric velocities in km/s, NaN if one is unknown."""
    return float(np.mean([_velocity(exposure) for exposure in exposures]))


def to_barycentre(exposures: Sequence[OrderSpectra]) -> list[OrderSpectra] | None:
    """Return the spectra with wavelengths as at the barycentre, None if a velocity is unknown.

    Each exposure is moved by its own velocity, before they are averaged.
    """
    factors = [1.0 + _velocity(exposure) / _SPEED_OF_LIGHT_KM_S for exposure in exposures]
    if not np.isfinite(factors).all():
        return None
    return [
        replace(
            exposure,
            spectra=tuple(
                replace(s, wavelength_nm=s.wavelength_nm * factor, width_nm=s.width_nm * factor)
                for s in exposure.spectra
            ),
        )
        for exposure, factor in zip(exposures, factors, strict=True)
    ]
