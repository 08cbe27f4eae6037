import numpy as np
import pytest

from soxs_pipeline.numerics.smoothing import choose_lengths, strength_of_length


def chosen(spectrum, noise, sigma=2.5, seed=0):
    """Smooth by a filter in the Fourier domain with the response of the penalty."""
    rng = np.random.default_rng(seed)
    data = spectrum + rng.normal(0.0, noise, spectrum.size)
    frequency = 2.0 * np.pi * np.fft.rfftfreq(spectrum.size)

    def solve(length):
        solutions = {
            value: np.fft.irfft(
                np.fft.rfft(data) / (1.0 + (value * frequency) ** 6), spectrum.size
            )
            for value in np.unique(length)
        }
        return np.select([length == value for value in solutions], list(solutions.values()))

    return choose_lengths(
        solve,
        np.full(spectrum.size, noise**-2.0),
        finest=0.1,
        lengths=[1.0, 4.0, 16.0],
        sigma=sigma,
        reach=4,
    )


def test_a_line_keeps_its_knots_and_the_continuum_does_not():
    x = np.arange(800.0)
    lengths = chosen(50.0 + 200.0 * np.exp(-0.5 * ((x - 400.0) / 2.0) ** 2), 2.0)
    assert (lengths[392:409] <= 1.0).all()
    assert np.mean(np.delete(lengths, np.arange(330, 470)) == 16.0) > 0.7


def test_a_line_buried_in_noise_is_not_followed():
    x = np.arange(800.0)
    lengths = chosen(50.0 + 0.5 * np.exp(-0.5 * ((x - 400.0) / 2.0) ** 2), 2.0, sigma=4.0)
    assert np.mean(lengths == 16.0) > 0.9


def test_a_wave_of_the_length_is_damped_to_one_half():
    strength = strength_of_length(np.full(10, 4.0), np.full(10, 3.0))
    assert strength.shape == (7,)
    # Data weigh 4 a knot; third differences of a wave of wavenumber 1/3 are about (1/3)**3.
    assert strength[0] * (1.0 / 3.0) ** 6 == pytest.approx(4.0)
