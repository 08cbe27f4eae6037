"""A two-dimensional spectrum that goes with a spectrum of the archive."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from soxs_pipeline.domain.rectified import Axis, RectifiedSpectrum
from soxs_pipeline.io.phase3.check import check_file
from soxs_pipeline.io.phase3.observation import Release
from soxs_pipeline.io.phase3.twod import write_two_d
from soxs_pipeline.io.products import write_product
from soxs_pipeline.runtime.archive import ArchiveRequest, make_archive_files
from tests.unit.io.phase3.conftest import HEADER, exposure, make_merged


def make_image(exposures):
    wave, slit = Axis(500.0, 0.1, 300), Axis(-5.0, 0.25, 41)
    data = np.random.default_rng(1).normal(1e-18, 1e-19, (41, 300)).astype(np.float32)
    data[:, 50] = np.nan
    quality = np.where(np.isfinite(data), 0, 16).astype(np.uint32)
    return RectifiedSpectrum(
        wave, slit, data, np.full(data.shape, 1e-38), quality, "erg/s/cm2/Angstrom/arcsec",
        1.3, 1.2, "VIS", HEADER, exposures,
    )  # fmt: skip


@pytest.fixture
def path(tmp_path):
    image, release = make_image((exposure(0, "VIS"),)), Release("soxs/1.0")
    write_two_d(tmp_path / "a_2D.fits", image, release, "rectified.fits")
    return tmp_path / "a_2D.fits"


def test_it_keeps_the_rules_and_tells_what_it_was_made_from(path):
    assert check_file(path).breaches == ()
    assert fits.getheader(path)["PIPEFILE"] == "rectified.fits"
    assert check_file(path).category == "ANCILLARY.2DSPECTRUM"


def test_values_errors_and_coordinates_are_those_that_went_in(path):
    image = make_image(())
    with fits.open(path) as units:
        np.testing.assert_array_equal(units["FLUX"].data, image.data)
        np.testing.assert_allclose(units["ERR"].data, np.sqrt(image.variance), rtol=1e-6)
        np.testing.assert_array_equal(units["QUAL"].data, image.quality)
        world = WCS(units["FLUX"].header)
        wave, slit = world.wcs_pix2world(10.0, 4.0, 0)
        assert wave == pytest.approx(501.0e-9)
        assert slit == pytest.approx(-4.0 / 3600.0) or slit == pytest.approx(-4.0)
        assert units[0].header["NOISEWAV"] == 1.3
        assert units["ERR"].header["SCIDATA"] == "FLUX"
        assert "ERRDATA" not in units["ERR"].header


def test_each_spectrum_of_an_arm_takes_its_own_images_along(tmp_path):
    mine, other = exposure(0, "VIS"), exposure(5, "VIS")
    products = []
    for name, tag, thing in (
        ("arm", "SCI_ARM_1D_VIS", make_merged(arms=("VIS",), exposures=(mine,))),
        ("both", "SCI_MERGED_1D", make_merged(exposures=(mine, exposure(0, "NIR")))),
        ("mine", "SCI_RECT_2D_VIS", make_image((mine,))),
        ("other", "SCI_RECT_2D_VIS", make_image((other,))),
    ):
        write_product(tmp_path / f"{name}.fits", thing, header={"ESO PRO CATG": tag})
        products.append(tmp_path / f"{name}.fits")
    written = make_archive_files(products, ArchiveRequest(tmp_path / "phase3"))
    names = [found.name for found in written]
    assert names == [
        "SOXS_AT-2026abc_20260315T010000_UVVIS.fits",
        "SOXS_AT-2026abc_20260315T010000_UVVIS_2D.fits",
        "SOXS_AT-2026abc_20260315T010000_UVVISNIR.fits",
    ]
    assert fits.getval(written[0], "ASSON2") == names[1]
    assert [check_file(found).breaches for found in written] == [(), (), ()]
