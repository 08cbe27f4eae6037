import pytest

from soxs_pipeline.domain.header import Header
from soxs_pipeline.domain.spectra import OrderSpectra
from soxs_pipeline.reduction.merging.sametarget import about_targets


def seen(arm, away, date="2026-01-01T00:00:00"):
    return OrderSpectra((), 600.0, arm, Header({"DATE-OBS": date}), away_arcsec=away)


def test_arms_that_hold_different_objects_are_told():
    (said,) = about_targets([seen("VIS", 0.1), seen("VIS", 0.0), seen("NIR", -2.3)])
    assert "different objects" in said
    assert "NIR -2.3" in said


@pytest.mark.parametrize("nir", [0.5, float("nan")])
def test_arms_that_hold_the_same_or_do_not_know_are_not(nir):
    assert about_targets([seen("VIS", 0.0), seen("NIR", nir)]) == []


def test_one_exposure_of_another_object_is_named():
    nods = [seen("VIS", 0.1, f"2026-01-01T00:0{k}:00") for k in range(3)]
    (said,) = about_targets([*nods, seen("VIS", 2.0, "2026-01-01T00:09:00")])
    assert "00:09:00" in said
    assert "00:00:00" not in said


def test_offsets_that_run_the_other_way_are_not_taken_for_other_objects():
    # Nodded by 5 arcsec, and the header has it the other way round.
    (said,) = about_targets([seen("VIS", away) for away in (-5.0, 5.0, 5.0, -5.0)])
    assert "the other way" in said
