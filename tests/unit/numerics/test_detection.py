import numpy as np
import pytest

from soxs_pipeline.numerics.detection import find_peaks, matched_filter

X = np.linspace(-6.0, 6.0, 121)
BACKGROUND = np.array([np.ones_like(X), X / 6.0, (X / 6.0) ** 2])


def gauss(position, width):
    return np.exp(-0.5 * ((X - position) * 2.3548 / width) ** 2)


def found(signal, sigma, threshold=5.0, most=3):
    return find_peaks(
        signal,
        np.full(X.size, sigma**-2.0),
        gauss,
        positions=np.arange(-5.5, 5.5, 0.1),
        widths=np.array([0.6, 1.0, 1.8]),
        background=BACKGROUND,
        threshold=threshold,
        most=most,
    )


def test_two_peaks_are_found_beside_a_curved_background():
    rng = np.random.default_rng(5)
    signal = 3.0 + X / 3.0 - 0.05 * X**2 + 10.0 * gauss(-2.1, 1.0) + 6.0 * gauss(3.0, 1.0)
    peaks = found(signal + rng.normal(0.0, 0.5, X.size), 0.5)
    assert [round(peak.position, 1) for peak in peaks] == pytest.approx([-2.1, 3.0], abs=0.11)
    assert peaks[0].amplitude == pytest.approx(10.0, rel=0.1)
    assert peaks[0].significance > peaks[1].significance > 5.0


def test_noise_hardly_ever_makes_a_peak():
    rng = np.random.default_rng(6)
    false = [found(rng.normal(0.0, 1.0, X.size), 1.0)[0].significance for _ in range(200)]
    assert np.mean(np.array(false) > 5.0) < 0.01
    assert np.median(false) < 3.5


def test_underestimated_noise_is_noticed():
    rng = np.random.default_rng(7)
    false = [found(rng.normal(0.0, 4.0, X.size), 1.0)[0].significance for _ in range(50)]
    assert np.median(false) < 4.0


def test_the_error_of_the_amplitude_is_right():
    rng = np.random.default_rng(8)
    kernel = gauss(0.5, 1.0)
    values = [
        matched_filter(rng.normal(0.0, 1.0, X.size), np.ones(X.size), kernel, BACKGROUND)
        for _ in range(500)
    ]
    amplitude, error = np.array(values).T
    assert np.std(amplitude / error) == pytest.approx(1.0, abs=0.1)


def test_wings_of_another_shape_are_no_source():
    rng = np.random.default_rng(9)
    signal = 200.0 * (1.0 + (X / 0.7) ** 2) ** -2.5 + rng.normal(0.0, 0.5, X.size)
    assert len(found(signal, 0.5)) == 1
