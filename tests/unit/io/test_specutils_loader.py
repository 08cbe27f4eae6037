"""specutils reads the archive's files by itself, values, errors, flags and units."""

import numpy as np
import pytest

from soxs_pipeline.errors import InputError
from soxs_pipeline.io import specutils_loader
from soxs_pipeline.io.phase3.observation import Release
from soxs_pipeline.io.phase3.spectrum import write_spectrum
from tests.unit.io.phase3.conftest import make_merged

try:
    import specutils
except ImportError:
    specutils = None

wants_specutils = pytest.mark.skipif(specutils is None, reason="specutils is not installed")


@pytest.fixture
def path(tmp_path):
    write_spectrum(tmp_path / "a.fits", make_merged(), Release("soxs-pipeline/1.2.3"))
    return tmp_path / "a.fits"


@wants_specutils
def test_specutils_knows_the_file_by_itself(path):
    found = specutils.Spectrum.read(path)
    merged = make_merged()
    seen = slice(20, -30)
    np.testing.assert_allclose(found.spectral_axis.to_value("nm"), merged.wavelength_nm[seen])
    np.testing.assert_allclose(
        found.flux.to_value("erg / (s cm2 AA)"), merged.flux[seen], rtol=1e-6
    )
    np.testing.assert_allclose(found.uncertainty.array, np.sqrt(merged.variance[seen]), rtol=1e-6)
    np.testing.assert_array_equal(found.mask, merged.quality[seen] != 0)


@wants_specutils
def test_a_column_that_is_not_there(path):
    with pytest.raises(InputError, match="FLUX_TELLURIC"):
        specutils_loader.to_specutils(path, "FLUX_TELLURIC")


@pytest.mark.skipif(specutils is not None, reason="specutils is installed")
def test_without_specutils_it_says_what_to_do(path):
    with pytest.raises(InputError, match="pip install"):
        specutils_loader.to_specutils(path)
