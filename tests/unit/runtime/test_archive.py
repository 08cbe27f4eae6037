"""From a folder of products to files that keep the archive's rules."""

import os
from pathlib import Path

import pytest
from astropy.io import fits

from soxs_pipeline.cli.main import main
from soxs_pipeline.cli.reducing import _Archive
from soxs_pipeline.errors import InputError
from soxs_pipeline.io.phase3.check import check_batch
from soxs_pipeline.io.products import write_product
from soxs_pipeline.runtime.archive import (
    ArchiveRequest,
    archive_sources,
    archive_units,
    make_archive_files,
)
from soxs_pipeline.runtime.executors import Filing, perform
from soxs_pipeline.runtime.jobs import Result
from soxs_pipeline.runtime.plan import Plan
from tests.unit.io.phase3.conftest import exposure, make_merged


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "out"
    for k, tag in enumerate(("SCI_MERGED_1D", "SCI_ARM_1D_VIS", "STD_MERGED_1D")):
        arms = ("VIS",) if k == 1 else ("VIS", "NIR")
        merged = make_merged(arms=arms)
        cards = {"ESO PRO CATG": tag, "ESO QC SNR MEDIAN": 15.0}
        write_product(made / f"night/{k}.fits", merged, header=cards)
    (made / "night/other.fits").write_text("no FITS file")
    return made


def test_science_spectra_are_found_and_nothing_else(folder):
    assert [path.name for path in archive_sources([folder])] == ["0.fits", "1.fits"]


def test_files_are_made_with_previews_and_keep_the_rules(folder, tmp_path):
    written = make_archive_files(archive_sources([folder]), ArchiveRequest(tmp_path / "phase3"))
    assert [path.name for path in written] == [
        "SOXS_AT-2026abc_20260315T010000_UVVISNIR.fits",
        "SOXS_AT-2026abc_20260315T010000_UVVIS.fits",
    ]
    assert [found.breaches for found in check_batch(written)] == [(), ()]
    assert fits.getval(written[0], "ESO QC SNR MEDIAN") == 15.0
    assert all(path.with_suffix(".png").stat().st_size > 10_000 for path in written)


def test_the_command_makes_and_checks(folder, tmp_path, capsys):
    out = tmp_path / "phase3"
    assert main(["phase3", "make", str(folder), "-o", str(out), "--extended"]) == 0
    files = sorted(map(str, out.glob("*.fits")))
    assert fits.getval(files[0], "EXT_OBJ") is True
    assert main(["phase3", "check", *files]) == 0
    assert "keeps all" in capsys.readouterr().out
    fits.setval(files[0], "SPECSYS", value="HERE")
    assert main(["phase3", "check", "-q", *files]) == 1
    said = capsys.readouterr().out
    assert "SPEC_PRIMARY: SPECSYS is 'HERE'" in said


def test_rules_are_listed(capsys):
    assert main(["phase3", "rules"]) == 0
    assert "SPEC_FLUX_UNIT" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["make", "nowhere"], ["check", "nowhere.fits"]])
def test_what_is_not_there_is_one_clear_error(arguments, capsys):
    assert main(["phase3", *arguments]) == 2
    said = capsys.readouterr().err
    assert "nowhere" in said
    assert "Traceback" not in said


def test_a_folder_without_spectra(tmp_path, capsys):
    assert main(["phase3", "make", str(tmp_path)]) == 2
    assert "no merged spectrum" in capsys.readouterr().err


def test_a_missing_place():
    with pytest.raises(InputError, match="does not exist"):
        archive_sources([Path("/nowhere")])


def test_a_spectrum_corrected_for_the_air_goes_with_its_own(tmp_path):
    products = []
    for name, tag, arms in (
        ("both", "SCI_MERGED_1D", ("VIS", "NIR")),
        ("both_air", "SCI_TELLURIC_1D", ("VIS", "NIR")),
        ("arm", "SCI_ARM_1D_NIR", ("NIR",)),
        ("arm_air", "SCI_ARM_TELLURIC_1D_NIR", ("NIR",)),
        ("other_air", "SCI_ARM_TELLURIC_1D_NIR", ("NIR",)),
    ):
        exposures = tuple(exposure(5 if name == "other_air" else 0, arm) for arm in arms)
        merged = make_merged(arms=arms, exposures=exposures)
        write_product(tmp_path / f"{name}.fits", merged, header={"ESO PRO CATG": tag})
        products.append(tmp_path / f"{name}.fits")
    units = [[path.stem for path in unit] for unit in archive_units(products)]
    assert units == [["both", "both_air"], ["arm", "arm_air"]]


def test_of_one_arm_alone_there_is_one_spectrum(tmp_path):
    mine = (exposure(0, "NIR"),)
    for name, tag in (("merged", "SCI_MERGED_1D"), ("arm", "SCI_ARM_1D_NIR")):
        merged = make_merged(arms=("NIR",), exposures=mine)
        write_product(tmp_path / f"{name}.fits", merged, header={"ESO PRO CATG": tag})
    both = [tmp_path / "merged.fits", tmp_path / "arm.fits"]
    assert archive_units(both) == [(tmp_path / "arm.fits",)]
    assert archive_units(both[:1]) == [(tmp_path / "merged.fits",)]


def test_only_the_files_whose_own_products_changed_are_made_again(folder, tmp_path):
    request = ArchiveRequest(tmp_path / "phase3", only_new=True)
    sources = archive_sources([folder])
    assert len(make_archive_files(sources, request)) == 2
    assert make_archive_files(sources, request) == []
    later = sources[1].stat().st_mtime + 100
    os.utime(sources[1], (later, later))
    assert [path.stem for path in make_archive_files(sources, request)] == [
        "SOXS_AT-2026abc_20260315T010000_UVVIS"
    ]


def test_a_worker_makes_files_or_tells_what_is_wrong(folder, tmp_path):
    units = archive_units(archive_sources([folder]))
    work = [Filing(unit, tmp_path / "phase3") for unit in units]
    work.append(Filing((folder / "night/other.fits",), tmp_path / "phase3"))
    results = [perform(one) for one in work]
    assert [result.status for result in results] == ["done", "done", "failed"]
    assert "other.fits" in results[2].error
    assert "Traceback" not in results[2].error
    assert sorted(path.suffix for path in (tmp_path / "phase3").iterdir()) == [
        ".fits", ".fits", ".png", ".png",
    ]  # fmt: skip


def test_a_fault_of_the_program_costs_one_file_and_is_told_without_a_traceback(
    folder, tmp_path, monkeypatch, caplog
):
    def fail(*_):
        raise RuntimeError("by design")

    monkeypatch.setattr("soxs_pipeline.runtime.archive.make_unit", fail)
    unit = archive_units(archive_sources([folder]))[0]
    result = perform(Filing(unit, tmp_path / "phase3"))
    assert (result.status, result.exit_code) == ("failed", 1)
    assert "0.fits: a fault of the program" in result.error
    assert "by design" in caplog.text


def test_what_could_not_be_filed_is_told_and_makes_the_exit_status(tmp_path, capsys):
    archive = _Archive(Plan({}, ()), tmp_path)
    assert archive.begin({}) == []
    archive.ended(None, Result("a", "done"))
    assert archive.exit_code == 0
    archive.ended(None, Result("b", "failed", error="b.fits is damaged", exit_code=2))
    archive.ended(None, Result("c", "done"))
    archive.tell()
    said = capsys.readouterr()
    assert archive.exit_code == 2
    assert "Not made for the archive: b.fits is damaged" in said.err
    assert "Files for the archive" in said.out
