import numpy as np
import pytest
from scipy.stats import norm

from soxs_pipeline.numerics.slitline import fit_slit_line


def line(seed, *, centre=0.23, sigma=1.6, flux=400.0, level=30.0, tilt=0.07, cosmics=0):
    """Electrons of a tilted line on 40 rows, with a source's continuum on some of them."""
    rng = np.random.default_rng(seed)
    column, row = np.meshgrid(np.arange(-8, 9), np.arange(40))
    offset = column + tilt * (row - 20) + 0.31
    share = norm.cdf(offset + 0.5, centre, sigma) - norm.cdf(offset - 0.5, centre, sigma)
    source = 500.0 * np.exp(-0.5 * ((row - 11) / 2.5) ** 2)
    value = rng.poisson(flux * share + level + source) + rng.normal(0, 4.0, share.shape)
    hit = rng.integers(0, value.size, cosmics)
    value.ravel()[hit] += 3000.0
    keep = np.abs(offset) < 6
    return offset[keep], row[keep], value[keep]


def fit(*args, **options):
    return fit_slit_line(*args, noise_floor=16.0, start_sigma=1.2, reach=4.0, **options)


@pytest.mark.parametrize("cosmics", [0, 6])
@pytest.mark.parametrize("flux", [60.0, 2000.0])
def test_place_and_errors_are_right(flux, cosmics):
    fits = [fit(*line(seed, flux=flux, cosmics=cosmics)) for seed in range(60)]
    assert all(found.good for found in fits)
    pulls = [(found.centre - 0.23) / found.centre_error for found in fits]
    assert np.mean(pulls) == pytest.approx(0.0, abs=0.4)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.25)
    fluxes = np.array([found.flux for found in fits])
    errors = np.array([found.flux_error for found in fits])
    assert np.mean(fluxes) == pytest.approx(flux, abs=4 * errors.mean() / np.sqrt(60))
    assert np.mean([found.sigma for found in fits]) == pytest.approx(1.6, rel=0.05)


def test_a_line_two_pixels_off_is_found():
    found = fit(*line(1, centre=-2.4, flux=500.0))
    assert found.good
    assert found.centre == pytest.approx(-2.4, abs=5 * found.centre_error)


def test_no_line_is_not_good():
    assert not any(fit(*line(seed, flux=0.0)).good for seed in range(20))


def test_too_few_pixels_are_no_line():
    offset, row, value = line(1)
    assert not fit(offset[:8], row[:8], value[:8]).good
    assert not fit(offset, row, np.full_like(value, np.nan)).good
