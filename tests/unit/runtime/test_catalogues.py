"""The star catalogue that a reduction provides for the camera."""

import pytest
from astropy.table import Table

from soxs_pipeline.cascade import load
from soxs_pipeline.domain.header import Header
from soxs_pipeline.errors import InputError
from soxs_pipeline.io.fits_headers import read_header
from soxs_pipeline.runtime.catalogues import (
    ENVIRONMENT,
    camera_fields,
    expected_catalogue,
    provide_catalogue,
)

CASCADE = load("SOXS")


def _object(ra=150.0, dec=-30.0, **cards):
    return Header(
        {"INSTRUME": "SOXS", "ESO SEQ ARM": "ACQ", "ESO DPR CATG": "SCIENCE",
         "ESO DPR TYPE": "OBJECT", "ESO DPR TECH": "IMAGE", "RA": ra, "DEC": dec, **cards}
    )  # fmt: skip


@pytest.fixture
def stars(tmp_path):
    path = tmp_path / "stars.ecsv"
    columns = {"ra": [150.0, 150.01], "dec": [-30.0, -30.01], "r": [15.0, 16.0]}
    Table(columns).write(path)
    return path


@pytest.fixture
def no_environment(monkeypatch):
    monkeypatch.delenv(ENVIRONMENT, raising=False)


def test_each_field_is_sought_once():
    headers = {"a": _object(), "b": _object(150.001), "c": _object(210.0), "d": _object(None)}
    assert camera_fields(headers, CASCADE) == [(150.0, -30.0), (210.0, -30.0)]


def test_what_is_expected_is_what_is_provided_later(stars, tmp_path):
    headers = {"a": _object()}
    out = tmp_path / "out"
    path, header = expected_catalogue(headers, CASCADE, str(stars), out)
    assert not out.exists()
    written = provide_catalogue(headers, CASCADE, str(stars), out)
    assert written == path
    for key, value in header.items():
        assert read_header(written)[key] == value


@pytest.mark.parametrize("place", ["none", ""])
def test_nothing_is_expected_where_nothing_can_come(place, tmp_path, monkeypatch, no_environment):
    monkeypatch.setattr("soxs_pipeline.runtime.catalogues.find_spec", lambda _: None)
    assert expected_catalogue({"a": _object()}, CASCADE, place, tmp_path) is None


def test_a_catalogue_among_the_frames_is_left_to_the_association(stars, tmp_path):
    given = Header({"INSTRUME": "SOXS", "ESO PRO CATG": "REFERENCE_CATALOGUE"})
    headers = {"a": _object(), "b": given}
    assert provide_catalogue(headers, CASCADE, str(stars), tmp_path / "out") is None


def test_the_environment_names_a_catalogue(stars, tmp_path, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT, str(stars))
    assert provide_catalogue({"a": _object()}, CASCADE, "", tmp_path / "out").is_file()


def test_a_catalogue_asked_for_and_missing_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.ecsv"):
        provide_catalogue({"a": _object()}, CASCADE, str(tmp_path / "nowhere.ecsv"), tmp_path)
