import numpy as np
import pytest
from scipy.optimize import curve_fit

from soxs_pipeline.numerics.slitloss import slit_share

ALONG = (np.arange(400) + 0.5) / 20 - 10


def moffat(place, fwhm, beta):
    return (1 + (2 * place / fwhm) ** 2 * (2 ** (1 / beta) - 1)) ** -beta


def seen_and_true(width, fwhm, beta):
    """Profile along a slit of a round disc drawn on a grid, and its share of all the light."""
    step = width / 400
    across = (np.arange(400) + 0.5) * step - width / 2
    profile = moffat(np.hypot(across, ALONG[:, None]), fwhm, beta).sum(axis=1) * step
    alpha = fwhm / (2 * np.sqrt(2 ** (1 / beta) - 1))
    # All the light of the disc, and of the parts of its profile beyond the grid.
    whole = np.pi * alpha**2 / (beta - 1)
    far = np.geomspace(10, 1e4, 4000)
    beyond = 2 * np.trapezoid(width * (1 + (far / alpha) ** 2) ** -beta, far)
    return profile / profile.max(), (profile.sum() / 20 + beyond) / whole


@pytest.mark.parametrize("width", [0.5, 1.0, 1.5, 5.0])
@pytest.mark.parametrize("beta", [2.6, 3.2, 4.7])
@pytest.mark.parametrize("fwhm", [0.5, 0.9, 1.8])
def test_share_follows_from_the_profile_that_is_seen(width, beta, fwhm):
    profile, true = seen_and_true(width, fwhm, beta)
    fitted, _ = curve_fit(
        lambda x, peak, f, b: peak * moffat(x, f, b),
        ALONG,
        profile,
        p0=(1.0, fwhm, beta),
        sigma=np.sqrt(profile + 0.02),
    )
    assert slit_share(width, np.array(fitted[1]), fitted[2]) == pytest.approx(true, abs=4e-3)


def test_share_falls_as_the_seeing_grows():
    share = slit_share(1.0, np.geomspace(0.4, 2.5, 20), 2.9)
    assert share.shape == (20,)
    assert (np.diff(share) < 0).all()
    # Of one disc the share is the same by itself.
    assert share[10] == pytest.approx(
        float(slit_share(1.0, np.geomspace(0.4, 2.5, 20)[9:12], 2.9)[1]), rel=2e-3
    )


def test_gaussian_limit():
    # Half the width of a Gaussian at half maximum is 1.1774 sigma: 76 per cent.
    assert slit_share(1.0, np.array(1.0), 500.0) == pytest.approx(0.761, abs=2e-3)


@pytest.mark.parametrize("beta", [1.0, 1.3, 50.0])
@pytest.mark.parametrize("fwhm", [-1.0, 1e-6, 0.05, 3.0, 1e4])
def test_profiles_beyond_reason_still_have_a_share(beta, fwhm):
    share = float(slit_share(1.0, np.array(fwhm), beta))
    assert 0.0 < share <= 1.0
