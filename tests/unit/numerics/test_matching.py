import numpy as np
import pytest

from soxs_pipeline.numerics.matching import fit_affine, match_nearest, vote_shift


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_the_true_shift_wins_among_many_wrong_spots(rng):
    predicted = rng.uniform(0, 2000, (60, 2))
    seen = predicted[:40] + np.array([17.3, -6.2]) + rng.normal(0, 0.2, (40, 2))
    measured = np.vstack([seen, rng.uniform(0, 2000, (400, 2))])
    shift = vote_shift(measured, predicted, np.ones(60), reach=(40.0, 15.0), cell=1.5)
    assert shift.dx == pytest.approx(17.3, abs=0.2)
    assert shift.dy == pytest.approx(-6.2, abs=0.2)
    assert shift.contrast > 8


def test_chance_alone_has_little_contrast(rng):
    contrasts = [
        vote_shift(rng.uniform(0, 2000, (300, 2)), rng.uniform(0, 2000, (60, 2)), np.ones(60),
                   reach=(40.0, 15.0), cell=1.5).contrast
        for _ in range(30)
    ]  # fmt: skip
    assert np.median(contrasts) < 3.5


def test_no_spot_in_reach_gives_no_contrast():
    shift = vote_shift(np.array([[500.0, 500.0]]), np.zeros((3, 2)), np.ones(3),
                       reach=(10.0, 10.0), cell=1.5)  # fmt: skip
    assert shift.contrast == 0


def test_one_spot_serves_one_prediction():
    match = match_nearest(np.array([[0.0, 0.0]]), np.array([[0.4, 0.0], [0.1, 0.0]]), 1.0)
    assert match.tolist() == [-1, 0]
    assert match_nearest(np.zeros((0, 2)), np.zeros((2, 2)), 1.0).tolist() == [-1, -1]


def test_affine_fit_ignores_wrong_pairs(rng):
    source = rng.uniform(0, 2000, (200, 2))
    matrix = np.array([[1.0005, -0.002], [0.0015, 0.9995]])
    target = source @ matrix.T + [3.0, -4.0] + rng.normal(0, 0.05, source.shape)
    target[:30] += rng.uniform(-4, 4, (30, 2))
    offset, found = fit_affine(source, target, distortion=2e-3)
    assert np.abs(found - matrix).max() < 2e-4
    residual = source @ found.T + offset - (source @ matrix.T + [3.0, -4.0])
    assert np.abs(residual).max() < 0.08
