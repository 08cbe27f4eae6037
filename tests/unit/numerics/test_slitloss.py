import numpy as np
import pytest

from soxs_pipeline.numerics.slitloss import slit_share


@pytest.mark.parametrize("width", [0.5, 1.0, 1.5, 5.0])
@pytest.mark.parametrize("beta", [2.6, 3.2, 4.7])
@pytest.mark.parametrize("fwhm", [0.5, 0.9, 1.8])
def test_share_is_that_of_a_disc_drawn_on_a_grid(width, beta, fwhm):
    alpha = fwhm / (2 * np.sqrt(2 ** (1 / beta) - 1))
    across = (np.arange(400) + 0.5) * width / 400 - width / 2
    along = np.concatenate(([0.0], np.geomspace(1e-3, 1e4, 6000)))
    light = (1 + (across**2 + along[:, None] ** 2) / alpha**2) ** -beta
    passed = 2 * np.trapezoid(light.sum(axis=1) * width / 400, along)
    whole = np.pi * alpha**2 / (beta - 1)
    assert slit_share(width, np.array(fwhm), beta) == pytest.approx(passed / whole, abs=1e-4)


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
