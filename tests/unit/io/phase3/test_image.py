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
from soxs_pipeline.recipes.soxs_astro_phot import AstroPhotParameters, soxs_astro_phot
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
