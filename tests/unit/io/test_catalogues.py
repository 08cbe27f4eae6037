"""Catalogues in the published format and of the user's own."""

import numpy as np
import pytest
from astropy.table import Table

from soxs_pipeline.errors import InputError
from soxs_pipeline.io.catalogues import read_catalogue, refcat2_cells
from soxs_pipeline.simulator.starfield import make_sky, write_refcat2


@pytest.fixture
def folder(tmp_path):
    write_refcat2(tmp_path / "refcat", make_sky(3), np.random.default_rng(1))
    return tmp_path / "refcat"


def test_refcat2_files_are_read_near_the_field(folder):
    sky = make_sky(3)
    found = read_catalogue(folder, [(sky.ra, sky.dec)], 0.07)
    known = sky.stars.known
    assert 0.5 * known.sum() < len(found) <= known.sum()
    assert found.epoch == 2015.5
    k = np.argmin(np.abs(sky.stars.magnitude["r"][known] - found.magnitudes["r"][0]))
    moved = sky.stars.pm_dec[known][k] * (2026.2 - 2015.5) / 3.6e6
    assert found.dec_deg[0] == pytest.approx(sky.stars.dec[known][k] - moved, abs=2e-6)
    assert found.magnitudes["g"][0] == pytest.approx(sky.stars.magnitude["g"][known][k], abs=0.3)
    assert set(found.magnitudes) == set("griz")


def test_squares_of_the_sky_about_a_place():
    assert refcat2_cells(104.5, -23.5, 0.1) == ["104-24.rc2"]
    assert refcat2_cells(0.02, 10.01, 0.1) == [
        "359+09.rc2", "000+09.rc2", "359+10.rc2", "000+10.rc2",
    ]  # fmt: skip
    assert len(refcat2_cells(10.0, -89.99, 0.1)) == 360


def test_a_table_of_the_user(tmp_path):
    path = tmp_path / "mine.ecsv"
    table = Table(
        {"RA": [104.2, 104.3], "DEC": [-23.5, -23.51], "rmag": [15.0, 16.0],
         "e_rmag": [0.01, 0.02], "gmag": [15.5, 16.4], "pmRA": [3.0, -5.0], "pmDEC": [1.0, 0.0]},
        meta={"epoch": 2016.0},
    )  # fmt: skip
    table.write(path)
    found = read_catalogue(path, [(104.25, -23.5)], 0.2)
    assert found.epoch == 2016.0
    assert found.pm_ra.tolist() == [3.0, -5.0]
    assert found.errors["r"].tolist() == [0.01, 0.02]
    assert found.errors["g"].tolist() == [0.02, 0.02]


def test_a_table_without_magnitudes_is_refused(tmp_path):
    path = tmp_path / "mine.ecsv"
    Table({"ra": [1.0], "dec": [2.0]}).write(path)
    with pytest.raises(InputError, match="columns ra, dec"):
        read_catalogue(path, [(1.0, 2.0)], 0.1)


def test_what_does_not_cover_the_field_is_refused(folder, tmp_path):
    with pytest.raises(InputError, match="none of the files"):
        read_catalogue(folder, [(10.0, 10.0)], 0.07)
    path = tmp_path / "far.ecsv"
    Table({"ra": [1.0], "dec": [2.0], "r": [15.0]}).write(path)
    with pytest.raises(InputError, match="no star near"):
        read_catalogue(path, [(50.0, 2.0)], 0.1)
    with pytest.raises(InputError, match="does not exist"):
        read_catalogue(tmp_path / "nothing", [(50.0, 2.0)], 0.1)


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "104-24.rc2"
    path.write_text("1,2,3\n")
    with pytest.raises(InputError, match=r"104-24\.rc2, line 1: 3 columns"):
        read_catalogue(path, [(104.5, -23.5)], 0.1)
