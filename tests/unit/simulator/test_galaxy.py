"""Discs of galaxies as the slit sees them."""

import numpy as np
import pytest

from soxs_pipeline.simulator.galaxy import disc_along_slit
from soxs_pipeline.simulator.optics import moffat_along_slit

ALONG = np.linspace(-14.0, 14.0, 2801)
SEEING = np.array([0.7, 1.1])


def test_a_slit_that_cuts_nothing_passes_all_the_light():
    seen = disc_along_slit(
        ALONG, SEEING, 4.0, 24.0, scale_arcsec=1.0, axis_ratio=0.5, angle_deg=20.0
    )
    assert np.trapezoid(seen, ALONG, axis=1) == pytest.approx(1.0, abs=2e-3)


def test_a_tiny_disc_is_a_star():
    disc = disc_along_slit(ALONG, SEEING, 3.2, 1.0, scale_arcsec=0.05)
    star = moffat_along_slit(ALONG, SEEING, 3.2, 1.0)
    assert disc.sum(axis=1) == pytest.approx(star.sum(axis=1), rel=0.02)
    assert disc[:, 1400] == pytest.approx(star[:, 1400], rel=0.06)


def test_light_falls_off_exponentially_along_either_axis():
    for angle, scale in ((0.0, 2.0), (90.0, 1.0)):
        seen = disc_along_slit(
            ALONG,
            np.array([0.3]),
            4.5,
            0.1,
            scale_arcsec=2.0,
            axis_ratio=0.5,
            angle_deg=angle,
        )[0]
        far = (np.abs(ALONG) > 2.0) & (np.abs(ALONG) < 6.0)
        slope = np.polyfit(np.abs(ALONG[far]), np.log(seen[far]), 1)[0]
        assert -1.0 / slope == pytest.approx(scale, rel=0.04)


def test_beside_the_nucleus_a_tilted_disc_is_skew():
    where = {"scale_arcsec": 2.0, "axis_ratio": 0.4, "angle_deg": 45.0}
    through = disc_along_slit(ALONG, SEEING, 3.2, 1.0, **where)[0]
    beside = disc_along_slit(ALONG, SEEING, 3.2, 1.0, **where, across_arcsec=2.0)[0]
    assert through == pytest.approx(through[::-1], abs=1e-3 * through.max())
    assert beside.max() < 0.6 * through.max()
    # The major axis leans towards positive places where the slit is on this side.
    assert abs(ALONG[np.argmax(beside)]) > 0.5
