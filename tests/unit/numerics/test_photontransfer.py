"""Gain, read noise and non-linear pixels of frames whose truth is known."""

import numpy as np
import pytest

from soxs_pipeline.numerics.photontransfer import (
    fit_transfer,
    linearity_of_pixels,
    points_of_pair,
)

GAIN, NOISE = 1.8, 7.0


def series(rng, *, size=200_000, bend=0.0, odd=0.0, times=(1.0, 2.0, 4.0, 8.0, 16.0, 24.0)):
    """Pairs of exposures in counts, and which pixels are odd."""
    rate = rng.uniform(100.0, 3000.0, size) * (1.0 + 0.01 * rng.normal(size=size))
    strange = rng.random(size) < odd
    own = np.where(strange, rng.choice([-1, 1], size) * rng.uniform(0.06, 0.2, size), 0.0)
    pairs = []
    for t in times:
        pair = []
        for drift in (1.0, 1.004):
            charge = rng.poisson(rate * t * drift)
            charge = charge * (1.0 + bend * charge + own * charge / 60000.0)
            pair.append((charge + rng.normal(0.0, NOISE, size)) / GAIN)
        pairs.append(pair)
    return np.array(times), pairs, strange


def test_gain_and_read_noise():
    rng = np.random.default_rng(1)
    _, pairs, _ = series(rng)
    everything = np.ones(pairs[0][0].size, bool)
    dark = [rng.normal(0.0, NOISE / GAIN, 200_000) for _ in range(2)]
    points = [points_of_pair(*pair, everything, pairs[0][0]) for pair in (*pairs[1:], dark)]
    found = fit_transfer(points, highest=40000.0)
    assert found.gain == pytest.approx(GAIN, rel=0.01)
    assert found.read_noise == pytest.approx(NOISE, rel=0.03)
    assert abs(found.gain - GAIN) < 5 * found.gain_error


def test_gain_with_a_bent_response():
    rng = np.random.default_rng(2)
    _, pairs, _ = series(rng, bend=-6e-7)
    everything = np.ones(pairs[0][0].size, bool)
    points = [points_of_pair(*pair, everything, pairs[0][0]) for pair in pairs[1:]]
    assert fit_transfer(points, highest=40000.0).gain == pytest.approx(GAIN, rel=0.01)


def test_too_little_tells_nothing():
    empty = points_of_pair(np.ones(10), np.ones(10), np.ones(10, bool), np.ones(10))
    assert empty.signal.size == 0
    assert np.isnan(fit_transfer([empty], highest=1e5).gain)
    assert np.isnan(fit_transfer([], highest=1e5).gain)


def test_odd_pixels_stand_out_and_the_common_bend_does_not():
    rng = np.random.default_rng(3)
    times, pairs, strange = series(rng, size=60_000, bend=-6e-7, odd=0.01)
    levels = np.array([0.5 * (a + b) for a, b in pairs])
    noise2 = (levels * GAIN + NOISE**2) / GAIN**2 / 2.0
    usable = levels < 30000.0
    departure, error, bend = linearity_of_pixels(levels, times, noise2, usable)
    assert bend == pytest.approx(-6e-7 * GAIN, rel=0.15)
    pull = departure[~strange] / error[~strange]
    assert np.nanstd(pull) == pytest.approx(1.0, abs=0.1)
    # Seen are those that reach high counts: a faint pixel shows no bend.
    bright = np.nanmax(np.where(usable, levels, 0.0), axis=0) > 16000.0
    found = np.abs(departure) > np.maximum(4.5 * error, 0.01)
    assert found[strange & bright].mean() > 0.95
    assert found[~strange].mean() < 0.001
