"""What headers tell of exposures, and how those of several products come together."""

import math

from soxs_pipeline.domain.exposure import Exposure, all_exposures, exposure_of
from soxs_pipeline.domain.header import Header

HEADER = Header(
    {
        "ARCFILE": "SOXS.2026-03-15T01:00:00.137.fits",
        "MJD-OBS": 61114.5,
        "EXPTIME": 864.0,
        "ESO TEL AIRM START": 1.1,
        "ESO TEL AIRM END": 1.3,
        "ESO OBS ID": 200102,
        "ESO OBS PROG ID": "117.A-0001",
    }
)


def test_a_header_tells_all():
    found = exposure_of(HEADER, "file.fits", "VIS")
    assert found.name == "SOXS.2026-03-15T01:00:00.137.fits"
    assert math.isclose(found.airmass, 1.2)
    assert (found.ob_id, found.prog_id, found.arm) == (200102, "117.A-0001", "VIS")
    assert math.isclose(found.mjd_middle, 61114.505)
    assert math.isclose(found.mjd_end, 61114.51)


def test_an_empty_header_leaves_gaps():
    found = exposure_of(Header({}), "file.fits", "NIR")
    assert found.name == "file.fits"
    assert math.isnan(found.mjd_start)
    assert math.isnan(found.airmass)
    assert (found.ob_id, found.prog_id) == (0, "")


def test_each_exposure_counts_once():
    early, late = Exposure("a", "VIS", 1.0, 5.0), Exposure("b", "VIS", 2.0, 5.0)
    assert all_exposures([(late, early), (early,), ()]) == (early, late)
