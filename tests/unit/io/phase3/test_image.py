"""Images and source lists keep every rule that a program can check."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning

from soxs_pipeline.io.phase3.check import check_file
from soxs_pipeline.io.phase3.files import Associated
from soxs_pipeline.io.phase3.image import (
    image_category,
    write_image,
    write_source_list,
    write_weight,
)
from soxs_pipeline.io.phase3.observation import Release
from soxs_pipeline.io.products import write_product
from soxs_pipeline.recipes.soxs_astro_phot import AstroPhotParameters, soxs_astro_phot
from soxs_pipeline.runtime.archive import ArchiveRequest, make_unit
from tests.support.camera_night import night

RELEASE = Release("soxs-pipeline/0")


@pytest.fixture(scope="module")
def reduced():
    found = night()
    return soxs_astro_phot(
        found.objects, found.detector, found.flat, found.catalogue,
        parameters=AstroPhotParameters(),
    ).products  # fmt: skip


def breaches(path: Path):
    return [str(breach) for breach in check_file(path).breaches]


def test_image_weight_and_list_keep_the_rules(reduced, tmp_path):
    image, weight, stars = (tmp_path / name for name in ("i.fits", "i_WEIGHT.fits", "i_SRC.fits"))
    write_weight(weight, reduced.image, RELEASE)
    write_image(image, reduced.image, RELEASE, [Associated(weight, "ANCILLARY.WEIGHTMAP")])
    write_source_list(stars, reduced.sources, reduced.image, image.name, RELEASE)
    for path in (image, weight, stars):
        assert breaches(path) == []


@pytest.mark.parametrize("with_sources", [True, False])
def test_files_of_an_image_are_made_once(reduced, tmp_path, with_sources):
    path, stars = tmp_path / "image.fits", tmp_path / "image_SOURCES.fits"
    write_product(path, reduced.image, header={"ESO PRO CATG": "IMG_SCI"})
    write_product(stars, reduced.sources, header={"ESO PRO CATG": "IMG_SOURCES"})
    unit = (path, stars) if with_sources else (path,)
    request = ArchiveRequest(tmp_path / "phase3", only_new=True)
    assert len(make_unit(unit, request)) == 2 + with_sources
    assert make_unit(unit, request) == []
    [image] = (tmp_path / "phase3").glob("*_IMG_?.fits")
    assert fits.getheader(image)["PIPEFILE"] == "image.fits"


def test_independent_readers_find_the_same_sources(reduced, tmp_path):
    path = tmp_path / "i.fits"
    write_image(path, reduced.image, RELEASE)
    with fits.open(path) as units:
        header, data = units[0].header, units[0].data
        with warnings.catch_warnings():
            # astropy remarks on dates that it works out from others.
            warnings.simplefilter("ignore", FITSFixedWarning)
            wcs = WCS(header)
    sources = reduced.sources
    ra, dec = wcs.all_pix2world(sources.x, sources.y, 1)
    assert np.abs(dec - sources.dec_deg).max() * 3.6e6 < 0.01
    assert np.abs(ra - sources.ra_deg).max() * 3.6e6 < 0.02
    k = int(np.argmax(np.where(sources.quality == 0, sources.flux, 0)))
    x, y = int(sources.x[k]) - 1, int(sources.y[k]) - 1
    total = data[y - 20 : y + 22, x - 20 : x + 22].sum()
    magnitude = -2.5 * np.log10(total) + header["PHOTZP"]
    assert magnitude == pytest.approx(sources.magnitude[k], abs=0.1)


def test_without_a_tie_an_image_only_goes_with_others(tmp_path):
    found = night()
    outcome = soxs_astro_phot(
        found.objects, found.detector, found.flat, None, parameters=AstroPhotParameters()
    )
    assert image_category(outcome.products.image) == "ANCILLARY.IMAGE"
