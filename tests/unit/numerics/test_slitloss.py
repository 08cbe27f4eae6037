import numpy as np
import pytest

from soxs_pipeline.numerics.slitloss import slit_share


def counted(width, fwhm, beta):
    """Count the light of a round Moffat function within a slit on a fine grid."""
    alpha = fwhm / (2 * np.sqrt(2 ** (1 / beta) - 1))
    x = (np.arange(240000) + 0.5) / 2000 - 60
    line = (1 + (x / alpha) ** 2) ** -beta
    return line[np.abs(x) <= width / 2].sum() / line.sum()


@pytest.mark.parametrize("width", [0.5, 1.0, 5.0])
@pytest.mark.parametrize("beta", [2.5, 4.0])
def test_share_is_what_a_grid_counts(width, beta):
    found = slit_share(width, np.array([0.7, 1.4]), beta)
    assert found == pytest.approx([counted(width, f, beta) for f in (0.7, 1.4)], abs=2e-4)


def test_gaussian_limit():
    # Half the width of a Gaussian at half maximum is 1.1774 sigma: 76 per cent.
    assert slit_share(1.0, np.array(1.0), 500.0) == pytest.approx(0.761, abs=2e-3)
