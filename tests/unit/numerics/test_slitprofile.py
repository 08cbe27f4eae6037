"""The light along a slit against a round disc summed, blurred and binned by brute force."""

import numpy as np
import pytest

from soxs_pipeline.numerics.slitprofile import (
    NO_WING,
    Wing,
    look_up,
    matched_disc,
    passed_between,
    profile_table,
)

HEIGHT, BLUR, STEP = 0.28, 0.47, 0.01
ALONG = STEP * (np.arange(8001) - 4000)


def disc_along(width, fwhm, beta):
    """A disc summed across the slit on a fine grid; all that falls on the grid is one."""
    across = np.linspace(-0.5 * width, 0.5 * width, 801)[:, None] if width else np.zeros((1, 1))
    alpha = fwhm / (2.0 * np.sqrt(2.0 ** (1.0 / beta) - 1.0))
    light = (1.0 + (across**2 + ALONG**2) / alpha**2) ** -beta
    light = np.trapezoid(light, across, axis=0) if width else light[0]
    return light / (light.sum() * STEP)


def between(light, low, high):
    ends = np.concatenate((ALONG - 0.5 * STEP, [ALONG[-1] + 0.5 * STEP]))
    total = np.concatenate(([0.0], np.cumsum(light))) * STEP
    return np.interp(high, ends, total) - np.interp(low, ends, total)


@pytest.mark.parametrize("width", [0.0, 0.5, 1.0, 1.5, 5.0])
@pytest.mark.parametrize("beta", [2.5, 3.2, 6.0])
@pytest.mark.parametrize("fwhm", [0.4, 0.9, 2.0])
@pytest.mark.parametrize("wing", [NO_WING, Wing(0.1, 2.5)])
def test_the_table_is_the_disc_seen_along_the_slit(width, beta, fwhm, wing):
    sigma = BLUR / 2.3548
    grid = STEP * np.arange(-300, 301)
    kernel = (1.0 - wing.share) * np.exp(-0.5 * (grid / sigma) ** 2)
    kernel += wing.share / wing.stretch * np.exp(-0.5 * (grid / sigma / wing.stretch) ** 2)
    sharp = disc_along(width, fwhm, beta)
    blurred = np.convolve(sharp, kernel / kernel.sum(), "same")
    place = np.arange(-6.0, 6.0, 0.037)
    expected = between(blurred, place - 0.5 * HEIGHT, place + 0.5 * HEIGHT)
    two = np.full(2, 1.0)
    table = profile_table(fwhm * two, beta, width, HEIGHT * two, BLUR * two, wing)
    found = look_up(table, np.full(place.size, 0.4), place)
    assert found == pytest.approx(expected, abs=2e-4 * expected.max())
    passed = passed_between([-5.0], [3.0], np.array([fwhm]), beta, width)
    assert passed[0] == pytest.approx(between(sharp, -5.0, 3.0), abs=2e-5)


def test_between_rows_the_profile_is_between():
    rows = profile_table(np.array([0.8, 1.0]), 3.0, 1.0, np.full(2, HEIGHT), np.full(2, BLUR))
    place = np.linspace(-3.0, 3.0, 50)
    first, last = (look_up(rows, np.full(50, row), place) for row in (0.0, 1.0))
    assert look_up(rows, np.full(50, 0.25), place) == pytest.approx(
        0.75 * first + 0.25 * last, rel=1e-2
    )
    assert not np.allclose(first, last, rtol=0.05)


def test_the_blur_adds_its_variance():
    grid = np.arange(-10.0, 10.0, 0.05)
    tables = [
        profile_table(np.full(2, 2.0), 200.0, 0.0, np.full(2, 0.05), np.full(2, blur))
        for blur in (0.0, 1.5)
    ]
    sharp, blurred = (look_up(table, np.zeros(grid.size), grid) for table in tables)
    added = (blurred * grid**2).sum() - (sharp * grid**2).sum()
    assert added == pytest.approx((1.5 / 2.3548) ** 2, rel=1e-3)
    assert blurred.sum() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("width", [0.0, 1.0, 5.0])
@pytest.mark.parametrize("fwhm", [0.6, 1.2])
@pytest.mark.parametrize("other", [0.36, 0.44, 0.55])
@pytest.mark.parametrize("wing", [NO_WING, Wing(0.05, 2.0)])
def test_another_blur_finds_the_disc_back_that_was_blurred_by_it(width, fwhm, other, wing):
    # A profile of a known disc and blur, fitted with a wrong blur: the disc comes out wrong ...
    discs, same = fwhm * np.array([1.0, 0.9, 0.8]), np.ones(3)
    wrong, beta = matched_disc(discs, 3.2, width, HEIGHT * same, BLUR * same, other * same, wing)
    assert np.abs(wrong / discs - 1.0).max() > 0.002
    # ... and right again with the right one.
    back, beta = matched_disc(wrong, beta, width, HEIGHT * same, other * same, BLUR * same, wing)
    assert back == pytest.approx(discs, rel=0.01)
    assert beta == pytest.approx(3.2, rel=0.03)
