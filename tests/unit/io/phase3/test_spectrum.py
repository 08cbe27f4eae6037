"""A spectrum for the archive, read back by others' readers and compared with what went in."""

import hashlib
import shutil
import subprocess

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table

from soxs_pipeline.domain.slit import slit_width_arcsec
from soxs_pipeline.errors import InputError, OutputError, UnprocessableDataError
from soxs_pipeline.io.phase3.check import check_file
from soxs_pipeline.io.phase3.files import Associated
from soxs_pipeline.io.phase3.observation import Release
from soxs_pipeline.io.phase3.spectrum import write_spectrum
from tests.unit.io.phase3.conftest import HEADER, START, exposure, make_merged

RELEASE = Release("soxs-pipeline/1.2.3")


@pytest.fixture
def written(merged, tmp_path):
    path = tmp_path / "spectrum.fits"
    write_spectrum(path, merged, RELEASE)
    return path


def test_it_keeps_every_rule(written):
    found = check_file(written)
    assert found.breaches == ()
    assert found.rules > 50


def test_astropy_reads_what_went_in(written, merged):
    row = Table.read(written, hdu=1)[0]
    seen = slice(20, -30)
    np.testing.assert_array_equal(row["WAVE"], merged.wavelength_nm[seen])
    np.testing.assert_allclose(row["FLUX"], merged.flux[seen], rtol=1e-6)
    np.testing.assert_allclose(row["ERR"], np.sqrt(merged.variance[seen]), rtol=1e-6)
    np.testing.assert_array_equal(row["QUAL"], merged.quality[seen])
    unit = Table.read(written, hdu=1)["FLUX"].unit
    assert u.isclose(1.0 * unit, 1.0 * u.erg / u.s / u.cm**2 / u.AA)


def test_times_are_those_of_all_exposures(written):
    """Arms expose at the same time: three times 600 s in each make 1800 s, not 3600 s."""
    header = fits.getheader(written)
    assert header["EXPTIME"] == 1800.0
    assert header["TEXPTIME"] == 1800.0
    assert header["NCOMBINE"] == 6
    assert header["MJD-OBS"] == pytest.approx(START, abs=1e-8)
    assert header["MJD-END"] == pytest.approx(START + 2 * 0.0072 + 600 / 86400, abs=2e-8)
    assert header["PROV1"] == "SOXS.2026-03-15T01:00:00.100"
    assert len([key for key in header if key.startswith("PROV")]) == 3


def test_a_bin_has_the_exposure_time_of_its_arm(tmp_path):
    some = (exposure(0, "VIS"), exposure(0, "NIR"), exposure(1, "NIR"))
    merged = make_merged(exposures=some)
    write_spectrum(tmp_path / "a.fits", merged, RELEASE)
    row = Table.read(tmp_path / "a.fits", hdu=1)[0]
    assert row["EXPOSURE"][10] == 600.0
    assert row["EXPOSURE"][-10] == 1200.0
    header = fits.getheader(tmp_path / "a.fits")
    assert header["EXPTIME"] == 900.0
    assert header["TEXPTIME"] == 1200.0


def test_several_blocks_and_programmes_are_listed(tmp_path):
    some = (exposure(0, "VIS"), exposure(1, "VIS", ob_id=7, prog_id="118.X"))
    write_spectrum(tmp_path / "a.fits", make_merged(exposures=some), RELEASE)
    header = fits.getheader(tmp_path / "a.fits")
    assert (header["OBID1"], header["OBID2"]) == (200102, 7)
    assert header["PROG_ID"] == "MULTI"
    assert (header["PROGID1"], header["PROGID2"]) == ("117.ABCD.001", "118.X")
    assert check_file(tmp_path / "a.fits").breaches == ()


def test_slit_losses_leave_the_flux_error_unknown(tmp_path):
    write_spectrum(tmp_path / "narrow.fits", make_merged(), RELEASE)
    wide = HEADER.merged({"ESO INS VISE NAME": "SLIT5.0"})
    write_spectrum(tmp_path / "wide.fits", make_merged(header=wide), RELEASE)
    assert fits.getval(tmp_path / "narrow.fits", "FLUXERR") == -2.0
    assert fits.getval(tmp_path / "wide.fits", "FLUXERR") == pytest.approx(2.0)
    assert fits.getval(tmp_path / "wide.fits", "APERTURE", 1) == pytest.approx(5.0 / 3600)


def test_electrons_are_told_as_uncalibrated(tmp_path):
    write_spectrum(tmp_path / "a.fits", make_merged(unit="electron/s/nm"), RELEASE)
    header, table = (fits.getheader(tmp_path / "a.fits", k) for k in (0, 1))
    assert (header["FLUXCAL"], header["FLUXERR"], table["TUNIT2"]) == ("UNCALIBRATED", -1.0, "adu")
    assert check_file(tmp_path / "a.fits").breaches == ()


def test_the_telluric_correction_comes_second(tmp_path):
    merged = make_merged()
    corrected = merged.flux * 1.1, np.sqrt(merged.variance) * 1.1
    write_spectrum(tmp_path / "a.fits", merged, RELEASE, telluric=corrected)
    table = fits.getheader(tmp_path / "a.fits", 1)
    assert table["VOCLASS"] == "SPECTRUM v2.0"
    assert [table[f"TTYPE{k}"] for k in (2, 3, 8, 9)] == [
        "FLUX", "ERR", "FLUX_TELLURIC", "ERR_TELLURIC",
    ]  # fmt: skip
    assert table["TUTYP2"].startswith("spec:")
    assert table["TUTYP8"].startswith("eso:")
    assert check_file(tmp_path / "a.fits").breaches == ()


def test_the_spectrum_before_flux_calibration_is_told_in_adu(tmp_path):
    wave = make_merged().wavelength_nm
    merged = make_merged(reduced=np.full(wave.size, 7.0), reduced_error=np.full(wave.size, 0.5))
    write_spectrum(tmp_path / "a.fits", merged, RELEASE)
    with fits.open(tmp_path / "a.fits") as units:
        table, rows = units[1].header, units[1].data
        assert table["VOCLASS"] == "SPECTRUM v2.0"
        assert (rows["FLUX_REDUCED"] == 7.0).all()
        assert (rows["ERR_REDUCED"] == 0.5).all()
    k = next(n for n in range(1, 20) if table.get(f"TTYPE{n}") == "FLUX_REDUCED")
    assert (table[f"TUNIT{k}"], table[f"TUTYP{k}"][:4]) == ("adu", "eso:")
    assert "stat.uncalib" in table[f"TUCD{k}"]
    assert "stat.uncalib" not in table["TUCD2"]
    assert check_file(tmp_path / "a.fits").breaches == ()


def test_files_that_belong_to_it_are_named_with_their_checksum(tmp_path):
    preview, image = tmp_path / "a.png", tmp_path / "a_2D.fits"
    preview.write_bytes(b"picture")
    fits.PrimaryHDU().writeto(image)
    write_spectrum(
        tmp_path / "a.fits", make_merged(), RELEASE,
        associated=[Associated(image, "ANCILLARY.2DSPECTRUM"),
                    Associated(preview, "ANCILLARY.PREVIEW")],
    )  # fmt: skip
    header = fits.getheader(tmp_path / "a.fits")
    assert (header["ASSON1"], header["ASSOC1"]) == ("a.png", "ANCILLARY.PREVIEW")
    assert header["ASSOM1"] == hashlib.md5(b"picture").hexdigest()
    assert header["ASSON2"] == "a_2D.fits"
    assert "ASSOC2" not in header
    assert check_file(tmp_path / "a.fits").breaches == ()
    preview.write_bytes(b"another")
    assert [b.rule for b in check_file(tmp_path / "a.fits").breaches] == ["ASSOCIATED_FILES"]


def test_the_frame_of_the_wavelengths_is_told(tmp_path):
    for barycentric, frame in ((True, "BARYCENT"), (False, "TOPOCENT")):
        write_spectrum(tmp_path / "a.fits", make_merged(barycentric=barycentric), RELEASE)
        header = fits.getheader(tmp_path / "a.fits")
        assert header["SPECSYS"] == frame
        assert header["ESO QC VRAD BARYCOR"] == -18.8


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"exposures": ()}, InputError, "exposures"),
        ({"header": HEADER.merged({"RA": None})}, InputError, "where"),
        ({"exposures": (exposure(0, "VIS", mjd_start=np.nan),)}, InputError, "when"),
        ({"flux": np.full(4000, np.nan)}, UnprocessableDataError, "no data"),
    ],
)
def test_what_the_archive_needs_and_is_not_there(tmp_path, change, error, word):
    with pytest.raises(error, match=word):
        write_spectrum(tmp_path / "a.fits", make_merged(**change), RELEASE)
    assert not list(tmp_path.iterdir())


def test_a_name_too_long_for_the_archive(tmp_path):
    with pytest.raises(OutputError, match="68"):
        write_spectrum(tmp_path / f"{'a' * 70}.fits", make_merged(), RELEASE)


@pytest.mark.parametrize(
    ("name", "width"), [("SLIT0.5", 0.5), ("SLIT5_0", 5.0), ("BLANK", np.nan), ("SLITX", np.nan)]
)
def test_the_width_of_the_slit(name, width):
    header = HEADER.merged({"ESO INS VISE NAME": name})
    np.testing.assert_equal(slit_width_arcsec(header), width)


@pytest.mark.skipif(shutil.which("fitsverify") is None, reason="fitsverify is not installed")
def test_fitsverify_finds_nothing(written):
    done = subprocess.run(
        ["fitsverify", str(written)], capture_output=True, text=True, check=False
    )
    assert "0 warning(s) and 0 error(s)" in done.stdout
