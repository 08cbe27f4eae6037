"""Cores and wings of rows of points, drawn here sub-pixel by sub-pixel."""

import numpy as np
import pytest

from soxs_pipeline.numerics.spotwing import fit_wing

#: Sub-pixels of a pixel, and distance of two points in pixels.
FINE, APART = 25, 3.9


def rows(share, stretch, *, lines=40, light=1e5, noise=8.0, seed=3, hole=0.0):
    """Nine points along each of many rows; returns light, variance and distances."""
    rng = np.random.default_rng(seed)
    pixels = np.arange(50, dtype=float)
    fine = (np.arange(50 * FINE) + 0.5) / FINE - 0.5
    sigma = rng.uniform(0.6, 0.75, lines)
    centres = 8.0 + rng.uniform(-0.5, 0.5, (lines, 1)) + APART * np.arange(9)
    expected = np.zeros((lines, 50))
    for k in range(lines):
        away = fine[:, None] - centres[k]
        shape = sum(
            part * np.exp(-0.5 * (away / wide) ** 2) / wide
            for part, wide in ((1.0 - share, sigma[k]), (share, stretch * sigma[k]))
        ).sum(axis=1)
        if hole:
            # A round hole, summed across: half an ellipse.
            reach = np.arange(-int(hole * FINE), int(hole * FINE) + 1) / FINE
            ellipse = np.sqrt(np.maximum(1.0 - (reach / hole) ** 2, 0.0))
            shape = np.convolve(shape, ellipse / ellipse.sum(), "same")
        expected[k] = light * shape.reshape(50, FINE).mean(axis=1) / np.sqrt(2.0 * np.pi) + 300.0
    variance = expected + noise**2
    seen = expected + rng.normal(size=expected.shape) * np.sqrt(variance)
    return seen, variance, pixels[:, None] - centres[:, None, :], sigma


@pytest.mark.parametrize(("share", "stretch"), [(0.04, 2.0), (0.1, 1.7), (0.02, 3.0)])
def test_core_and_wing_come_out_as_they_went_in(share, stretch):
    light, variance, distance, sigma = rows(share, stretch)
    found = fit_wing(light, 1.0 / variance, distance, 1.05 * sigma)
    assert found.core == pytest.approx(1.0 / 1.05, rel=0.003)
    assert found.wing.share == pytest.approx(share, abs=0.1 * share)
    assert found.wing.stretch == pytest.approx(stretch, rel=0.07)
    assert abs(found.wing.share - share) < 4.0 * found.share_error < 0.4 * share


def test_errors_are_those_of_many_draws():
    found = [
        fit_wing(light, 1.0 / variance, distance, sigma)
        for light, variance, distance, sigma in (
            rows(0.04, 2.0, light=2e4, lines=15, seed=seed) for seed in range(24)
        )
    ]
    pulls = np.array([(one.wing.share - 0.04) / one.share_error for one in found])
    assert abs(pulls.mean()) < 0.8
    assert 0.6 < pulls.std() < 1.4


@pytest.mark.parametrize("hole", [0.0, 0.9])
def test_images_without_a_wing_have_none(hole):
    # A hole of some size is not wider than a Gaussian of its width far out: it is narrower.
    light, variance, distance, sigma = rows(0.0, 2.0, hole=hole)
    found = fit_wing(light, 1.0 / variance, distance, sigma)
    assert found.wing.share < max(0.003, 5.0 * found.share_error)


def test_rows_that_are_not_known_and_cosmic_rays_do_no_harm():
    light, variance, distance, sigma = rows(0.04, 2.0)
    rng = np.random.default_rng(1)
    hit = rng.random(light.shape) < 0.01
    dead = rng.random(light.shape) < 0.05
    light = np.where(hit, light + 5e4, light)
    weight = np.where(dead, 0.0, 1.0 / (variance + (0.003 * light) ** 2))
    found = fit_wing(np.where(dead, 0.0, light), weight, distance, sigma)
    assert found.wing.share == pytest.approx(0.04, abs=0.012)
