"""Throughput and seeing."""

import numpy as np
import pytest
from scipy.integrate import quad

from soxs_pipeline.simulator.optics import (
    efficiency,
    moffat_along_slit,
    moffat_fraction,
    moffat_line,
    seeing_at,
    slit_image,
)


def test_bands_hand_over_to_each_other_in_their_overlaps():
    for left, right, where in ((2, 3, 432.5), (3, 1, 539.0), (1, 4, 673.0)):
        wave = np.array([where - 15, where + 15])
        blue, red = efficiency("VIS", left, wave), efficiency("VIS", right, wave)
        assert blue[0] > 20 * red[0]
        assert red[1] > 20 * blue[1]


@pytest.mark.parametrize("order", range(10, 24))
def test_the_blaze_falls_to_less_than_three_quarters_at_both_ends(order):
    centre = 19490.0 / order
    ends = centre * (1 + np.array([-0.5, 0.5]) / order)
    peak = efficiency("NIR", order, np.array([centre]))[0]
    shape = efficiency("NIR", order, ends) / peak
    assert (shape < 0.9).all()
    assert (shape > 0.2).all()


@pytest.mark.parametrize("beta", [2.5, 3.2, 4.5])
def test_the_moffat_profile_has_its_width_and_its_norm(beta):
    total = quad(lambda t: float(moffat_line(t, 0.9, beta)), -200, 200, limit=300)[0]
    assert total == pytest.approx(1.0, abs=2e-3)
    # The 2-D Moffat function summed along a line, by brute force.
    alpha = 0.9 / (2 * np.sqrt(2 ** (1 / beta) - 1))
    along = np.linspace(-60, 60, 60001)
    direct = [((1 + (t**2 + along**2) / alpha**2) ** -beta).sum() for t in (0.0, 0.3, 0.9)]
    ours = moffat_line(np.array([0.0, 0.3, 0.9]), 0.9, beta)
    assert ours / ours[0] == pytest.approx(np.array(direct) / direct[0], rel=1e-3)


def test_slit_losses_grow_with_seeing():
    share = moffat_fraction(1.0, np.array([0.4, 0.9, 2.0]), 3.2)
    assert (np.diff(share) < 0).all()
    assert share[0] > 0.85
    assert moffat_fraction(12.0, np.array([0.9]), 3.2, 6.0)[0] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("beta", [2.5, 3.2, 4.5])
def test_along_a_slit_only_its_width_is_summed(beta):
    along = np.arange(0.0, 60.0, 0.01)
    widths, seeing = (0.5, 1.5, 60.0), np.array([0.5, 0.9])
    seen = [moffat_along_slit(along, seeing, beta, width) for width in widths]
    for width, profile in zip(widths, seen, strict=True):
        total = 2 * np.trapezoid(profile, along, axis=1)
        assert total == pytest.approx(moffat_fraction(width, seeing, beta), rel=2e-3)
    # A slit that cuts nothing shows the whole disc summed, a narrow one a narrower profile.
    for fwhm, narrow, wide in zip(seeing, seen[0], seen[2], strict=True):
        assert wide[:500] == pytest.approx(moffat_line(along[:500], fwhm, beta), rel=2e-3)
        assert (narrow / narrow[0])[100] < 0.9 * (wide / wide[0])[100]
    beside = moffat_along_slit(along, seeing, beta, 1.0, across_arcsec=2.0)
    assert 2 * np.trapezoid(beside, along, axis=1) == pytest.approx(
        moffat_fraction(1.0, seeing, beta, 2.0), rel=2e-3
    )


def test_seeing_falls_with_wavelength():
    assert seeing_at(np.array([1600.0]), 1.0)[0] == pytest.approx((1600 / 500) ** -0.2)


def test_the_slit_image_is_as_wide_as_the_slit():
    offsets, weights = slit_image(1.0, "NIR")
    assert weights.sum() == pytest.approx(1.0)
    assert offsets.mean() == pytest.approx(0.0, abs=1e-12)
    assert 12 * (weights * offsets**2).sum() == pytest.approx((1.0 / 0.25) ** 2, rel=0.02)
