"""Catalogues in the published format and of the user's own."""

import sys
from types import ModuleType

import numpy as np
import pytest
from astropy.table import Table

from soxs_pipeline.errors import InputError
from soxs_pipeline.io.catalogues import query_refcat2, read_catalogue, refcat2_cells
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


class Vizier:
    """Answers as VizieR does for Refcat2: stars near a place, in its names of the columns."""

    STARS = np.array([[150.00, -30.0], [150.02, -30.0], [150.06, -30.0]])
    asked: list = []  # noqa: RUF012 - shared on purpose

    def __init__(self, **settings):
        Vizier.asked.append(settings)

    def query_region(self, place, radius):
        near = np.abs(self.STARS[:, 0] - place.ra.deg) < radius.to_value("deg")
        if not near.any():
            return []
        table = Table()
        table["RA_ICRS"], table["DE_ICRS"] = self.STARS[near].T
        table["pmRA"], table["pmDE"] = np.ma.masked_invalid([[5.0, np.nan, -3.0]] * 2)[:, near]
        for band, magnitude in zip("griz", (17.0, 16.5, 16.3, 16.2), strict=True):
            table[f"{band}mag"] = np.full(near.sum(), magnitude)
            table[f"e_{band}mag"] = np.full(near.sum(), 0.004)
        return [table]


@pytest.fixture
def vizier(monkeypatch):
    package, module = ModuleType("astroquery"), ModuleType("astroquery.vizier")
    module.Vizier = Vizier
    monkeypatch.setitem(sys.modules, "astroquery", package)
    monkeypatch.setitem(sys.modules, "astroquery.vizier", module)
    monkeypatch.setattr(Vizier, "asked", [])
    return Vizier


def test_stars_of_a_query_are_those_of_all_fields_once(vizier):
    found = query_refcat2([(150.0, -30.0), (150.04, -30.0)], 0.03)
    assert found.ra_deg.tolist() == [150.0, 150.02, 150.06]
    assert found.epoch == 2015.5
    assert found.pm_ra[[0, 2]].tolist() == [5.0, -3.0]
    assert np.isnan(found.pm_ra[1])
    assert {band: m[0] for band, m in found.magnitudes.items()} == {
        "g": 17.0, "r": 16.5, "i": 16.3, "z": 16.2,
    }  # fmt: skip
    assert found.errors["g"].tolist() == [0.004] * 3
    assert vizier.asked[0]["catalog"] == "J/ApJ/867/105/refcat2"
    assert vizier.asked[0]["row_limit"] == -1


def test_a_place_without_stars_is_one_clear_error(vizier):
    with pytest.raises(InputError, match="knows no star there"):
        query_refcat2([(10.0, 10.0)], 0.03)


def test_a_network_that_does_not_answer_is_one_clear_error(vizier, monkeypatch):
    def refuse(*_, **__):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(vizier, "query_region", refuse)
    with pytest.raises(InputError, match="does not answer: no route to host") as caught:
        query_refcat2([(150.0, -30.0)], 0.03)
    assert "Refcat2" in caught.value.remedy


def test_without_astroquery_the_error_tells_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "astroquery", None)
    with pytest.raises(InputError) as caught:
        query_refcat2([(150.0, -30.0)], 0.03)
    assert "pip install" in caught.value.wanted
