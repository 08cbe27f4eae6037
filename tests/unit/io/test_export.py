"""Spectra as text."""

import numpy as np
from astropy.table import QTable

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.spectra import MergedSpectrum
from soxs_pipeline.io.export import write_binned_spectrum, write_text_spectrum
from tests.unit.io.phase3.conftest import make_merged


def test_astropy_and_numpy_read_the_text(tmp_path):
    n = 5
    wave = np.linspace(350, 2000, n)
    merged = MergedSpectrum(
        wavelength_nm=wave,
        width_nm=np.full(n, 0.05),
        flux=np.array([1.5, -2.0, np.nan, 1e5, 1e-17]),
        variance=np.full(n, 4.0),
        correlation=np.zeros(n),
        sky=np.ones(n),
        snr=np.ones(n),
        quality=np.array([0, 1, 2049, 0, 0], np.uint32),
        contributors=np.ones(n, np.int16),
        arm=np.ones(n, np.int16),
        arms=("VIS",),
        unit="electron/s/nm",
        header=Header({"OBJECT": "SN 2025'x", "EXPTIME": 300.0}),
    )
    path = tmp_path / "a b.ecsv"
    write_text_spectrum(path, merged)
    table = QTable.read(path, format="ascii.ecsv")
    assert table["WAVE"].unit == "nm"
    assert table["FLUX"].unit == "electron / (s nm)"
    np.testing.assert_allclose(table["WAVE"].value, wave, atol=1e-6)
    np.testing.assert_allclose(table["FLUX"].value, merged.flux, rtol=1e-7)
    np.testing.assert_array_equal(table["ERR"].value, 2.0)
    np.testing.assert_array_equal(table["QUAL"], merged.quality)
    assert table.meta == {"WAVEMED": "VACUUM", "OBJECT": "SN 2025'x", "EXPTIME": "300.0"}
    # The only line that is neither a comment nor a row holds the names.
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert lines[0].split() == table.colnames
    bare = np.loadtxt(lines[1:])
    np.testing.assert_allclose(bare[:, 1], merged.flux, rtol=1e-7)


def test_coarse_bins_for_classification(tmp_path):
    merged = make_merged()
    write_binned_spectrum(tmp_path / "a.txt", merged, step_nm=2.0)
    wave, flux, error = np.loadtxt(tmp_path / "a.txt", unpack=True)
    assert 3500 < wave[0] < wave[-1] < 7790
    np.testing.assert_allclose(np.diff(wave), 20.0, atol=10.0)
    assert abs(np.mean((flux - 3e-16) / error)) < 0.3
    assert "Angstrom" in (tmp_path / "a.txt").read_text().splitlines()[1]
